package sqlite

import (
	"context"
	"errors"
	"time"

	"muster"
)

// onceKept is how many requests with a key are remembered.
const onceKept = 10_000

// BeginOnce files a request and returns true, or returns what was filed under its key since then. What is older, and the
// oldest beyond the number that is kept, are dropped.
func (r *Registry) BeginOnce(ctx context.Context, o muster.Once, since time.Time) (before muster.Once, begun bool, err error) {
	err = r.write(ctx, func(tx *conn) error {
		if _, err := tx.exec(`DELETE FROM once WHERE at < ?`, millis(since)); err != nil {
			return err
		}
		found, err := one(tx, func(r *row) muster.Once {
			return muster.Once{Key: r.digest(), Request: r.digest(), At: r.time(), Answer: r.blob()}
		}, `SELECT key, request, at, answer FROM once WHERE key = ?`, blob(o.Key[:]))
		if before = found; !errors.Is(err, errNoRow) {
			return err
		}
		begun = true
		_, err = tx.exec(`INSERT INTO once (key, request, at, answer) VALUES (?, ?, ?, ?)`,
			blob(o.Key[:]), blob(o.Request[:]), millis(o.At), blob(o.Answer))
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM once WHERE number <= (SELECT max(number) FROM once) - ?`, number(onceKept))
		return err
	})
	return before, begun && err == nil, err
}

// EndOnce files what a request was answered. Without an answer it is forgotten.
func (r *Registry) EndOnce(ctx context.Context, key muster.LookupKey, answer muster.Sealed) error {
	return r.write(ctx, func(tx *conn) (err error) {
		if len(answer) == 0 {
			_, err = tx.exec(`DELETE FROM once WHERE key = ?`, blob(key[:]))
		} else {
			_, err = tx.exec(`UPDATE once SET answer = ? WHERE key = ?`, blob(answer), blob(key[:]))
		}
		return err
	})
}
