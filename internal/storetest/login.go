package storetest

import (
	"strconv"
	"testing"
	"time"

	"muster"
)

func loginSentences() []sentence {
	return []sentence{
		{"a login comes back as it was filed, with its user", loginComesBack},
		{"a login that nobody filed is not found", func(t *testing.T, r *registry) {
			_, _, err := r.Login(t.Context(), digest("a"))
			r.missing(err)
			r.missing(r.DeleteLogin(t.Context(), muster.NewID[muster.Login](), muster.UserID{}))
			r.missing(r.CreateLogin(t.Context(), newLogin(newUser("anna"), "a", 0), "192.0.2.1", muster.LoginID{}))
		}},
		{"a login takes the place of the one before", loginReplaces},
		{"a login ends, and only for who may end it", loginEnds},
		{"the latest logins stay", loginsKept},
		{"what is over is dropped at a sign-in", loginsOver},
		{"where somebody has signed in is remembered, the latest of each", haunts},
	}
}

func newLogin(u muster.User, text string, seconds int) muster.Login {
	return muster.Login{
		ID: muster.NewID[muster.Login](), Digest: digest(text), User: u.ID, CreatedAt: after(seconds), SeenAt: after(seconds),
		ExpiresAt: after(seconds).Add(muster.LoginTime), Remote: "192.0.2.1", Agent: "Browser/1 " + text,
	}
}

// signIn files a login of the user.
func (r *registry) signIn(u muster.User, text string, seconds int) muster.Login {
	r.t.Helper()
	l := newLogin(u, text, seconds)
	r.must(r.CreateLogin(r.t.Context(), l, l.Remote, muster.LoginID{}))
	return l
}

func loginComesBack(t *testing.T, r *registry) {
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	first, second := r.signIn(u, "first", 1), r.signIn(u, "second", 2)
	r.must(r.SeenLogin(t.Context(), first.ID, after(5)))
	r.must(r.SeenLogin(t.Context(), muster.NewID[muster.Login](), after(5)))
	first.SeenAt, u.LastLoginAt = after(5), after(2)
	got, of, err := r.Login(t.Context(), first.Digest)
	r.must(err)
	r.same(got, first)
	r.same(of, u)
	for _, user := range []muster.UserID{u.ID, {}} {
		all, err := r.Logins(t.Context(), user)
		r.must(err)
		r.same(all, []muster.Login{second, first})
	}
	none, err := r.Logins(t.Context(), muster.NewID[muster.User]())
	r.must(err)
	r.same(len(none), 0)
}

func loginReplaces(t *testing.T, r *registry) {
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	before := r.signIn(u, "before", 1)
	l := newLogin(u, "after", 2)
	r.must(r.CreateLogin(t.Context(), l, l.Remote, before.ID))
	_, _, err := r.Login(t.Context(), before.Digest)
	r.missing(err)
	_, _, err = r.Login(t.Context(), l.Digest)
	r.must(err)
}

func loginEnds(t *testing.T, r *registry) {
	u, other := newUser("anna"), newUser("berta")
	r.must(r.CreateUser(t.Context(), u))
	r.must(r.CreateUser(t.Context(), other))
	first, second := r.signIn(u, "first", 1), r.signIn(u, "second", 2)
	r.missing(r.DeleteLogin(t.Context(), first.ID, other.ID))
	r.must(r.DeleteLogin(t.Context(), first.ID, u.ID))
	r.missing(r.DeleteLogin(t.Context(), first.ID, u.ID))
	r.must(r.DeleteLogin(t.Context(), second.ID, muster.UserID{}))
	all, err := r.Logins(t.Context(), u.ID)
	r.must(err)
	r.same(len(all), 0)
}

func loginsKept(t *testing.T, r *registry) {
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	for i := range 25 {
		r.signIn(u, "login "+strconv.Itoa(i), i)
	}
	all, err := r.Logins(t.Context(), u.ID)
	r.must(err)
	r.same(len(all), 20)
	r.same(all[0].Digest, digest("login 24"))
	r.same(all[19].Digest, digest("login 5"))
}

func loginsOver(t *testing.T, r *registry) {
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	idle, expired, live := newLogin(u, "idle", 0), newLogin(u, "expired", 0), newLogin(u, "live", 0)
	later := after(0).Add(muster.LoginIdle)
	expired.SeenAt, expired.ExpiresAt, live.SeenAt = later, later, later
	for _, l := range []muster.Login{idle, expired, live} {
		r.must(r.CreateLogin(t.Context(), l, l.Remote, muster.LoginID{}))
	}
	l := newLogin(u, "latest", int(muster.LoginIdle/time.Second))
	r.must(r.CreateLogin(t.Context(), l, l.Remote, muster.LoginID{}))
	all, err := r.Logins(t.Context(), u.ID)
	r.must(err)
	r.same(all, []muster.Login{l, live})
}

func haunts(t *testing.T, r *registry) {
	u, other := newUser("anna"), newUser("berta")
	r.must(r.CreateUser(t.Context(), u))
	r.must(r.CreateUser(t.Context(), other))
	for i := range 40 {
		r.must(r.CreateLogin(t.Context(), newLogin(u, "login "+strconv.Itoa(i), i), "network "+strconv.Itoa(i), muster.LoginID{}))
	}
	for _, c := range []struct {
		user    muster.User
		network string
		seconds int
		want    bool
	}{
		{u, "network 39", 39, true},
		{u, "network 39", 40, false},
		{u, "network 8", 0, true},
		{u, "network 7", 0, false},
		{u, "elsewhere", 0, false},
		{other, "network 39", 0, false},
	} {
		got, err := r.Haunts(t.Context(), c.user.ID, c.network, after(c.seconds))
		r.must(err)
		if got != c.want {
			t.Errorf("%s haunts %s: %v, want %v", c.user.Name, c.network, got, c.want)
		}
	}
}
