package sqlite

import (
	"context"
	"errors"
	"time"

	"muster"
)

// expiringCredentials follows the index of ends, from the first that is asked for to the last.
const expiringCredentials = `SELECT c.expires_at / 86400000, d.profile, c.kind, t.authority, count(*)
	FROM credential c INDEXED BY credential_by_expiry CROSS JOIN device d ON d.id = c.device
	LEFT JOIN certificate t INDEXED BY certificate_by_credential ON t.credential = c.id
	WHERE c.expires_at >= ?1 AND c.expires_at < ?2 AND c.state IN (1, 2) GROUP BY 1, 2, 3, 4`

// Expiring counts the credentials that open the door and end in a time, from its beginning on and before its end, by day,
// profile, kind and authority. It takes a time that grows with how many these are, and keeps no writer waiting.
func (r *Registry) Expiring(ctx context.Context, from, until time.Time) ([]muster.Expiring, error) {
	read := func(r *row) (e muster.Expiring) {
		e.Day = time.Unix(integer[int64](r)*int64(24*time.Hour/time.Second), 0).UTC()
		e.Profile, e.Kind = id[muster.Profile](r), integer[muster.CredentialKind](r)
		r.fill(e.Authority[:], "authority")
		e.Count = integer[int](r)
		return e
	}
	return list(ctx, r.readers, read, expiringCredentials, millis(from), millis(until))
}

const countExpiring = `SELECT count(*) FROM credential INDEXED BY credential_by_expiry WHERE expires_at >= ? AND expires_at < ? AND state IN (1, 2)`

// CountExpiring counts the credentials that Expiring counts, all together. The index knows of them what it takes.
func (r *Registry) CountExpiring(ctx context.Context, from, until time.Time) (int, error) {
	return find(ctx, r.readers, integer[int], countExpiring, millis(from), millis(until))
}

// Foretold returns up to which end credentials were told of so many days before; zero: none was yet.
func (r *Registry) Foretold(ctx context.Context, days int) (time.Time, error) {
	until, err := find(ctx, r.readers, (*row).time, `SELECT until FROM foretold WHERE days = ?`, number(days))
	if errors.Is(err, muster.NotFound) {
		return time.Time{}, nil
	}
	return until, err
}

// Foretell notes up to which end credentials are told of so many days before.
func (r *Registry) Foretell(ctx context.Context, days int, until time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`INSERT INTO foretold (days, until) VALUES (?1, ?2) ON CONFLICT (days) DO UPDATE SET until = ?2`,
			number(days), millis(until))
		return err
	})
}
