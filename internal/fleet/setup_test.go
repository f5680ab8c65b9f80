package fleet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
	"muster/internal/sqlite"
)

// A fixture is a service over a real registry with a clock that stands still. It keeps whose sessions ended, and why.
type fixture struct {
	*fleet.Service
	registry *sqlite.Registry
	keys     *muster.Keyring
	now      time.Time
	ended    []string
}

func newFixture(t testing.TB) *fixture {
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
	f.Service = fleet.New(r, keys, fleet.Options{
		Now: func() time.Time { return f.now },
		Changed: func(device muster.DeviceID, why error) {
			f.ended = append(f.ended, device.String()+" "+string(muster.ReasonOf(why)))
		},
	})
	if _, err := f.EnsureDefaultProfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// wantEnded fails the test unless exactly these sessions were ended since the last call.
func (f *fixture) wantEnded(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(f.ended, want) {
		t.Errorf("ended %q, want %q", f.ended, want)
	}
	f.ended = nil
}

// leadsTo returns the name of the device that a credential of that id leads to, "" if there is none.
func (f *fixture) leadsTo(t *testing.T, id string) string {
	t.Helper()
	h, err := f.registry.Holder(t.Context(), muster.CredentialDigest(f.keys, id))
	if err != nil && muster.KindOf(err) != muster.NotFound {
		t.Fatal(err)
	}
	return h.Device.Name
}

func (f *fixture) profile(t *testing.T, name string, strategy muster.Strategy) {
	t.Helper()
	if _, _, err := f.CreateProfile(t.Context(), fleet.NewProfile{Name: name, Strategy: strategy}); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) device(t *testing.T, n fleet.NewDevice) (fleet.DeviceRow, []muster.Evidence) {
	t.Helper()
	d, shown, err := f.CreateDevice(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return d, shown
}

func refused(t testing.TB, err error, want muster.Reason) {
	t.Helper()
	if got := muster.ReasonOf(err); got != want {
		t.Errorf("got reason %q (%v), want %q", got, err, want)
	}
}

// certificate returns a self-signed certificate and its public key, both as PEM.
func certificate(t *testing.T) (cert *x509.Certificate, text, publicKey string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pump"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
}
