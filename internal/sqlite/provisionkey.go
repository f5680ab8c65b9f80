package sqlite

import (
	"context"
	"time"

	"muster"
)

const provisionKeyFields = `k.id, k.profile, k.key, k.secret, k.not_before, k.expires_at, k.max_devices, k.networks, k.name_pattern,
	k.revoked_at, k.created_at, k.devices, k.former, k.former_until, k.rate, k.suspended_at`

func readProvisionKey(r *row) muster.ProvisionKey {
	k := muster.ProvisionKey{
		ID:         id[muster.ProvisionKey](r),
		Profile:    id[muster.Profile](r),
		Key:        r.text(),
		Secret:     r.blob(),
		NotBefore:  r.time(),
		ExpiresAt:  r.time(),
		MaxDevices: integer[int](r),
	}
	r.json(&k.Networks)
	k.NamePattern, k.RevokedAt, k.CreatedAt, k.Devices = r.text(), r.time(), r.time(), integer[int](r)
	k.Former, k.FormerUntil, k.Rate, k.SuspendedAt = r.blob(), r.time(), integer[int](r), r.time()
	return k
}

// ProvisionKey returns the key called key and its profile, or muster.NotFound. It comes with the number of devices it has
// let in; without a maximum, as of the last change to any key or profile at the earliest.
func (r *Registry) ProvisionKey(ctx context.Context, key string) (muster.ProvisionKey, muster.Profile, error) {
	known := r.known.Load()
	found, ok := known.key(key)
	if ok {
		return found.key, found.profile, ctx.Err()
	}
	found, err := find(ctx, r.readers, known.readKeyed,
		`SELECT `+provisionKeyFields+` FROM provision_key k WHERE k.key = ?`, text(key))
	return found.key, found.profile, err
}

// ProvisionKeys returns the keys of a profile, or all for the zero ID, the oldest first, with their device counts.
func (r *Registry) ProvisionKeys(ctx context.Context, profile muster.ProfileID) ([]muster.ProvisionKey, error) {
	if profile.IsZero() {
		return list(ctx, r.readers, readProvisionKey,
			`SELECT `+provisionKeyFields+` FROM provision_key k ORDER BY k.created_at, k.id`)
	}
	return list(ctx, r.readers, readProvisionKey,
		`SELECT `+provisionKeyFields+` FROM provision_key k WHERE k.profile = ? ORDER BY k.created_at, k.id`, blob(profile[:]))
}

// FindProvisionKey returns the key of that text, or else of that id, or muster.NotFound. It comes with the number of devices it
// has let in by now.
func (r *Registry) FindProvisionKey(ctx context.Context, name string) (muster.ProvisionKey, error) {
	id, err := muster.ParseID[muster.ProvisionKey](name)
	if err != nil {
		id = muster.ProvisionKeyID{} // which no key has
	}
	return find(ctx, r.readers, readProvisionKey, `SELECT `+provisionKeyFields+` FROM provision_key k
		WHERE k.key = ?1 OR k.id = ?2 ORDER BY k.key = ?1 DESC LIMIT 1`, text(name), blob(id[:]))
}

// CreateProvisionKey files a key. Refused with ReasonProvisionKeyTaken.
func (r *Registry) CreateProvisionKey(ctx context.Context, k muster.ProvisionKey) error {
	return r.write(ctx, func(tx *conn) error { return createProvisionKey(ctx, tx, k) })
}

func createProvisionKey(ctx context.Context, tx *conn, k muster.ProvisionKey) error {
	if err := insertProvisionKey(tx, k); err != nil {
		return err
	}
	return audited(ctx, tx, act{"create", "provision-key", k.Key, nil, provisionKeyView(k)})
}

func insertProvisionKey(tx *conn, k muster.ProvisionKey) error {
	networks, err := jsonText(k.Networks)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO provision_key (id, profile, key, secret, not_before, expires_at, max_devices, networks,
		name_pattern, revoked_at, created_at, devices, former, former_until, rate, suspended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(k.ID[:]), blob(k.Profile[:]), text(k.Key), blob(k.Secret), millis(k.NotBefore), millis(k.ExpiresAt),
		number(k.MaxDevices), networks, text(k.NamePattern), millis(k.RevokedAt), millis(k.CreatedAt), number(k.Devices),
		blob(k.Former), millis(k.FormerUntil), number(k.Rate), millis(k.SuspendedAt))
	return refused(err, muster.ReasonProvisionKeyTaken, muster.ReasonNotFound)
}

