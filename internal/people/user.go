package people

import (
	"context"

	"muster"
)

// maxUsers bounds how many users there are.
const maxUsers = 1000

// A NewUser says how a user shall be made.
type NewUser struct {
	Name     string
	Role     muster.Role
	Password muster.Secret
}

// CreateUser makes a user. Refused with ReasonUserNameTaken or ReasonPasswordUnfit.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (muster.User, error) {
	u, err := s.newUser(ctx, n)
	if err != nil {
		return muster.User{}, err
	}
	all, err := s.store.Users(ctx)
	if err != nil {
		return muster.User{}, err
	}
	if len(all) >= maxUsers {
		return muster.User{}, invalid("there are %d users, the most that there may be", len(all))
	}
	if err := s.store.CreateUser(ctx, u); err != nil {
		return muster.User{}, err
	}
	return concealed(u), nil
}

func (s *Service) newUser(ctx context.Context, n NewUser) (u muster.User, err error) {
	if err := muster.CheckUserName(n.Name); err != nil {
		return u, err
	}
	if !n.Role.Allows(muster.RoleViewer) {
		return u, invalid("a user has a role: viewer, operator or admin")
	}
	u = muster.User{ID: muster.NewID[muster.User](), Name: n.Name, Role: n.Role, CreatedAt: s.now()}
	u.Password, err = s.sealPassword(ctx, &u, n.Password)
	return u, err
}

// Users returns all users, by name.
func (s *Service) Users(ctx context.Context) ([]muster.User, error) {
	all, err := s.store.Users(ctx)
	for i := range all {
		all[i] = concealed(all[i])
	}
	return all, err
}

// User returns the user called name.
func (s *Service) User(ctx context.Context, name string) (muster.User, error) {
	u, err := s.store.User(ctx, name)
	return concealed(u), missing(err, "user", name)
}

// A UserChange says what shall be different; nil stays as it is.
type UserChange struct {
	Role     *muster.Role
	Disabled *bool
}

// UpdateUser changes the user called name if they are one of the versions that were seen; none: whatever they are. Who is
// disabled is signed out everywhere. Refused with ReasonLastAdmin.
func (s *Service) UpdateUser(ctx context.Context, name string, c UserChange, seen ...muster.Version) (muster.User, error) {
	if c.Role != nil && !c.Role.Allows(muster.RoleViewer) {
		return muster.User{}, invalid("a user has a role: viewer, operator or admin")
	}
	return s.updateUser(ctx, name, muster.LoginID{}, func(u *muster.User) error {
		if err := u.Version().Expect(seen); err != nil {
			return err
		}
		if c.Role != nil {
			u.Role = *c.Role
		}
		if c.Disabled != nil {
			u.Disabled = *c.Disabled
		}
		return nil
	})
}

// SetPassword gives the user called name another password and signs them out everywhere.
func (s *Service) SetPassword(ctx context.Context, name string, password muster.Secret) (muster.User, error) {
	u, err := s.store.User(ctx, name)
	if err != nil {
		return muster.User{}, missing(err, "user", name)
	}
	return s.setPassword(ctx, &u, password, muster.LoginID{})
}

func (s *Service) setPassword(ctx context.Context, u *muster.User, password muster.Secret, stays muster.LoginID) (muster.User, error) {
	if u.Subject != "" {
		return muster.User{}, invalid("the user signs in elsewhere and has no password here")
	}
	sealed, err := s.sealPassword(ctx, u, password)
	if err != nil {
		return muster.User{}, err
	}
	return s.updateUser(ctx, u.Name, stays, func(u *muster.User) error {
		u.Password = sealed
		return nil
	})
}

// ChangePassword gives the user who asks another password, if the one they have is right, and signs them out everywhere
// else. Refused with ReasonSignInWrong.
func (s *Service) ChangePassword(ctx context.Context, old, wanted muster.Secret) error {
	actor, _ := muster.ActorOf(ctx)
	if actor.User.IsZero() {
		return invalid("a token has no password")
	}
	u, err := s.prove(ctx, Attempt{Name: actor.Name, Password: old, Remote: actor.Remote})
	if err != nil {
		return err
	}
	_, err = s.setPassword(ctx, &u, wanted, actor.Login)
	return err
}

// DeleteUser removes the user called name, if they are one of the versions that were seen; none: whatever they are. Refused
// with ReasonLastAdmin if nobody else could sign in who may do everything.
func (s *Service) DeleteUser(ctx context.Context, name string, seen ...muster.Version) error {
	u, err := s.store.User(ctx, name)
	if err != nil {
		return missing(err, "user", name)
	}
	return missing(s.store.DeleteUser(ctx, u.ID, seen...), "user", name)
}

func (s *Service) updateUser(ctx context.Context, name string, stays muster.LoginID, change func(*muster.User) error) (muster.User, error) {
	u, err := s.store.User(ctx, name)
	if err != nil {
		return muster.User{}, missing(err, "user", name)
	}
	u, err = s.store.UpdateUser(ctx, u.ID, stays, change)
	return concealed(u), missing(err, "user", name)
}

// concealed is a user without what is kept of the password.
func concealed(u muster.User) muster.User {
	u.Password = nil
	return u
}
