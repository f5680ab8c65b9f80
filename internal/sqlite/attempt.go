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

// What finds attempts by their numbers, newest first and at most ?1, stretch by stretch as the indexes have them.
const (
	attempts  = `SELECT at, count, action, transport, remote, device, name, shown, reason, detail FROM attempt `
	stretches = `WITH RECURSIVE stretch (part) AS (SELECT max(number) >> 12 FROM attempt
		UNION ALL SELECT part - 1 FROM stretch WHERE part > (SELECT min(number) >> 12 FROM attempt)) `
	numbers = `SELECT * FROM (SELECT number FROM stretch CROSS JOIN attempt WHERE number >> 12 = part AND `
	newest  = ` ORDER BY number DESC LIMIT ?1`
)

// Attempts returns the newest attempts first.
func (r *Registry) Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error) {
	limit, device, name := number(max(q.Limit, 0)), blob(q.Device[:]), text(q.Name)
	switch {
	case q.Device.IsZero() && q.Name == "":
		return list(ctx, r.readers, readAttempt, attempts+newest, limit)
	case q.Device.IsZero():
		return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
			numbers+`name = ?2`+newest+`))`+newest, limit, name)
	case q.Name == "":
		return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
			numbers+`device = ?2`+newest+`))`+newest, limit, device)
	}
	return list(ctx, r.readers, readAttempt, stretches+attempts+`WHERE number IN (`+
		numbers+`device = ?2`+newest+`) UNION `+numbers+`name = ?3`+newest+`))`+newest, limit, device, name)
}