// UpdateProvisionKey changes a key; ID, Profile, Key, CreatedAt and the count of devices stay.
func (r *Registry) UpdateProvisionKey(ctx context.Context, id muster.ProvisionKeyID, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error) {
	var after muster.ProvisionKey
	err := r.writeKnown(ctx, func(tx *conn) (err error) {
		var before muster.ProvisionKey
		if before, after, err = changeProvisionKey(tx, id, change); err != nil {
			return err
		}
		return audited(ctx, tx, act{"update", "provision-key", after.Key, provisionKeyView(before), provisionKeyView(after)})
	})
	if err != nil {
		return muster.ProvisionKey{}, err
	}
	return after, nil
}

func changeProvisionKey(tx *conn, id muster.ProvisionKeyID, change func(*muster.ProvisionKey) error) (before, after muster.ProvisionKey, err error) {
	if before, err = one(tx, readProvisionKey, provisionKeyByID, blob(id[:])); err != nil {
		return before, after, err
	}
	after = before
	if err := change(&after); err != nil {
		return before, after, err
	}
	after.ID, after.Profile, after.Key = before.ID, before.Profile, before.Key
	after.CreatedAt, after.Devices = before.CreatedAt, before.Devices
	return before, after, updateProvisionKey(tx, after)
}

func updateProvisionKey(tx *conn, k muster.ProvisionKey) error {
	networks, err := jsonText(k.Networks)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE provision_key SET secret = ?, not_before = ?, expires_at = ?, max_devices = ?, networks = ?,
		name_pattern = ?, revoked_at = ?, former = ?, former_until = ?, rate = ?, suspended_at = ? WHERE id = ?`,
		blob(k.Secret), millis(k.NotBefore), millis(k.ExpiresAt), number(k.MaxDevices), networks,
		text(k.NamePattern), millis(k.RevokedAt), blob(k.Former), millis(k.FormerUntil), number(k.Rate), millis(k.SuspendedAt),
		blob(k.ID[:]))
	return err
}

// DeleteProvisionKey removes a key. Refused with ReasonProvisionKeyInUse while there are devices that it let in.
func (r *Registry) DeleteProvisionKey(ctx context.Context, id muster.ProvisionKeyID, seen ...muster.Version) error {
	return r.writeKnown(ctx, func(tx *conn) error {
		k, err := one(tx, readProvisionKey, provisionKeyByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		n, err := tx.exec(`DELETE FROM provision_key WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM device WHERE provisioned_with = ?1)`, blob(id[:]))
		if err != nil {
			return err
		}
		if n == 0 {
			return muster.Refuse(muster.ReasonProvisionKeyInUse, "")
		}
		return audited(ctx, tx, act{"delete", "provision-key", k.Key, provisionKeyView(k), nil})
	})
}

// SuspendProvisionKey closes a key that is not closed yet, until it is resumed.
func (r *Registry) SuspendProvisionKey(ctx context.Context, id muster.ProvisionKeyID, at time.Time) error {
	return r.writeKnown(ctx, func(tx *conn) error {
		_, err := tx.exec(`UPDATE provision_key SET suspended_at = ? WHERE id = ? AND suspended_at IS NULL`, millis(at), blob(id[:]))
		return err
	})
}

const provisionKeyByID = `SELECT ` + provisionKeyFields + ` FROM provision_key k WHERE k.id = ?`

// countDevice counts one more device for the key, if it opens at this moment. Refused with ReasonProvisionKeyExhausted,
// ReasonProvisionKeyRevoked, ReasonProvisionKeySuspended or, if the key is gone, ReasonProvisionKeyUnknown.
func countDevice(tx *conn, id muster.ProvisionKeyID) error {
	now := time.Now()
	n, err := tx.exec(`UPDATE provision_key SET devices = devices + 1
		WHERE id = ? AND (max_devices = 0 OR devices < max_devices) AND suspended_at IS NULL
		AND (revoked_at IS NULL OR revoked_at > ?)`, blob(id[:]), millis(now))
	if err != nil || n > 0 {
		return err
	}
	if err := stillOpens(tx, id); err != nil {
		return err
	}
	return muster.Refuse(muster.ReasonProvisionKeyExhausted, "")
}

// stillOpens refuses a key that was revoked, suspended or deleted after it was read; zero: none is needed.
func stillOpens(tx *conn, id muster.ProvisionKeyID) error {
	if id.IsZero() {
		return nil
	}
	k, err := one(tx, readProvisionKey, provisionKeyByID, blob(id[:]))
	switch {
	case err != nil:
		return absent(err, muster.ReasonProvisionKeyUnknown)
	case !k.RevokedAt.IsZero() && !k.RevokedAt.After(time.Now()):
		return muster.Refuse(muster.ReasonProvisionKeyRevoked, "")
	case !k.SuspendedAt.IsZero():
		return muster.Refuse(muster.ReasonProvisionKeySuspended, "")
	}
	return nil
}
