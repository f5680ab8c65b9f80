package fleet

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"muster"
)

// DefaultProfile is the profile that is meant where none is named.
const DefaultProfile = "default"

// Bounds of what operators write.
const (
	maxText      = 1000 // characters of a description
	maxAudiences = 16
	maxAudience  = 500 // bytes
	maxLifetime  = 10 * 366 * 24 * time.Hour
	maxSkew      = 24 * time.Hour
)

// NewProfile says how a profile shall be made.
type NewProfile struct {
	Name        string
	Description string
	Strategy    muster.Strategy
	Settings    muster.ProfileSettings
	// ProvisionKey and ProvisionSecret are the first provision key. Where one is empty and the strategy needs it, or the
	// other is given, the server makes it.
	ProvisionKey    string
	ProvisionSecret muster.Secret
}

// CreateProfile makes a profile and its first provision key, which is returned with its secret; it is nil for a strategy
// that needs none when none was given.
func (s *Service) CreateProfile(ctx context.Context, n NewProfile) (muster.Profile, *IssuedKey, error) {
	p := muster.Profile{
		ID: muster.NewID[muster.Profile](), Name: n.Name, Description: n.Description,
		Strategy: n.Strategy, Settings: n.Settings, CreatedAt: s.now(),
	}
	if err := CheckProfile(&p); err != nil {
		return muster.Profile{}, nil, err
	}
	if !needsKey(p.Strategy) && n.ProvisionKey == "" && n.ProvisionSecret == "" {
		return p, nil, s.store.CreateProfile(ctx, p)
	}
	key, err := s.issue(p.ID, NewProvisionKey{Key: n.ProvisionKey, Secret: n.ProvisionSecret})
	if err != nil {
		return muster.Profile{}, nil, err
	}
	if err := s.store.CreateProfile(ctx, p, key.ProvisionKey); err != nil {
		return muster.Profile{}, nil, err
	}
	return p, &key, nil
}

// needsKey reports whether devices of a profile with that strategy get in with a provision key.
func needsKey(strategy muster.Strategy) bool {
	return strategy == muster.StrategyAllowCreate || strategy == muster.StrategyCheckPreProvisioned
}

// EnsureDefaultProfile returns a provision key of the default profile with its secret, and makes both where they are
// missing: any device gets in that has the key.
func (s *Service) EnsureDefaultProfile(ctx context.Context) (IssuedKey, error) {
	p, err := s.store.Profile(ctx, DefaultProfile)
	if muster.KindOf(err) == muster.NotFound {
		_, key, err := s.CreateProfile(ctx, NewProfile{Name: DefaultProfile, Strategy: muster.StrategyAllowCreate})
		if err != nil {
			return IssuedKey{}, err
		}
		return *key, nil
	}
	if err != nil {
		return IssuedKey{}, err
	}
	list, err := s.store.ProvisionKeys(ctx, p.ID)
	if err != nil {
		return IssuedKey{}, err
	}
	for _, k := range list {
		if k.RevokedAt.IsZero() {
			secret, err := s.keys.Open(k.Secret, k.SecretPurpose())
			return IssuedKey{ProvisionKey: k, Secret: secret}, err
		}
	}
	return s.CreateProvisionKey(ctx, NewProvisionKey{Profile: DefaultProfile})
}

// Profile returns the profile called name.
func (s *Service) Profile(ctx context.Context, name string) (muster.Profile, error) {
	p, err := s.store.Profile(ctx, name)
	return p, missing(err, "profile", name)
}

// Profiles returns all profiles, by name.
func (s *Service) Profiles(ctx context.Context) ([]muster.Profile, error) {
	return s.store.Profiles(ctx)
}

// UpdateProfile changes the profile called name, inside a transaction, if it is one of the versions that were seen; none:
// whatever it is. Devices that are in stay in, whatever its strategy becomes.
func (s *Service) UpdateProfile(ctx context.Context, name string, change func(*muster.Profile) error, seen ...muster.Version) (muster.Profile, error) {
	p, err := s.Profile(ctx, name)
	if err != nil {
		return muster.Profile{}, err
	}
	p, err = s.store.UpdateProfile(ctx, p.ID, func(p *muster.Profile) error {
		if err := p.Version().Expect(seen); err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		return CheckProfile(p)
	})
	return p, missing(err, "profile", name)
}

// DeleteProfile removes the profile called name and its provision keys, if it is one of the versions that were seen; none:
// whatever it is. Refused with ReasonProfileInUse while it has devices.
func (s *Service) DeleteProfile(ctx context.Context, name string, seen ...muster.Version) error {
	p, err := s.Profile(ctx, name)
	if err != nil {
		return err
	}
	return missing(s.store.DeleteProfile(ctx, p.ID, seen...), "profile", name)
}

// missing names what was not found; other errors pass.
func missing(err error, what, name string) error {
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(muster.ReasonNotFound, "there is no %s %q", what, clip(name))
	}
	return err
}

// clip keeps a message short that repeats what was asked for.
func clip(s string) string {
	if len(s) <= 80 {
		return s
	}
	return strings.ToValidUTF8(s[:80], "") + "…"
}

// CheckProfile refuses a profile that cannot work.
func CheckProfile(p *muster.Profile) error {
	if err := muster.CheckProfileName(p.Name); err != nil {
		return err
	}
	if err := checkText("description", p.Description); err != nil {
		return err
	}
	if p.Strategy > muster.StrategyX509Chain {
		return invalid("unknown strategy %d", p.Strategy)
	}
	if n := p.Settings.Sessions; n < 0 || n > muster.MaxSessions {
		return invalid("a device may have 1 to %d sessions, not %d", muster.MaxSessions, n)
	}
	if p.Settings.Reprovision > muster.ReprovisionHold {
		return invalid("unknown way to provision again %d", p.Settings.Reprovision)
	}
	if p.Settings.Rotation > muster.RotationRefuse {
		return invalid("unknown way to rotate %d", p.Settings.Rotation)
	}
	if p.Settings.GraceDays > muster.MaxGraceDays {
		return invalid("a certificate that has expired may be renewed for at most %d days", muster.MaxGraceDays)
	}
	if err := checkJWT(&p.Settings.JWT); err != nil {
		return err
	}
	if err := p.Settings.Certificates.Check(p.Name); err != nil {
		return err
	}
	return checkChain(p)
}

func checkText(what, text string) error {
	switch {
	case !utf8.ValidString(text):
		return invalid("the %s is not UTF-8", what)
	case utf8.RuneCountInString(text) > maxText:
		return invalid("the %s is longer than %d characters", what, maxText)
	}
	return nil
}

func checkJWT(r *muster.JWTRule) error {
	switch {
	case len(r.Audiences) > maxAudiences:
		return invalid("a profile has at most %d JWT audiences", maxAudiences)
	case slices.ContainsFunc(r.Audiences, func(a string) bool { return a == "" || len(a) > maxAudience }):
		return invalid("a JWT audience has 1 to %d bytes", maxAudience)
	case slices.ContainsFunc(r.Audiences, func(a string) bool { return !strings.Contains(a, "{deviceId}") }):
		return invalid("a JWT audience has {deviceId} in it, so that a token for one device is none for another")
	case r.MaxLifetime < 0 || r.MaxLifetime > maxLifetime:
		return invalid("the longest JWT lifetime is between 0 and %v", maxLifetime)
	case r.Skew < 0 || r.Skew > maxSkew:
		return invalid("the JWT clock skew is between 0 and %v", maxSkew)
	}
	return nil
}
