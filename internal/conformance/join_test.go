package conformance

import (
	"context"
	"strings"
	"sync"
	"testing"
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
