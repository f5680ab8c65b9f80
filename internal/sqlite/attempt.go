package sqlite

import (
	"context"

	"muster"
)

func readAttempt(r *row) muster.Attempt {
	return muster.Attempt{
		At:        r.time(),
		Count:     integer[int](r),
		Action:    integer[muster.Action](r),
		Transport: integer[muster.Transport](r),
		Remote:    r.addr(),
		Device:    id[muster.Device](r),
		Name:      r.text(),
		Shown:     r.text(),
		Reason:    muster.Reason(r.text()),
		Detail:    r.text(),
	}
}

// AppendAttempts files attempts and drops the oldest beyond keep.
func (r *Registry) AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int) error {
	return r.write(ctx, func(tx *conn) error {
		for _, a := range attempts {
			_, err := tx.exec(`INSERT INTO attempt (at, count, action, transport, remote, device, name, shown, reason, detail)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				millis(a.At), number(a.Count), number(a.Action), number(a.Transport), addr(a.Remote), idOrNull(a.Device),
				text(a.Name), text(a.Shown), text(a.Reason), text(a.Detail))
			if err != nil {
				return err
			}
		}
		_, err := tx.exec(`DELETE FROM attempt WHERE number <= (SELECT max(number) FROM attempt) - ?`, number(max(keep, 0)))
		return err
	})
}

// Attempts returns the newest attempts first.
func (r *Registry) Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error) {
	const fields = `SELECT at, count, action, transport, remote, device, name, shown, reason, detail FROM attempt `
	limit := number(max(q.Limit, 0))
	switch {
	case q.Device.IsZero() && q.Name == "":
		return list(ctx, r.readers, readAttempt, fields+`ORDER BY number DESC LIMIT ?`, limit)
	case q.Device.IsZero():
		return list(ctx, r.readers, readAttempt, fields+`WHERE name = ? ORDER BY number DESC LIMIT ?`, text(q.Name), limit)
	case q.Name == "":
		return list(ctx, r.readers, readAttempt, fields+`WHERE device = ? ORDER BY number DESC LIMIT ?`, blob(q.Device[:]), limit)
	}
	// Each half comes newest first from its own index, and no more of it is read than is wanted.
	return list(ctx, r.readers, readAttempt, fields+`WHERE number IN (
		SELECT * FROM (SELECT number FROM attempt WHERE device = ?1 ORDER BY number DESC LIMIT ?3)
		UNION
		SELECT * FROM (SELECT number FROM attempt WHERE name = ?2 ORDER BY number DESC LIMIT ?3)
	) ORDER BY number DESC LIMIT ?3`, blob(q.Device[:]), text(q.Name), limit)
}
