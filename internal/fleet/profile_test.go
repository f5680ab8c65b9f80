package fleet_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

func (f *fixture) secretOf(t *testing.T, key string) (muster.ProvisionKey, muster.Secret) {
	t.Helper()
	k, _, err := f.registry.ProvisionKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := f.keys.Open(k.Secret, k.SecretPurpose())
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func TestTheDefaultProfileIsMadeOnce(t *testing.T) {
	f := newFixture(t)
	first, err := f.EnsureDefaultProfile(t.Context())
	if err != nil || len(first.Key) != 20 || len(first.Secret) != 32 {
		t.Fatalf("got %q, %d characters of secret, %v", first.Key, len(first.Secret), err)
	}
	p, err := f.Profile(t.Context(), fleet.DefaultProfile)
	if err != nil || p.Strategy != muster.StrategyAllowCreate {
		t.Errorf("got %+v, %v", p, err)
	}
	if _, _, err := f.RevokeProvisionKey(t.Context(), first.Key, muster.SweepKeep); err != nil {
		t.Fatal(err)
	}
	second, err := f.EnsureDefaultProfile(t.Context())
	if err != nil || second.Key == first.Key {
		t.Errorf("after its key was revoked: %q, %v", second.Key, err)
	}
	third, err := f.EnsureDefaultProfile(t.Context())
	if err != nil || third.Key != second.Key || third.Secret != second.Secret {
		t.Errorf("again: %q, %v", third.Key, err)
	}
}

func TestAProfileGetsTheKeyItNeeds(t *testing.T) {
	f := newFixture(t)
	ca := authority(t)
	chain := muster.ProfileSettings{Chain: &muster.ChainRule{CA: ca, CNPattern: "(.*)"}}
	for _, c := range []struct {
		name     string
		n        fleet.NewProfile
		key      string // what the key must be; "*": made by the server, "": none
		secret   muster.Secret
		strategy muster.Strategy
	}{
		{"open", fleet.NewProfile{Strategy: muster.StrategyAllowCreate}, "*", "*", muster.StrategyAllowCreate},
		{"listed", fleet.NewProfile{Strategy: muster.StrategyCheckPreProvisioned, ProvisionKey: "k1", ProvisionSecret: "s1"}, "k1", "s1", muster.StrategyCheckPreProvisioned},
		{"key alone", fleet.NewProfile{Strategy: muster.StrategyAllowCreate, ProvisionKey: "k2"}, "k2", "*", muster.StrategyAllowCreate},
		{"secret alone", fleet.NewProfile{Strategy: muster.StrategyAllowCreate, ProvisionSecret: "s3"}, "*", "s3", muster.StrategyAllowCreate},
		{"closed", fleet.NewProfile{}, "", "", muster.StrategyDisabled},
		{"closed with a key for later", fleet.NewProfile{ProvisionKey: "k4", ProvisionSecret: "s4"}, "k4", "s4", muster.StrategyDisabled},
		{"chain", fleet.NewProfile{Strategy: muster.StrategyX509Chain, Settings: chain}, "", "", muster.StrategyX509Chain},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.n.Name = c.name
			p, key, err := f.CreateProfile(t.Context(), c.n)
			if err != nil || p.Strategy != c.strategy || (key == nil) != (c.key == "") {
				t.Fatalf("got %+v, %+v, %v", p, key, err)
			}
			if key == nil {
				return
			}
			kept, secret := f.secretOf(t, key.Key)
			if kept.Profile != p.ID || secret != key.Secret || c.key != "*" && key.Key != c.key || c.secret != "*" && secret != c.secret {
				t.Errorf("issued %q with %q, kept %+v", key.Key, key.Secret.Reveal(), kept)
			}
		})
	}
}

