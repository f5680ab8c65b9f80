package sqlite

import (
	"context"
	"errors"
	"time"

	"muster"
)

const certificateFields = `c.number, c.serial, c.authority, c.device, (SELECT name FROM device WHERE id = c.device), c.credential, c.profile, c.subject,
	c.fingerprint, c.der, c.not_before, c.not_after, c.created_at, c.revoked_at, c.reason`

func readCertificate(r *row) muster.Certificate {
	c := muster.Certificate{Number: integer[int64](r)}
	r.fill(c.Serial[:], "serial number")
	r.fill(c.Authority[:], "key id")
	c.Device, c.DeviceName = id[muster.Device](r), r.text()
	c.Credential, c.Profile = id[muster.Credential](r), id[muster.Profile](r)
	c.Subject, c.Fingerprint, c.DER = r.text(), r.digest(), r.blob()
	c.NotBefore, c.NotAfter, c.CreatedAt, c.RevokedAt = r.time(), r.time(), r.time(), r.time()
	c.Why = integer[muster.RevocationReason](r)
	return c
}

const certificateBySerial = `SELECT ` + certificateFields + ` FROM certificate c WHERE c.serial = ?`

// insertCertificate files a certificate that was issued; a number that was given before would be a fault of chance.
func insertCertificate(tx *conn, c muster.Certificate) error {
	_, err := tx.exec(`INSERT INTO certificate (serial, authority, device, credential, profile, subject, fingerprint, der, not_before,
		not_after, created_at, revoked_at, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(c.Serial[:]), blob(c.Authority[:]), idOrNull(c.Device), idOrNull(c.Credential), idOrNull(c.Profile), text(c.Subject),
		blob(c.Fingerprint[:]), blob(c.DER), millis(c.NotBefore), millis(c.NotAfter), millis(c.CreatedAt), millis(c.RevokedAt), number(c.Why))
	return refused(err, muster.ReasonCredentialInUse, muster.ReasonNotFound)
}

// adopt files whose the certificate is that a credential shows, if our own authority has issued it, so that they end
// together. Refused with ReasonCredentialRevoked if it has ended.
func adopt(tx *conn, c *muster.Credential) error {
	if c.Shows.Serial == (muster.Serial{}) {
		return nil
	}
	own, err := one(tx, readCertificate, certificateBySerial, blob(c.Shows.Serial[:]))
	switch {
	case errors.Is(err, errNoRow):
		return nil
	case err != nil:
		return err
	case own.Fingerprint != c.Shows.Digest:
		return nil // another authority has used the number
	case !own.RevokedAt.IsZero():
		return muster.Refuse(muster.ReasonCredentialRevoked, "the certificate is one of the server's own authority, which has revoked it")
	}
	_, err = tx.exec(`UPDATE certificate SET device = ?1, credential = ?2, profile = (SELECT profile FROM device WHERE id = ?1) WHERE serial = ?3`,
		blob(c.Device[:]), blob(c.ID[:]), blob(c.Shows.Serial[:]))
	return err
}

// CreateCertificate files a certificate that opens no door.
func (r *Registry) CreateCertificate(ctx context.Context, c muster.Certificate) error {
	return r.write(ctx, func(tx *conn) error {
		if err := insertCertificate(tx, c); err != nil {
			return err
		}
		return audited(ctx, tx, act{"issue", "certificate", c.Subject, nil, certificateView(c)})
	})
}

// Certificate returns the certificate of that serial number, or muster.NotFound.
func (r *Registry) Certificate(ctx context.Context, serial muster.Serial) (muster.Certificate, error) {
	return find(ctx, r.readers, readCertificate, certificateBySerial, blob(serial[:]))
}

// RevokeCertificate says that a certificate is good no more, and ends its credential with it. One that was revoked before
// stays as it is.
func (r *Registry) RevokeCertificate(ctx context.Context, serial muster.Serial, at time.Time, why muster.RevocationReason) (muster.Certificate, error) {
	var after muster.Certificate
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readCertificate, certificateBySerial, blob(serial[:]))
		if err != nil {
			return err
		}
		if after = before; !before.RevokedAt.IsZero() {
			return nil
		}
		after.RevokedAt, after.Why = at, why
		_, err = tx.exec(`UPDATE certificate SET revoked_at = ?, reason = ? WHERE serial = ?`, millis(at), number(why), blob(serial[:]))
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE credential SET state = ?1 WHERE id = ?2 AND state <> ?1`, number(muster.CredentialRevoked), blob(after.Credential[:]))
		if err != nil {
			return err
		}
		return audited(ctx, tx, act{"revoke", "certificate", after.Subject, certificateView(before), certificateView(after)})
	})
	if err != nil {
		return muster.Certificate{}, err
	}
	return after, nil
}

func certificateView(c muster.Certificate) view {
	v := view{"serial": c.Serial.String(), "notBefore": c.NotBefore, "notAfter": c.NotAfter, "revokedAt": c.RevokedAt}
	if !c.RevokedAt.IsZero() {
		v["reason"] = c.Why.String()
	}
	return v
}

