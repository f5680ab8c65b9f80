package people_test

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster"
	"muster/internal/people"
)

func TestATokenLetsInUntilItIsOver(t *testing.T) {
	f := newFixture(t)
	issue := func(n people.NewToken) muster.Secret {
		t.Helper()
		token, err := f.CreateToken(t.Context(), n)
		f.must(err)
		if !strings.HasPrefix(token.Secret.Reveal(), "mst_") || len(token.Secret) < 47 {
			t.Errorf("a token of %d characters", len(token.Secret))
		}
		return token.Secret
	}
	lasting := issue(people.NewToken{Name: "lasting", Role: muster.RoleOperator})
	short := issue(people.NewToken{Name: "short", Role: muster.RoleViewer, ExpiresAt: f.now.Add(time.Hour)})
	narrow := issue(people.NewToken{Name: "narrow", Role: muster.RoleViewer, Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	setup, err := f.CreateSetupLink(t.Context())
	f.must(err)

	check := func(token muster.Secret, from netip.Addr, want muster.Reason) {
		t.Helper()
		actor, err := f.CheckToken(t.Context(), token, from)
		if muster.ReasonOf(err) != want || err == nil && (actor.Token.IsZero() || !actor.User.IsZero() || actor.Remote != from) {
			t.Errorf("got %+v, %v, want the reason %q", actor, err, want)
		}
	}
	check(lasting, far, "")
	check(short, far, "")
	check(narrow, home, "")
	check(narrow, netip.MustParseAddr("::ffff:192.0.2.7"), "")
	check(narrow, far, muster.ReasonAPITokenNetwork)
	check(setup, home, muster.ReasonAPITokenWrong)
	for _, wrong := range []muster.Secret{"", "mst_", lasting[:40], lasting + "x", lasting[4:], muster.Secret("mst_" + strings.Repeat("x", 1<<20))} {
		check(wrong, home, muster.ReasonAPITokenWrong)
	}
	f.now = f.now.Add(time.Hour)
	check(short, far, muster.ReasonAPITokenExpired)
	_, err = f.RevokeToken(t.Context(), "lasting")
	f.must(err)
	check(lasting, far, muster.ReasonAPITokenRevoked)
	_, err = f.RevokeToken(t.Context(), "lasting")
	refused(t, err, muster.ReasonNotFound) // it is not live any more
}

func TestATokenSaysWhenItWasUsed(t *testing.T) {
	f := newFixture(t)
	token, err := f.CreateToken(t.Context(), people.NewToken{Name: "ci", Role: muster.RoleViewer})
	f.must(err)
	for _, step := range []struct{ wait, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {30 * time.Second, time.Minute}} {
		f.now = f.now.Add(step.wait)
		_, err := f.CheckToken(t.Context(), token.Secret, home)
		f.must(err)
		all, err := f.Tokens(t.Context())
		f.must(err)
		if got := all[0].LastUsedAt.Sub(token.CreatedAt); got != step.want {
			t.Errorf("last used after %v, want %v", got, step.want)
		}
	}
}

func TestWhatTokensAreNotMade(t *testing.T) {
	f := newFixture(t)
	for name, n := range map[string]people.NewToken{
		"without a name": {Role: muster.RoleViewer}, "with a name that is another's form": {Name: "token:x", Role: muster.RoleViewer},
		"without a role": {Name: "x"}, "over already": {Name: "x", Role: muster.RoleViewer, ExpiresAt: f.now},
		"with too many networks": {Name: "x", Role: muster.RoleViewer, Networks: make([]netip.Prefix, 65)},
	} {
		_, err := f.CreateToken(t.Context(), n)
		t.Run(name, func(t *testing.T) { refused(t, err, muster.ReasonRequestInvalid) })
	}
}

func TestTheFirstTokenIsMadeAgain(t *testing.T) {
	f := newFixture(t)
	first, err := f.FirstToken(t.Context())
	f.must(err)
	second, err := f.FirstToken(t.Context())
	f.must(err)
	_, err = f.CheckToken(t.Context(), first, home)
	refused(t, err, muster.ReasonAPITokenRevoked)
	if actor, err := f.CheckToken(t.Context(), second, home); err != nil || actor.Role != muster.RoleAdmin || actor.Name != "token:init" {
		t.Errorf("got %+v, %v", actor, err)
	}
}

func TestASetupLinkMakesOneAdmin(t *testing.T) {
	f := newFixture(t)
	link, err := f.CreateSetupLink(t.Context())
	f.must(err)
	_, err = f.SetUp(t.Context(), link, try("anna", "short", home))
	refused(t, err, muster.ReasonPasswordUnfit) // and the link is as it was
	var won atomic.Int32
	var all sync.WaitGroup
	for _, name := range []string{"anna", "berta", "clara", "doris"} {
		all.Go(func() {
			s, err := f.SetUp(t.Context(), link, try(name, right, home))
			if err != nil {
				refused(t, err, muster.ReasonSetupLinkWrong)
				return
			}
			won.Add(1)
			if actor, err := f.CheckLogin(t.Context(), s.Cookie, home); err != nil || actor.Role != muster.RoleAdmin || actor.Name != name {
				t.Errorf("got %+v, %v", actor, err)
			}
		})
	}
	all.Wait()
	if users, err := f.Users(t.Context()); err != nil || len(users) != 1 || won.Load() != 1 {
		t.Errorf("%d have set up, and there are %v, %v", won.Load(), users, err)
	}
	token, err := f.FirstToken(t.Context())
	f.must(err)
	_, err = f.SetUp(t.Context(), token, try("emma", right, home))
	refused(t, err, muster.ReasonSetupLinkWrong)
	late, err := f.CreateSetupLink(t.Context())
	f.must(err)
	f.now = f.now.Add(time.Hour)
	_, err = f.SetUp(t.Context(), late, try("emma", right, home))
	refused(t, err, muster.ReasonSetupLinkWrong)
}
