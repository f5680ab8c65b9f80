package storetest

import (
	"errors"
	"testing"

	"muster"
)

func userSentences() []sentence {
	return []sentence{
		{"a user comes back as they were filed, case ignored", userComesBack},
		{"a taken name is refused, case ignored", func(t *testing.T, r *registry) {
			r.must(r.CreateUser(t.Context(), newUser("Ärmel")))
			r.refused(r.CreateUser(t.Context(), newUser("äRMEL")), muster.ReasonUserNameTaken)
		}},
		{"who nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.User(t.Context(), "anna")
			r.missing(err)
			_, err = r.UserOfID(t.Context(), muster.NewID[muster.User]())
			r.missing(err)
			_, err = r.UserOfSubject(t.Context(), "")
			r.missing(err)
			r.missing(r.DeleteUser(t.Context(), muster.NewID[muster.User]()))
			_, err = r.UpdateUser(t.Context(), muster.NewID[muster.User](), muster.LoginID{}, func(*muster.User) error { return nil })
			r.missing(err)
		}},
		{"a change changes role, password and whether they are disabled", userChange},
		{"a change that fails changes nothing", userChangeFails},
		{"the last admin stays one", userLastAdmin},
		{"another password ends the logins but one", userPasswordEnds},
		{"who is disabled is signed in nowhere", userDisabled},
		{"who is deleted is signed in nowhere", func(t *testing.T, r *registry) {
			r.must(r.CreateUser(t.Context(), newUser("root")))
			u := newUser("anna")
			r.must(r.CreateUser(t.Context(), u))
			l := r.signIn(u, "a", 0)
			r.must(r.DeleteUser(t.Context(), u.ID))
			_, _, err := r.Login(t.Context(), l.Digest)
			r.missing(err)
		}},
	}
}

// newUser returns an admin.
func newUser(name string) muster.User {
	return muster.User{
		ID: muster.NewID[muster.User](), Name: name, Role: muster.RoleAdmin, Password: muster.Sealed("sealed " + name), CreatedAt: birth,
	}
}

func userComesBack(t *testing.T, r *registry) {
	here, elsewhere := newUser("Anna"), newUser("berta@example.org")
	elsewhere.Password, elsewhere.Subject, elsewhere.Disabled, elsewhere.LastLoginAt = nil, "https://id.example.org 7", true, after(1)
	r.must(r.CreateUser(t.Context(), elsewhere))
	r.must(r.CreateUser(t.Context(), here))
	got, err := r.User(t.Context(), "aNNA")
	r.must(err)
	r.same(got, here)
	got, err = r.UserOfID(t.Context(), here.ID)
	r.must(err)
	r.same(got, here)
	got, err = r.UserOfSubject(t.Context(), elsewhere.Subject)
	r.must(err)
	r.same(got, elsewhere)
	all, err := r.Users(t.Context())
	r.must(err)
	r.same(all, []muster.User{here, elsewhere})
}

func userChange(t *testing.T, r *registry) {
	r.must(r.CreateUser(t.Context(), newUser("root")))
	want := newUser("anna")
	r.must(r.CreateUser(t.Context(), want))
	want.Role, want.Password, want.Disabled = muster.RoleViewer, muster.Sealed("other"), true
	got, err := r.UpdateUser(t.Context(), want.ID, muster.LoginID{}, func(u *muster.User) error {
		*u = want
		u.ID, u.Name, u.Subject, u.CreatedAt, u.LastLoginAt = muster.NewID[muster.User](), "other", "other", after(9), after(9)
		return nil
	})
	r.must(err)
	r.same(got, want)
	got, err = r.User(t.Context(), "anna")
	r.must(err)
	r.same(got, want)
}

func userChangeFails(t *testing.T, r *registry) {
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	no := errors.New("no")
	_, err := r.UpdateUser(t.Context(), u.ID, muster.LoginID{}, func(u *muster.User) error {
		u.Disabled = true
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the change's own", err)
	}
	got, err := r.User(t.Context(), "anna")
	r.must(err)
	r.same(got, u)
}

func userLastAdmin(t *testing.T, r *registry) {
	first, second, viewer := newUser("first"), newUser("second"), newUser("viewer")
	viewer.Role = muster.RoleViewer
	for _, u := range []muster.User{first, second, viewer} {
		r.must(r.CreateUser(t.Context(), u))
	}
	change := func(u muster.User, role muster.Role, disabled bool) error {
		_, err := r.UpdateUser(t.Context(), u.ID, muster.LoginID{}, func(u *muster.User) error {
			u.Role, u.Disabled = role, disabled
			return nil
		})
		return err
	}
	r.must(change(second, muster.RoleAdmin, true)) // who cannot sign in does not count
	for _, err := range []error{
		change(first, muster.RoleOperator, false), change(first, muster.RoleAdmin, true), r.DeleteUser(t.Context(), first.ID),
	} {
		r.refused(err, muster.ReasonLastAdmin)
	}
	got, err := r.User(t.Context(), "first")
	r.must(err)
	r.same(got, first)
	r.must(change(second, muster.RoleAdmin, false))
	r.must(r.DeleteUser(t.Context(), viewer.ID))
	r.must(r.DeleteUser(t.Context(), first.ID))
	r.refused(r.DeleteUser(t.Context(), second.ID), muster.ReasonLastAdmin)
}

func userPasswordEnds(t *testing.T, r *registry) {
	u, other := newUser("anna"), newUser("berta")
	r.must(r.CreateUser(t.Context(), u))
	r.must(r.CreateUser(t.Context(), other))
	stays, ends, others := r.signIn(u, "stays", 0), r.signIn(u, "ends", 1), r.signIn(other, "others", 2)
	_, err := r.UpdateUser(t.Context(), u.ID, stays.ID, func(u *muster.User) error {
		u.Password = muster.Sealed("other")
		return nil
	})
	r.must(err)
	for _, l := range []muster.Login{stays, others} {
		_, _, err := r.Login(t.Context(), l.Digest)
		r.must(err)
	}
	_, _, err = r.Login(t.Context(), ends.Digest)
	r.missing(err)
}

func userDisabled(t *testing.T, r *registry) {
	r.must(r.CreateUser(t.Context(), newUser("root")))
	u := newUser("anna")
	r.must(r.CreateUser(t.Context(), u))
	l := r.signIn(u, "a", 0)
	_, err := r.UpdateUser(t.Context(), u.ID, muster.LoginID{}, func(u *muster.User) error {
		u.Role = muster.RoleViewer
		return nil
	})
	r.must(err)
	_, got, err := r.Login(t.Context(), l.Digest)
	r.must(err)
	r.same(got.Role, muster.RoleViewer) // at once, without another sign-in
	_, err = r.UpdateUser(t.Context(), u.ID, muster.LoginID{}, func(u *muster.User) error {
		u.Disabled = true
		return nil
	})
	r.must(err)
	_, _, err = r.Login(t.Context(), l.Digest)
	r.missing(err)
}
