package sqlite

import (
	"context"
	"strings"
	"time"

	"muster"
)

const userFields = `u.id, u.name, u.role, u.password, u.subject, u.disabled, u.created_at, u.last_login_at`

func readUser(r *row) muster.User {
	u := muster.User{ID: id[muster.User](r), Name: r.text(), Role: integer[muster.Role](r)}
	if password := r.blob(); len(password) > 0 {
		u.Password = password
	}
	u.Subject, u.Disabled, u.CreatedAt, u.LastLoginAt = r.text(), r.flag(), r.time(), r.time()
	return u
}

const userByID = `SELECT ` + userFields + ` FROM user u WHERE u.id = ?`

// CreateUser files a user. Refused with ReasonUserNameTaken.
func (r *Registry) CreateUser(ctx context.Context, u muster.User) error {
	return r.write(ctx, func(tx *conn) error { return createUser(ctx, tx, u) })
}

func createUser(ctx context.Context, tx *conn, u muster.User) error {
	_, err := tx.exec(`INSERT INTO user (id, name, folded, role, password, subject, disabled, created_at, last_login_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		blob(u.ID[:]), text(u.Name), text(strings.ToLower(u.Name)), number(u.Role), blob(u.Password), textOrNull(u.Subject),
		flag(u.Disabled), millis(u.CreatedAt), millis(u.LastLoginAt))
	if err != nil {
		return refused(err, muster.ReasonUserNameTaken, muster.ReasonNotFound)
	}
	return audited(ctx, tx, act{"create", "user", u.Name, nil, userView(u)})
}

// User returns the user called name, case ignored, or muster.NotFound.
func (r *Registry) User(ctx context.Context, name string) (muster.User, error) {
	return find(ctx, r.readers, readUser, `SELECT `+userFields+` FROM user u WHERE u.folded = ?`, text(strings.ToLower(name)))
}

// UserOfID returns the user of that ID, or muster.NotFound.
func (r *Registry) UserOfID(ctx context.Context, id muster.UserID) (muster.User, error) {
	return find(ctx, r.readers, readUser, userByID, blob(id[:]))
}

// UserOfSubject returns who signs in elsewhere as subject, or muster.NotFound.
func (r *Registry) UserOfSubject(ctx context.Context, subject string) (muster.User, error) {
	return find(ctx, r.readers, readUser, `SELECT `+userFields+` FROM user u WHERE u.subject = ?`, text(subject))
}

// Users returns all users, by name.
func (r *Registry) Users(ctx context.Context) ([]muster.User, error) {
	return list(ctx, r.readers, readUser, `SELECT `+userFields+` FROM user u ORDER BY u.folded`)
}

// UpdateUser changes Role, Password and Disabled of a user; the rest stays. Refused with ReasonLastAdmin if no admin would be
// left who can sign in. Where the password is another or the user is disabled, the user's logins end, but for stays;
// where the user is disabled, their API tokens are revoked.
func (r *Registry) UpdateUser(ctx context.Context, id muster.UserID, stays muster.LoginID, change func(*muster.User) error) (after muster.User, err error) {
	err = r.write(ctx, func(tx *conn) error {
		before, err := one(tx, readUser, userByID, blob(id[:]))
		if err != nil {
			return err
		}
		wanted := before
		if err := change(&wanted); err != nil {
			return err
		}
		after = before
		after.Role, after.Password, after.Disabled = wanted.Role, wanted.Password, wanted.Disabled
		_, err = tx.exec(`UPDATE user SET role = ?, password = ?, disabled = ? WHERE id = ?`,
			number(after.Role), blob(after.Password), flag(after.Disabled), blob(id[:]))
		if err != nil {
			return err
		}
		if err := adminLeft(tx, before, after); err != nil {
			return err
		}
		if after.Disabled || string(after.Password) != string(before.Password) {
			if _, err := tx.exec(`DELETE FROM login WHERE user = ? AND id <> ?`, blob(id[:]), blob(stays[:])); err != nil {
				return err
			}
		}
		if after.Disabled {
			_, err := tx.exec(`UPDATE api_token SET revoked_at = ? WHERE owner = ? AND revoked_at IS NULL`, millis(time.Now()), blob(id[:]))
			if err != nil {
				return err
			}
		}
		return audited(ctx, tx, act{"update", "user", after.Name, userView(before), userView(after)})
	})
	if err != nil {
		return muster.User{}, err
	}
	return after, nil
}

// DeleteUser removes a user, their logins and their API tokens. Refused with ReasonLastAdmin if no admin would be left who can sign in.
func (r *Registry) DeleteUser(ctx context.Context, id muster.UserID, seen ...muster.Version) error {
	return r.write(ctx, func(tx *conn) error {
		u, err := one(tx, readUser, userByID, blob(id[:]))
		if err != nil {
			return err
		}
		if err := u.Version().Expect(seen); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM user WHERE id = ?`, blob(id[:])); err != nil {
			return err
		}
		if err := adminLeft(tx, u, muster.User{}); err != nil {
			return err
		}
		return audited(ctx, tx, act{"delete", "user", u.Name, userView(u), nil})
	})
}

// adminLeft refuses a change that has made the last admin none.
func adminLeft(tx *conn, before, after muster.User) error {
	if !isAdmin(before) || isAdmin(after) {
		return nil
	}
	admins, err := one(tx, integer[int], `SELECT count(*) FROM user WHERE role >= ? AND NOT disabled`, number(muster.RoleAdmin))
	if err == nil && admins == 0 {
		return muster.Refuse(muster.ReasonLastAdmin, "")
	}
	return err
}

func isAdmin(u muster.User) bool { return u.Role.Allows(muster.RoleAdmin) && !u.Disabled }

// textOrNull is NULL for no text.
func textOrNull(s string) value {
	if s == "" {
		return value{}
	}
	return text(s)
}

func userView(u muster.User) view {
	v := view{"name": u.Name, "role": u.Role, "subject": u.Subject, "disabled": u.Disabled}
	if u.Password != nil {
		v["password"] = secretMark(u.Password)
	}
	return v
}
