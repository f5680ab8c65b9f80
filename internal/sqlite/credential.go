package sqlite

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"muster"
)

const credentialFields = `c.id, c.device, c.kind, c.lookup, c.value, c.hint, c.state, c.not_before, c.expires_at, c.created_at, c.last_used_at,
	c.successor`

func readCredential(r *row) muster.Credential {
	return muster.Credential{
		ID:         id[muster.Credential](r),
		Device:     id[muster.Device](r),
		Kind:       integer[muster.CredentialKind](r),
		Lookup:     r.digest(),
		Value:      r.blob(),
		Hint:       r.text(),
		State:      integer[muster.CredentialState](r),
		NotBefore:  r.time(),
		ExpiresAt:  r.time(),
		CreatedAt:  r.time(),
		LastUsedAt: r.time(),
		Successor:  id[muster.Credential](r),
	}
}

const credentialsOfDevice = `SELECT ` + credentialFields + ` FROM credential c WHERE c.device = ? ORDER BY c.created_at, c.id`

const credentialByID = `SELECT ` + credentialFields + ` FROM credential c WHERE c.id = ?`

const holderFields = deviceFields + `, ` + credentialFields

func (k *known) readHolder(r *row) muster.Holder {
	h := muster.Holder{Device: readDevice(r), Credential: readCredential(r)}
	h.Profile = k.profile(r, h.Device.Profile)
	return h
}

// Holder returns the device that key leads to, or muster.NotFound.
func (r *Registry) Holder(ctx context.Context, key muster.LookupKey) (muster.Holder, error) {
	return find(ctx, r.readers, r.known.Load().readHolder, `SELECT `+holderFields+` FROM credential c
		JOIN device d ON d.id = c.device WHERE c.lookup = ?`, blob(key[:]))
}

// BasicHolder is Holder for credentials of the kind MQTTBasic: others lead nowhere. It costs little while there are none.
func (r *Registry) BasicHolder(ctx context.Context, key muster.LookupKey) (muster.Holder, error) {
	return find(ctx, r.readers, r.known.Load().readHolder, `SELECT `+holderFields+` FROM credential c INDEXED BY credential_pair
		JOIN device d ON d.id = c.device WHERE c.lookup = ? AND c.kind = 2`, blob(key[:]))
}

// PublicKeys returns the device of that name with each of its public-key credentials, or none if there is no such device
// or it holds no public key.
func (r *Registry) PublicKeys(ctx context.Context, device string) ([]muster.Holder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return list(context.WithoutCancel(ctx), r.readers, r.known.Load().readHolder, `SELECT `+holderFields+` FROM device d
		JOIN credential c ON c.device = d.id
		WHERE d.name = ? AND c.kind = ? ORDER BY c.created_at, c.id`, text(device), number(muster.PublicKey))
}

const (
	usesTogether = 1000             // that are noted before it is seen whether somebody waits to write
	mostUses     = 8 * usesTogether // that one transaction notes
)

