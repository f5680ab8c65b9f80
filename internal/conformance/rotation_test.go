package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	"github.com/pion/dtls/v3"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
)

// rotate asks for another credential with the one that p shows.
func rotate(t testing.TB, s *server, over transport, p proof, body string) answer {
	t.Helper()
	ctx := patience(t)
	dtlsDial := func(s *server) (*udpclient.Conn, error) { return dialDTLS(s) }
	ways := map[string]func() (string, error){
		"mqtt3": func() (string, error) { return join3(ctx, s, p, body) },
		"mqtt5": func() (string, error) { return join5(ctx, s, p, body) },
		"mqtts": func() (string, error) { p.secure = true; return join3(ctx, s, p, body) },
		"ws3":   func() (string, error) { p.webSocket = true; return join3(ctx, s, p, body) },
		"ws5":   func() (string, error) { p.webSocket = true; return join5(ctx, s, p, body) },
		"http": func() (string, error) {
			return post(ctx, http.DefaultClient, s.url()+"/api/v1/"+p.token+"/provision", body)
		},
		"https": func() (string, error) {
			return post(ctx, s.https(proof{}), "https://"+s.ports.https+"/api/v1/"+p.token+"/provision", body)
		},
		"coap": func() (string, error) {
			_, text, err := postCoAP(ctx, s, dialUDP, "/api/v1/"+p.token+"/provision", body)
			return text, err
		},
		"coaps": func() (string, error) {
			_, text, err := postCoAP(ctx, s, dtlsDial, "/api/v1/"+p.token+"/provision", body)
			return text, err
		},
	}
	text, err := ways[over.name]()
	if err != nil {
		t.Fatalf("%s: %v", over.name, err)
	}
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("the answer %q: %v", text, err)
	}
	return a
}

// signingRequest returns a fresh key and its request, as JSON.
func signingRequest(t testing.TB) (key *ecdsa.PrivateKey, quoted string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
	return key, string(text)
}

// certified returns what a device presents that was given a certificate for its key.
func (a answer) certified(t testing.TB, key *ecdsa.PrivateKey) *tls.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(a.token()))
	if block == nil || a.CAChain == "" {
		t.Fatalf("answer %+v", a)
	}
	return &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
}

// revoked returns how many credentials of a device were revoked.
func revoked(s *server, name string) (n int) {
	for _, c := range show(s, name).Credentials {
		if c.State == "revoked" {
			n++
		}
	}
	return n
}

