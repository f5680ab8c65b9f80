package fleet

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"muster"
)

const (
	keyLength    = 20 // characters of a provision key that the server makes, as ThingsBoard's console makes them
	secretLength = 32 // of its secret: 190 bits
	maxSecret    = 255
	maxNetworks  = 64
	maxOverlap   = 366 * 24 * time.Hour // in which two secrets of one key work
)

// NewProvisionKey says how a provision key shall be made. The zero value is a key of the default profile without
// restrictions, made by the server.
type NewProvisionKey struct {
	Profile     string        // the profile's name; empty: the default profile
	Key         string        // empty: the server makes it
	Secret      muster.Secret // empty: the server makes it
	NotBefore   time.Time
	ExpiresAt   time.Time
	MaxDevices  int
	Networks    []netip.Prefix
	NamePattern string
	Rate        int // new devices a second; 0: the server's limit
}

// ProvisionKeyChange says what of a provision key shall change; what is nil stays.
type ProvisionKeyChange struct {
	NotBefore, ExpiresAt *time.Time // the zero time: no bound
	MaxDevices           *int
	Networks             *[]netip.Prefix
	NamePattern          *string
	Rate                 *int
}

// An IssuedKey is a provision key with its secret in the clear, as it is shown once. Its Secret stands before the sealed
// one.
type IssuedKey struct {
	muster.ProvisionKey
	Secret muster.Secret
}

// issue makes a key with everything that the request left to the server.
func (s *Service) issue(profile muster.ProfileID, n NewProvisionKey) (IssuedKey, error) {
	if n.Key == "" {
		n.Key = muster.RandomText(keyLength)
	}
	if n.Secret == "" {
		n.Secret = muster.Secret(muster.RandomText(secretLength))
	}
	k := muster.ProvisionKey{
		ID: muster.NewID[muster.ProvisionKey](), Profile: profile, Key: n.Key,
		NotBefore: n.NotBefore, ExpiresAt: n.ExpiresAt, MaxDevices: n.MaxDevices,
		Networks: n.Networks, NamePattern: n.NamePattern, Rate: n.Rate, CreatedAt: s.now(),
	}
	if err := checkKey(&k); err != nil {
		return IssuedKey{}, err
	}
	if len(n.Secret) > maxSecret {
		return IssuedKey{}, invalid("a provision secret has at most %d bytes", maxSecret)
	}
	k.Secret = s.keys.Seal(n.Secret, k.SecretPurpose())
	return IssuedKey{ProvisionKey: k, Secret: n.Secret}, nil
}

// checkKey refuses a key that cannot work.
func checkKey(k *muster.ProvisionKey) error {
	if err := checkBounds(k.NotBefore, k.ExpiresAt); err != nil {
		return err
	}
	if err := k.Check(); err != nil {
		return err
	}
	if len(k.Networks) > maxNetworks {
		return invalid("a provision key has at most %d networks", maxNetworks)
	}
	for _, network := range k.Networks {
		if !network.IsValid() || network.Addr().Is4In6() { // addresses of IPv4 are looked for as such
			return invalid("one of the provision key's networks is not a network of IPv4 or IPv6")
		}
	}
	return nil
}

// CreateProvisionKey makes a key for a profile and returns it with its secret.
func (s *Service) CreateProvisionKey(ctx context.Context, n NewProvisionKey) (IssuedKey, error) {
	p, err := s.Profile(ctx, cmp.Or(n.Profile, DefaultProfile))
	if err != nil {
		return IssuedKey{}, err
	}
	key, err := s.issue(p.ID, n)
	if err != nil {
		return IssuedKey{}, err
	}
	if err := s.store.CreateProvisionKey(ctx, key.ProvisionKey); err != nil {
		return IssuedKey{}, err
	}
	return key, nil
}

// ProvisionKeys returns the keys of the profile called name, or of all profiles for "", the oldest first.
func (s *Service) ProvisionKeys(ctx context.Context, profile string) ([]muster.ProvisionKey, error) {
	var id muster.ProfileID
	if profile != "" {
		p, err := s.Profile(ctx, profile)
		if err != nil {
			return nil, err
		}
		id = p.ID
	}
	return s.store.ProvisionKeys(ctx, id)
}

