package conformance

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func TestJoining(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	open, listed := s.profile("open", "create"), s.profile("listed", "preprovisioned")
	closed := s.profile("closed", "disabled")

	t.Run("a device joins and comes back", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "joins-" + over.name
			a := join(t, s, over, open, name, "")
			if a.Status != "SUCCESS" || a.CredentialsType != "ACCESS_TOKEN" || a.token() == "" || a.token() != a.AccessToken || a.DeviceID == "" {
				t.Fatalf("answer %+v", a)
			}
			l, err := over.connect(patience(t), s, proof{token: a.token()})
			if err != nil {
				t.Fatal(err)
			}
			defer l.close()
			if err := l.report(patience(t), `{temperature:21.0, "on": true}`); err != nil {
				t.Fatal(err)
			}
			if got := s.latest(name, "temperature"); got != "21.0" {
				t.Errorf("latest temperature %q, want 21.0", got)
			}
			if state := show(s, name).Attributes.Server["provisionState"]; state != "provisioned" {
				t.Errorf("provisionState %v", state)
			}
		})
	})

	t.Run("a device without a name is given one", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			if a := join(t, s, over, open, "", ""); a.Status != "SUCCESS" {
				t.Fatalf("answer %+v", a)
			}
		})
	})

	t.Run("a device brings its own token", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			token := "own-token-over-" + over.name
			a := join(t, s, over, open, "own-"+over.name, `"credentialsType":"ACCESS_TOKEN","token":"`+token+`"`)
			if a.token() != token {
				t.Fatalf("answer %+v", a)
			}
			l, err := over.connect(patience(t), s, proof{token: token})
			if err != nil {
				t.Fatal(err)
			}
			l.close()
			if again := join(t, s, over, open, "other-"+over.name, `"token":"`+token+`"`); again.Status != "FAILURE" || again.Reason != "credential-in-use" {
				t.Errorf("a second device with the token: %+v", again)
			}
		})
	})

	t.Run("a listed name joins once", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "listed-" + over.name
			if a := join(t, s, over, listed, name, ""); a.Status != "FAILURE" || a.Reason != "device-not-listed" {
				t.Fatalf("before it is listed: %+v", a)
			}
			s.must("device", "create", name, "--profile", "listed", "--token", "token-of-"+name)
			if a := join(t, s, over, listed, name, ""); a.Status != "SUCCESS" || a.token() != "token-of-"+name {
				t.Fatalf("the first time: %+v", a)
			}
			if a := join(t, s, over, listed, name, ""); a.Status != "FAILURE" || a.Reason != "device-already-provisioned" {
				t.Fatalf("the second time: %+v", a)
			}
		})
	})

	t.Run("a wrong secret looks like a wrong key", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			ask := func(p profile) string {
				text, err := over.provision(patience(t), s, request(p, "guess", ""))
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
			wrongSecret := ask(profile{key: open.key, secret: "guess"})
			for what, p := range map[string]profile{
				"a wrong key":        {key: "guess", secret: open.secret},
				"a disabled profile": closed,
			} {
				if got := ask(p); got != wrongSecret || !strings.Contains(got, "NOT_FOUND") {
					t.Errorf("%s is told %s, a wrong secret %s", what, got, wrongSecret)
				}
			}
		})
	})

	t.Run("the same request with the same id has the same answer until the device comes in", func(t *testing.T) {
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name, id := "again-"+over.name, `"requestId":"one"`
			first := join(t, s, over, open, name, id)
			if again := join(t, s, over, open, name, id); again.token() == "" || again.token() != first.token() {
				t.Fatalf("first %+v, again %+v", first, again)
			}
			if other := join(t, s, over, open, name, `"requestId":"two"`); other.Status != "FAILURE" || other.Reason != "device-name-taken" {
				t.Errorf("with another id: %+v", other)
			}
			l, err := over.connect(patience(t), s, proof{token: first.token()})
			if err != nil {
				t.Fatal(err)
			}
			l.close()
			within(t, second, "the answer is not given again", func() bool { return join(t, s, over, open, name, id).Status == "FAILURE" })
		})
	})

	t.Run("a device that is held waits until somebody approves it, and comes in once", func(t *testing.T) {
		held := s.profile("held", "create", "--reprovision", "hold", "--hold-new")
		everyTransport(t, s, func(t *testing.T, s *server, over transport) {
			name := "held-" + over.name
			for _, since := range []string{"it is new", "it is in"} {
				if a := join(t, s, over, held, name, ""); a.Status != "FAILURE" || a.Reason != "provision-pending" || a.RetryAfter != 60 {
					t.Fatalf("when %s: %+v", since, a)
				}
				if list := s.must("pending", "list", "--name", name, "-o", "csv"); !strings.Contains(list, name+",held,waiting") {
					t.Errorf("pending list:\n%s", list)
				}
				s.must("pending", "approve", name)
				a := join(t, s, over, held, name, "")
				if a.Status != "SUCCESS" || a.token() == "" {
					t.Fatalf("approved when %s: %+v", since, a)
				}
				come(t, patience(t), s, over, proof{token: a.token()})
			}
			if why := s.must("device", "why", name); !strings.Contains(why, "provision-pending") || !strings.Contains(why, "approved by token:") {
				t.Errorf("device why:\n%s", why)
			}
			join(t, s, over, held, name, "")
			s.must("pending", "reject", name)
			if a := join(t, s, over, held, name, ""); a.Status != "FAILURE" || a.Reason != "provision-rejected" || a.RetryAfter != 0 {
				t.Errorf("rejected: %+v", a)
			}
		})
		r, err := http.Post(s.url()+"/api/v1/provision", "application/json", strings.NewReader(request(held, "header", "")))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if after := r.Header.Get("Retry-After"); after != "60" || r.StatusCode != http.StatusOK {
			t.Errorf("over HTTP: %s, Retry-After %q", r.Status, after)
		}
		c, err := dialUDP(s)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		m, err := exchange(patience(t), c, "/api/v1/provision", request(held, "option", ""))
		if err != nil {
			t.Fatal(err)
		}
		if age, err := m.Options().GetUint32(message.MaxAge); err != nil || age != 60 || m.Code() != codes.ServiceUnavailable {
			t.Errorf("over CoAP: %v, Max-Age %d, %v", m.Code(), age, err)
		}
	})

	t.Run("of 200 requests for one name over every transport one succeeds", func(t *testing.T) {
		s.must("device", "create", "wanted-listed", "--profile", "listed")
		for _, p := range []profile{open, listed} {
			var wins, losses int
			var mu sync.Mutex
			var all sync.WaitGroup
			ctx := patience(t)
			for i := range 200 {
				over := transports[i%len(transports)]
				all.Go(func() {
					text, err := over.provision(ctx, s, request(p, "wanted-"+p.name, ""))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err != nil:
						t.Errorf("%s: %v", over.name, err)
					case strings.Contains(text, `"SUCCESS"`):
						wins++
					case strings.Contains(text, `"FAILURE"`):
						losses++
					}
				})
			}
			all.Wait()
			if wins != 1 || losses != 199 {
				t.Errorf("%s: %d succeeded, %d failed", p.name, wins, losses)
			}
		}
	})
}

// A shown is a device as `muster device show` tells it.
type shown struct {
	ID, Name, Profile, State string
	Credentials              []struct{ ID, Kind, State string }
	Attributes               struct{ Server, Shared, Client map[string]any }
}

func show(s *server, name string) (d shown) {
	s.t.Helper()
	s.json(&d, "device", "show", name)
	return d
}

// come connects a device that must be let in.
func come(t testing.TB, ctx context.Context, s *server, over transport, p proof) link {
	t.Helper()
	l, err := over.connect(ctx, s, p)
	if err != nil {
		t.Fatalf("%s: %v", over.name, err)
	}
	t.Cleanup(l.close)
	return l
}
