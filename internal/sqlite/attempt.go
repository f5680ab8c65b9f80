package sqlite

import (
	"context"

	"muster"
)

func attemptColumns(a *muster.Attempt) []any {
	return []any{
		timeColumn{&a.At},
		numberColumn[int]{&a.Count},
		numberColumn[muster.Action]{&a.Action},
		numberColumn[muster.Transport]{&a.Transport},
		addrColumn{&a.Remote},
		idColumn[muster.Device]{&a.Device},
		&a.Name, &a.Shown,
		&a.Reason, &a.Detail,
	}
}

// AppendAttempts files attempts and drops the oldest beyond keep.
func (r *Registry) AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		for _, a := range attempts {
			_, err := tx.exec(ctx, `INSERT INTO attempt (at, count, action, transport, remote, device, name, shown, reason, detail)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				millis(a.At), a.Count, a.Action, a.Transport, addrText(a.Remote), idOrNull(a.Device), a.Name, a.Shown, a.Reason, a.Detail)
			if err != nil {
				return err
			}
		}
		_, err := tx.exec(ctx, `DELETE FROM attempt WHERE number <= (SELECT max(number) FROM attempt) - ?`, max(keep, 0))
		return err
	})
}

// Attempts returns the newest attempts first.
func (r *Registry) Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error) {
	const fields = `SELECT at, count, action, transport, remote, device, name, shown, reason, detail FROM attempt `
	limit := max(q.Limit, 0)
	switch {
	case q.Device.IsZero() && q.Name == "":
		return list(ctx, r.readers, attemptColumns, fields+`ORDER BY number DESC LIMIT ?`, limit)
	case q.Device.IsZero():
		return list(ctx, r.readers, attemptColumns, fields+`WHERE name = ? ORDER BY number DESC LIMIT ?`, q.Name, limit)
	case q.Name == "":
		return list(ctx, r.readers, attemptColumns, fields+`WHERE device = ? ORDER BY number DESC LIMIT ?`, q.Device[:], limit)
	}
	// Each half comes newest first from its own index, and no more of it is read than is wanted.
	return list(ctx, r.readers, attemptColumns, fields+`WHERE number IN (
		SELECT * FROM (SELECT number FROM attempt WHERE device = ?1 ORDER BY number DESC LIMIT ?3)
		UNION
		SELECT * FROM (SELECT number FROM attempt WHERE name = ?2 ORDER BY number DESC LIMIT ?3)
	) ORDER BY number DESC LIMIT ?3`, q.Device[:], q.Name, limit)
}
