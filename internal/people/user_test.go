package people_test

import (
	"strings"
	"testing"

	"muster"
	"muster/internal/people"
)

func TestAUserSignsInWithTheRightPasswordAlone(t *testing.T) {
	f := newFixture(t)
	u := f.user("Anna", muster.RoleOperator)
	if u.Password != nil {
		t.Error("what is kept of the password is shown")
	}
	s := f.signIn("aNNA", home)
	if s.User.Name != "Anna" || s.User.Role != muster.RoleOperator || s.User.Password != nil || !strings.HasPrefix(s.Cookie.Reveal(), "msl_") {
		t.Errorf("got %+v", s)
	}
	for name, a := range map[string]people.Attempt{
		"another password": try("Anna", wrong, home), "no password": try("Anna", "", home), "nobody's name": try("Berta", right, home),
		"no name": try("", right, home), "half a name": try("Ann", right, home), "a name that nobody can have": try("a b", right, home),
		"a million characters": try("Anna", muster.Secret(strings.Repeat("x", 1<<20)), home),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.SignIn(t.Context(), a)
			refused(t, err, muster.ReasonSignInWrong)
			if err != nil && err.Error() != muster.ReasonSignInWrong.Title() {
				t.Errorf("it is said which half was wrong: %v", err)
			}
		})
	}
}

func TestWhichPasswordsMayBeUsed(t *testing.T) {
	f := newFixture(t)
	for password, fits := range map[muster.Secret]bool{
		"": false, "short": false, "ninechars": false, "tencharsss": true, "ten 🔑🔑🔑🔑🔑🔑": true, "          ": false,
		"anna-schmidt": false, "Anna-Schmidt": false, "anna-schmidt2026!": false, "anna-schmidt is not it": true,
		muster.Secret(strings.Repeat("ab", 128)): true, muster.Secret(strings.Repeat("ab", 128) + "c"): false,
		muster.Secret(strings.Repeat("a", 20)): false, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffab": false,
	} {
		_, err := f.CreateUser(t.Context(), people.NewUser{Name: "anna-schmidt", Role: muster.RoleViewer, Password: password})
		if fits != (err == nil) || err != nil && muster.ReasonOf(err) != muster.ReasonPasswordUnfit {
			t.Errorf("a password of %d bytes: %v, want it taken: %v", len(password), err, fits)
		}
		if err == nil {
			f.must(f.DeleteUser(t.Context(), "anna-schmidt"))
		}
	}
}

func TestWhichNamesMayBeUsed(t *testing.T) {
	f := newFixture(t)
	for name, fits := range map[string]bool{
		"anna": true, "anna.schmidt+ops@example.org": true, "Jürgen": true, "名前": true, "": false, "a b": false, "token:ci": false,
		"setup:link": false, "a\x00b": false, "<b>": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "a/b": false,
	} {
		_, err := f.CreateUser(t.Context(), people.NewUser{Name: name, Role: muster.RoleViewer, Password: right})
		if fits != (err == nil) || err != nil && muster.ReasonOf(err) != muster.ReasonRequestInvalid {
			t.Errorf("%.20q: %v, want it taken: %v", name, err, fits)
		}
	}
	_, err := f.CreateUser(t.Context(), people.NewUser{Name: "ANNA", Role: muster.RoleViewer, Password: right})
	refused(t, err, muster.ReasonUserNameTaken)
	_, err = f.CreateUser(t.Context(), people.NewUser{Name: "clara", Password: right})
	refused(t, err, muster.ReasonRequestInvalid) // without a role
}

func TestWhoIsDisabledIsSignedOutAtOnce(t *testing.T) {
	f := newFixture(t)
	f.user("root", muster.RoleAdmin)
	f.user("anna", muster.RoleViewer)
	s := f.signIn("anna", home)
	yes, no := true, false
	_, err := f.UpdateUser(t.Context(), "anna", people.UserChange{Disabled: &yes})
	f.must(err)
	_, err = f.CheckLogin(t.Context(), s.Cookie, home)
	refused(t, err, muster.ReasonLoginOver)
	_, err = f.SignIn(t.Context(), try("anna", right, home))
	refused(t, err, muster.ReasonUserDisabled)
	_, err = f.SignIn(t.Context(), try("anna", wrong, home))
	refused(t, err, muster.ReasonSignInWrong) // only who knows the password hears more
	_, err = f.UpdateUser(t.Context(), "anna", people.UserChange{Disabled: &no})
	f.must(err)
	f.signIn("anna", home)
}

func TestAnotherRoleHoldsAtOnce(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	s := f.signIn("anna", home)
	operator, none := muster.RoleOperator, muster.RoleNone
	_, err := f.UpdateUser(t.Context(), "anna", people.UserChange{Role: &operator})
	f.must(err)
	actor, err := f.CheckLogin(t.Context(), s.Cookie, home)
	if err != nil || actor.Role != muster.RoleOperator || actor.Name != "anna" || actor.Login != s.Login.ID {
		t.Errorf("got %+v, %v", actor, err)
	}
	_, err = f.UpdateUser(t.Context(), "anna", people.UserChange{Role: &none})
	refused(t, err, muster.ReasonRequestInvalid)
	_, err = f.UpdateUser(t.Context(), "nobody", people.UserChange{Role: &operator})
	refused(t, err, muster.ReasonNotFound)
}

func TestAnotherPasswordSignsOutEverywhereElse(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	here, there := f.signIn("anna", home), f.signIn("anna", far)
	ctx := f.as(here)
	refused(t, f.ChangePassword(ctx, wrong, "another good one"), muster.ReasonSignInWrong)
	refused(t, f.ChangePassword(ctx, right, "short"), muster.ReasonPasswordUnfit)
	f.must(f.ChangePassword(ctx, right, "another good one"))
	if _, err := f.CheckLogin(t.Context(), here.Cookie, home); err != nil {
		t.Error(err)
	}
	_, err := f.CheckLogin(t.Context(), there.Cookie, far)
	refused(t, err, muster.ReasonLoginOver)
	_, err = f.SignIn(t.Context(), try("anna", right, home))
	refused(t, err, muster.ReasonSignInWrong)
	_, err = f.SetPassword(t.Context(), "anna", right) // an admin does it
	f.must(err)
	_, err = f.CheckLogin(t.Context(), here.Cookie, home)
	refused(t, err, muster.ReasonLoginOver)
	f.signIn("anna", home)
	refused(t, f.ChangePassword(t.Context(), right, "another good one"), muster.ReasonRequestInvalid) // nobody asks
}

func TestWhatIsKeptOfAPasswordIsSealed(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	f.user("berta", muster.RoleViewer)
	a, err := f.registry.User(t.Context(), "anna")
	f.must(err)
	b, err := f.registry.User(t.Context(), "berta")
	f.must(err)
	if strings.Contains(string(a.Password), "argon2id") || string(a.Password) == string(b.Password) {
		t.Error("the hash lies open")
	}
	_, err = f.registry.UpdateUser(t.Context(), b.ID, muster.LoginID{}, func(u *muster.User) error {
		u.Password = a.Password // as who can write the database may try
		return nil
	})
	f.must(err)
	if _, err := f.SignIn(t.Context(), try("berta", right, home)); err == nil {
		t.Error("a hash opens for another user")
	}
}
