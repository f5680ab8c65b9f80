package people

import (
	"context"

	"muster"
)

// CreateSetupLink makes the secret of a link that makes the first admin, once, within an hour.
func (s *Service) CreateSetupLink(ctx context.Context) (muster.Secret, error) {
	t, err := s.issueToken(ctx, muster.APIToken{
		Name: setupName, Role: muster.RoleAdmin, Once: true, ExpiresAt: s.now().Add(setupTime),
	})
	return t.Secret, err
}

// SetUp spends the secret of a setup link, makes the first user of that name and password in its place, an admin, and signs
// them in. Refused with ReasonSetupLinkWrong, also the second time and where there are users, and with ReasonPasswordUnfit,
// which leaves the link as it was.
func (s *Service) SetUp(ctx context.Context, link muster.Secret, a Attempt) (SignedIn, error) {
	t, err := s.apiToken(ctx, link)
	if err != nil {
		return SignedIn{}, instead(err, muster.ReasonSetupLinkWrong)
	}
	if !t.Once || t.Live(s.now(), a.Remote) != nil {
		return SignedIn{}, muster.Refuse(muster.ReasonSetupLinkWrong, "")
	}
	u, err := s.newUser(ctx, NewUser{Name: a.Name, Role: muster.RoleAdmin, Password: a.Password})
	if err != nil {
		return SignedIn{}, err
	}
	ctx = muster.WithActor(ctx, muster.Actor{Name: setupActor, Role: muster.RoleAdmin, Remote: a.Remote.Unmap()})
	if err := s.store.SpendAPIToken(ctx, t.Digest, u); err != nil {
		return SignedIn{}, instead(err, muster.ReasonSetupLinkWrong)
	}
	return s.open(ctx, u, a)
}
