package muster

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A User is a person who signs in.
type User struct {
	ID          UserID
	Name        string // unique, case ignored
	Role        Role
	Password    Sealed // the argon2id hash of the password; nil: none, they sign in elsewhere
	Subject     string // who they are to the provider that they sign in with; empty: they sign in here
	Disabled    bool
	CreatedAt   time.Time
	LastLoginAt time.Time // zero: never
}

// PasswordPurpose is what the user's password hash is sealed for.
func (u *User) PasswordPurpose() string { return "user " + u.ID.String() }

// Version returns the version of what admins can change of the user, but for the password.
func (u *User) Version() Version { return versionOf(u.ID, u.Name, u.Role, u.Subject, u.Disabled) }

// MaxUserName bounds the names of users, in characters.
const MaxUserName = 64

// CheckUserName refuses names that could be taken for something else: a user's name is made of letters, digits and the
// characters . _ - @ +, so that it is never that of a token in the audit log.
func CheckUserName(name string) error {
	length := utf8.RuneCountInString(name)
	if length == 0 || length > MaxUserName || !utf8.ValidString(name) || strings.ContainsFunc(name, notInUserName) {
		return Refuse(ReasonRequestInvalid, "a user's name has 1 to %d letters, digits and characters of . _ - @ +", MaxUserName)
	}
	return nil
}

func notInUserName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("._-@+", r)
}

// A Login is a user who has signed in with a browser. Only the digest of its cookie is kept.
type Login struct {
	ID        LoginID
	Digest    LookupKey
	User      UserID
	CreatedAt time.Time
	SeenAt    time.Time // may lag by a minute
	ExpiresAt time.Time // whatever happens
	Remote    string    // the address that signed in
	Agent     string    // what the browser calls itself, shortened
}

// Live refuses a login that is over: too old, or unused for too long.
func (l *Login) Live(now time.Time) error {
	if !now.Before(l.ExpiresAt) || !now.Before(l.SeenAt.Add(LoginIdle)) {
		return Refuse(ReasonLoginOver, "")
	}
	return nil
}

// How long a login lasts unused, and at most.
const (
	LoginIdle = 12 * time.Hour
	LoginTime = 7 * 24 * time.Hour
)
