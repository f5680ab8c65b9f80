package sqlite

import (
	"context"
	"errors"

	"muster"
)

func readAttribute(r *row) muster.Attribute {
	return muster.Attribute{Scope: integer[muster.Scope](r), Key: r.text(), Value: r.value(), UpdatedAt: r.time()}
}

// Attributes returns all attributes of the device, by scope and key.
func (r *Registry) Attributes(ctx context.Context, device muster.DeviceID) ([]muster.Attribute, error) {
	return list(ctx, r.readers, readAttribute,
		attributesOfDevice, blob(device[:]))
}

const attributesOfDevice = `SELECT scope, key, value, updated_at FROM attribute WHERE device = ? ORDER BY scope, key`

const attributesOfScope = `SELECT scope, key, value, updated_at FROM attribute WHERE device = ? AND scope = ? ORDER BY key`

// SaveAttributes creates or replaces the attributes, all or none. NotFound if the device is gone; ReasonPayloadInvalid if
// it would have more than muster.MaxAttributes, or more than muster.MaxAttributeBytes in them.
func (r *Registry) SaveAttributes(ctx context.Context, device muster.DeviceID, attributes []muster.Attribute) error {
	return r.write(ctx, func(tx *conn) error {
		if err := saveAttributes(tx, device, attributes); err != nil {
			return err
		}
		return attributesBounded(tx, device)
	})
}

// ChangeAttributes creates or replaces attributes and removes those of that scope with the keys, all or nothing. Refused as
// SaveAttributes is. It returns those of the scope as they are then, by key.
func (r *Registry) ChangeAttributes(
	ctx context.Context, device muster.DeviceID, scope muster.Scope, set []muster.Attribute, remove []string, seen ...muster.Version,
) ([]muster.Attribute, error) {
	var left []muster.Attribute
	err := r.write(ctx, func(tx *conn) error {
		d, err := one(tx, readDevice, deviceByID, blob(device[:]))
		if err != nil {
			return err
		}
		if len(seen) > 0 {
			now, err := all(tx, readAttribute, attributesOfScope, blob(device[:]), number(scope))
			if err != nil {
				return err
			}
			if err := muster.AttributesVersion(now).Expect(seen); err != nil {
				return err
			}
		}
		before, after := view{}, view{}
		touched := func(key string, to view) error {
			a, err := one(tx, readAttribute, `SELECT scope, key, value, updated_at FROM attribute
				WHERE device = ? AND scope = ? AND key = ?`, blob(device[:]), number(scope), text(key))
			if errors.Is(err, errNoRow) {
				return nil
			}
			to[scope.String()+" "+key] = a.Value
			return err
		}
		for _, key := range remove {
			if err := touched(key, before); err != nil {
				return err
			}
			_, err := tx.exec(`DELETE FROM attribute WHERE device = ? AND scope = ? AND key = ?`, blob(device[:]), number(scope), text(key))
			if err != nil {
				return err
			}
		}
		for _, a := range set {
			if err := touched(a.Key, before); err != nil {
				return err
			}
			after[scope.String()+" "+a.Key] = a.Value
		}
		if err := saveAttributes(tx, device, set); err != nil {
			return err
		}
		if err := attributesBounded(tx, device); err != nil {
			return err
		}
		if left, err = all(tx, readAttribute, attributesOfScope, blob(device[:]), number(scope)); err != nil {
			return err
		}
		return audited(ctx, tx, act{"update", "attributes", d.Name, before, after})
	})
	if err != nil {
		return nil, err
	}
	return left, nil
}

func attributesBounded(tx *conn, device muster.DeviceID) error {
	type total struct{ count, bytes int }
	t, err := one(tx, func(r *row) total { return total{integer[int](r), integer[int](r)} },
		`SELECT count(*), coalesce(sum(length(value)), 0) FROM attribute WHERE device = ?`, blob(device[:]))
	switch {
	case err != nil:
		return err
	case t.count > muster.MaxAttributes:
		return muster.Refuse(muster.ReasonPayloadInvalid, "a device has at most %d attributes", muster.MaxAttributes)
	case t.bytes > muster.MaxAttributeBytes:
		return muster.Refuse(muster.ReasonPayloadInvalid, "a device has at most %d bytes of attributes", muster.MaxAttributeBytes)
	}
	return nil
}

func saveAttributes(tx *conn, device muster.DeviceID, attributes []muster.Attribute) error {
	for _, a := range attributes {
		_, err := tx.exec(`INSERT INTO attribute (device, scope, key, value, updated_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
			blob(device[:]), number(a.Scope), text(a.Key), blob(a.Value.Encode(nil)), millis(a.UpdatedAt))
		if err != nil {
			return refused(err, muster.ReasonInternal, muster.ReasonNotFound)
		}
	}
	return nil
}
