package people_test

import (
	"testing"

	"muster"
	"muster/internal/people"
)

func TestWhoSignsInElsewhereIsKnownBySubject(t *testing.T) {
	f := newFixture(t)
	f.user("local", muster.RoleViewer)
	come := func(subject, name string, role muster.Role, stays bool) (people.SignedIn, error) {
		return f.SignInElsewhere(t.Context(), people.Elsewhere{
			Attempt: people.Attempt{Name: name, Remote: home}, Subject: subject, Role: role, Stays: stays,
		})
	}
	first, err := come("id 1", "anna@example.org", muster.RoleAdmin, false)
	f.must(err)
	_, err = f.SignIn(t.Context(), try("anna@example.org", "", home))
	refused(t, err, muster.ReasonSignInWrong) // there is no password
	_, err = f.SetPassword(t.Context(), "anna@example.org", right)
	refused(t, err, muster.ReasonRequestInvalid)

	again, err := come("id 1", "married@example.org", muster.RoleOperator, false)
	f.must(err)
	if again.User.ID != first.User.ID || again.User.Name != "anna@example.org" || again.User.Role != muster.RoleAdmin {
		t.Errorf("the last admin comes back as %+v", again.User)
	}
	f.user("root", muster.RoleAdmin)
	if again, err = come("id 1", "anna@example.org", muster.RoleOperator, true); err != nil || again.User.Role != muster.RoleAdmin {
		t.Errorf("who keeps the role comes back as %+v, %v", again.User, err)
	}
	if again, err = come("id 1", "anna@example.org", muster.RoleOperator, false); err != nil || again.User.Role != muster.RoleOperator {
		t.Errorf("with another role: %+v, %v", again.User, err)
	}
	_, err = come("id 2", "LOCAL", muster.RoleAdmin, false)
	refused(t, err, muster.ReasonUserNameTaken)
	_, err = come("id 3", "nobody", muster.RoleNone, false)
	refused(t, err, muster.ReasonRoleTooLow)
	_, err = come("id 4", "<b>", muster.RoleViewer, false)
	refused(t, err, muster.ReasonRequestInvalid)
	yes := true
	_, err = f.UpdateUser(t.Context(), "anna@example.org", people.UserChange{Disabled: &yes})
	f.must(err)
	_, err = come("id 1", "anna@example.org", muster.RoleOperator, false)
	refused(t, err, muster.ReasonUserDisabled)
}
