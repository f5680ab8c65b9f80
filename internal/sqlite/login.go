package sqlite

import (
	"context"
	"time"

	"muster"
)

const loginFields = `l.id, l.digest, l.user, l.created_at, l.seen_at, l.expires_at, l.remote, l.agent`

func readLogin(r *row) muster.Login {
	return muster.Login{
		ID: id[muster.Login](r), Digest: r.digest(), User: id[muster.User](r), CreatedAt: r.time(), SeenAt: r.time(), ExpiresAt: r.time(),
		Remote: r.text(), Agent: r.text(),
	}
}

const (
	loginsKept = 20 // of each user, the latest
	hauntsKept = 32 // likewise
)

// CreateLogin files a login, ends the one that it replaces, if there is one, and remembers the network that it came from. Of
// each user the latest loginsKept stay. NotFound if the user is gone.
func (r *Registry) CreateLogin(ctx context.Context, l muster.Login, network string, replaces muster.LoginID) error {
	return r.write(ctx, func(tx *conn) error {
		u, err := one(tx, readUser, userByID, blob(l.User[:]))
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM login WHERE id = ? OR expires_at <= ? OR seen_at <= ?`,
			blob(replaces[:]), millis(l.CreatedAt), millis(l.CreatedAt.Add(-muster.LoginIdle)))
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO login (id, digest, user, created_at, seen_at, expires_at, remote, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			blob(l.ID[:]), blob(l.Digest[:]), blob(l.User[:]), millis(l.CreatedAt), millis(l.SeenAt), millis(l.ExpiresAt), text(l.Remote), text(l.Agent))
		if err != nil {
			return err
		}
		_, err = tx.exec(`DELETE FROM login WHERE id IN
			(SELECT id FROM login WHERE user = ? ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)`, blob(l.User[:]), number(loginsKept))
		if err != nil {
			return err
		}
		if err := noteSignIn(tx, l, network); err != nil {
			return err
		}
		return audited(ctx, tx, act{"create", "login", u.Name, nil, view{"id": l.ID, "agent": l.Agent}})
	})
}

// noteSignIn notes when and from where a user has signed in.
func noteSignIn(tx *conn, l muster.Login, network string) error {
	if _, err := tx.exec(`UPDATE user SET last_login_at = ? WHERE id = ?`, millis(l.CreatedAt), blob(l.User[:])); err != nil {
		return err
	}
	_, err := tx.exec(`INSERT INTO haunt (user, network, seen_at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at`,
		blob(l.User[:]), text(network), millis(l.CreatedAt))
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM haunt WHERE user = ?1 AND network IN
		(SELECT network FROM haunt WHERE user = ?1 ORDER BY seen_at DESC, network LIMIT -1 OFFSET ?2)`, blob(l.User[:]), number(hauntsKept))
	return err
}

// Haunts reports whether the user has signed in from that network since then.
func (r *Registry) Haunts(ctx context.Context, user muster.UserID, network string, since time.Time) (bool, error) {
	return find(ctx, r.readers, (*row).flag, `SELECT count(*) FROM haunt WHERE user = ? AND network = ? AND seen_at >= ?`,
		blob(user[:]), text(network), millis(since))
}

// Login returns the login of that digest and its user, or muster.NotFound.
func (r *Registry) Login(ctx context.Context, digest muster.LookupKey) (muster.Login, muster.User, error) {
	type signedIn struct {
		login muster.Login
		user  muster.User
	}
	found, err := find(ctx, r.readers, func(r *row) signedIn { return signedIn{readLogin(r), readUser(r)} },
		`SELECT `+loginFields+`, `+userFields+` FROM login l JOIN user u ON u.id = l.user WHERE l.digest = ?`, blob(digest[:]))
	return found.login, found.user, err
}

// Logins returns the logins of a user, or all for the zero ID, the newest first.
func (r *Registry) Logins(ctx context.Context, user muster.UserID) ([]muster.Login, error) {
	if user.IsZero() {
		return list(ctx, r.readers, readLogin, `SELECT `+loginFields+` FROM login l ORDER BY l.created_at DESC, l.id DESC`)
	}
	return list(ctx, r.readers, readLogin, `SELECT `+loginFields+` FROM login l WHERE l.user = ? ORDER BY l.created_at DESC, l.id DESC`, blob(user[:]))
}

// SeenLogin notes that a login was used. One that is gone changes nothing.
func (r *Registry) SeenLogin(ctx context.Context, id muster.LoginID, at time.Time) error {
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`UPDATE login SET seen_at = ? WHERE id = ?`, millis(at), blob(id[:]))
		return err
	})
}

// DeleteLogin ends a login, of that user alone unless user is zero. NotFound if there is none.
func (r *Registry) DeleteLogin(ctx context.Context, id muster.LoginID, user muster.UserID) error {
	return r.write(ctx, func(tx *conn) error {
		l, err := one(tx, readLogin, `SELECT `+loginFields+` FROM login l WHERE l.id = ?`, blob(id[:]))
		if err != nil {
			return err
		}
		if !user.IsZero() && l.User != user {
			return muster.Refuse(muster.ReasonNotFound, "")
		}
		u, err := one(tx, readUser, userByID, blob(l.User[:]))
		if err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM login WHERE id = ?`, blob(id[:])); err != nil {
			return err
		}
		return audited(ctx, tx, act{"delete", "login", u.Name, view{"id": l.ID, "agent": l.Agent}, nil})
	})
}
