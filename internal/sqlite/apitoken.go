package sqlite

import (
	"context"
	"time"

	"muster"
)

const apiTokenFields = `t.id, t.digest, t.name, t.role, t.networks, t.once, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.owner`

func readAPIToken(r *row) muster.APIToken {
	t := muster.APIToken{ID: id[muster.APIToken](r), Digest: r.digest(), Name: r.text(), Role: integer[muster.Role](r)}
	r.json(&t.Networks)
	t.Once, t.CreatedAt, t.ExpiresAt, t.RevokedAt, t.LastUsedAt = r.flag(), r.time(), r.time(), r.time(), r.time()
	t.Owner = id[muster.User](r)
	return t
}

// CreateAPIToken files the digest of a token. Refused with ReasonAPITokenNameTaken, or with ReasonUserDisabled if its owner
// is, and NotFound if they are gone. Those that were revoked or have expired before stale are forgotten.
func (r *Registry) CreateAPIToken(ctx context.Context, t muster.APIToken, stale time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		if _, err := tx.exec(`DELETE FROM api_token WHERE revoked_at < ?1 OR expires_at < ?1`, millis(stale)); err != nil {
			return err
		}
		if !t.Owner.IsZero() {
			owner, err := one(tx, readUser, userByID, blob(t.Owner[:]))
			if err != nil {
				return err
			}
			if owner.Disabled {
				return muster.Refuse(muster.ReasonUserDisabled, "")
			}
		}
		networks, err := jsonText(t.Networks)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO api_token (id, digest, name, role, networks, once, created_at, expires_at, revoked_at, last_used_at, owner)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			blob(t.ID[:]), blob(t.Digest[:]), text(t.Name), number(t.Role), networks, flag(t.Once), millis(t.CreatedAt),
			millis(t.ExpiresAt), millis(t.RevokedAt), millis(t.LastUsedAt), idOrNull(t.Owner))
		if err != nil {
			return refused(err, muster.ReasonAPITokenNameTaken, muster.ReasonNotFound)
		}
		return audited(ctx, tx, act{"create", "token", t.Name, nil, apiTokenView(t)})
	})
}

// APIToken returns the token of that digest, or muster.NotFound.
func (r *Registry) APIToken(ctx context.Context, digest muster.LookupKey) (muster.APIToken, error) {
	return find(ctx, r.readers, readAPIToken, `SELECT `+apiTokenFields+` FROM api_token t WHERE t.digest = ?`, blob(digest[:]))
}

// APITokens returns all tokens but the one-time ones, the oldest first.
func (r *Registry) APITokens(ctx context.Context) ([]muster.APIToken, error) {
	return list(ctx, r.readers, readAPIToken,
		`SELECT `+apiTokenFields+` FROM api_token t WHERE NOT t.once ORDER BY t.created_at, t.id`)
}

// RevokeAPIToken ends the use of a token. NotFound if it is gone.
func (r *Registry) RevokeAPIToken(ctx context.Context, id muster.APITokenID, at time.Time) (after muster.APIToken, err error) {
	err = r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readAPIToken, `SELECT `+apiTokenFields+` FROM api_token t WHERE t.id = ?`, blob(id[:]))
		if err != nil {
			return err
		}
		after = before
		if !after.RevokedAt.IsZero() {
			return nil
		}
		after.RevokedAt = at
		if _, err := tx.exec(`UPDATE api_token SET revoked_at = ? WHERE id = ?`, millis(at), blob(id[:])); err != nil {
			return err
		}
		return audited(ctx, tx, act{"revoke", "token", after.Name, apiTokenView(before), apiTokenView(after)})
	})
	return after, err
}

// UsedAPIToken notes that a token let somebody in. One that is gone changes nothing.
func (r *Registry) UsedAPIToken(ctx context.Context, id muster.APITokenID, at time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`UPDATE api_token SET last_used_at = ? WHERE id = ?`, millis(at), blob(id[:]))
		return err
	})
}

// SpendAPIToken removes a one-time token and files the first user in its place, in one transaction: a second caller with the
// same token gets muster.NotFound, as does whoever comes when there are users already.
func (r *Registry) SpendAPIToken(ctx context.Context, once muster.LookupKey, u muster.User) error {
	return r.write(ctx, func(tx *conn) error {
		n, err := tx.exec(`DELETE FROM api_token WHERE digest = ? AND once`, blob(once[:]))
		if err != nil {
			return err
		}
		if err := atLeastOne(n); err != nil {
			return err
		}
		users, err := one(tx, integer[int], `SELECT count(*) FROM user`)
		if err != nil {
			return err
		}
		if users > 0 {
			return muster.Refuse(muster.ReasonNotFound, "")
		}
		return createUser(ctx, tx, u)
	})
}

func apiTokenView(t muster.APIToken) view {
	v := view{
		"id": t.ID, "name": t.Name, "role": t.Role, "networks": prefixes(t.Networks), "expiresAt": t.ExpiresAt, "revokedAt": t.RevokedAt,
	}
	if !t.Owner.IsZero() {
		v["owner"] = t.Owner
	}
	return v
}