// Certificates returns a page of certificates. It looks at so many of them at most.
func (r *Registry) Certificates(ctx context.Context, q muster.CertificateQuery) (muster.CertificatePage, error) {
	return paged(ctx, r.readers, &q, certificatePage)
}

// certificateMatch is true of a certificate that meets the conditions. One that is NULL is none.
const certificateMatch = `(?1 IS NULL OR c.device = ?1) AND (?2 IS NULL OR c.profile = ?2) AND (?3 IS NULL OR c.authority = ?3)
	AND (?4 IS NULL OR (c.revoked_at IS NOT NULL) = ?4) AND (?5 IS NULL OR c.not_after > ?5) AND (?6 IS NULL OR c.not_after < ?6)
	AND (?8 IS NULL OR instr(lower(c.subject), lower(?8)) > 0)`

func certificatePage(c *conn, q *muster.CertificateQuery, look int) (page muster.CertificatePage, err error) {
	args := []value{idOrNull(q.Device), idOrNull(q.Profile), {}, {}, millis(q.ExpiresAfter), millis(q.ExpiresBefore), {}, textOrNull(q.Search)}
	if q.Authority != nil {
		args[2] = blob(q.Authority[:])
	}
	if q.Revoked != nil {
		args[3] = flag(*q.Revoked)
	}
	if q.Before > 0 {
		args[6] = number(q.Before)
	}
	among := `FROM certificate c WHERE (?7 IS NULL OR c.number < ?7) ORDER BY c.number DESC`
	if !q.Device.IsZero() { // by its index
		among = `FROM certificate c WHERE c.device = ?1 AND (?7 IS NULL OR c.number < ?7) ORDER BY c.number DESC`
	}
	stmt, err := c.prepare(`SELECT `+certificateMatch+`, `+certificateFields+` `+among, args)
	if err != nil {
		return page, err
	}
	for looked := 1; len(page.Certificates) < q.Limit && page.Next == 0; looked++ {
		some, err := stmt.Step()
		switch {
		case err != nil:
			return page, told(err)
		case !some:
			return page, told(stmt.Reset())
		}
		r := row{conn: c, stmt: stmt}
		hit := r.flag()
		last := looked == look
		if !hit && !last {
			continue
		}
		found := readCertificate(&r)
		if r.err != nil {
			return muster.CertificatePage{}, r.err
		}
		if hit {
			page.Certificates = append(page.Certificates, found)
		}
		if last || len(page.Certificates) == q.Limit {
			page.Next = found.Number
		}
	}
	return page, told(stmt.Reset())
}

// Revoked returns the certificates of a key of the authority that are revoked and have not expired before then.
func (r *Registry) Revoked(ctx context.Context, by muster.AuthorityID, expiring time.Time) ([]muster.Revoked, error) {
	return list(ctx, r.readers, func(r *row) (e muster.Revoked) {
		r.fill(e.Serial[:], "serial number")
		e.At, e.Why = r.time(), integer[muster.RevocationReason](r)
		return e
	}, `SELECT serial, revoked_at, reason FROM certificate WHERE authority = ? AND revoked_at IS NOT NULL AND not_after >= ? ORDER BY serial`,
		blob(by[:]), millis(expiring))
}

// Revision returns a number that grows with each certificate of a key of the authority that is revoked.
func (r *Registry) Revision(ctx context.Context, by muster.AuthorityID) (int64, error) {
	return find(ctx, r.readers, integer[int64], `SELECT coalesce((SELECT revision FROM authority WHERE id = ?), 0)`, blob(by[:]))
}

// NextCRL returns the number of the next CRL that the key signs: no other has had it, and it is higher than all before.
func (r *Registry) NextCRL(ctx context.Context, by muster.AuthorityID) (next int64, err error) {
	err = r.write(ctx, func(tx *conn) error {
		next, err = one(tx, integer[int64], `INSERT INTO authority (id, crl) VALUES (?, 1)
			ON CONFLICT (id) DO UPDATE SET crl = crl + 1 RETURNING crl`, blob(by[:]))
		return err
	})
	return next, err
}

// Outstanding says what of a key's certificates is good at a time.
func (r *Registry) Outstanding(ctx context.Context, by muster.AuthorityID, at time.Time) (muster.Outstanding, error) {
	return find(ctx, r.readers, func(r *row) muster.Outstanding {
		return muster.Outstanding{Certificates: integer[int64](r), Until: r.time()}
	}, `SELECT count(*), max(not_after) FROM certificate INDEXED BY certificate_good
		WHERE authority = ? AND revoked_at IS NULL AND not_after > ?`, blob(by[:]), millis(at))
}

// AuthorityChanged notes in the audit log that a key has a role from now on, and by what.
func (r *Registry) AuthorityChanged(ctx context.Context, action, role string, by muster.AuthorityID) error {
	return r.write(ctx, func(tx *conn) error {
		return audited(ctx, tx, act{action, "authority", by.String(), nil, view{"role": role}})
	})
}
