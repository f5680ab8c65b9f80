package sqlite

import (
	"context"
	"time"

	"muster"
)

// RevocationAnswers returns the answers that are of use at a time, at most so many, those first that say that something is revoked.
func (r *Registry) RevocationAnswers(ctx context.Context, now time.Time, most int) ([]muster.RevocationAnswer, error) {
	read := func(r *row) muster.RevocationAnswer {
		return muster.RevocationAnswer{Certificate: r.digest(), Revoked: r.flag(), ThisUpdate: r.time(), NextUpdate: r.time(), Until: r.time()}
	}
	return list(ctx, r.readers, read, `SELECT certificate, revoked, this_update, next_update, until FROM revocation_answer WHERE until > ?
		ORDER BY revoked DESC LIMIT ?`, millis(now), number(most))
}

// KeepRevocationAnswer files what was said of a certificate last, and forgets what is of no use any more at a time.
func (r *Registry) KeepRevocationAnswer(ctx context.Context, a muster.RevocationAnswer, now time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		if _, err := tx.exec(`DELETE FROM revocation_answer WHERE until <= ?`, millis(now)); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT OR REPLACE INTO revocation_answer (certificate, revoked, this_update, next_update, until) VALUES (?, ?, ?, ?, ?)`,
			blob(a.Certificate[:]), flag(a.Revoked), millis(a.ThisUpdate), millis(a.NextUpdate), millis(a.Until))
		return err
	})
}
