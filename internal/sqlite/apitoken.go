package sqlite

import (
	"context"

	"muster"
)

func apiTokenColumns(t *muster.APIToken) []any {
	return []any{digestColumn{&t.Digest}, &t.Name, &t.Once, timeColumn{&t.CreatedAt}, timeColumn{&t.ExpiresAt}}
}

// CreateAPIToken files the digest of a token for people and scripts.
func (r *Registry) CreateAPIToken(ctx context.Context, t muster.APIToken) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error { return insertAPIToken(ctx, tx, t) })
}

func insertAPIToken(ctx context.Context, tx *statements, t muster.APIToken) error {
	_, err := tx.exec(ctx, `INSERT INTO api_token (digest, name, once, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
		t.Digest[:], t.Name, t.Once, millis(t.CreatedAt), millis(t.ExpiresAt))
	return err
}

// APIToken returns the token of that digest, or muster.NotFound.
func (r *Registry) APIToken(ctx context.Context, digest muster.LookupKey) (muster.APIToken, error) {
	return find(ctx, r.readers, apiTokenColumns,
		`SELECT digest, name, once, created_at, expires_at FROM api_token WHERE digest = ?`, digest[:])
}

// SpendAPIToken removes a one-time token and files another in its place, in one transaction: a second caller with the
// same one-time token gets muster.NotFound.
func (r *Registry) SpendAPIToken(ctx context.Context, once muster.LookupKey, t muster.APIToken) error {
	return r.write(ctx, func(ctx context.Context, tx *statements) error {
		n, err := tx.exec(ctx, `DELETE FROM api_token WHERE digest = ? AND once`, once[:])
		if err != nil {
			return err
		}
		if err := atLeastOne(n); err != nil {
			return err
		}
		return insertAPIToken(ctx, tx, t)
	})
}
