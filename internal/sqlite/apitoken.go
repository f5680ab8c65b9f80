package sqlite

import (
	"context"

	"muster"
)

func readAPIToken(r *row) muster.APIToken {
	return muster.APIToken{Digest: r.digest(), Name: r.text(), Once: r.flag(), CreatedAt: r.time(), ExpiresAt: r.time()}
}

// CreateAPIToken files the digest of a token for people and scripts.
func (r *Registry) CreateAPIToken(ctx context.Context, t muster.APIToken) error {
	return r.write(ctx, func(tx *conn) error { return insertAPIToken(tx, t) })
}

func insertAPIToken(tx *conn, t muster.APIToken) error {
	_, err := tx.exec(`INSERT INTO api_token (digest, name, once, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
		blob(t.Digest[:]), text(t.Name), flag(t.Once), millis(t.CreatedAt), millis(t.ExpiresAt))
	return err
}

// APIToken returns the token of that digest, or muster.NotFound.
func (r *Registry) APIToken(ctx context.Context, digest muster.LookupKey) (muster.APIToken, error) {
	return find(ctx, r.readers, readAPIToken,
		`SELECT digest, name, once, created_at, expires_at FROM api_token WHERE digest = ?`, blob(digest[:]))
}

// SpendAPIToken removes a one-time token and files another in its place, in one transaction: a second caller with the
// same one-time token gets muster.NotFound.
func (r *Registry) SpendAPIToken(ctx context.Context, once muster.LookupKey, t muster.APIToken) error {
	return r.write(ctx, func(tx *conn) error {
		n, err := tx.exec(`DELETE FROM api_token WHERE digest = ? AND once`, blob(once[:]))
		if err != nil {
			return err
		}
		if err := atLeastOne(n); err != nil {
			return err
		}
		return insertAPIToken(tx, t)
	})
}
