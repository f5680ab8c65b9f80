package conformance

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// selfSigned returns a certificate that nobody but its device has signed, and its PEM.
func selfSigned(t testing.TB, name string, until time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: until.Add(-365 * 24 * time.Hour), NotAfter: until, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text)
}

func TestEveryCredentialComesBack(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	open := s.profile("open", "create")

	t.Run("user name and password", func(t *testing.T) {
		for _, over := range mqttTransports {
			t.Run(over.name, func(t *testing.T) {
				c := "client-" + over.name
				a := join(t, s, over, open, "basic-"+over.name, `"credentialsType":"MQTT_BASIC","clientId":"`+c+`","username":"u","password":"p"`)
				if a.CredentialsType != "MQTT_BASIC" || string(a.CredentialsValue) != `{"clientId":"`+c+`","userName":"u","password":"p"}` {
					t.Fatalf("answer %+v", a)
				}
				come(t, patience(t), s, over, proof{clientID: c, username: "u", password: "p"})
				for _, wrong := range []proof{
					{clientID: c, username: "u", password: "x"}, {clientID: c, username: "u"}, {clientID: "other", username: "u", password: "p"},
				} {
					if _, err := over.connect(patience(t), s, wrong); err == nil {
						t.Errorf("%+v came in", wrong)
					}
				}
			})
		}
	})

	t.Run("a certificate that the device signed itself, over TLS", func(t *testing.T) {
		for _, over := range mqttTransports {
			t.Run(over.name, func(t *testing.T) {
				certificate, text := selfSigned(t, "localhost", time.Now().Add(time.Hour))
				quoted, _ := json.Marshal(text)
				a := join(t, s, over, open, "x509-"+over.name, `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
				if a.Status != "SUCCESS" || a.CredentialsType != "X509_CERTIFICATE" {
					t.Fatalf("answer %+v", a)
				}
				l := come(t, patience(t), s, over, proof{certificate: &certificate})
				if err := l.report(patience(t), `{"secure":true}`); err != nil {
					t.Fatal(err)
				}
				if got := s.latest("x509-"+over.name, "secure"); got != "true" {
					t.Errorf("latest %q", got)
				}
				stranger, _ := selfSigned(t, "localhost", time.Now().Add(time.Hour))
				if _, err := over.connect(patience(t), s, proof{certificate: &stranger}); err == nil {
					t.Error("an unknown certificate came in")
				}
			})
		}
	})

	t.Run("a certificate that expired long ago is refused", func(t *testing.T) {
		certificate, text := selfSigned(t, "expired", time.Now().Add(-31*24*time.Hour))
		quoted, _ := json.Marshal(text)
		join(t, s, overMQTT3, open, "expired", `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
		if _, err := connect3(patience(t), s, proof{certificate: &certificate}); err == nil {
			t.Error("it came in")
		}
		if why := s.must("device", "why", "expired"); !strings.Contains(why, "credential-expired") {
			t.Errorf("why:\n%s", why)
		}
	})

	t.Run("a JWT signed by the key that the device registered", func(t *testing.T) {
		for _, over := range mqttTransports {
			t.Run(over.name, func(t *testing.T) {
				name, key := "jwt-"+over.name, registerKey(t, s, over, open, "jwt-"+over.name)
				l := come(t, patience(t), s, over, proof{clientID: name, username: "unused", password: sign(t, key, name, time.Minute)})
				if err := l.report(patience(t), `{"a":1}`); err != nil {
					t.Fatal(err)
				}
				other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				for what, password := range map[string]string{
					"another key":     sign(t, other, name, time.Minute),
					"an old token":    sign(t, key, name, -time.Hour),
					"another's token": sign(t, key, "somebody", time.Minute),
					"no token":        "password",
				} {
					if _, err := over.connect(patience(t), s, proof{clientID: name, username: "unused", password: password}); err == nil {
						t.Errorf("%s came in", what)
					}
				}
			})
		}
	})

	t.Run("a token called unused never takes the place of a JWT", func(t *testing.T) {
		s.must("device", "create", "other", "--token", "unused")
		for _, over := range mqttTransports {
			t.Run(over.name, func(t *testing.T) {
				name, key := "shadow-"+over.name, registerKey(t, s, over, open, "shadow-"+over.name)
				good := sign(t, key, name, time.Minute)
				head, _, _ := strings.Cut(good, ".")
				for what, password := range map[string]string{
					"padded":              good + "=",
					"unsigned":            head + ".e30.",
					"longer than allowed": good + strings.Repeat("A", 8<<10),
				} {
					if _, err := over.connect(patience(t), s, proof{clientID: name, username: "unused", password: password}); err == nil {
						t.Errorf("a JWT that is %s came in as another device", what)
					}
				}
				if why := s.must("device", "why", name); !strings.Contains(why, "jwt-malformed") {
					t.Errorf("why:\n%s", why)
				}
				come(t, patience(t), s, over, proof{clientID: name, username: "unused", password: good})
			})
		}
	})

	t.Run("a certificate over DTLS, without a token in the path", func(t *testing.T) {
		certificate, text := selfSigned(t, "coaps", time.Now().Add(time.Hour))
		quoted, _ := json.Marshal(text)
		join(t, s, overCoAP, open, "coaps", `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
		try := func(path string, more ...dtls.ClientOption) codes.Code {
			t.Helper()
			c, err := dialDTLS(s, more...)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			m, err := exchange(patience(t), c, path, `{"secure":true}`)
			if err != nil {
				t.Fatal(err)
			}
			return m.Code()
		}
		if code := try("/api/v1/telemetry", dtls.WithCertificates(certificate)); code != codes.Created {
			t.Errorf("with its certificate: %v", code)
		}
		if got := s.latest("coaps", "secure"); got != "true" {
			t.Errorf("latest %q", got)
		}
		if code := try("/api/v1/telemetry"); code != codes.Unauthorized {
			t.Errorf("without a certificate: %v", code)
		}
		token := join(t, s, overCoAP, open, "coaps-token", "").token()
		stranger, _ := selfSigned(t, "coaps", time.Now().Add(time.Hour))
		if code := try("/api/v1/"+token+"/telemetry", dtls.WithCertificates(stranger)); code != codes.Created {
			t.Errorf("with an unknown certificate and a token: %v", code)
		}
		s.must("device", "suspend", "coaps")
		if code := try("/api/v1/telemetry", dtls.WithCertificates(certificate)); code != codes.Forbidden && code != codes.Unauthorized {
			t.Errorf("suspended: %v", code)
		}
	})
}

func registerKey(t testing.TB, s *server, over transport, p profile, name string) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	if a := join(t, s, over, p, name, `"credentialsType":"PUBLIC_KEY","publicKey":`+string(quoted)); a.Status != "SUCCESS" || a.CredentialsType != "PUBLIC_KEY" {
		t.Fatalf("answer %+v", a)
	}
	return key
}

func sign(t testing.TB, key crypto.Signer, device string, life time.Duration) string {
	t.Helper()
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iat": now.Add(min(0, life) - time.Minute).Unix(), "exp": now.Add(life).Unix(), "aud": "https://akenza.io/devices/" + device,
	})
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