func TestADeviceRotatesItsCredential(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	open := s.profile("open", "create")
	closed, wide := s.profile("closed", "create", "--rotation", "refuse"), s.profile("wide", "create", "--sessions", "16")

	t.Run("its token, over every protocol, and both work until the fresh one is used", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "turns-" + over.name
			old := proof{token: join(t, s, over, open, name, "").token()}
			a := rotate(t, s, over, old, `{"requestId":"one"}`)
			if a.Status != "SUCCESS" || a.CredentialsType != "ACCESS_TOKEN" || a.token() == "" || a.token() == old.token {
				t.Fatalf("answer %+v", a)
			}
			if again := rotate(t, s, over, old, `{"requestId":"one"}`); again.token() != a.token() {
				t.Errorf("the answer is %+v, and again %+v", a, again)
			}
			if other := rotate(t, s, over, old, `{}`); other.Reason != "rate-limited" || other.RetryAfter == 0 {
				t.Errorf("another one at once: %+v", other)
			}
			was := come(t, patience(t), s, over, old)
			l := come(t, patience(t), s, over, proof{token: a.token()})
			if err := l.report(patience(t), `{"a":1}`); err != nil {
				t.Fatal(err)
			}
			within(t, 30*second, "the old one is revoked", func() bool { return revoked(s, name) == 1 })
			if was.ended() != nil {
				<-was.ended()
			}
			if why := s.must("device", "why", name); !strings.Contains(why, "rotate") {
				t.Errorf("device why does not say so:\n%s", why)
			}
		})
	})

	t.Run("not where its profile refuses it, nor to another type", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			token := join(t, s, over, closed, "shut-"+over.name, "").token()
			if a := rotate(t, s, over, proof{token: token}, `{}`); a.Status != "FAILURE" || a.Reason != "rotation-refused" {
				t.Errorf("answer %+v", a)
			}
			token = join(t, s, over, open, "typed-"+over.name, "").token()
			if a := rotate(t, s, over, proof{token: token}, `{"credentialsType":"MQTT_BASIC","username":"x"}`); a.Reason != "rotation-kind-refused" {
				t.Errorf("answer %+v", a)
			}
		})
	})

	t.Run("when it is asked to, which ends with the first use of the fresh one", func(t *testing.T) {
		old := join(t, s, overHTTP, open, "asked", "").token()
		heard := make(chan string, 10)
		l, err := open5(patience(t), s, proof{token: old}, func(r paho5.PublishReceived) (bool, error) {
			heard <- r.Packet.Topic + " " + string(r.Packet.Payload)
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.close)
		notice := paho5.SubscribeOptions{Topic: "v1/devices/me/credentials/notice", QoS: 1}
		if _, err := l.client.Subscribe(patience(t), &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{notice}}); err != nil {
			t.Fatal(err)
		}
		s.must("device", "attributes", "set", "asked", `credentialRotation={"until":"2099-12-31T00:00:00Z"}`, "--scope", "shared")
		select {
		case got := <-heard:
			if got != notice.Topic+` {"credentialRotation":{"until":"2099-12-31T00:00:00Z"}}` {
				t.Errorf("heard %s", got)
			}
		case <-patience(t).Done():
			t.Fatal("nothing was heard")
		}
		fresh := rotate(t, s, overHTTP, proof{token: old}, "{}").token()
		if wanted := show(s, "asked").Attributes.Shared["credentialRotation"]; wanted == nil {
			t.Error("it is asked no more before the fresh one was used")
		}
		come(t, patience(t), s, overHTTP, proof{token: fresh})
		within(t, 30*second, "it is asked no more", func() bool { return show(s, "asked").Attributes.Shared["credentialRotation"] == nil })
	})

	t.Run("when a campaign asks it to, over every protocol, which is done when all have", func(t *testing.T) {
		tokens := map[string]string{}
		for _, over := range []transport{overHTTP, overMQTT5, overCoAP} {
			tokens["led-"+over.name] = join(t, s, over, open, "led-"+over.name, "").token()
		}
		s.must("campaign", "create", "--search", "led-", "--wave", "2", "--pause", "1s")
		for _, over := range []transport{overHTTP, overMQTT5, overCoAP} {
			name := "led-" + over.name
			within(t, 30*second, name+" is asked", func() bool { return show(s, name).Attributes.Shared["credentialRotation"] != nil })
			fresh := rotate(t, s, over, proof{token: tokens[name]}, "{}").token()
			l := come(t, patience(t), s, over, proof{token: fresh})
			if err := l.report(patience(t), `{"a":1}`); err != nil {
				t.Fatal(err)
			}
		}
		within(t, 30*second, "the campaign is done", func() bool {
			return strings.Contains(s.must("campaign", "list", "-o", "csv"), ",done,0,0,0,3,0,0,0,0,")
		})
	})

	t.Run("when a campaign asks it to, and its request is refused", func(t *testing.T) {
		token := join(t, s, overHTTP, open, "misled", "").token()
		s.must("campaign", "create", "--search", "misled", "--error-percent", "0")
		within(t, 30*second, "it is asked", func() bool { return show(s, "misled").Attributes.Shared["credentialRotation"] != nil })
		if a := rotate(t, s, overHTTP, proof{token: token}, `{"credentialsType":"MQTT_BASIC","username":"x"}`); a.Reason != "rotation-kind-refused" {
			t.Errorf("answer %+v", a)
		}
		if show(s, "misled").Attributes.Shared["credentialRotation"] != nil {
			t.Error("it is asked still")
		}
		var all []struct{ ID, State, Detail string }
		within(t, 30*second, "the campaign pauses", func() bool {
			s.json(&all, "campaign", "list", "--state", "paused")
			return len(all) == 1
		})
		if devices := s.must("campaign", "devices", all[0].ID, "--step", "failed", "-o", "csv"); !strings.Contains(devices, "misled,failed,") || !strings.Contains(devices, ",rotation-kind-refused,") {
			t.Errorf("%+v: %s", all, devices)
		}
	})

	t.Run("user name and password", func(t *testing.T) {
		for _, over := range mqttTransports {
			c := "c-" + over.name
			join(t, s, over, open, "basic-"+over.name, `"credentialsType":"MQTT_BASIC","clientId":"`+c+`","username":"u","password":"p"`)
			a := rotate(t, s, over, proof{clientID: c, username: "u", password: "p"}, `{"credentialsType":"MQTT_BASIC","clientId":"`+c+`","username":"v","password":"q"}`)
			if a.Status != "SUCCESS" || string(a.CredentialsValue) != `{"clientId":"`+c+`","userName":"v","password":"q"}` {
				t.Fatalf("answer %+v", a)
			}
			come(t, patience(t), s, over, proof{clientID: c, username: "v", password: "q"})
		}
	})

	t.Run("its public key", func(t *testing.T) {
		key := registerKey(t, s, overMQTT5, open, "signer")
		p := proof{clientID: "signer", username: "unused", password: sign(t, key, "signer", time.Minute)}
		fresh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, _ := x509.MarshalPKIXPublicKey(fresh.Public())
		quoted, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
		if a := rotate(t, s, overMQTT5, p, `{"credentialsType":"PUBLIC_KEY","publicKey":`+string(quoted)+`}`); a.Status != "SUCCESS" {
			t.Fatalf("answer %+v", a)
		}
		p.password = sign(t, fresh, "signer", time.Minute)
		come(t, patience(t), s, overMQTT5, p)
	})

	t.Run("its certificate, over TLS and DTLS, by signing request", func(t *testing.T) {
		key, csr := signingRequest(t)
		shown := join(t, s, overHTTP, wide, "certified", `"credentialsType":"X509_CERTIFICATE","csr":`+csr).certified(t, key)
		for i, over := range []struct {
			name string
			ask  func(ctx context.Context, body string) (string, error)
		}{
			{"mqtt3", func(ctx context.Context, body string) (string, error) {
				return join3(ctx, s, proof{certificate: shown}, body)
			}},
			{"mqtt5", func(ctx context.Context, body string) (string, error) {
				return join5(ctx, s, proof{certificate: shown}, body)
			}},
			{"a session to be let in", func(ctx context.Context, body string) (string, error) {
				return join3(ctx, s, proof{certificate: shown, username: "provision"}, body)
			}},
			{"https", func(ctx context.Context, body string) (string, error) {
				return post(ctx, s.https(proof{certificate: shown}), "https://"+s.ports.https+"/api/v1/provision", body)
			}},
			{"coaps", func(ctx context.Context, body string) (string, error) {
				return joinCoAP(ctx, s, func(s *server) (*udpclient.Conn, error) { return dialDTLS(s, dtls.WithCertificates(*shown)) }, body)
			}},
		} {
			key, csr := signingRequest(t)
			text, err := over.ask(patience(t), `{"credentialsType":"X509_CERTIFICATE","csr":`+csr+`}`)
			var a answer
			if err == nil {
				err = json.Unmarshal([]byte(text), &a)
			}
			if err != nil {
				t.Fatalf("%s: %q, %v", over.name, text, err)
			}
			old := shown
			shown = a.certified(t, key)
			come(t, patience(t), s, overMQTT3, proof{certificate: shown})
			within(t, 30*second, "the old one is revoked", func() bool { return revoked(s, "certified") == i+1 })
			if _, err := overMQTT3.connect(patience(t), s, proof{certificate: old}); err == nil {
				t.Errorf("%s: the old one came in", over.name)
			}
		}
	})
}

