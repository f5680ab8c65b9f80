package conformance

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestSecretsAreWrittenNowhere(t *testing.T) {
	s := newServer(t, "")
	s.configure("logLevel: debug\n")
	s.start()
	t.Cleanup(s.kill)
	p := profile{"shy", "key-that-may-be-seen", "provision-secret-never-seen"}
	s.must("profile", "create", p.name, "--strategy", "create", "--provision-key", p.key, "--provision-secret", p.secret)
	secrets := []string{p.secret, s.token, "mqtt-password-never-seen"}
	everyTransport(t, s, func(t *testing.T, s *server, over transport) {
		name, token := "shy-"+over.name, "token-never-seen-"+over.name
		secrets = append(secrets, token, "guess-never-seen-"+over.name)
		join(t, s, over, p, name, `"token":"`+token+`"`)
		join(t, s, over, profile{key: p.key, secret: "guess-never-seen-" + over.name}, name, "")
		join(t, s, over, p, name+"-basic", `"credentialsType":"MQTT_BASIC","username":"u-`+over.name+`","password":"mqtt-password-never-seen"`)
		l := come(t, patience(t), s, over, proof{token: token})
		_ = l.report(patience(t), `{"a":`) // the session may end with it
		if _, err := over.connect(patience(t), s, proof{token: "guess-never-seen-" + over.name}); err == nil {
			t.Error("a guess came in")
		}
		s.must("device", "suspend", name)
		if _, err := over.connect(patience(t), s, proof{token: token}); err == nil {
			t.Error("a suspended device came in")
		}
	})

	var places strings.Builder
	places.WriteString(s.must("device", "list", "--json"))
	for _, path := range []string{"/metrics", "/v1/attempts?limit=1000"} {
		r, err := http.NewRequest(http.MethodGet, s.url()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&places, res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, res.Status, err)
		}
		res.Body.Close()
	}
	for _, over := range transports {
		places.WriteString(s.must("device", "why", "shy-"+over.name))
		places.WriteString(s.must("device", "show", "shy-"+over.name, "--json"))
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	places.WriteString(s.log.String())
	for _, file := range []string{"registry.db", "registry.db-wal"} {
		text, err := os.ReadFile(s.data + "/" + file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		places.Write(text)
	}
	for _, secret := range secrets {
		if _, after, found := strings.Cut(places.String(), secret); found {
			t.Errorf("%s is written before %.80q", secret, after)
		}
	}
}
