package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestASigningRequestIsAnsweredOverEveryProtocol(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	open := s.profile("open", "create")
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
			if err != nil {
				t.Fatal(err)
			}
			csr, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
			name := "csr-" + over.name
			a := join(t, s, over, open, name, `"credentialsType":"X509_CERTIFICATE","csr":`+string(csr))
			block, _ := pem.Decode([]byte(a.token()))
			roots := x509.NewCertPool()
			if block == nil || !roots.AppendCertsFromPEM([]byte(a.CAChain)) {
				t.Fatalf("answer %+v", a)
			}
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				t.Error(err)
			}
			shown := tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
			l := come(t, patience(t), s, overMQTT3, proof{certificate: &shown})
			if err := l.report(patience(t), `{"a":1}`); err != nil {
				t.Fatal(err)
			}
			if got := s.latest(name, "a"); got != "1" {
				t.Errorf("latest %q", got)
			}
			again := resumable(t, s, shown)
			s.must("ca", "revoke", c.SerialNumber.Text(16))
			select {
			case <-l.ended():
			case <-time.After(second):
				t.Fatal("the session is still open a second after its certificate was revoked")
			}
			if _, err := overMQTT3.connect(patience(t), s, proof{certificate: &shown}); err == nil {
				t.Error("a revoked certificate came in")
			}
			again()
			if why := s.must("device", "why", name); !strings.Contains(why, "credential-revoked") {
				t.Errorf("device why does not say so:\n%s", why)
			}
		})
	}
}

// resumable reports over HTTPS with a certificate, and returns what has the same TLS session resumed when the certificate is
// revoked: neither the connection nor the session serves it.
func resumable(t *testing.T, s *server, shown tls.Certificate) (again func()) {
	t.Helper()
	c := s.https(proof{certificate: &shown})
	c.Transport.(*http.Transport).TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	report := func() (code int, resumed bool) {
		r, err := c.Post("https://"+s.ports.https+"/api/v1/telemetry", "application/json", strings.NewReader(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		_, _ = io.Copy(io.Discard, r.Body)
		return r.StatusCode, r.TLS.DidResume
	}
	if code, _ := report(); code != http.StatusOK {
		t.Fatalf("HTTP %d", code)
	}
	return func() {
		if code, _ := report(); code == http.StatusOK {
			t.Error("the connection serves a revoked certificate")
		}
		c.CloseIdleConnections()
		if code, resumed := report(); code == http.StatusOK || !resumed {
			t.Errorf("a session resumed (%v) with a revoked certificate: HTTP %d", resumed, code)
		}
		c.CloseIdleConnections()
	}
}