// ProvisionKey returns the key of that text or id.
func (s *Service) ProvisionKey(ctx context.Context, name string) (muster.ProvisionKey, error) {
	k, err := s.store.FindProvisionKey(ctx, name)
	return k, missing(err, "provision key", name)
}

// UpdateProvisionKey changes for whom the key of that text or id opens, if it is one of the versions that were seen; none:
// whatever it is. Devices that are in stay in.
func (s *Service) UpdateProvisionKey(ctx context.Context, name string, change ProvisionKeyChange, seen ...muster.Version) (muster.ProvisionKey, error) {
	return s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		return change.Apply(k)
	})
}

// Apply changes a key, and refuses one that could not work.
func (c *ProvisionKeyChange) Apply(k *muster.ProvisionKey) error {
	set(&k.NotBefore, c.NotBefore)
	set(&k.ExpiresAt, c.ExpiresAt)
	set(&k.MaxDevices, c.MaxDevices)
	set(&k.Networks, c.Networks)
	set(&k.NamePattern, c.NamePattern)
	set(&k.Rate, c.Rate)
	return checkKey(k)
}

// SuspendProvisionKey closes the key of that text or id until it is resumed, if it is one of the versions that were seen;
// none: whatever it is. What it let in stays in.
func (s *Service) SuspendProvisionKey(ctx context.Context, name string, seen ...muster.Version) (muster.ProvisionKey, error) {
	now := s.now()
	return s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		if k.SuspendedAt.IsZero() {
			k.SuspendedAt = now
		}
		return nil
	})
}

// ResumeProvisionKey opens the suspended key of that text or id, if it is one of the versions that were seen; none: whatever
// it is.
func (s *Service) ResumeProvisionKey(ctx context.Context, name string, seen ...muster.Version) (muster.ProvisionKey, error) {
	return s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		k.SuspendedAt = time.Time{}
		return nil
	})
}

// RotateProvisionKey gives a key a new secret, made by the server, and returns it, if the key is one of the versions that
// were seen; none: whatever it is. The old secret works on for the time of the overlap; the one before it works no more.
func (s *Service) RotateProvisionKey(ctx context.Context, name string, overlap time.Duration, seen ...muster.Version) (IssuedKey, error) {
	if overlap < 0 || overlap > maxOverlap {
		return IssuedKey{}, invalid("the overlap of two secrets is between 0 and %v", maxOverlap)
	}
	secret := muster.Secret(muster.RandomText(secretLength))
	now := s.now()
	k, err := s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		if !k.RevokedAt.IsZero() {
			return muster.Refuse(muster.ReasonProvisionKeyRevoked, "")
		}
		k.Former, k.FormerUntil = nil, time.Time{}
		if overlap > 0 {
			k.Former, k.FormerUntil = k.Secret, now.Add(overlap)
		}
		k.Secret = s.keys.Seal(secret, k.SecretPurpose())
		return nil
	})
	if err != nil {
		return IssuedKey{}, err
	}
	return IssuedKey{ProvisionKey: k, Secret: secret}, nil
}

// DeleteProvisionKey removes the key of that text or id, if it is one of the versions that were seen; none: whatever it is.
// Refused with ReasonProvisionKeyInUse while there are devices that it let in.
func (s *Service) DeleteProvisionKey(ctx context.Context, name string, seen ...muster.Version) error {
	k, err := s.ProvisionKey(ctx, name)
	if err != nil {
		return err
	}
	return missing(s.store.DeleteProvisionKey(ctx, k.ID, seen...), "provision key", name)
}

func (s *Service) updateKey(ctx context.Context, name string, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error) {
	k, err := s.ProvisionKey(ctx, name)
	if err != nil {
		return muster.ProvisionKey{}, err
	}
	k, err = s.store.UpdateProvisionKey(ctx, k.ID, change)
	return k, missing(err, "provision key", name)
}
