package conformance

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// list signs a CRL that is good for so long, and names the certificates.
func (m *maker) list(number int64, life time.Duration, revoked ...*tls.Certificate) []byte {
	m.t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(life)}
	for _, c := range revoked {
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			m.t.Fatal(err)
		}
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: leaf.SerialNumber, RevocationTime: time.Now(),
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, m.cert, m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	return der
}

func (m *maker) file(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatAnotherAuthorityRevokesIsPutOut(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	root := (*maker)(nil).authority(t, "Plant root", time.Hour)
	var served atomic.Pointer[[]byte]
	serve := func(list []byte) { served.Store(&list) }
	serve(root.list(1, time.Hour))
	pki := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*served.Load()) }))
	t.Cleanup(pki.Close)
	s.must("profile", "create", "plant", "--strategy", "x509-chain", "--ca", root.file(t), "--cn-regex", "^(.*)$", "--allow-create")
	s.must("revocation-list", "create", "plant", "--from", pki.URL)

	revoked := map[string]*tls.Certificate{}
	links := map[string]link{}
	for _, over := range mqttTransports {
		name := "press-" + over.name
		revoked[name] = root.device(name, time.Minute, true)
		links[name] = come(t, patience(t), s, over, proof{certificate: revoked[name]})
	}
	stays := root.device("stays", time.Minute, true)
	other := come(t, patience(t), s, overMQTT5, proof{certificate: stays})
	relic := root.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "relic"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(-time.Minute)})
	expired := &tls.Certificate{Certificate: relic.chain, PrivateKey: relic.key}
	s.must("device", "create", "relic", "--profile", "plant", "--certificate", relic.file(t))
	come(t, patience(t), s, overMQTT5, proof{certificate: expired}) // to be renewed
	never := root.device("never", time.Minute, true)                // revoked before it came
	serve(root.list(2, time.Hour, revoked["press-mqtt3"], revoked["press-mqtt5"], never, expired))
	s.must("revocation-list", "refresh", "plant")
	for name, l := range links {
		select {
		case err := <-l.ended():
			if name == "press-mqtt5" && err != error(disconnected(0x98)) {
				t.Errorf("%s is told %v", name, err)
			}
		case <-time.After(second):
			t.Errorf("%s is still there a second after its certificate was revoked", name)
		}
		if _, err := overMQTT5.connect(patience(t), s, proof{certificate: revoked[name]}); err == nil {
			t.Errorf("%s comes in again", name)
		}
		if why := s.must("device", "why", name); !strings.Contains(why, "certificate-revoked") {
			t.Errorf("device why %s: %s", name, why)
		}
	}
	if _, err := overMQTT5.connect(patience(t), s, proof{certificate: expired}); err == nil {
		t.Error("a certificate that has expired and is revoked may be renewed")
	}
	if why := s.must("device", "why", "relic"); !strings.Contains(why, "certificate-revoked") {
		t.Errorf("device why relic: %s", why)
	}
	if err := other.report(patience(t), `{"a":1}`); err != nil {
		t.Errorf("a device that nobody has revoked: %v", err)
	}
	if l, err := overMQTT5.connect(patience(t), s, proof{certificate: never}); err == nil {
		l.close()
		t.Error("a device that was revoked before it came comes in")
	}
	if _, err := s.cli("device", "show", "never"); err == nil {
		t.Error("and is created")
	}

	// A list that is past its date, and a restart without a network.
	serve(root.list(3, 2*time.Second, never))
	s.must("revocation-list", "refresh", "plant")
	if text := s.must("events", "--kind", "warnings", "--after", "0", "--count", "1"); !strings.Contains(text, "plant is past its date") {
		t.Errorf("the event is %s", text)
	}
	pki.Close()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.start()
	if text := s.must("revocation-list", "list"); !strings.Contains(text, "outdated") {
		t.Errorf("the list is shown as %s", text)
	}
	for rule, in := range map[string]bool{"soft": true, "hard": false} {
		s.must("profile", "update", "plant", "--revocation", rule)
		l, err := overMQTT5.connect(patience(t), s, proof{certificate: root.device("new-"+rule, time.Minute, true)})
		if (err == nil) != in {
			t.Errorf("by the %s rule a new device: %v", rule, err)
		}
		if err == nil {
			l.close()
		}
		if _, err := overMQTT5.connect(patience(t), s, proof{certificate: never}); err == nil {
			t.Errorf("by the %s rule a revoked certificate comes in", rule)
		}
	}
	if all := s.must("attempts", "--reason", "revocation-unknown"); !strings.Contains(all, "new-hard") {
		t.Errorf("the journal: %s", all)
	}
}
