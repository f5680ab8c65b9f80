package sqlite

import (
	"context"
	"crypto/sha256"
	"errors"

	"muster"
)

// Anchored returns the profiles that trust a certificate with one of those subjects, of which there are at most
// muster.MaxChain.
func (r *Registry) Anchored(ctx context.Context, subjects [][sha256.Size]byte) ([]muster.Profile, error) {
	if len(subjects) == 0 || len(subjects) > muster.MaxChain {
		return nil, ctx.Err()
	}
	args := make([]value, muster.MaxChain) // the query is one, however many there are
	for i := range args {
		args[i] = blob(subjects[min(i, len(subjects)-1)][:])
	}
	known := r.known.Load()
	read := func(r *row) muster.Profile { return known.profile(r, id[muster.Profile](r)) }
	return list(ctx, r.readers, read, `SELECT DISTINCT profile FROM anchor WHERE subject IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
}

// Certify decides in one transaction what becomes of a certificate for the device of that name, for which the anchor of
// the profile vouches, and files it. decide is told of the device, nil if nobody has the name, and returns nil if nothing is
// to be filed. Refused with decide's error, ReasonChainUntrusted (the profile trusts the anchor no more),
// ReasonProfileExhausted, ReasonCredentialInUse or ReasonCredentialRevoked (our own authority has issued and revoked it). One
// that our own authority has issued ends with the credential from now on, and the credential with it.
func (r *Registry) Certify(ctx context.Context, profile muster.ProfileID, anchor muster.Anchor, name string,
	decide func(known *muster.Enrolled) (*muster.Certification, error),
) error {
	return r.write(ctx, func(tx *conn) error {
		trusted, err := one(tx, integer[int], `SELECT count(*) FROM anchor WHERE certificate = ? AND profile = ?`,
			blob(anchor.Certificate[:]), blob(profile[:]))
		if err != nil {
			return err
		}
		if trusted == 0 {
			return muster.Refuse(muster.ReasonChainUntrusted, "the profile does not trust the authority any more")
		}
		var known *muster.Enrolled
		switch found, err := one(tx, readEnrolled, enrolledByName, text(name)); {
		case err == nil:
			known = &found
		case !errors.Is(err, errNoRow):
			return err
		}
		c, err := decide(known)
		if err != nil || c == nil {
			return err
		}
		return certify(tx, c)
	})
}

func certify(tx *conn, c *muster.Certification) error {
	if c.New {
		n, err := tx.exec(`UPDATE profile SET certified = certified + 1 WHERE id = ?1 AND (?2 = 0 OR certified < ?2)`,
			blob(c.Device.Profile[:]), number(c.Most))
		if err != nil {
			return err
		}
		if n == 0 {
			return muster.Refuse(muster.ReasonProfileExhausted, "")
		}
		if err := insertDevice(tx, c.Device); err != nil {
			return err
		}
	} else {
		if err := updateDevice(tx, c.Device); err != nil {
			return err
		}
		if err := unrelease(tx, c.Device.ID); err != nil {
			return err
		}
	}
	for _, ended := range c.Ends {
		_, err := tx.exec(`UPDATE credential SET state = ? WHERE id = ? AND device = ?`, number(muster.CredentialRevoked), blob(ended[:]), blob(c.Device.ID[:]))
		if err != nil {
			return err
		}
	}
	for _, dropped := range c.Drops {
		if _, err := tx.exec(`DELETE FROM credential WHERE id = ? AND device = ?`, blob(dropped[:]), blob(c.Device.ID[:])); err != nil {
			return err
		}
	}
	if err := insertCredential(tx, c.Credential); err != nil {
		return err
	}
	return saveAttributes(tx, c.Device.ID, c.Attributes)
}

// fileAnchors files what the profile trusts, in place of what it trusted. A profile that lets nobody in by certificates
// trusts nothing. Refused with ReasonAuthorityTaken.
func fileAnchors(tx *conn, p *muster.Profile) error {
	if _, err := tx.exec(`DELETE FROM anchor WHERE profile = ?`, blob(p.ID[:])); err != nil {
		return err
	}
	if p.Strategy != muster.StrategyX509Chain || p.Settings.Chain == nil {
		return nil
	}
	anchors, err := p.Settings.Chain.Anchors()
	if err != nil {
		return err
	}
	for _, a := range anchors {
		_, err := tx.exec(`INSERT INTO anchor (certificate, profile, subject) VALUES (?1, ?2, ?3)
			ON CONFLICT (certificate) DO UPDATE SET subject = ?3 WHERE profile = ?2`, blob(a.Certificate[:]), blob(p.ID[:]), blob(a.Subject[:]))
		if err != nil {
			return err
		}
		holder, err := one(tx, id[muster.Profile], `SELECT profile FROM anchor WHERE certificate = ?`, blob(a.Certificate[:]))
		switch {
		case err != nil:
			return err
		case holder != p.ID:
			return muster.Refuse(muster.ReasonAuthorityTaken, "Device profile with such certificate already exists!")
		}
	}
	return nil
}

// sameAnchors reports whether two states of a profile trust the same.
func sameAnchors(before, after *muster.Profile) bool {
	trusted := func(p *muster.Profile) string {
		if p.Strategy != muster.StrategyX509Chain || p.Settings.Chain == nil {
			return ""
		}
		return p.Settings.Chain.CA
	}
	return trusted(before) == trusted(after)
}

// carryAnchors files once what profiles trust that were made before anchors were filed. Of two that trust the same, the
// older one does so from now on; what cannot be read is trusted by nobody.
func carryAnchors(c *conn) error {
	_, err := one(c, (*row).text, `SELECT value FROM setting WHERE name = 'anchors'`)
	if !errors.Is(err, errNoRow) {
		return err
	}
	profiles, err := all(c, readProfile, `SELECT `+profileFields+` FROM profile p WHERE p.strategy = ? ORDER BY p.created_at, p.id`,
		number(muster.StrategyX509Chain))
	if err != nil {
		return err
	}
	for i := range profiles {
		if err := fileAnchors(c, &profiles[i]); err != nil && muster.KindOf(err) == muster.Internal {
			return err
		}
	}
	_, err = c.exec(`INSERT INTO setting (name, value) VALUES ('anchors', 'filed')`)
	return err
}
