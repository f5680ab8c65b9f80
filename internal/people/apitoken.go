package people

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"muster"
)

const (
	tokenPrefix = "mst_" // so that a token is recognised where one was left lying about
	tokenLength = 43     // characters behind the prefix: 256 bits
	maxToken    = 128
	maxTokens   = 1000 // that are nobody's
	maxOwn      = 20   // of one user
	maxNetworks = 64
	staleTime   = 90 * 24 * time.Hour // so long is remembered what was revoked or has expired
	setupTime   = time.Hour
	setupName   = "setup"
	firstName   = "init" // of the token of the data directory
	tokenActor  = "token:"
	setupActor  = "setup:link"
	sortOfToken = "api-token"
)

// A NewToken says how an API token shall be made.
type NewToken struct {
	Name      string
	Role      muster.Role
	Networks  []netip.Prefix // none: from anywhere
	ExpiresAt time.Time      // zero: never
}

// An IssuedToken is an API token with its secret, which is shown this once.
type IssuedToken struct {
	muster.APIToken
	Secret muster.Secret
}

// CreateToken makes an API token that is nobody's. Refused with ReasonAPITokenNameTaken.
func (s *Service) CreateToken(ctx context.Context, n NewToken) (IssuedToken, error) {
	return s.createToken(ctx, n, muster.UserID{}, maxTokens)
}

// createToken makes a token of the owner's, who has at most so many.
func (s *Service) createToken(ctx context.Context, n NewToken, owner muster.UserID, most int) (IssuedToken, error) {
	switch {
	case muster.CheckUserName(n.Name) != nil:
		return IssuedToken{}, invalid("an API token's name has 1 to %d letters, digits and characters of . _ - @ +", muster.MaxUserName)
	case !n.Role.Allows(muster.RoleViewer):
		return IssuedToken{}, invalid("an API token has a role: viewer, operator or admin")
	case len(n.Networks) > maxNetworks:
		return IssuedToken{}, invalid("an API token has at most %d networks", maxNetworks)
	case !n.ExpiresAt.IsZero() && !s.now().Before(n.ExpiresAt):
		return IssuedToken{}, invalid("the API token would have expired already")
	}
	if err := muster.CheckBound(n.ExpiresAt); err != nil {
		return IssuedToken{}, err
	}
	all, err := s.tokensOf(ctx, owner)
	if err != nil {
		return IssuedToken{}, err
	}
	if len(all) >= most {
		return IssuedToken{}, invalid("there are %d API tokens, the most that there may be: what was revoked is forgotten after %d days", len(all), staleTime/24/time.Hour)
	}
	return s.issueToken(ctx, muster.APIToken{Owner: owner, Name: n.Name, Role: n.Role, Networks: n.Networks, ExpiresAt: n.ExpiresAt})
}

// FirstToken makes the admin's token that a data directory begins with, in place of one that was made before.
func (s *Service) FirstToken(ctx context.Context) (muster.Secret, error) {
	if _, err := s.RevokeToken(ctx, firstName); err != nil && muster.KindOf(err) != muster.NotFound {
		return "", err
	}
	t, err := s.issueToken(ctx, muster.APIToken{Name: firstName, Role: muster.RoleAdmin})
	return t.Secret, err
}

// Tokens returns all API tokens, the oldest first.
func (s *Service) Tokens(ctx context.Context) ([]muster.APIToken, error) {
	return s.store.APITokens(ctx)
}

// tokensOf returns the tokens of an owner, the oldest first; of the zero ID those that are nobody's.
func (s *Service) tokensOf(ctx context.Context, owner muster.UserID) ([]muster.APIToken, error) {
	all, err := s.store.APITokens(ctx)
	return slices.DeleteFunc(all, func(t muster.APIToken) bool { return t.Owner != owner }), err
}

// RevokeToken ends the use of an API token, named by its id or, if it is live and nobody's, by its name.
func (s *Service) RevokeToken(ctx context.Context, name string) (muster.APIToken, error) {
	all, err := s.store.APITokens(ctx)
	if err != nil {
		return muster.APIToken{}, err
	}
	return s.revokeToken(ctx, all, muster.UserID{}, name)
}

// revokeToken ends the use of one of all, named by its id or, if it is live and the owner's, by its name.
func (s *Service) revokeToken(ctx context.Context, all []muster.APIToken, owner muster.UserID, name string) (muster.APIToken, error) {
	for _, t := range all {
		if t.ID.String() == name || t.Name == name && t.Owner == owner && t.RevokedAt.IsZero() {
			t, err := s.store.RevokeAPIToken(ctx, t.ID, s.now())
			return t, missing(err, "API token", name)
		}
	}
	return muster.APIToken{}, missing(muster.NotFound, "API token", name)
}

// CheckToken returns who asks with an API token from that address: with the token's role or, if it is lower, that of its
// owner. Refused with ReasonAPITokenWrong, ReasonAPITokenRevoked, ReasonAPITokenExpired, ReasonAPITokenNetwork or, where its
// owner is, ReasonUserDisabled.
func (s *Service) CheckToken(ctx context.Context, token muster.Secret, from netip.Addr) (muster.Actor, error) {
	t, err := s.apiToken(ctx, token)
	if err != nil {
		return muster.Actor{}, instead(err, muster.ReasonAPITokenWrong)
	}
	if t.Once {
		return muster.Actor{}, muster.Refuse(muster.ReasonAPITokenWrong, "")
	}
	if err := t.Live(s.now(), from); err != nil {
		return muster.Actor{}, err
	}
	actor := muster.Actor{Name: tokenActor + t.Name, Role: t.Role, Remote: from, Token: t.ID}
	if !t.Owner.IsZero() {
		if actor, err = s.onBehalf(ctx, actor, t); err != nil {
			return muster.Actor{}, err
		}
	}
	s.noteUse(ctx, t.LastUsedAt, func(ctx context.Context, at time.Time) error { return s.store.UsedAPIToken(ctx, t.ID, at) })
	return actor, nil
}

// apiToken returns the token of either sort, or muster.NotFound.
func (s *Service) apiToken(ctx context.Context, token muster.Secret) (muster.APIToken, error) {
	if len(token) > maxToken || !strings.HasPrefix(token.Reveal(), tokenPrefix) {
		return muster.APIToken{}, muster.NotFound
	}
	return s.store.APIToken(ctx, s.keys.Digest(sortOfToken, token.Reveal()))
}

// issueToken completes t and files it.
func (s *Service) issueToken(ctx context.Context, t muster.APIToken) (IssuedToken, error) {
	secret := muster.Secret(tokenPrefix + muster.RandomText(tokenLength))
	t.ID, t.Digest, t.CreatedAt = muster.NewID[muster.APIToken](), s.keys.Digest(sortOfToken, secret.Reveal()), s.now()
	if err := s.store.CreateAPIToken(ctx, t, s.now().Add(-staleTime)); err != nil {
		return IssuedToken{}, err
	}
	return IssuedToken{t, secret}, nil
}
