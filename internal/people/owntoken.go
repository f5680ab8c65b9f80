package people

import (
	"context"

	"muster"
)

// CreateOwnToken makes an API token of the user who asks, which may do no more than they may at that time. Refused with
// ReasonAPITokenNameTaken, and with ReasonRoleTooLow for a role that they do not have. Who asks with a token makes none.
func (s *Service) CreateOwnToken(ctx context.Context, n NewToken) (IssuedToken, error) {
	actor, _ := muster.ActorOf(ctx)
	switch {
	case actor.User.IsZero():
		return IssuedToken{}, invalid("a token has no tokens of its own: sign in")
	case !actor.Role.Allows(n.Role):
		return IssuedToken{}, muster.Refuse(muster.ReasonRoleTooLow, "%s has the role %s, and a token of theirs has no higher one", actor.Name, actor.Role)
	}
	return s.createToken(ctx, n, actor.User, maxOwn)
}

// OwnTokens returns the API tokens of the user who asks, the oldest first. A token has none.
func (s *Service) OwnTokens(ctx context.Context) ([]muster.APIToken, error) {
	actor, _ := muster.ActorOf(ctx)
	if actor.User.IsZero() {
		return nil, nil
	}
	return s.tokensOf(ctx, actor.User)
}

// RevokeOwnToken ends the use of an API token of the user who asks, named by its id or, if it is live, by its name.
func (s *Service) RevokeOwnToken(ctx context.Context, name string) (muster.APIToken, error) {
	own, err := s.OwnTokens(ctx)
	if err != nil {
		return muster.APIToken{}, err
	}
	actor, _ := muster.ActorOf(ctx)
	return s.revokeToken(ctx, own, actor.User, name)
}

// onBehalf returns who asks with a token of somebody's: their script, which may do no more than they may.
func (s *Service) onBehalf(ctx context.Context, script muster.Actor, t muster.APIToken) (muster.Actor, error) {
	owner, err := s.store.UserOfID(ctx, t.Owner)
	if err != nil {
		return muster.Actor{}, instead(err, muster.ReasonAPITokenWrong) // deleted since, and the token with them
	}
	if owner.Disabled {
		return muster.Actor{}, muster.Refuse(muster.ReasonUserDisabled, "")
	}
	script.Name = tokenActor + owner.Name + "/" + t.Name
	script.Role = min(t.Role, owner.Role)
	return script, nil
}