func TestACertificateThatHasExpiredIsGoodForRenewingItAlone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	open := s.profile("open", "create")
	t.Run("https", func(t *testing.T) {
		expired, text := selfSigned(t, "late", time.Now().Add(-time.Hour))
		quoted, _ := json.Marshal(text)
		join(t, s, overHTTP, open, "late", `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
		client, at := s.https(proof{certificate: &expired}), "https://"+s.ports.https+"/api/v1/"
		if _, err := post(patience(t), client, at+"telemetry", `{"a":1}`); err == nil || !strings.Contains(err.Error(), "403") || s.latest("late", "a") != "" {
			t.Errorf("telemetry: %v", err)
		}
		_, csr := signingRequest(t)
		answer, err := post(patience(t), client, at+"provision", `{"credentialsType":"X509_CERTIFICATE","csr":`+csr+`}`)
		if err != nil || !strings.Contains(answer, "SUCCESS") {
			t.Errorf("answer %s, %v", answer, err)
		}
	})
	for _, over := range mqttTransports {
		t.Run(over.name, func(t *testing.T) {
			name := "late-" + over.name
			expired, text := selfSigned(t, name, time.Now().Add(-time.Hour))
			quoted, _ := json.Marshal(text)
			join(t, s, over, open, name, `"credentialsType":"X509_CERTIFICATE","hash":`+string(quoted))
			p := proof{certificate: &expired}

			l := come(t, patience(t), s, over, p)
			if err := l.report(patience(t), `{"a":1}`); err == nil {
				t.Error("telemetry was acknowledged")
			}
			if got := s.latest(name, "a"); got != "" {
				t.Errorf("telemetry was kept: %s", got)
			}
			if why := s.must("device", "why", name); !strings.Contains(why, "credential-expired") {
				t.Errorf("device why:\n%s", why)
			}

			key, csr := signingRequest(t)
			if a := rotate(t, s, over, p, `{"credentialsType":"ACCESS_TOKEN"}`); a.Reason != "rotation-kind-refused" {
				t.Errorf("a token: %+v", a)
			}
			fresh := rotate(t, s, over, p, `{"credentialsType":"X509_CERTIFICATE","csr":`+csr+`}`).certified(t, key)
			l = come(t, patience(t), s, over, proof{certificate: fresh})
			if err := l.report(patience(t), `{"a":2}`); err != nil || s.latest(name, "a") != "2" {
				t.Errorf("with the fresh one: %v", err)
			}
			within(t, 30*second, "the old one is revoked", func() bool { return revoked(s, name) == 1 })
			if _, err := over.connect(patience(t), s, p); err == nil {
				t.Error("the old one came in when it was revoked")
			}
		})
	}
}
