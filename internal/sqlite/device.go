package sqlite

import (
	"context"
	"strings"
	"time"

	"muster"
)

const deviceFields = `d.id, d.profile, d.name, d.state, d.gateway, d.label, d.tags, d.created_at, d.provisioned_at, d.provisioned_with,
	d.description`

func readDevice(r *row) muster.Device {
	d := muster.Device{
		ID:      id[muster.Device](r),
		Profile: id[muster.Profile](r),
		Name:    r.text(),
		State:   integer[muster.DeviceState](r),
		Gateway: r.flag(),
		Label:   r.text(),
	}
	r.json(&d.Tags)
	d.CreatedAt, d.ProvisionedAt, d.ProvisionedWith, d.Description = r.time(), r.time(), id[muster.ProvisionKey](r), r.text()
	return d
}

const (
	deviceByID   = `SELECT ` + deviceFields + ` FROM device d WHERE d.id = ?`
	deviceByName = `SELECT ` + deviceFields + ` FROM device d WHERE d.name = ?`
)

// CreateDevice files a device with its credentials and attributes. Refused with ReasonDeviceNameTaken or
// ReasonCredentialInUse.
func (r *Registry) CreateDevice(ctx context.Context, d muster.Device, credentials []muster.Credential, attributes []muster.Attribute) error {
	return r.write(ctx, func(tx *conn) error {
		if err := insertDevice(tx, d); err != nil {
			return err
		}
		for _, c := range credentials {
			if err := insertCredential(tx, c); err != nil {
				return err
			}
		}
		if err := saveAttributes(tx, d.ID, attributes); err != nil {
			return err
		}
		return audited(ctx, tx, act{"create", "device", d.Name, nil, deviceView(d)})
	})
}

func insertDevice(tx *conn, d muster.Device) error {
	tags, err := jsonText(d.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO device (id, profile, name, folded, state, gateway, label, tags, created_at, provisioned_at,
		provisioned_with, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(d.ID[:]), blob(d.Profile[:]), text(d.Name), text(strings.ToLower(d.Name)), number(d.State), flag(d.Gateway),
		text(d.Label), tags, millis(d.CreatedAt), millis(d.ProvisionedAt), idOrNull(d.ProvisionedWith), text(d.Description))
	return refused(err, muster.ReasonDeviceNameTaken, muster.ReasonNotFound)
}

// Device returns the device called name, or muster.NotFound.
func (r *Registry) Device(ctx context.Context, name string) (muster.Device, error) {
	return find(ctx, r.readers, readDevice, deviceByName, text(name))
}

// UpdateDevice changes a device; ID and CreatedAt stay.
func (r *Registry) UpdateDevice(ctx context.Context, id muster.DeviceID, change func(*muster.Device) error) (muster.Device, error) {
	var after muster.Device
	err := r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readDevice, deviceByID, blob(id[:]))
		if err != nil {
			return err
		}
		after = before
		if err := change(&after); err != nil {
			return err
		}
		after.ID, after.CreatedAt = before.ID, before.CreatedAt
		if err := updateDevice(tx, after); err != nil {
			return err
		}
		return audited(ctx, tx, act{"update", "device", before.Name, deviceView(before), deviceView(after)})
	})
	if err != nil {
		return muster.Device{}, err
	}
	return after, nil
}

func updateDevice(tx *conn, d muster.Device) error {
	tags, err := jsonText(d.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE device SET profile = ?, name = ?, folded = ?, state = ?, gateway = ?, label = ?, tags = ?,
		provisioned_at = ?, provisioned_with = ?, description = ? WHERE id = ?`,
		blob(d.Profile[:]), text(d.Name), text(strings.ToLower(d.Name)), number(d.State), flag(d.Gateway), text(d.Label), tags,
		millis(d.ProvisionedAt), idOrNull(d.ProvisionedWith), text(d.Description), blob(d.ID[:]))
	return refused(err, muster.ReasonDeviceNameTaken, muster.ReasonNotFound)
}

// DeleteDevice removes a device, its credentials and attributes, and remembers it as gone. NotFound if it is gone.
func (r *Registry) DeleteDevice(ctx context.Context, id muster.DeviceID, seen ...muster.Version) error {
	return r.write(ctx, func(tx *conn) error {
		d, err := one(tx, readDevice, deviceByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := d.Version().Expect(seen); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM device WHERE id = ?`, blob(id[:])); err != nil {
			return err
		}
		if _, err := tx.exec(`INSERT INTO gone (device, deleted_at) VALUES (?, ?)`, blob(id[:]), millis(time.Now())); err != nil {
			return err
		}
		return audited(ctx, tx, act{"delete", "device", d.Name, deviceView(d), nil})
	})
}

// Gone returns the devices that were deleted before that time and of which Removed has not been told, at most limit.
func (r *Registry) Gone(ctx context.Context, before time.Time, limit int) ([]muster.DeviceID, error) {
	return list(ctx, r.readers, id[muster.Device], `SELECT device FROM gone WHERE deleted_at < ? ORDER BY device LIMIT ?`,
		millis(before), number(max(limit, 0)))
}

// Removed is told of devices whose readings are removed.
func (r *Registry) Removed(ctx context.Context, devices []muster.DeviceID) error {
	return r.write(ctx, func(tx *conn) error {
		for _, id := range devices {
			if _, err := tx.exec(`DELETE FROM gone WHERE device = ?`, blob(id[:])); err != nil {
				return err
			}
		}
		return nil
	})
}
