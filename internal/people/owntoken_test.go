package people_test

import (
	"strconv"
	"testing"
	"time"

	"muster"
	"muster/internal/people"
)

func TestAnOwnTokenMayWhatItsOwnerMay(t *testing.T) {
	f := newFixture(t)
	f.user("root", muster.RoleAdmin)
	f.user("anna", muster.RoleOperator)
	anna := f.as(f.signIn("anna", home))
	_, err := f.CreateOwnToken(anna, people.NewToken{Name: "ci", Role: muster.RoleAdmin})
	refused(t, err, muster.ReasonRoleTooLow)
	token, err := f.CreateOwnToken(anna, people.NewToken{Name: "ci", Role: muster.RoleOperator})
	f.must(err)
	check := func(want muster.Role) muster.Actor {
		t.Helper()
		actor, err := f.CheckToken(t.Context(), token.Secret, far)
		f.must(err)
		if actor.Role != want || actor.Name != "token:anna/ci" || actor.Token != token.ID || !actor.User.IsZero() {
			t.Errorf("got %+v, want the role %v", actor, want)
		}
		return actor
	}
	script := muster.WithActor(t.Context(), check(muster.RoleOperator))
	for _, role := range []muster.Role{muster.RoleViewer, muster.RoleAdmin} {
		_, err = f.UpdateUser(t.Context(), "anna", people.UserChange{Role: &role})
		f.must(err)
		check(min(role, muster.RoleOperator))
	}
	_, err = f.CreateOwnToken(script, people.NewToken{Name: "other", Role: muster.RoleViewer})
	refused(t, err, muster.ReasonRequestInvalid)
	if own, err := f.OwnTokens(script); err != nil || len(own) != 0 {
		t.Errorf("a token has %v, %v", own, err)
	}
	_, err = f.RevokeOwnToken(script, "ci")
	refused(t, err, muster.ReasonNotFound)
}

func TestAnOwnTokenEndsWithItsOwner(t *testing.T) {
	f := newFixture(t)
	f.user("root", muster.RoleAdmin)
	for name, c := range map[string]struct {
		end  func() error
		want muster.Reason
	}{
		"suspended": {func() error {
			yes, no := true, false
			_, err := f.UpdateUser(t.Context(), "suspended", people.UserChange{Disabled: &yes})
			f.must(err)
			f.now = time.Now().Add(time.Second)
			_, err = f.UpdateUser(t.Context(), "suspended", people.UserChange{Disabled: &no})
			return err // and does not come back with them
		}, muster.ReasonAPITokenRevoked},
		"deleted": {func() error { return f.DeleteUser(t.Context(), "deleted") }, muster.ReasonAPITokenWrong},
	} {
		f.user(name, muster.RoleViewer)
		ctx := f.as(f.signIn(name, home))
		token, err := f.CreateOwnToken(ctx, people.NewToken{Name: "ci", Role: muster.RoleViewer})
		f.must(err)
		f.must(c.end())
		_, err = f.CheckToken(t.Context(), token.Secret, home)
		t.Run(name, func(t *testing.T) { refused(t, err, c.want) })
	}
}

func TestOwnTokensAreApartFromThoseOfOthers(t *testing.T) {
	f := newFixture(t)
	f.user("anna", muster.RoleViewer)
	f.user("berta", muster.RoleViewer)
	anna, berta := f.as(f.signIn("anna", home)), f.as(f.signIn("berta", home))
	n := people.NewToken{Name: "ci", Role: muster.RoleViewer}
	nobodys, err := f.CreateToken(t.Context(), n)
	f.must(err)
	annas, err := f.CreateOwnToken(anna, n)
	f.must(err)
	_, err = f.CreateOwnToken(anna, n)
	refused(t, err, muster.ReasonAPITokenNameTaken)
	bertas, err := f.CreateOwnToken(berta, n)
	f.must(err)

	_, err = f.RevokeOwnToken(berta, annas.ID.String())
	refused(t, err, muster.ReasonNotFound)
	gone, err := f.RevokeOwnToken(berta, "ci")
	f.must(err)
	if gone.ID != bertas.ID {
		t.Errorf("revoked %+v", gone)
	}
	gone, err = f.RevokeToken(t.Context(), "ci")
	f.must(err)
	if gone.ID != nobodys.ID {
		t.Errorf("by its name, revoked %+v", gone)
	}
	if own, err := f.OwnTokens(anna); err != nil || len(own) != 1 || own[0].ID != annas.ID {
		t.Errorf("anna has %v, %v", own, err)
	}
	_, err = f.RevokeToken(t.Context(), annas.ID.String())
	f.must(err)
	_, err = f.CheckToken(t.Context(), annas.Secret, home)
	refused(t, err, muster.ReasonAPITokenRevoked)

	for i := range 18 {
		n.Name = "ci-" + strconv.Itoa(i)
		_, err = f.CreateOwnToken(anna, n)
		f.must(err)
	}
	n.Name = "ci"
	_, err = f.CreateOwnToken(anna, n)
	f.must(err)
	n.Name = "one-more"
	_, err = f.CreateOwnToken(anna, n)
	refused(t, err, muster.ReasonRequestInvalid)
	_, err = f.CreateOwnToken(berta, n)
	f.must(err)
}
