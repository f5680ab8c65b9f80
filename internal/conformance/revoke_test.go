package conformance

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const second = time.Second

func TestBeingPutOut(t *testing.T) {
	s := startServer(t)
	open := s.profile("open", "create")

	for what, out := range map[string]struct {
		act    func(s *server, name string)
		reason string
		code   disconnected
	}{
		"suspended means out": {func(s *server, name string) { s.must("device", "suspend", name) }, "device-suspended", 0x98},
		"deleted means out":   {func(s *server, name string) { s.must("device", "delete", name) }, "", 0x98},
		"a revoked credential opens nothing": {func(s *server, name string) {
			s.must("device", "credential", "revoke", name, show(s, name).Credentials[0].ID)
		}, "credential-revoked", 0x98},
	} {
		t.Run(what, func(t *testing.T) {
			everyTransport(t, s, func(t *testing.T, s *server, over transport) {
				name := strings.ReplaceAll(what, " ", "-") + "-" + over.name
				token := join(t, s, over, open, name, "").token()
				l := come(t, patience(t), s, over, proof{token: token})
				if err := l.report(patience(t), `{"a":1}`); err != nil {
					t.Fatal(err)
				}
				out.act(s, name)
				start := time.Now()
				if ended := l.ended(); ended != nil {
					select {
					case err := <-ended:
						if code, ok := errors.AsType[disconnected](err); isMQTT5(over) && (!ok || code != out.code) {
							t.Errorf("the session ended with %v, want %v", err, out.code)
						}
					case <-time.After(second):
						t.Fatal("the session is still open after a second")
					}
				} else {
					within(t, second, "the next message is refused", func() bool { return l.report(patience(t), `{"a":2}`) != nil })
				}
				if _, err := over.connect(patience(t), s, proof{token: token}); err == nil {
					t.Fatalf("it came in again, %v later", time.Since(start))
				}
				if out.reason != "" && !strings.Contains(s.must("device", "why", name), out.reason) {
					t.Errorf("device why does not say %s:\n%s", out.reason, s.must("device", "why", name))
				}
			})
		})
	}

	t.Run("resumed means in again", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "resumed-" + over.name
			token := join(t, s, over, open, name, "").token()
			s.must("device", "suspend", name)
			if _, err := over.connect(patience(t), s, proof{token: token}); err == nil {
				t.Fatal("a suspended device came in")
			}
			s.must("device", "resume", name)
			come(t, patience(t), s, over, proof{token: token})
		})
	})

	t.Run("a credential that expires opens nothing any more", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			t.Parallel()
			name := "expiring-" + over.name
			s.must("device", "create", name)
			at := time.Now().Add(3 * second).Truncate(second)
			s.must("device", "credential", "add", name, "--token", "token-of-"+name, "--expires", at.UTC().Format(time.RFC3339))
			l := come(t, patience(t), s, over, proof{token: "token-of-" + name})
			if ended := l.ended(); ended != nil {
				select {
				case <-ended:
				case <-time.After(time.Until(at) + second):
					t.Fatal("the session is still open a second later")
				}
			} else {
				within(t, time.Until(at)+second, "the next message is refused", func() bool { return l.report(patience(t), `{"a":1}`) != nil })
			}
			time.Sleep(time.Until(at)) // a session may end a moment early, as its clock has coarse steps
			if _, err := over.connect(patience(t), s, proof{token: "token-of-" + name}); err == nil {
				t.Error("it came in again")
			}
		})
	})

	t.Run("sessions of a replaced credential end when the fresh one is used", func(t *testing.T) {
		twice := s.profile("twice", "create", "--sessions", "2")
		old := come(t, patience(t), s, overMQTT5, proof{token: join(t, s, overMQTT5, twice, "replaced", "").token()})
		s.must("device", "credential", "rotate", "replaced", show(s, "replaced").Credentials[0].ID, "--token", "fresh-token-of-replaced")
		fresh := come(t, patience(t), s, overMQTT5, proof{token: "fresh-token-of-replaced"})
		select {
		case err := <-old.ended():
			if code, ok := errors.AsType[disconnected](err); !ok || code != 0x98 {
				t.Errorf("the older ended with %v, want 0x98", err)
			}
		case <-time.After(5 * second):
			t.Fatal("the session of the replaced credential is still open")
		}
		if err := fresh.report(patience(t), `{"a":1}`); err != nil {
			t.Error(err)
		}
	})

	t.Run("the later connection wins", func(t *testing.T) {
		for _, over := range []transport{overMQTT3, overMQTT5, overMQTTS, overWS3, overWS5} {
			t.Run(over.name, func(t *testing.T) {
				token := join(t, s, over, open, "later-"+over.name, "").token()
				first := come(t, patience(t), s, over, proof{token: token})
				later := come(t, patience(t), s, over, proof{token: token})
				select {
				case err := <-first.ended():
					if code, ok := errors.AsType[disconnected](err); isMQTT5(over) && (!ok || code != 0x8E) {
						t.Errorf("the older ended with %v, want 0x8E", err)
					}
				case <-time.After(second):
					t.Fatal("the older session is still open")
				}
				if err := later.report(patience(t), `{"a":1}`); err != nil {
					t.Error(err)
				}
				if why := s.must("device", "why", "later-"+over.name); !strings.Contains(why, "taken-over") {
					t.Errorf("device why does not say so:\n%s", why)
				}
			})
		}
	})
}

func TestWhyNamesTheReason(t *testing.T) {
	s := startServer(t)
	open := s.profile("open", "create")
	everyTransport(t, s, func(t *testing.T, s *server, over transport) {
		name := "why-" + over.name
		join(t, s, over, profile{key: open.key, secret: "not the secret"}, name, "")
		join(t, s, over, profile{key: "no-such-key", secret: open.secret}, name, "")
		var attempts []struct{ Reason, Transport, Shown string }
		s.json(&attempts, "device", "why", name)
		text, _ := json.Marshal(attempts)
		if len(attempts) != 2 || attempts[0].Reason != "provision-key-unknown" || attempts[1].Reason != "provision-secret-wrong" {
			t.Errorf("attempts %s", text)
		}
		if strings.Contains(string(text), "not the secret") || strings.Contains(string(text), open.secret) {
			t.Errorf("a secret is in the journal: %s", text)
		}
	})
}

func isMQTT5(over transport) bool { return over.name == overMQTT5.name || over.name == overWS5.name }
