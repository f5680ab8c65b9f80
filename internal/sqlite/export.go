package sqlite

import (
	"context"
	"errors"

	"muster"
)

// someDevices are the devices of a page, by name.
const someDevices = ` FROM device d WHERE d.name > ? ORDER BY d.name LIMIT ?`

// DeviceRecords returns the devices whose names are greater than after, by name, at most limit, as they were at one moment.
func (r *Registry) DeviceRecords(ctx context.Context, after string, limit int) (found []muster.DeviceRecord, err error) {
	c, err := r.readers.take(ctx)
	if err != nil {
		return nil, err
	}
	defer r.readers.giveBack(c)
	if err := c.script("BEGIN"); err != nil {
		return nil, failure(err)
	}
	stop := c.watch(ctx)
	defer func() {
		stop() // or it would stop the end of the transaction, too
		if err = errors.Join(err, c.rollback()); err != nil && ctx.Err() != nil {
			err = ctx.Err()
		}
	}()
	if found, err = deviceRecords(c, after, limit); err != nil {
		return nil, failure(err)
	}
	return found, nil
}

func deviceRecords(c *conn, after string, limit int) ([]muster.DeviceRecord, error) {
	page := func() []value { return []value{text(after), number(max(limit, 0))} }
	devices, err := all(c, readDevice, `SELECT `+deviceFields+someDevices, page()...)
	if err != nil {
		return nil, err
	}
	found := make([]muster.DeviceRecord, len(devices))
	place := make(map[muster.DeviceID]*muster.DeviceRecord, len(devices))
	for i, d := range devices {
		found[i].Device = d
		place[d.ID] = &found[i]
	}
	credentials, err := all(c, readCredential, `SELECT `+credentialFields+` FROM credential c WHERE c.device IN (SELECT d.id`+someDevices+`)
		ORDER BY c.created_at, c.id`, page()...)
	if err != nil {
		return nil, err
	}
	for _, credential := range credentials {
		of := place[credential.Device]
		of.Credentials = append(of.Credentials, credential)
	}
	attributes, err := all(c, readOwned, `SELECT a.device, a.scope, a.key, a.value, a.updated_at FROM attribute a
		WHERE a.device IN (SELECT d.id`+someDevices+`) ORDER BY a.scope, a.key`, page()...)
	if err != nil {
		return nil, err
	}
	for _, a := range attributes {
		of := place[a.device]
		of.Attributes = append(of.Attributes, a.attribute)
	}
	return found, nil
}

// owned is an attribute, and whose it is.
type owned struct {
	device    muster.DeviceID
	attribute muster.Attribute
}

func readOwned(r *row) owned { return owned{id[muster.Device](r), readAttribute(r)} }

// SecretsShown notes in the audit log that somebody was shown the secrets of the whole fleet.
func (r *Registry) SecretsShown(ctx context.Context) error {
	return r.write(ctx, func(tx *conn) error {
		return audited(ctx, tx, act{"export", "device", "", nil, view{"secrets": true}})
	})
}
