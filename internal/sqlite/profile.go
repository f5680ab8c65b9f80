package sqlite

import (
	"context"

	"muster"
)

const profileFields = `p.id, p.name, p.description, p.strategy, p.created_at, p.settings`

func profileColumns(p *muster.Profile) []any {
	return []any{
		idColumn[muster.Profile]{&p.ID},
		&p.Name, &p.Description,
		numberColumn[muster.Strategy]{&p.Strategy},
		timeColumn{&p.CreatedAt},
		jsonColumn{&p.Settings},
	}
}

// CreateProfile files a profile and its first provision keys. Refused with ReasonProfileNameTaken or
// ReasonProvisionKeyTaken.
func (r *Registry) CreateProfile(ctx context.Context, p muster.Profile, keys ...muster.ProvisionKey) error {
	settings, err := jsonText(p.Settings)
	if err != nil {
		return err
	}
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		_, err := tx.exec(ctx, `INSERT INTO profile (id, name, description, strategy, created_at, settings) VALUES (?, ?, ?, ?, ?, ?)`,
			p.ID[:], p.Name, p.Description, p.Strategy, millis(p.CreatedAt), settings)
		if err != nil {
			return refused(err, muster.ReasonProfileNameTaken, muster.ReasonNotFound)
		}
		for _, k := range keys {
			if err := insertProvisionKey(ctx, tx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// Profile returns the profile called name, or muster.NotFound.
func (r *Registry) Profile(ctx context.Context, name string) (muster.Profile, error) {
	return find(ctx, r.readers, profileColumns, `SELECT `+profileFields+` FROM profile p WHERE p.name = ?`, name)
}

// Profiles returns all profiles, by name.
func (r *Registry) Profiles(ctx context.Context) ([]muster.Profile, error) {
	return list(ctx, r.readers, profileColumns, `SELECT `+profileFields+` FROM profile p ORDER BY p.name`)
}

// UpdateProfile changes a profile; ID and CreatedAt stay.
func (r *Registry) UpdateProfile(ctx context.Context, id muster.ProfileID, change func(*muster.Profile) error) (muster.Profile, error) {
	var after muster.Profile
	err := r.write(ctx, func(ctx context.Context, tx *statements) error {
		before, err := one(ctx, tx, profileColumns, `SELECT `+profileFields+` FROM profile p WHERE p.id = ?`, id[:])
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
		_, err = tx.exec(ctx, `UPDATE profile SET name = ?, description = ?, strategy = ?, settings = ? WHERE id = ?`,
			after.Name, after.Description, after.Strategy, settings, id[:])
		return refused(err, muster.ReasonProfileNameTaken, muster.ReasonNotFound)
	})
	if err != nil {
		return muster.Profile{}, err
	}
	return after, nil
}

// DeleteProfile removes a profile and its provision keys. Refused with ReasonProfileInUse while it has devices.
func (r *Registry) DeleteProfile(ctx context.Context, id muster.ProfileID) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		n, err := tx.exec(ctx, `DELETE FROM profile WHERE id = ?`, id[:])
		if err != nil {
			return refused(err, muster.ReasonInternal, muster.ReasonProfileInUse)
		}
		return atLeastOne(n)
	})
}
