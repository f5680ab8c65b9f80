package provision_test

import (
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
	"muster/internal/sqlite"
)

var home = netip.MustParseAddr("192.0.2.7")

// A fixture is a service over a real registry with a clock that stands still.
type fixture struct {
	*provision.Service
	registry *sqlite.Registry
	keys     *muster.Keyring
	now      time.Time
}

func newFixture(t testing.TB, o provision.Options) *fixture {
	t.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{registry: r, keys: keys, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time { return f.now }
	f.Service = provision.New(r, keys, o)
	return f
}

// profile makes a profile with the key "NAME-key" and the secret "NAME-secret", changed as wanted.
func (f *fixture) profile(t testing.TB, name string, strategy muster.Strategy, change ...func(*muster.ProvisionKey)) muster.Profile {
	t.Helper()
	p := muster.Profile{ID: muster.NewID[muster.Profile](), Name: name, Strategy: strategy, CreatedAt: f.now}
	k := muster.ProvisionKey{ID: muster.NewID[muster.ProvisionKey](), Profile: p.ID, Key: name + "-key", CreatedAt: f.now}
	k.Secret = f.keys.Seal(muster.Secret(name+"-secret"), k.SecretPurpose())
	for _, do := range change {
		do(&k)
	}
	if err := f.registry.CreateProfile(t.Context(), p, k); err != nil {
		t.Fatal(err)
	}
	return p
}

// list makes a listed device with the given credentials and attributes.
func (f *fixture) list(t testing.TB, p muster.Profile, name string, evidence []muster.Evidence, attributes ...muster.Attribute) muster.Device {
	t.Helper()
	d := muster.Device{ID: muster.NewID[muster.Device](), Profile: p.ID, Name: name, CreatedAt: f.now}
	var credentials []muster.Credential
	for i, e := range evidence {
		c, err := e.Seal(f.keys, d.ID, f.now.Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		credentials = append(credentials, c)
	}
	if err := f.registry.CreateDevice(t.Context(), d, credentials, attributes); err != nil {
		t.Fatal(err)
	}
	return d
}

// hush lets the profile keep its reasons from devices.
func (f *fixture) hush(t testing.TB, p muster.Profile) {
	t.Helper()
	if _, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Settings.HideReasons = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// suspend keeps a device out.
func (f *fixture) suspend(t testing.TB, id muster.DeviceID) {
	t.Helper()
	if _, err := f.registry.UpdateDevice(t.Context(), id, func(d *muster.Device) error {
		d.State = muster.DeviceSuspended
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func accessToken(text string) muster.Evidence {
	return muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(text)}
}

// ask is a request with the right key and secret of the profile.
func ask(profile, device string, evidence ...muster.Evidence) *muster.ProvisionRequest {
	r := &muster.ProvisionRequest{Key: profile + "-key", Secret: muster.Secret(profile + "-secret"), Name: device}
	if len(evidence) > 0 {
		r.Evidence = evidence[0]
	}
	return r
}

func (f *fixture) provision(t testing.TB, r *muster.ProvisionRequest) (*muster.Grant, error) {
	t.Helper()
	return f.Provision(t.Context(), r, home)
}

func refused(t testing.TB, err error, want muster.Reason) {
	t.Helper()
	if got := muster.ReasonOf(err); got != want {
		t.Errorf("got reason %q (%v), want %q", got, err, want)
	}
}

// provisionState returns the device's server attribute of that name, "" without it.
func (f *fixture) provisionState(t testing.TB, d muster.DeviceID) string {
	t.Helper()
	all, err := f.registry.Attributes(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Scope == muster.ServerScope && a.Key == muster.ProvisionState {
			return a.Value.Text()
		}
	}
	return ""
}

// counted returns how many devices the key has let in.
func (f *fixture) counted(t testing.TB, key string) int {
	t.Helper()
	keys, err := f.registry.ProvisionKeys(t.Context(), muster.ProfileID{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.Key == key {
			return k.Devices
		}
	}
	t.Fatalf("no key %s", key)
	return 0
}
