package people_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"muster"
	"muster/internal/people"
	"muster/internal/sqlite"
)

const (
	right = "correct horse battery"
	wrong = "incorrect horse battery"
)

var (
	home  = netip.MustParseAddr("192.0.2.1")
	far   = netip.MustParseAddr("198.51.100.9")
	cheap = people.Cost{Memory: 8, Passes: 1}
)

// A fixture is a service over a real registry with a clock that is set by hand.
type fixture struct {
	*people.Service
	t        *testing.T
	registry *sqlite.Registry
	now      time.Time
	log      *bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{t: t, registry: r, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	f.Service = people.New(r, keys, people.Options{
		Cost: cheap, Now: func() time.Time { return f.now }, Logger: slog.New(slog.NewTextHandler(f.log, nil)),
	})
	return f
}

// user makes a user with the right password.
func (f *fixture) user(name string, role muster.Role) muster.User {
	f.t.Helper()
	u, err := f.CreateUser(f.t.Context(), people.NewUser{Name: name, Role: role, Password: right})
	if err != nil {
		f.t.Fatal(err)
	}
	return u
}

// signIn signs a user in who knows the password.
func (f *fixture) signIn(name string, from netip.Addr) people.SignedIn {
	f.t.Helper()
	s, err := f.SignIn(f.t.Context(), try(name, right, from))
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func try(name string, password muster.Secret, from netip.Addr) people.Attempt {
	return people.Attempt{Name: name, Password: password, Remote: from, Agent: "Browser/1"}
}

// as returns a context of what the user asks for who is signed in by that cookie.
func (f *fixture) as(s people.SignedIn) context.Context {
	f.t.Helper()
	actor, err := f.CheckLogin(f.t.Context(), s.Cookie, home)
	if err != nil {
		f.t.Fatal(err)
	}
	return muster.WithActor(f.t.Context(), actor)
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func refused(t *testing.T, err error, reason muster.Reason) {
	t.Helper()
	if err == nil || muster.ReasonOf(err) != reason {
		t.Errorf("got error %v, want the reason %s", err, reason)
	}
}
