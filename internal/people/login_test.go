package people_test

import (
	"testing"
	"time"

	"muster"
)

func TestALoginEnds(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	for _, c := range []struct {
		says  string
		steps []time.Duration // after each of them it is used
		over  bool            // at the last
	}{
		{"used at once", []time.Duration{0}, false},
		{"unused for a night", []time.Duration{11 * time.Hour}, false},
		{"unused for too long", []time.Duration{12 * time.Hour}, true},
		{"used every day", []time.Duration{11 * time.Hour, 11 * time.Hour, 11 * time.Hour}, false},
		{"used for a week", append(repeat(15, 11*time.Hour), 3*time.Hour), true},
	} {
		t.Run(c.says, func(t *testing.T) {
			s := f.signIn("anna", home)
			for i, step := range c.steps {
				f.now = f.now.Add(step)
				_, err := f.CheckLogin(t.Context(), s.Cookie, home)
				if last := i == len(c.steps)-1; last && c.over {
					refused(t, err, muster.ReasonLoginOver)
				} else if err != nil {
					t.Errorf("step %d: %v", i, err)
				}
			}
		})
	}
}

func repeat(n int, d time.Duration) (all []time.Duration) {
	for range n {
		all = append(all, d)
	}
	return all
}

func TestACookieThatIsNoneIsRefused(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	s := f.signIn("anna", home)
	for _, cookie := range []muster.Secret{"", "msl_", "mst_x", s.Cookie + "x", s.Cookie[1:], muster.Secret(s.Login.ID.String())} {
		_, err := f.CheckLogin(t.Context(), cookie, home)
		refused(t, err, muster.ReasonLoginOver)
	}
}

func TestSigningInAgainEndsTheLoginBefore(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	before := f.signIn("anna", home)
	a := try("anna", right, home)
	a.Cookie = before.Cookie
	after, err := f.SignIn(t.Context(), a)
	f.must(err)
	if after.Cookie == before.Cookie {
		t.Error("the cookie is the same")
	}
	_, err = f.CheckLogin(t.Context(), before.Cookie, home)
	refused(t, err, muster.ReasonLoginOver)
	f.as(after)
}

func TestWhoSeesAndEndsLogins(t *testing.T) {
	f := newFixture(t)
	f.user("root", muster.RoleAdmin)
	f.user("anna", muster.RoleViewer)
	root, anna, again := f.signIn("root", home), f.signIn("anna", home), f.signIn("anna", far)
	own, err := f.Logins(f.as(anna), false)
	f.must(err)
	if len(own) != 2 || own[0].Remote == own[1].Remote {
		t.Errorf("anna sees %v", own)
	}
	all, err := f.Logins(f.as(root), true)
	f.must(err)
	if len(all) != 3 {
		t.Errorf("root sees %v", all)
	}
	refused(t, f.EndLogin(f.as(anna), root.Login.ID, false), muster.ReasonNotFound)
	f.must(f.EndLogin(f.as(anna), again.Login.ID, false))
	refused(t, f.EndLogin(f.as(anna), again.Login.ID, false), muster.ReasonNotFound)
	ctx := f.as(root)
	f.must(f.EndLogin(ctx, anna.Login.ID, true))
	_, err = f.CheckLogin(t.Context(), anna.Cookie, home)
	refused(t, err, muster.ReasonLoginOver)
	f.now = f.now.Add(muster.LoginIdle)
	if all, err := f.Logins(ctx, true); err != nil || len(all) != 0 {
		t.Errorf("what is over is listed: %v, %v", all, err)
	}
	if none, err := f.Logins(t.Context(), false); err != nil || len(none) != 0 {
		t.Errorf("nobody sees %v, %v", none, err)
	}
}

func TestSigningInIsInTheAuditLog(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	s := f.signIn("anna", home)
	_, err := f.SignIn(t.Context(), try("anna", wrong, home))
	refused(t, err, muster.ReasonSignInWrong)
	f.must(f.EndLogin(f.as(s), s.Login.ID, false))
	entries, err := f.AuditEntries(t.Context(), muster.AuditQuery{Limit: 10})
	f.must(err)
	if len(entries) != 2 || entries[1].Action != "create" || entries[0].Action != "delete" {
		t.Fatalf("got %+v", entries)
	}
	for _, e := range entries {
		if e.Noun != "login" || e.Name != "anna" || e.Actor != "anna" || e.Remote != home {
			t.Errorf("got %+v", e)
		}
	}
}
