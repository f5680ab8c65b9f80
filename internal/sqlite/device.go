package sqlite

import (
	"context"
	"strings"
	"time"

	"muster"
)

const deviceFields = `d.id, d.profile, d.name, d.state, d.gateway, d.label, d.tags, d.created_at, d.provisioned_at, d.provisioned_with`

func deviceColumns(d *muster.Device) []any {
	return []any{
		idColumn[muster.Device]{&d.ID},
		idColumn[muster.Profile]{&d.Profile},
		&d.Name,
		numberColumn[muster.DeviceState]{&d.State},
		&d.Gateway, &d.Label,
		jsonColumn{&d.Tags},
		timeColumn{&d.CreatedAt},
		timeColumn{&d.ProvisionedAt},
		idColumn[muster.ProvisionKey]{&d.ProvisionedWith},
	}
}

const (
	deviceByID   = `SELECT ` + deviceFields + ` FROM device d WHERE d.id = ?`
	deviceByName = `SELECT ` + deviceFields + ` FROM device d WHERE d.name = ?`
)

// CreateDevice files a device with its credentials and attributes. Refused with ReasonDeviceNameTaken or
// ReasonCredentialInUse.
func (r *Registry) CreateDevice(ctx context.Context, d muster.Device, credentials []muster.Credential, attributes []muster.Attribute) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		if err := insertDevice(ctx, tx, d); err != nil {
			return err
		}
		for _, c := range credentials {
			if err := insertCredential(ctx, tx, c); err != nil {
				return err
			}
		}
		return saveAttributes(ctx, tx, d.ID, attributes)
	})
}

func insertDevice(ctx context.Context, tx *statements, d muster.Device) error {
	tags, err := jsonText(d.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO device (id, profile, name, folded, state, gateway, label, tags, created_at, provisioned_at,
		provisioned_with) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID[:], d.Profile[:], d.Name, strings.ToLower(d.Name), d.State, d.Gateway, d.Label, tags, millis(d.CreatedAt),
		millis(d.ProvisionedAt), idOrNull(d.ProvisionedWith))
	return refused(err, muster.ReasonDeviceNameTaken, muster.ReasonNotFound)
}

// Device returns the device called name, or muster.NotFound.
func (r *Registry) Device(ctx context.Context, name string) (muster.Device, error) {
	return find(ctx, r.readers, deviceColumns, deviceByName, name)
}

// Devices returns devices by name.
func (r *Registry) Devices(ctx context.Context, q muster.DeviceQuery) ([]muster.Device, error) {
	query, args := `SELECT `+deviceFields+` FROM device d WHERE d.name > ?`, []any{q.After}
	if !q.Profile.IsZero() {
		query, args = query+` AND d.profile = ?`, append(args, q.Profile[:])
	}
	if q.State != nil {
		query, args = query+` AND d.state = ?`, append(args, *q.State)
	}
	if q.Search != "" {
		query, args = query+` AND instr(d.folded, ?) > 0`, append(args, strings.ToLower(q.Search))
	}
	return list(ctx, r.readers, deviceColumns, query+` ORDER BY d.name LIMIT ?`, append(args, max(q.Limit, 0))...)
}

// UpdateDevice changes a device; ID and CreatedAt stay.
func (r *Registry) UpdateDevice(ctx context.Context, id muster.DeviceID, change func(*muster.Device) error) (muster.Device, error) {
	var after muster.Device
	err := r.write(ctx, func(ctx context.Context, tx *statements) error {
		before, err := one(ctx, tx, deviceColumns, deviceByID, id[:])
		if err != nil {
			return err
		}
		after = before
		if err := change(&after); err != nil {
			return err
		}
		after.ID, after.CreatedAt = before.ID, before.CreatedAt
		return updateDevice(ctx, tx, after)
	})
	if err != nil {
		return muster.Device{}, err
	}
	return after, nil
}

func updateDevice(ctx context.Context, tx *statements, d muster.Device) error {
	tags, err := jsonText(d.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE device SET profile = ?, name = ?, folded = ?, state = ?, gateway = ?, label = ?, tags = ?,
		provisioned_at = ?, provisioned_with = ? WHERE id = ?`,
		d.Profile[:], d.Name, strings.ToLower(d.Name), d.State, d.Gateway, d.Label, tags,
		millis(d.ProvisionedAt), idOrNull(d.ProvisionedWith), d.ID[:])
	return refused(err, muster.ReasonDeviceNameTaken, muster.ReasonNotFound)
}

// DeleteDevice removes a device, its credentials and attributes, and remembers it as gone. NotFound if it is gone.
func (r *Registry) DeleteDevice(ctx context.Context, id muster.DeviceID) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		n, err := tx.exec(ctx, `DELETE FROM device WHERE id = ?`, id[:])
		if err != nil {
			return err
		}
		if err := atLeastOne(n); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO gone (device, deleted_at) VALUES (?, ?)`, id[:], time.Now().UnixMilli())
		return err
	})
}

// Gone returns the devices that were deleted before that time and of which Removed has not been told, at most limit.
func (r *Registry) Gone(ctx context.Context, before time.Time, limit int) ([]muster.DeviceID, error) {
	id := func(id *muster.DeviceID) []any { return []any{idColumn[muster.Device]{id}} }
	return list(ctx, r.readers, id, `SELECT device FROM gone WHERE deleted_at < ? ORDER BY device LIMIT ?`, before.UnixMilli(), max(limit, 0))
}

// Removed is told of devices whose readings are removed.
func (r *Registry) Removed(ctx context.Context, devices []muster.DeviceID) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		for _, id := range devices {
			if _, err := tx.exec(ctx, `DELETE FROM gone WHERE device = ?`, id[:]); err != nil {
				return err
			}
		}
		return nil
	})
}
