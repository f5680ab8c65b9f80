package people

import (
	"context"

	"muster"
)

// An Elsewhere is somebody whom another provider vouches for.
type Elsewhere struct {
	Attempt             // but for the password
	Subject string      // who they are to the provider; never changes
	Role    muster.Role // that the provider gives them
	Stays   bool        // a user who is known already keeps the role that they have here
}

// SignInElsewhere lets somebody in whom another provider vouches for, and makes them a user the first time. A role that the
// provider has changed changes here too, but that the last admin stays one. Refused with ReasonUserDisabled, or
// ReasonUserNameTaken if the name is that of a user who signs in otherwise: names are never joined by themselves.
func (s *Service) SignInElsewhere(ctx context.Context, e Elsewhere) (SignedIn, error) {
	if !e.Role.Allows(muster.RoleViewer) {
		return SignedIn{}, muster.Refuse(muster.ReasonRoleTooLow, "the provider gives this user no role")
	}
	ctx = muster.WithActor(ctx, muster.Actor{Name: e.Name, Role: e.Role, Remote: e.Remote.Unmap()})
	u, err := s.store.UserOfSubject(ctx, e.Subject)
	switch {
	case err == nil:
	case muster.KindOf(err) != muster.NotFound:
		return SignedIn{}, err
	default:
		if u, err = s.welcome(ctx, e); err != nil {
			return SignedIn{}, err
		}
	}
	if u.Disabled {
		return SignedIn{}, muster.Refuse(muster.ReasonUserDisabled, "")
	}
	if !e.Stays && u.Role != e.Role {
		u, err = s.store.UpdateUser(ctx, u.ID, muster.LoginID{}, func(u *muster.User) error {
			u.Role = e.Role
			return nil
		})
		if err != nil && muster.ReasonOf(err) != muster.ReasonLastAdmin {
			return SignedIn{}, err
		}
		if err != nil {
			if u, err = s.store.UserOfSubject(ctx, e.Subject); err != nil {
				return SignedIn{}, err
			}
		}
	}
	return s.open(ctx, u, e.Attempt)
}

// welcome makes a user of somebody who comes for the first time.
func (s *Service) welcome(ctx context.Context, e Elsewhere) (muster.User, error) {
	if err := muster.CheckUserName(e.Name); err != nil {
		return muster.User{}, err
	}
	all, err := s.store.Users(ctx)
	if err != nil {
		return muster.User{}, err
	}
	if len(all) >= maxUsers {
		return muster.User{}, invalid("there are %d users, the most that there may be", len(all))
	}
	u := muster.User{ID: muster.NewID[muster.User](), Name: e.Name, Role: e.Role, Subject: e.Subject, CreatedAt: s.now()}
	return u, s.store.CreateUser(ctx, u)
}
