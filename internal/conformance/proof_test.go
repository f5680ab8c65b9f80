package conformance

import (
	"context"
	"crypto"
	"encoding/json"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pion/dtls/v3"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
)

func TestADeviceThatProvesItselfIsLetInAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.profile("proving", "create", "--reprovision", "same-proof")

	t.Run("by a request that it has signed", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "signs-" + over.name
			key := registerKey(t, s, over, p, name)
			if a := join(t, s, over, p, name, signedProof(t, key, name, "another")); a.Reason != "jwt-audience-mismatch" {
				t.Errorf("for another: %+v", a)
			}
			text := signedProof(t, key, name, p.key)
			fresh := join(t, s, over, p, name, text)
			if fresh.Status != "SUCCESS" {
				t.Fatalf("for the key: %+v", fresh)
			}
			if again := join(t, s, over, p, name, text); again.Reason != "jwt-replayed" {
				t.Errorf("once more: %+v", again)
			}
			come(t, patience(t), s, over, proof{token: fresh.token()}) // from here on the key proves nothing
			stranger := registerKey(t, s, over, p, "other-"+name)
			if a := join(t, s, over, p, name, signedProof(t, stranger, name, p.key)); a.Reason != "device-name-taken" {
				t.Errorf("signed by another: %+v", a)
			}
		})
	})

	t.Run("by presenting its certificate", func(t *testing.T) {
		certificate, text := selfSigned(t, "presents", time.Now().Add(time.Hour))
		quoted, _ := json.Marshal(text)
		stranger, _ := selfSigned(t, "presents", time.Now().Add(time.Hour))
		mqtts := func(ctx context.Context, s *server, body string) (string, error) {
			return join3(ctx, s, proof{username: "provision", certificate: &certificate}, body)
		}
		https := func(ctx context.Context, s *server, body string) (string, error) {
			return post(ctx, s.https(proof{certificate: &certificate}), "https://"+s.ports.https+"/api/v1/provision", body)
		}
		coaps := func(ctx context.Context, s *server, body string) (string, error) {
			return joinCoAP(ctx, s, func(s *server) (*udpclient.Conn, error) { return dialDTLS(s, dtls.WithCertificates(certificate)) }, body)
		}
		join(t, s, overMQTT3, p, "presents", `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
		for _, over := range []transport{{"mqtts", mqtts, connectMQTTS}, {"https", https, connectHTTPS}, {"coaps", coaps, connectCoAPS}} {
			a := join(t, s, over, p, "presents", "")
			if a.Status != "SUCCESS" || a.token() == "" {
				t.Errorf("%s: %+v", over.name, a)
			}
		}
		certificate = stranger
		for _, over := range []transport{{"mqtts", mqtts, nil}, {"https", https, nil}, {"coaps", coaps, nil}} {
			if a := join(t, s, over, p, "presents", ""); a.Reason != "device-name-taken" {
				t.Errorf("%s with another certificate: %+v", over.name, a)
			}
		}
	})
}

// signedProof returns the member of a provision request by which a device proves itself.
func signedProof(t testing.TB, key crypto.Signer, device, audience string) string {
	t.Helper()
	now := time.Now()
	text, err := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"sub": device, "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": now.String(),
	}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return `"proof":"` + text + `"`
}
