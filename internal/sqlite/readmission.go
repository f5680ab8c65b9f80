package sqlite

import (
	"context"

	"muster"
)

// Enrolled returns the device of that name with all its credentials, or muster.NotFound.
func (r *Registry) Enrolled(ctx context.Context, name string) (muster.Enrolled, error) {
	return find(ctx, r.readers, readEnrolled, enrolledByName, text(name))
}

const enrolledByName = `SELECT ` + deviceFields + `, r.device IS NOT NULL FROM device d
	LEFT JOIN released r ON r.device = d.id WHERE d.name = ?`

func readEnrolled(r *row) muster.Enrolled {
	e := muster.Enrolled{Device: readDevice(r), Released: r.flag()}
	credentials, err := all(r.conn, readCredential, credentialsOfDevice, blob(e.Device.ID[:]))
	if err != nil {
		r.fail(err)
	}
	e.Credentials = credentials
	return e
}

// Holding returns the device that has the credential of that id, with all its credentials, and its profile, or
// muster.NotFound.
func (r *Registry) Holding(ctx context.Context, id muster.CredentialID) (muster.Enrolled, muster.Profile, error) {
	known := r.known.Load()
	var p muster.Profile
	e, err := find(ctx, r.readers, func(r *row) muster.Enrolled {
		e := readEnrolled(r)
		p = known.profile(r, e.Device.Profile)
		return e
	}, `SELECT `+deviceFields+`, r.device IS NOT NULL FROM credential c JOIN device d ON d.id = c.device
		LEFT JOIN released r ON r.device = d.id WHERE c.id = ?`, blob(id[:]))
	return e, p, err
}

// Readmit lets a device in once more. One that has proved itself by a credential that is active or retiring is given the
// other one, at whose first use that is revoked; it stays what it was. It replaces one that was given so before and was
// never used; refused with ReasonRotationWaits if somebody else has made that. With Beside it is given that beside what it has. One that was approved is given the credential in place of
// all that it has, which are revoked at the first use of the fresh one; it stays what it was. One that was released: it adds the credential, sets the server attribute
// provisionState, State, ProvisionedAt and ProvisionedWith, and counts the device for the key. Refused with
// ReasonDeviceProvisioned (it was not released, or has come in since, or the proof is none, or the approval is used up),
// ReasonDeviceSuspended, ReasonCredentialInUse, ReasonJWTReplayed (the nonce is used up), ReasonRateLimited (too many are),
// or as Admit is for its key and its request.
func (r *Registry) Readmit(ctx context.Context, m muster.Readmission) (d muster.Device, err error) {
	err = r.write(ctx, func(tx *conn) error {
		if err := ungranted(tx, m.Request, m.At); err != nil {
			return err
		}
		if d, err = one(tx, readDevice, deviceByID, blob(m.Device[:])); err != nil {
			return absent(err, muster.ReasonDeviceNotListed)
		}
		if d.State == muster.DeviceSuspended {
			return muster.Refuse(muster.ReasonDeviceSuspended, "")
		}
		if err := stillOpens(tx, m.Key); err != nil {
			return err
		}
		if err := spend(tx, d.ID, m.Nonce, m.At); err != nil {
			return err
		}
		if !m.Approval.IsZero() {
			return renew(tx, &d, m)
		}
		if !m.Proof.IsZero() {
			return succeed(tx, m)
		}
		n, err := tx.exec(`DELETE FROM released WHERE device = ?`, blob(m.Device[:]))
		switch {
		case err != nil:
			return err
		case n == 0:
			return muster.Refuse(muster.ReasonDeviceProvisioned, "")
		}
		return readmit(tx, &d, m)
	})
	if err != nil {
		return muster.Device{}, err
	}
	return d, nil
}

func readmit(tx *conn, d *muster.Device, m muster.Readmission) error {
	if err := insertCredential(tx, m.Credential); err != nil {
		return err
	}
	state := muster.Attribute{Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: m.At}
	if err := saveAttributes(tx, d.ID, []muster.Attribute{state}); err != nil {
		return err
	}
	if err := saveAnswer(tx, m.Request, m.Credential, m.At); err != nil {
		return err
	}
	if err := countDevice(tx, m.Key); err != nil {
		return err
	}
	d.State, d.ProvisionedAt, d.ProvisionedWith = muster.DeviceActive, m.At, m.Key
	return updateDevice(tx, *d)
}

