package fleet

import (
	"context"
	"slices"
	"time"

	"muster"
)

// A CredentialChange says what of a credential shall change; what is nil stays.
type CredentialChange struct {
	NotBefore, ExpiresAt *time.Time // the zero time: no bound
}

// Credential returns a credential of the device called name.
func (s *Service) Credential(ctx context.Context, name string, id muster.CredentialID) (muster.Credential, error) {
	_, held, err := s.held(ctx, name)
	if err != nil {
		return muster.Credential{}, err
	}
	for _, c := range held {
		if c.ID == id {
			conceal(&c)
			return c, nil
		}
	}
	return muster.Credential{}, missing(muster.NotFound, "credential", id.String())
}

func (s *Service) held(ctx context.Context, name string) (muster.Device, []muster.Credential, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return d, nil, err
	}
	all, err := s.store.Credentials(ctx, d.ID)
	return d, all, err
}

// UpdateCredential changes the dates of a credential of the device called name if it is one of the versions that were seen;
// none: whatever it is. Sessions of the device end with ReasonCredentialChanged: they may have been let in until the old date.
func (s *Service) UpdateCredential(ctx context.Context, name string, id muster.CredentialID, change CredentialChange, seen ...muster.Version) (muster.Credential, error) {
	return s.changeCredential(ctx, name, id, muster.ReasonCredentialChanged, func(c *muster.Credential) error {
		if err := c.Version().Expect(seen); err != nil {
			return err
		}
		set(&c.NotBefore, change.NotBefore)
		set(&c.ExpiresAt, change.ExpiresAt)
		return checkDates(c)
	})
}

// RevokeCredential ends the use of a credential of the device called name, if it is one of the versions that were seen, and
// the device's sessions with ReasonCredentialRevoked: those that rest on another credential may come back.
func (s *Service) RevokeCredential(ctx context.Context, name string, id muster.CredentialID, seen ...muster.Version) (muster.Credential, error) {
	return s.changeCredential(ctx, name, id, muster.ReasonCredentialRevoked, func(c *muster.Credential) error {
		if err := c.Version().Expect(seen); err != nil {
			return err
		}
		c.State = muster.CredentialRevoked
		return nil
	})
}

func (s *Service) changeCredential(ctx context.Context, name string, id muster.CredentialID, why muster.Reason, change func(*muster.Credential) error) (muster.Credential, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return muster.Credential{}, err
	}
	c, err := s.store.UpdateCredential(context.WithoutCancel(ctx), id, func(c *muster.Credential) error {
		if c.Device != d.ID {
			return muster.NotFound
		}
		return change(c)
	})
	if err != nil {
		return muster.Credential{}, missing(err, "credential", id.String())
	}
	s.changed(d.ID, muster.Refuse(why, ""))
	conceal(&c)
	return c, nil
}

// RetireCredential lets a credential of the device called name retire, if it is one of the versions that were seen: it works
// until its successor is used for the next time, which revokes it. The zero successor is the youngest other credential that
// opens the door. Then the sessions that rest on the older one end.
func (s *Service) RetireCredential(ctx context.Context, name string, id, successor muster.CredentialID, seen ...muster.Version) (muster.Credential, error) {
	_, held, err := s.held(ctx, name)
	if err != nil {
		return muster.Credential{}, err
	}
	if !slices.ContainsFunc(held, func(c muster.Credential) bool { return c.ID == id }) {
		return muster.Credential{}, missing(muster.NotFound, "credential", id.String())
	}
	next := -1
	for i, c := range held { // the oldest first
		able := c.ID != id && c.State == muster.CredentialActive && c.Live(s.now()) == nil
		if able && (successor.IsZero() || c.ID == successor) {
			next = i
		}
	}
	if next < 0 {
		return muster.Credential{}, invalid("the device has no such credential that could take over: add one first, or revoke this one")
	}
	c, err := s.store.RetireCredential(ctx, id, held[next].ID, seen...)
	conceal(&c)
	return c, missing(err, "credential", id.String())
}

// checkBounds refuses times that nobody could be shown.
func checkBounds(all ...time.Time) error {
	for _, t := range all {
		if err := muster.CheckBound(t); err != nil {
			return err
		}
	}
	return nil
}

// checkDates refuses a credential that would never be valid, and dates that nobody could be shown.
func checkDates(c *muster.Credential) error {
	if err := checkBounds(c.NotBefore, c.ExpiresAt); err != nil {
		return err
	}
	if !c.NotBefore.IsZero() && !c.ExpiresAt.IsZero() && !c.NotBefore.Before(c.ExpiresAt) {
		return invalid("the credential would expire before it is valid")
	}
	return nil
}
