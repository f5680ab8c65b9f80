package sqlite

import (
	"context"

	"muster"
)

func attributeColumns(a *muster.Attribute) []any {
	return []any{numberColumn[muster.Scope]{&a.Scope}, &a.Key, valueColumn{&a.Value}, timeColumn{&a.UpdatedAt}}
}

// Attributes returns all attributes of the device, by scope and key.
func (r *Registry) Attributes(ctx context.Context, device muster.DeviceID) ([]muster.Attribute, error) {
	return list(ctx, r.readers, attributeColumns,
		`SELECT scope, key, value, updated_at FROM attribute WHERE device = ? ORDER BY scope, key`, device[:])
}

// SaveAttributes creates or replaces the attributes, all or none. NotFound if the device is gone; ReasonPayloadInvalid if
// it would have more than muster.MaxAttributes, or more than muster.MaxAttributeBytes in them.
func (r *Registry) SaveAttributes(ctx context.Context, device muster.DeviceID, attributes []muster.Attribute) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		if err := saveAttributes(ctx, tx, device, attributes); err != nil {
			return err
		}
		return attributesBounded(ctx, tx, device)
	})
}

func attributesBounded(ctx context.Context, tx *statements, device muster.DeviceID) error {
	type total struct{ count, bytes int }
	t, err := one(ctx, tx, func(t *total) []any { return []any{&t.count, &t.bytes} },
		`SELECT count(*), coalesce(sum(length(value)), 0) FROM attribute WHERE device = ?`, device[:])
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

func saveAttributes(ctx context.Context, tx *statements, device muster.DeviceID, attributes []muster.Attribute) error {
	for _, a := range attributes {
		_, err := tx.exec(ctx, `INSERT INTO attribute (device, scope, key, value, updated_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
			device[:], a.Scope, a.Key, a.Value.Encode(nil), millis(a.UpdatedAt))
		if err != nil {
			return refused(err, muster.ReasonInternal, muster.ReasonNotFound)
		}
	}
	return nil
}