// unrelease takes back that a device may provision once more: it has a credential by other means.
func unrelease(tx *conn, device muster.DeviceID) error {
	_, err := tx.exec(`DELETE FROM released WHERE device = ?`, blob(device[:]))
	return err
}

// succeed files a credential that replaces the one that the device proved itself by, and the one that was given to replace
// that and was never used. It leaves all as it is if the device has that credential.
func succeed(tx *conn, m muster.Readmission) error {
	held, err := holds(tx, m)
	switch {
	case err != nil:
		return err
	case held:
		return saveAnswer(tx, m.Request, m.Credential, m.At)
	case m.Beside:
		return beside(tx, m)
	}
	if err := unused(tx, m); err != nil {
		return err
	}
	n, err := tx.exec(`UPDATE credential SET state = ?1, successor = ?5 WHERE id = ?2 AND device = ?3 AND state IN (?1, ?4)`,
		number(muster.CredentialRetiring), blob(m.Proof[:]), blob(m.Device[:]), number(muster.CredentialActive), blob(m.Credential.ID[:]))
	switch {
	case err != nil:
		return err
	case n == 0:
		return muster.Refuse(muster.ReasonDeviceProvisioned, "")
	}
	return give(tx, m)
}

// unused removes the credential that the device was given in the place of the one that it proved itself by and has not used.
// One that somebody else has made for that waits for the device: whoever has come by the old one does not get rid of it.
func unused(tx *conn, m muster.Readmission) error {
	waits, err := one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM credential c JOIN credential p ON p.successor = c.id
		WHERE p.id = ? AND p.device = ? AND c.last_used_at IS NULL AND NOT c.given AND c.state IN (1, 2)
			AND (c.expires_at IS NULL OR c.expires_at > ?))`, blob(m.Proof[:]), blob(m.Device[:]), millis(m.At))
	switch {
	case err != nil:
		return err
	case waits:
		return muster.Refuse(muster.ReasonRotationWaits, "")
	}
	_, err = tx.exec(`DELETE FROM credential WHERE last_used_at IS NULL AND given
		AND id = (SELECT successor FROM credential WHERE id = ? AND device = ?)`, blob(m.Proof[:]), blob(m.Device[:]))
	return err
}

// give files a credential for which a device has asked, and which campaigns may have asked it to fetch. A device that asks without
// a key of its profile has no more of them than it may; by a key, it has at most one more until that is used.
func give(tx *conn, m muster.Readmission) error {
	if m.Key.IsZero() {
		if err := roomForOne(tx, m.Device); err != nil {
			return err
		}
	}
	if err := insertCredential(tx, m.Credential); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE credential SET given = 1 WHERE id = ?`, blob(m.Credential.ID[:])); err != nil {
		return err
	}
	if err := fetched(tx, m.Device, m.Credential.ID); err != nil {
		return err
	}
	return saveAnswer(tx, m.Request, m.Credential, m.At)
}

// beside files a credential beside the one that the device proved itself by.
func beside(tx *conn, m muster.Readmission) error {
	proved, err := one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM credential WHERE id = ? AND device = ? AND state IN (?, ?))`,
		blob(m.Proof[:]), blob(m.Device[:]), number(muster.CredentialActive), number(muster.CredentialRetiring))
	switch {
	case err != nil:
		return err
	case !proved:
		return muster.Refuse(muster.ReasonDeviceProvisioned, "")
	}
	return give(tx, m)
}

// renew files a credential that replaces all others of a device that was approved, or leaves all as it is if the device has
// that one.
func renew(tx *conn, d *muster.Device, m muster.Readmission) error {
	if err := useApproval(tx, m.Approval, d.Name, m.At); err != nil {
		return err
	}
	held, err := holds(tx, m)
	if err != nil {
		return err
	}
	if held {
		return saveAnswer(tx, m.Request, m.Credential, m.At)
	}
	_, err = tx.exec(`UPDATE credential SET state = ?1, successor = ?2 WHERE device = ?3 AND state IN (?1, ?4)`,
		number(muster.CredentialRetiring), blob(m.Credential.ID[:]), blob(m.Device[:]), number(muster.CredentialActive))
	if err != nil {
		return err
	}
	return give(tx, m)
}

// holds reports whether the device has the credential that it is let in again with.
func holds(tx *conn, m muster.Readmission) (bool, error) {
	return one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM credential WHERE id = ? AND device = ?)`,
		blob(m.Credential.ID[:]), blob(m.Device[:]))
}
