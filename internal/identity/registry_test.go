package identity

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"sync"
	"testing"
	"time"

	"muster"
)

// A registry is a store in memory that counts what it is asked and can be made to wait.
type registry struct {
	mu      sync.Mutex
	holders map[muster.LookupKey]muster.Holder
	used    map[muster.CredentialID]time.Time
	succeed muster.Succession // where set, a use revokes this credential
	asked   int
	failing error
	wait    chan struct{} // where set, Holder answers what it read when this is closed
}

func (r *registry) Holder(_ context.Context, key muster.LookupKey) (muster.Holder, error) {
	r.mu.Lock()
	r.asked++
	h, ok := r.holders[key]
	wait, failing := r.wait, r.failing
	r.mu.Unlock()
	if wait != nil {
		<-wait
	}
	if failing != nil {
		return muster.Holder{}, failing
	}
	if !ok {
		return muster.Holder{}, muster.NotFound
	}
	return h, nil
}

func (r *registry) BasicHolder(ctx context.Context, key muster.LookupKey) (muster.Holder, error) {
	h, err := r.Holder(ctx, key)
	if err == nil && h.Credential.Kind != muster.MQTTBasic {
		return muster.Holder{}, muster.NotFound
	}
	return h, err
}

func (r *registry) PublicKeys(_ context.Context, device string) ([]muster.Holder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	var all []muster.Holder
	for _, h := range r.holders {
		if h.Device.Name == device && h.Credential.Kind == muster.PublicKey {
			all = append(all, h)
		}
	}
	return all, r.failing
}

func (r *registry) Used(_ context.Context, at map[muster.CredentialID]time.Time) (succeeded []muster.Succession, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing != nil {
		return nil, r.failing
	}
	maps.Copy(r.used, at)
	for key, h := range r.holders {
		if used, ok := at[h.Credential.ID]; ok {
			h.Credential.LastUsedAt = used
			r.holders[key] = h
		}
	}
	if r.succeed.Device.IsZero() {
		return nil, nil
	}
	return []muster.Succession{r.succeed}, nil
}

// questions returns how often the registry was asked since the last call.
func (r *registry) questions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.asked
	r.asked = 0
	return n
}

// usedAt returns when the credential's use was last written.
func (r *registry) usedAt(c muster.CredentialID) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used[c]
}

// fail makes the registry fail from now on, or work again.
func (r *registry) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = err
}

// A fixture is a service with its registry and a clock that stands still.
type fixture struct {
	*Service
	registry *registry
	now      time.Time
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{
		registry: &registry{holders: make(map[muster.LookupKey]muster.Holder), used: make(map[muster.CredentialID]time.Time)},
		now:      time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	f.Service = New(f.registry, keys, Options{ServerNames: []string{"muster.example"}, Now: func() time.Time { return f.now }})
	return f
}

// add files a device with one credential, changed as wanted, and returns it.
func (f *fixture) add(t testing.TB, name string, e muster.Evidence, change ...func(*muster.Holder)) muster.Holder {
	t.Helper()
	h := muster.Holder{
		Device:  muster.Device{ID: muster.NewID[muster.Device](), Name: name, State: muster.DeviceActive},
		Profile: muster.Profile{ID: muster.NewID[muster.Profile](), Name: "default"},
	}
	for _, other := range f.registry.holders {
		if other.Device.Name == name {
			h.Device, h.Profile = other.Device, other.Profile
		}
	}
	c, err := e.Seal(f.keys, h.Device.ID, f.now)
	if err != nil {
		t.Fatal(err)
	}
	h.Credential = c
	for _, do := range change {
		do(&h)
	}
	f.registry.mu.Lock()
	defer f.registry.mu.Unlock()
	f.registry.holders[c.Lookup] = h
	return h
}

// alter changes what is filed of a credential.
func (f *fixture) alter(h muster.Holder, change func(*muster.Holder)) {
	f.registry.mu.Lock()
	defer f.registry.mu.Unlock()
	now := f.registry.holders[h.Credential.Lookup]
	change(&now)
	f.registry.holders[h.Credential.Lookup] = now
}

func accessToken(text string) muster.Evidence {
	return muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(text)}
}

func basic(clientID, username, password string) muster.Evidence {
	return muster.Evidence{Kind: muster.MQTTBasic, ClientID: clientID, Username: username, Password: muster.Secret(password)}
}

func publicKey(t testing.TB, key crypto.PublicKey) muster.Evidence {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return muster.Evidence{Kind: muster.PublicKey, PublicKey: string(text)}
}

// refused fails the test unless err is a refusal for that reason, and nil for "".
func refused(t testing.TB, err error, want muster.Reason) {
	t.Helper()
	if got := muster.ReasonOf(err); got != want {
		t.Errorf("got reason %q (%v), want %q", got, err, want)
	}
}
