package people

import (
	"context"
	"time"

	"muster"
)

// A Store keeps users, what they are signed in by, API tokens and the audit log. Each method is one transaction, in which
// a change that somebody asked for (muster.ActorOf) is written into the audit log too.
type Store interface {
	// CreateUser files a user. Refused with ReasonUserNameTaken.
	CreateUser(ctx context.Context, u muster.User) error
	// User returns the user called name, case ignored, or muster.NotFound.
	User(ctx context.Context, name string) (muster.User, error)
	// UserOfID returns the user of that ID, or muster.NotFound.
	UserOfID(ctx context.Context, id muster.UserID) (muster.User, error)
	// UserOfSubject returns who signs in elsewhere as subject, or muster.NotFound.
	UserOfSubject(ctx context.Context, subject string) (muster.User, error)
	// Users returns all users, by name.
	Users(ctx context.Context) ([]muster.User, error)
	// UpdateUser changes Role, Password and Disabled of a user; the rest stays. Refused with ReasonLastAdmin if no admin would
	// be left who can sign in. Where the password is another or the user is disabled, the user's logins end, but for stays;
	// where the user is disabled, their API tokens are revoked.
	UpdateUser(ctx context.Context, id muster.UserID, stays muster.LoginID, change func(*muster.User) error) (muster.User, error)
	// DeleteUser removes a user, their logins and their API tokens, if they are one of the versions that were seen; none: whatever they are.
	// Refused with ReasonLastAdmin if no admin would be left who can sign in.
	DeleteUser(ctx context.Context, id muster.UserID, seen ...muster.Version) error

	// CreateLogin files a login, ends the one that it replaces, if there is one, and remembers the network that it came from.
	// Of each user the latest 20 stay. NotFound if the user is gone.
	CreateLogin(ctx context.Context, l muster.Login, network string, replaces muster.LoginID) error
	// Haunts reports whether the user has signed in from that network since then; of each user the latest 32 are remembered.
	Haunts(ctx context.Context, user muster.UserID, network string, since time.Time) (bool, error)
	// Login returns the login of that digest and its user, or muster.NotFound.
	Login(ctx context.Context, digest muster.LookupKey) (muster.Login, muster.User, error)
	// Logins returns the logins of a user, or all for the zero ID, the newest first.
	Logins(ctx context.Context, user muster.UserID) ([]muster.Login, error)
	// SeenLogin notes that a login was used. One that is gone changes nothing.
	SeenLogin(ctx context.Context, id muster.LoginID, at time.Time) error
	// DeleteLogin ends a login, of that user alone unless user is zero. NotFound if there is none.
	DeleteLogin(ctx context.Context, id muster.LoginID, user muster.UserID) error

	// CreateAPIToken files the digest of a token. Refused with ReasonAPITokenNameTaken, or with ReasonUserDisabled if its owner
	// is, and NotFound if they are gone. Those that were revoked or have expired before stale are forgotten.
	CreateAPIToken(ctx context.Context, t muster.APIToken, stale time.Time) error
	// APIToken returns the token of that digest, or muster.NotFound.
	APIToken(ctx context.Context, digest muster.LookupKey) (muster.APIToken, error)
	// APITokens returns all tokens but the one-time ones, the oldest first.
	APITokens(ctx context.Context) ([]muster.APIToken, error)
	// RevokeAPIToken ends the use of a token. NotFound if it is gone.
	RevokeAPIToken(ctx context.Context, id muster.APITokenID, at time.Time) (muster.APIToken, error)
	// UsedAPIToken notes that a token let somebody in. One that is gone changes nothing.
	UsedAPIToken(ctx context.Context, id muster.APITokenID, at time.Time) error
	// SpendAPIToken removes a one-time token and files the first user in its place, in one transaction: a second caller with
	// the same token gets muster.NotFound, as does whoever comes when there are users already.
	SpendAPIToken(ctx context.Context, once muster.LookupKey, u muster.User) error

	// ServerReloaded notes in the audit log that somebody has had the settings and certificates read again: which settings count
	// from then on, which need a restart, and whether another certificate is shown.
	ServerReloaded(ctx context.Context, changed, needRestart []string, certificate bool) error

	// AuditEntries returns the newest entries first.
	AuditEntries(ctx context.Context, q muster.AuditQuery) ([]muster.AuditEntry, error)
}
