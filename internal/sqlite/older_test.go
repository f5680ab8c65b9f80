package sqlite

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"muster"
)

// vouching returns a profile as it was made before its authority was filed by itself.
func vouching(name, ca string, at time.Time) muster.Profile {
	return muster.Profile{
		ID: muster.NewID[muster.Profile](), Name: name, Strategy: muster.StrategyX509Chain, CreatedAt: at,
		Settings: muster.ProfileSettings{Chain: &muster.ChainRule{CA: ca, CNPattern: "(.*)"}},
	}
}

func TestTheAuthoritiesOfAnOlderRegistryAreTrustedOn(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "plant"}, BasicConstraintsValid: true, IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	at := time.UnixMilli(1_700_000_000_000).UTC()
	first, twin, broken := vouching("first", ca, at), vouching("a twin", ca, at.Add(time.Second)), vouching("broken", "nothing", at)

	path := filepath.Join(t.TempDir(), "registry.db")
	w := older(t, path, 35)
	for _, p := range []muster.Profile{twin, broken, first} {
		settings, err := jsonText(p.Settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.conn.exec(`INSERT INTO profile (id, name, description, strategy, created_at, settings) VALUES (?, ?, '', ?, ?, ?)`,
			blob(p.ID[:]), text(p.Name), number(p.Strategy), millis(p.CreatedAt), settings); err != nil {
			t.Fatal(err)
		}
	}
	device, certificate, token := muster.NewID[muster.Device](), muster.NewID[muster.Credential](), muster.NewID[muster.Credential]()
	if _, err := w.conn.exec(`INSERT INTO device (id, profile, name, label, state, gateway, created_at, folded, tags) VALUES (?, ?, 'pump', '', 1, 0, 1, 'pump', '')`,
		blob(device[:]), blob(first.ID[:])); err != nil {
		t.Fatal(err)
	}
	for kind, c := range []muster.CredentialID{token, certificate} {
		if _, err := w.conn.exec(`INSERT INTO credential (id, device, kind, lookup, value, hint, state, created_at) VALUES (?, ?, ?, ?, x'', '', 1, 1)`,
			blob(c[:]), blob(device[:]), number(kind), blob(append(make([]byte, 31), byte(kind)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is filed once stays as it is
		r, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Anchored(t.Context(), [][sha256.Size]byte{sha256.Sum256(root.RawSubject)})
		if err != nil || len(found) != 1 || found[0].ID != first.ID {
			t.Errorf("got %+v, %v", found, err)
		}
		held, err := r.Credentials(t.Context(), device)
		if err != nil || len(held) != 2 {
			t.Errorf("credentials %+v, %v", held, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
