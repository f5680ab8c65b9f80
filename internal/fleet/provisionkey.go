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
		Networks: n.Networks, NamePattern: n.NamePattern, CreatedAt: s.now(),
	}
	if err := k.Check(); err != nil {
		return IssuedKey{}, err
	}
	if len(k.Networks) > maxNetworks {
		return IssuedKey{}, invalid("a provision key has at most %d networks", maxNetworks)
	}
	for _, network := range k.Networks {
		if !network.IsValid() || network.Addr().Is4In6() { // addresses of IPv4 are looked for as such
			return IssuedKey{}, invalid("one of the provision key's networks is not a network of IPv4 or IPv6")
		}
	}
	if len(n.Secret) > maxSecret {
		return IssuedKey{}, invalid("a provision secret has at most %d bytes", maxSecret)
	}
	k.Secret = s.keys.Seal(n.Secret, k.SecretPurpose())
	return IssuedKey{ProvisionKey: k, Secret: n.Secret}, nil
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

// RevokeProvisionKey ends the use of a key, named by its text or its id. What it let in stays in.
func (s *Service) RevokeProvisionKey(ctx context.Context, name string) (muster.ProvisionKey, error) {
	now := s.now()
	return s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if k.RevokedAt.IsZero() || k.RevokedAt.After(now) {
			k.RevokedAt = now
		}
		return nil
	})
}

// RotateProvisionKey gives a key a new secret, made by the server, and returns it. The old secret works no more.
func (s *Service) RotateProvisionKey(ctx context.Context, name string) (IssuedKey, error) {
	secret := muster.Secret(muster.RandomText(secretLength))
	k, err := s.updateKey(ctx, name, func(k *muster.ProvisionKey) error {
		if !k.RevokedAt.IsZero() {
			return muster.Refuse(muster.ReasonProvisionKeyRevoked, "")
		}
		k.Secret = s.keys.Seal(secret, k.SecretPurpose())
		return nil
	})
	if err != nil {
		return IssuedKey{}, err
	}
	return IssuedKey{ProvisionKey: k, Secret: secret}, nil
}

func (s *Service) updateKey(ctx context.Context, name string, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, error) {
	list, err := s.store.ProvisionKeys(ctx, muster.ProfileID{})
	if err != nil {
		return muster.ProvisionKey{}, err
	}
	for _, k := range list {
		if k.Key == name || k.ID.String() == name {
			k, err := s.store.UpdateProvisionKey(ctx, k.ID, change)
			return k, missing(err, "provision key", name)
		}
	}
	return muster.ProvisionKey{}, missing(muster.NotFound, "provision key", name)
}