func TestProfilesThatCannotWork(t *testing.T) {
	f := newFixture(t)
	_, device, publicKey := certificate(t)
	ca := authority(t)
	settings := func(s muster.ProfileSettings) fleet.NewProfile { return fleet.NewProfile{Name: "p", Settings: s} }
	chain := func(ca, pattern string) fleet.NewProfile {
		return fleet.NewProfile{
			Name: "p", Strategy: muster.StrategyX509Chain, Settings: muster.ProfileSettings{Chain: &muster.ChainRule{CA: ca, CNPattern: pattern}},
		}
	}
	for name, c := range map[string]struct {
		n      fleet.NewProfile
		reason muster.Reason
	}{
		"no name":                        {fleet.NewProfile{}, muster.ReasonRequestInvalid},
		"a name with markup":             {fleet.NewProfile{Name: "<b>"}, muster.ReasonRequestInvalid},
		"a name that is taken":           {fleet.NewProfile{Name: "default"}, muster.ReasonProfileNameTaken},
		"a description that is a book":   {fleet.NewProfile{Name: "p", Description: strings.Repeat("x", 1001)}, muster.ReasonRequestInvalid},
		"a strategy that is none":        {fleet.NewProfile{Name: "p", Strategy: 9}, muster.ReasonRequestInvalid},
		"too many sessions":              {settings(muster.ProfileSettings{Sessions: 17}), muster.ReasonRequestInvalid},
		"fewer than no sessions":         {settings(muster.ProfileSettings{Sessions: -1}), muster.ReasonRequestInvalid},
		"too many audiences":             {settings(muster.ProfileSettings{JWT: muster.JWTRule{Audiences: make([]string, 17)}}), muster.ReasonRequestInvalid},
		"an empty audience":              {settings(muster.ProfileSettings{JWT: muster.JWTRule{Audiences: []string{""}}}), muster.ReasonRequestInvalid},
		"an audience for all devices":    {settings(muster.ProfileSettings{JWT: muster.JWTRule{Audiences: []string{"https://here"}}}), muster.ReasonRequestInvalid},
		"a lifetime before now":          {settings(muster.ProfileSettings{JWT: muster.JWTRule{MaxLifetime: -1}}), muster.ReasonRequestInvalid},
		"a lifetime for ever":            {settings(muster.ProfileSettings{JWT: muster.JWTRule{MaxLifetime: 1 << 62}}), muster.ReasonRequestInvalid},
		"a clock off by a week":          {settings(muster.ProfileSettings{JWT: muster.JWTRule{Skew: 7 * 24 * time.Hour}}), muster.ReasonRequestInvalid},
		"chain without a rule":           {fleet.NewProfile{Name: "p", Strategy: muster.StrategyX509Chain}, muster.ReasonRequestInvalid},
		"chain without an authority":     {chain("", "(.*)"), muster.ReasonCertificateInvalid},
		"chain with a public authority":  {chain(publicRoot(t), "(.*)"), muster.ReasonAuthorityPublic},
		"chain with a device as one":     {chain(device, "(.*)"), muster.ReasonCertificateInvalid},
		"chain with a key as authority":  {chain(publicKey, "(.*)"), muster.ReasonCertificateInvalid},
		"chain with junk behind it":      {chain(ca+"junk", "(.*)"), muster.ReasonCertificateInvalid},
		"chain with a broken pattern":    {chain(ca, "("), muster.ReasonPatternInvalid},
		"chain with lookahead":           {chain(ca, "(?=x)(.*)"), muster.ReasonPatternInvalid},
		"chain with no group":            {chain(ca, ".*"), muster.ReasonPatternInvalid},
		"a secret beyond every bound":    {fleet.NewProfile{Name: "p", ProvisionSecret: muster.Secret(strings.Repeat("s", 256))}, muster.ReasonRequestInvalid},
		"a key with a control character": {fleet.NewProfile{Name: "p", ProvisionKey: "a\nb"}, muster.ReasonRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := f.CreateProfile(t.Context(), c.n)
			refused(t, err, c.reason)
		})
	}
}

