package sqlite

import (
	"context"

	"muster"
)

const profileFields = `p.id, p.name, p.description, p.strategy, p.created_at, p.settings`

const profileByID = `SELECT ` + profileFields + ` FROM profile p WHERE p.id = ?`

func readProfile(r *row) muster.Profile {
	p := muster.Profile{
		ID:          id[muster.Profile](r),
		Name:        r.text(),
		Description: r.text(),
		Strategy:    integer[muster.Strategy](r),
		CreatedAt:   r.time(),
	}
	r.json(&p.Settings)
	return p
}

// CreateProfile files a profile and its first provision keys. Refused with ReasonProfileNameTaken, ReasonProvisionKeyTaken or
// ReasonAuthorityTaken.
func (r *Registry) CreateProfile(ctx context.Context, p muster.Profile, keys ...muster.ProvisionKey) error {
	settings, err := jsonText(p.Settings)
	if err != nil {
		return err
	}
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`INSERT INTO profile (id, name, description, strategy, created_at, settings) VALUES (?, ?, ?, ?, ?, ?)`,
			blob(p.ID[:]), text(p.Name), text(p.Description), number(p.Strategy), millis(p.CreatedAt), settings)
		if err != nil {
			return refused(err, muster.ReasonProfileNameTaken, muster.ReasonNotFound)
		}
		if err := fileAnchors(tx, &p); err != nil {
			return err
		}
		if err := audited(ctx, tx, act{"create", "profile", p.Name, nil, profileView(p)}); err != nil {
			return err
		}
		for _, k := range keys {
			if err := createProvisionKey(ctx, tx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// Profile returns the profile called name, or muster.NotFound.
func (r *Registry) Profile(ctx context.Context, name string) (muster.Profile, error) {
	return find(ctx, r.readers, readProfile, `SELECT `+profileFields+` FROM profile p WHERE p.name = ?`, text(name))
}

// ProfileByID returns a profile, or muster.NotFound.
func (r *Registry) ProfileByID(ctx context.Context, id muster.ProfileID) (muster.Profile, error) {
	return find(ctx, r.readers, readProfile, profileByID, blob(id[:]))
}

// ProfileOf returns the profile of that id, or muster.NotFound.
func (r *Registry) ProfileOf(ctx context.Context, id muster.ProfileID) (muster.Profile, error) {
	return find(ctx, r.readers, readProfile, profileByID, blob(id[:]))
}

// Profiles returns all profiles, by name.
func (r *Registry) Profiles(ctx context.Context) ([]muster.Profile, error) {
	return list(ctx, r.readers, readProfile, `SELECT `+profileFields+` FROM profile p ORDER BY p.name`)
}

// UpdateProfile changes a profile; ID and CreatedAt stay. Refused with ReasonProfileNameTaken or ReasonAuthorityTaken.
func (r *Registry) UpdateProfile(ctx context.Context, id muster.ProfileID, change func(*muster.Profile) error) (muster.Profile, error) {
	var after muster.Profile
	err := r.writeKnown(ctx, func(tx *conn) error {
		before, err := one(tx, readProfile, profileByID, blob(id[:]))
		if err != nil {
			return err
		}
		after = before
		if err := change(&after); err != nil {
			return err
		}
		after.ID, after.CreatedAt = before.ID, before.CreatedAt
		settings, err := jsonText(after.Settings)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE profile SET name = ?, description = ?, strategy = ?, settings = ? WHERE id = ?`,
			text(after.Name), text(after.Description), number(after.Strategy), settings, blob(id[:]))
		if err != nil {
			return refused(err, muster.ReasonProfileNameTaken, muster.ReasonNotFound)
		}
		if !sameAnchors(&before, &after) {
			if err := fileAnchors(tx, &after); err != nil {
				return err
			}
		}
		return audited(ctx, tx, act{"update", "profile", before.Name, profileView(before), profileView(after)})
	})
	if err != nil {
		return muster.Profile{}, err
	}
	return after, nil
}

// DeleteProfile removes a profile and its provision keys. Refused with ReasonProfileInUse while it has devices.
func (r *Registry) DeleteProfile(ctx context.Context, id muster.ProfileID, seen ...muster.Version) error {
	return r.writeKnown(ctx, func(tx *conn) error {
		p, err := one(tx, readProfile, profileByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := p.Version().Expect(seen); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM profile WHERE id = ?`, blob(id[:])); err != nil {
			return refused(err, muster.ReasonInternal, muster.ReasonProfileInUse)
		}
		return audited(ctx, tx, act{"delete", "profile", p.Name, profileView(p), nil})
	})
}
