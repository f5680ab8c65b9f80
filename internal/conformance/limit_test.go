package conformance

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestAnAddressThatKeepsFailingIsRefused(t *testing.T) {
	everyWay(t, func(t *testing.T, over transport) {
		s := newServer(t, "")
		if err := os.WriteFile(s.config, []byte("logLevel: warn\n"), 0o600); err != nil { // the limits are on by default
			t.Fatal(err)
		}
		s.start()
		t.Cleanup(s.kill)
		open := s.profile("open", "create")
		s.must("device", "create", "proven", "--token", "token-of-the-proven")

		told := ""
		for range 32 {
			told = join(t, s, over, profile{key: open.key, secret: "guess"}, "guess", "").Reason
		}
		if told != "rate-limited" {
			t.Errorf("the 32nd failure within a minute is told %q", told)
		}
		for i := range 61 {
			if _, err := over.connect(patience(t), s, proof{token: fmt.Sprintf("guess-%d", i)}); err == nil {
				t.Fatal("a guess came in")
			}
		}
		within(t, second, "the journal has the limit", func() bool {
			return strings.Contains(s.must("device", "why", "guess"), "rate-limited")
		})
		l := come(t, patience(t), s, over, proof{token: "token-of-the-proven"})
		if err := l.report(patience(t), `{"a":1}`); err != nil {
			t.Errorf("a proven device behind the address: %v", err)
		}
	})
}

func TestAProvisionKeyHasBounds(t *testing.T) {
	s := startServer(t)
	s.profile("bounded", "create")
	key := func(name string, bounds ...string) profile {
		p := profile{name, name, name + "-secret"}
		s.must(append([]string{"provision-key", "create", "--profile", "bounded", "--key", p.key, "--secret", p.secret}, bounds...)...)
		return p
	}
	expired := key("expired", "--expires", "2020-01-01T00:00:00Z")
	waiting := key("waiting", "--not-before", "2099-01-01T00:00:00Z")
	elsewhere := key("elsewhere", "--network", "192.0.2.0/24")
	patterned := key("patterned", "--name-pattern", "pump-[a-z0-9]+")
	revoked := key("revoked")
	s.must("provision-key", "revoke", revoked.key)

	everyTransport(t, s, func(t *testing.T, s *server, over transport) {
		for reason, p := range map[string]profile{
			"provision-key-expired": expired, "provision-key-not-yet-valid": waiting, "provision-key-network": elsewhere,
			"device-name-pattern": patterned, "provision-key-revoked": revoked,
		} {
			if a := join(t, s, over, p, "valve-"+over.name, ""); a.Status != "FAILURE" || a.Reason != reason {
				t.Errorf("%s: %+v", p.name, a)
			}
			if a := join(t, s, over, profile{key: p.key, secret: "guess"}, "valve-"+over.name, ""); a.Reason != "provision-data-not-found" {
				t.Errorf("%s, to who has not the secret: %+v", p.name, a)
			}
		}
		if a := join(t, s, over, patterned, "pump-"+over.name, ""); a.Status != "SUCCESS" {
			t.Errorf("a name of the pattern: %+v", a)
		}
		few := key("few-"+over.name, "--max-devices", "2")
		for i, want := range []string{"SUCCESS", "SUCCESS", "FAILURE"} {
			if a := join(t, s, over, few, fmt.Sprintf("few-%s-%d", over.name, i), ""); a.Status != want {
				t.Errorf("device %d of 2: %+v", i+1, a)
			}
		}
	})
}

// everyWay runs a scenario that needs a server of its own for each transport.
func everyWay(t *testing.T, scenario func(t *testing.T, over transport)) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) { scenario(t, over) })
	}
}