func TestChangingAProfile(t *testing.T) {
	f := newFixture(t)
	f.profile(t, "a", muster.StrategyAllowCreate)
	before, err := f.Profile(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	rename := func(name string) func(*muster.Profile) error {
		return func(p *muster.Profile) error {
			p.Name, p.Strategy = name, muster.StrategyDisabled
			return nil
		}
	}
	p, err := f.UpdateProfile(t.Context(), "a", rename("b"), "x", before.Version())
	if err != nil || p.Name != "b" || p.Strategy != muster.StrategyDisabled {
		t.Errorf("got %+v, %v", p, err)
	}
	_, err = f.UpdateProfile(t.Context(), "b", rename("c"), before.Version())
	refused(t, err, muster.ReasonVersionStale)
	_, err = f.UpdateProfile(t.Context(), "b", rename(""))
	refused(t, err, muster.ReasonRequestInvalid)
	_, err = f.UpdateProfile(t.Context(), "a", rename("b"))
	refused(t, err, muster.ReasonNotFound)
	if got, err := f.Profile(t.Context(), "b"); err != nil || got.ID != p.ID {
		t.Errorf("got %+v, %v", got, err)
	}

	f.device(t, fleet.NewDevice{Name: "d", Profile: "b"})
	refused(t, f.DeleteProfile(t.Context(), "b"), muster.ReasonProfileInUse)
	if err := f.DeleteDevice(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	refused(t, f.DeleteProfile(t.Context(), "b"), "")
	refused(t, f.DeleteProfile(t.Context(), "b"), muster.ReasonNotFound)
	if all, err := f.Profiles(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("left: %+v, %v", all, err)
	}
}

func TestProvisionKeys(t *testing.T) {
	f := newFixture(t)
	f.profile(t, "p", muster.StrategyAllowCreate)
	made, err := f.CreateProvisionKey(t.Context(), fleet.NewProvisionKey{
		Profile: "p", Key: "batch-7", MaxDevices: 5, NamePattern: `pump-\d+`, ExpiresAt: f.now.Add(time.Hour),
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if k, secret := f.secretOf(t, "batch-7"); secret != made.Secret || k.MaxDevices != 5 || k.NamePattern != `pump-\d+` || len(k.Networks) != 1 {
		t.Errorf("kept %+v", k)
	}
	for profile, want := range map[string]int{"": 3, "p": 2, "default": 1} {
		if all, err := f.ProvisionKeys(t.Context(), profile); err != nil || len(all) != want {
			t.Errorf("%d keys of %q, %v", len(all), profile, err)
		}
	}
	_, err = f.ProvisionKeys(t.Context(), "no")
	refused(t, err, muster.ReasonNotFound)

	turned, err := f.RotateProvisionKey(t.Context(), "batch-7", 0)
	if err != nil || turned.Key != "batch-7" || turned.Secret == made.Secret || turned.MaxDevices != 5 {
		t.Errorf("rotated to %+v, %v", turned, err)
	}
	if _, secret := f.secretOf(t, "batch-7"); secret != turned.Secret {
		t.Error("the old secret still stands")
	}
	gone, _, err := f.RevokeProvisionKey(t.Context(), made.ID.String(), muster.SweepKeep)
	if err != nil || !gone.RevokedAt.Equal(f.now) {
		t.Errorf("revoked: %+v, %v", gone, err)
	}
	f.now = f.now.Add(time.Hour)
	if gone, _, err = f.RevokeProvisionKey(t.Context(), "batch-7", muster.SweepKeep); err != nil || gone.RevokedAt.Equal(f.now) {
		t.Errorf("revoked again: %v, %v", gone.RevokedAt, err)
	}
	_, err = f.RotateProvisionKey(t.Context(), "batch-7", 0)
	refused(t, err, muster.ReasonProvisionKeyRevoked)
	_, _, err = f.RevokeProvisionKey(t.Context(), "no", muster.SweepKeep)
	refused(t, err, muster.ReasonNotFound)
}

func TestProvisionKeysThatCannotWork(t *testing.T) {
	f := newFixture(t)
	if _, err := f.CreateProvisionKey(t.Context(), fleet.NewProvisionKey{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		n      fleet.NewProvisionKey
		reason muster.Reason
	}{
		"a key that is taken":                               {fleet.NewProvisionKey{Key: "k"}, muster.ReasonProvisionKeyTaken},
		"a profile that is none":                            {fleet.NewProvisionKey{Profile: "no"}, muster.ReasonNotFound},
		"a negative maximum":                                {fleet.NewProvisionKey{MaxDevices: -1}, muster.ReasonRequestInvalid},
		"a broken pattern":                                  {fleet.NewProvisionKey{NamePattern: "("}, muster.ReasonRequestInvalid},
		"an end before the start":                           {fleet.NewProvisionKey{NotBefore: f.now, ExpiresAt: f.now}, muster.ReasonRequestInvalid},
		"a network that is none":                            {fleet.NewProvisionKey{Networks: make([]netip.Prefix, 1)}, muster.ReasonRequestInvalid},
		"a network of IPv4 in IPv6, which no address is in": {fleet.NewProvisionKey{Networks: []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}}, muster.ReasonRequestInvalid},
		"more networks than a list":                         {fleet.NewProvisionKey{Networks: make([]netip.Prefix, 65)}, muster.ReasonRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.CreateProvisionKey(t.Context(), c.n)
			refused(t, err, c.reason)
		})
	}
}