// RotateCredential adds a credential to a device and lets another one of it retire, which the first use of the new one
// revokes. Refused with ReasonCredentialRevoked, or as CreateCredential is.
func (r *Registry) RotateCredential(ctx context.Context, old muster.CredentialID, c muster.Credential) error {
	return r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readCredential, credentialByID, blob(old[:]))
		switch {
		case err != nil:
			return err
		case before.Device != c.Device:
			return muster.NotFound
		case before.State == muster.CredentialRevoked, before.State == muster.CredentialPending: // retiring, the latter would open the door
			return muster.Refuse(muster.ReasonCredentialRevoked, "")
		}
		if err := roomForOne(tx, c.Device); err != nil {
			return err
		}
		if err := insertCredential(tx, c); err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE credential SET state = ?, successor = ? WHERE id = ?`,
			number(muster.CredentialRetiring), blob(c.ID[:]), blob(old[:]))
		if err != nil {
			return err
		}
		return auditedCredential(ctx, tx, "rotate", c.Device, credentialView(before), credentialView(c))
	})
}

// RetireCredential lets a credential retire, which the next use of another one of its device revokes.
func (r *Registry) RetireCredential(ctx context.Context, old, successor muster.CredentialID, seen ...muster.Version) (muster.Credential, error) {
	var after muster.Credential
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readCredential, credentialByID, blob(old[:]))
		if err != nil {
			return err
		}
		next, err := one(tx, readCredential, credentialByID, blob(successor[:]))
		if err != nil {
			return err
		}
		if err := before.Version().Expect(seen); err != nil {
			return err
		}
		switch {
		case next.Device != before.Device || next.ID == before.ID:
			return muster.NotFound
		case before.State == muster.CredentialRevoked, before.State == muster.CredentialPending, next.State != muster.CredentialActive:
			return muster.Refuse(muster.ReasonCredentialRevoked, "")
		}
		after = before
		after.State, after.Successor = muster.CredentialRetiring, successor
		_, err = tx.exec(`UPDATE credential SET state = ?, successor = ? WHERE id = ?`, number(after.State), blob(successor[:]), blob(old[:]))
		if err != nil {
			return err
		}
		return auditedCredential(ctx, tx, "retire", after.Device, credentialView(before), credentialView(after))
	})
	return after, err
}

// Used notes that the credentials opened the door at those times, and revokes those whose successors they are; it returns
// what was revoked. An earlier time than the one that is noted, and a credential that is gone, change nothing.
func (r *Registry) Used(ctx context.Context, at map[muster.CredentialID]time.Time) (replaced []muster.Succession, err error) {
	ids := slices.SortedFunc(maps.Keys(at), func(a, b muster.CredentialID) int { return bytes.Compare(a[:], b[:]) })
	for len(ids) > 0 {
		var some []muster.Succession
		noted := 0
		err := r.write(ctx, func(tx *conn) error {
			succession, err := one(tx, (*row).flag, `SELECT EXISTS (SELECT 1 FROM credential WHERE successor IS NOT NULL)
				OR EXISTS (SELECT 1 FROM campaign_device WHERE step <= 3 AND credential IS NOT NULL)`)
			for part := range slices.Chunk(ids[:min(len(ids), mostUses)], usesTogether) {
				if err != nil || noted > 0 && r.writer.awaited() {
					break
				}
				noted += len(part)
				if err = noteUses(tx, part, at); err == nil && succession {
					some, err = succeeded(tx, part, some)
				}
			}
			return err
		})
		if err != nil {
			return replaced, err
		}
		replaced, ids = append(replaced, some...), ids[noted:]
	}
	return replaced, nil
}

func noteUses(tx *conn, used []muster.CredentialID, at map[muster.CredentialID]time.Time) error {
	for _, c := range used {
		_, err := tx.exec(`UPDATE credential SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)`,
			millis(at[c]), blob(c[:]))
		if err != nil {
			return err
		}
	}
	return nil
}

// succeeded revokes the credentials that those replace, and appends them. Their devices are asked for another one no more,
// nor are those that campaigns have had fetch one of those, although it replaces none.
func succeeded(tx *conn, by []muster.CredentialID, replaced []muster.Succession) ([]muster.Succession, error) {
	read := func(r *row) muster.Succession {
		return muster.Succession{Device: id[muster.Device](r), Credential: id[muster.Credential](r)}
	}
	for _, c := range by {
		revoked, err := all(tx, read,
			`UPDATE credential SET state = 3, successor = NULL WHERE successor = ? AND state = 2 RETURNING device, id`, blob(c[:]))
		if err != nil {
			return replaced, err
		}
		if len(revoked) == 0 {
			if revoked, err = all(tx, read, `SELECT device, NULL FROM campaign_device WHERE credential = ? AND step <= 3 LIMIT 1`, blob(c[:])); err != nil {
				return replaced, err
			}
		}
		for i := range revoked {
			if err := followed(tx, revoked[i].Device); err != nil {
				return replaced, err
			}
			n, err := tx.exec(`DELETE FROM attribute WHERE device = ? AND scope = ? AND key = ?`,
				blob(revoked[i].Device[:]), number(muster.SharedScope), text(muster.RotationWanted))
			if err != nil {
				return replaced, err
			}
			revoked[i].Wanted = n > 0
		}
		replaced = append(replaced, revoked...)
	}
	return replaced, nil
}

// Credentials returns the credentials of a device, the oldest first.
func (r *Registry) Credentials(ctx context.Context, device muster.DeviceID) ([]muster.Credential, error) {
	return list(ctx, r.readers, readCredential, credentialsOfDevice, blob(device[:]))
}

// CreateCredential adds a credential to a device, which is released no more. Refused with ReasonCredentialInUse,
// ReasonRequestInvalid if the device has muster.MaxCredentials, or ReasonNotFound if it is gone.
func (r *Registry) CreateCredential(ctx context.Context, c muster.Credential) error {
	return r.write(ctx, func(tx *conn) error {
		if err := roomForOne(tx, c.Device); err != nil {
			return err
		}
		if err := insertCredential(tx, c); err != nil {
			return err
		}
		if err := unrelease(tx, c.Device); err != nil {
			return err
		}
		return auditedCredential(ctx, tx, "create", c.Device, nil, credentialView(c))
	})
}

func auditedCredential(ctx context.Context, tx *conn, action string, device muster.DeviceID, before, after view) error {
	d, err := one(tx, readDevice, deviceByID, blob(device[:]))
	if err != nil {
		return err
	}
	return audited(ctx, tx, act{action, "credential", d.Name, before, after})
}

// roomForOne refuses one more credential for a device that has as many as it may.
func roomForOne(tx *conn, device muster.DeviceID) error {
	n, err := one(tx, integer[int], `SELECT count(*) FROM credential WHERE device = ? AND state <> ?`, blob(device[:]), number(muster.CredentialRevoked))
	if err == nil && n >= muster.MaxCredentials {
		return muster.Refuse(muster.ReasonRequestInvalid, "the device has %d credentials, the most that one may have: revoke one first", n)
	}
	return err
}

func insertCredential(tx *conn, c muster.Credential) error {
	_, err := tx.exec(`INSERT INTO credential (id, device, kind, lookup, value, hint, state, not_before, expires_at, created_at,
		last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(c.ID[:]), blob(c.Device[:]), number(c.Kind), blob(c.Lookup[:]), blob(c.Value), text(c.Hint), number(c.State),
		millis(c.NotBefore), millis(c.ExpiresAt), millis(c.CreatedAt), millis(c.LastUsedAt))
	switch {
	case err != nil:
		return refused(err, muster.ReasonCredentialInUse, muster.ReasonNotFound)
	case c.Issued != nil:
		return insertCertificate(tx, *c.Issued)
	}
	return adopt(tx, &c)
}

// UpdateCredential changes State, NotBefore and ExpiresAt of a credential; the rest stays. NotFound if it is gone.
func (r *Registry) UpdateCredential(ctx context.Context, id muster.CredentialID, change func(*muster.Credential) error) (muster.Credential, error) {
	var after muster.Credential
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readCredential, credentialByID, blob(id[:]))
		if err != nil {
			return err
		}
		wanted := before
		if err := change(&wanted); err != nil {
			return err
		}
		after = before
		after.State, after.NotBefore, after.ExpiresAt = wanted.State, wanted.NotBefore, wanted.ExpiresAt
		_, err = tx.exec(`UPDATE credential SET state = ?, not_before = ?, expires_at = ? WHERE id = ?`,
			number(after.State), millis(after.NotBefore), millis(after.ExpiresAt), blob(id[:]))
		if err != nil {
			return err
		}
		return auditedCredential(ctx, tx, "update", after.Device, credentialView(before), credentialView(after))
	})
	if err != nil {
		return muster.Credential{}, err
	}
	return after, nil
}
