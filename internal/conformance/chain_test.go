package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// A maker is an authority that makes certificates.
type maker struct {
	t     testing.TB
	chain [][]byte // what its devices send along
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// sign makes a certificate of the template and the authority that it is; above is nil for a root.
func (m *maker) sign(t testing.TB, template *x509.Certificate) *maker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	made := &maker{t: t, key: key}
	parent, signer := template, key
	if m != nil {
		parent, signer = m.cert, m.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err == nil {
		made.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	if m != nil {
		made.chain = append([][]byte{der}, m.chain...)
	}
	return made
}

func (m *maker) authority(t testing.TB, name string, until time.Duration) *maker {
	return m.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(until),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	})
}

// device returns what a device presents, issued so long ago, with the intermediates behind it or without.
func (m *maker) device(name string, ago time.Duration, alone bool) *tls.Certificate {
	made := m.sign(m.t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-ago), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if alone {
		made.chain = made.chain[:1]
	}
	return &tls.Certificate{Certificate: made.chain, PrivateKey: made.key}
}

func TestDevicesComeInByTheirChains(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	root := (*maker)(nil).authority(t, "Plant root", time.Hour)
	held, sent := root.authority(t, "Held by the profile", time.Hour), root.authority(t, "Sent by the device", time.Hour)
	dead := root.authority(t, "Expired", -time.Minute)
	file := filepath.Join(t.TempDir(), "ca.pem")
	var text []byte
	for _, m := range []*maker{root, held} {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.cert.Raw})...)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("profile", "create", "plant", "--strategy", "x509-chain", "--ca", file, "--cn-regex", `^(.*)@plant$`, "--allow-create")
	if _, err := s.cli("profile", "create", "thief", "--strategy", "x509-chain", "--ca", file, "--cn-regex", "(.*)"); err == nil ||
		!strings.Contains(err.Error(), "Device profile with such certificate already exists!") {
		t.Errorf("two profiles trust one certificate: %v", err)
	}

	for _, over := range mqttTransports {
		t.Run(over.name, func(t *testing.T) {
			name := "press-" + over.name
			first := come(t, patience(t), s, over, proof{certificate: held.device(name+"@plant", 3*time.Hour, true)})
			second := come(t, patience(t), s, over, proof{certificate: sent.device(name+"@plant", time.Hour, false)})
			select {
			case <-first.ended():
			case <-patience(t).Done():
				t.Error("the session with the old certificate goes on")
			}
			if err := second.report(patience(t), `{"bar":7}`); err != nil || s.latest(name, "bar") != "7" {
				t.Errorf("latest %s, %v", s.latest(name, "bar"), err)
			}
			for reason, bad := range map[string]*tls.Certificate{
				"certificate-older":      held.device(name+"@plant", 2*time.Hour, true),
				"chain-expired":          dead.device(name+"-x@plant", time.Hour, false),
				"certificate-name-unfit": held.device(name+"@elsewhere", time.Hour, true),
			} {
				if _, err := over.connect(patience(t), s, proof{certificate: bad}); err == nil {
					t.Errorf("%s came in", reason)
				}
				if all := s.must("attempts", "--reason", reason); !strings.Contains(all, name) {
					t.Errorf("the journal of %s: %s", reason, all)
				}
			}
			if _, err := s.cli("device", "show", name+"-x"); err == nil {
				t.Error("a bad chain has made a device")
			}
		})
	}

	t.Run("https", func(t *testing.T) {
		for reason, shown := range map[string]*tls.Certificate{
			"":              sent.device("lever@plant", time.Hour, false),
			"chain-expired": dead.device("lever-x@plant", time.Hour, false),
		} {
			l, err := connectHTTPS(patience(t), s, proof{certificate: shown})
			if err == nil {
				err = l.report(patience(t), `{"up":true}`)
			}
			if (err == nil) != (reason == "") {
				t.Errorf("%s: %v", reason, err)
			}
			if all := s.must("attempts", "--reason", reason, "--transport", "http"); reason != "" && !strings.Contains(all, "lever-x") {
				t.Errorf("the journal of %s: %s", reason, all)
			}
		}
		if got := s.latest("lever", "up"); got != "true" {
			t.Errorf("latest %s", got)
		}
	})

	t.Run("coaps", func(t *testing.T) {
		for want, certificate := range map[codes.Code]*tls.Certificate{
			codes.Created:      sent.device("valve@plant", time.Hour, false),
			codes.Unauthorized: dead.device("valve-x@plant", time.Hour, false),
		} {
			c, err := dialDTLS(s, dtls.WithCertificates(*certificate))
			if err != nil {
				t.Fatal(err)
			}
			m, err := exchange(patience(t), c, "/api/v1/telemetry", `{"open":21}`)
			if err != nil || m.Code() != want {
				t.Errorf("got %v, %v, want %v", m, err, want)
			}
			_ = c.Close()
		}
		if got := s.latest("valve", "open"); got != "21" {
			t.Errorf("latest %s", got)
		}
	})
}
