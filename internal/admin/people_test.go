package admin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

func TestUsersAreMadeChangedAndDeleted(t *testing.T) {
	h := newHouse(t)
	var made admin.User
	h.must("POST", "/v1/users", `{"name":"anna","role":"admin","password":"`+rightPassword+`"}`, &made)
	if made.ID == "" || made.Name != "anna" || made.Role != "admin" || made.Disabled || made.Elsewhere || made.CreatedAt.IsZero() {
		t.Errorf("made %+v", made)
	}
	for body, want := range map[string]struct {
		status int
		reason muster.Reason
	}{
		`{"name":"ANNA","role":"viewer","password":"` + rightPassword + `"}`: {http.StatusConflict, muster.ReasonUserNameTaken},
		`{"name":"berta","role":"owner","password":"` + rightPassword + `"}`: {http.StatusBadRequest, muster.ReasonRequestInvalid},
		`{"name":"berta","role":"none","password":"` + rightPassword + `"}`:  {http.StatusBadRequest, muster.ReasonRequestInvalid},
		`{"name":"berta","role":"viewer","password":"short"}`:                {http.StatusBadRequest, muster.ReasonPasswordUnfit},
		`{"name":"berta","role":"viewer"}`:                                   {http.StatusBadRequest, muster.ReasonRequestInvalid},
		`{"name":"a b","role":"viewer","password":"` + rightPassword + `"}`:  {http.StatusBadRequest, muster.ReasonRequestInvalid},
	} {
		h.refused("POST", "/v1/users", body, want.status, want.reason)
	}
	h.must("POST", "/v1/users", `{"name":"berta","role":"viewer","password":"`+rightPassword+`"}`, nil)
	var all admin.List[admin.User]
	h.must("GET", "/v1/users", "", &all)
	if len(all.Items) != 2 || all.Items[0].Name != "anna" || all.Items[1].Name != "berta" {
		t.Errorf("listed %+v", all)
	}
	var changed admin.User
	h.must("PATCH", "/v1/users/berta", `{"role":"operator","disabled":true}`, &changed)
	if changed.Role != "operator" || !changed.Disabled {
		t.Errorf("changed %+v", changed)
	}
	h.must("POST", "/v1/users/berta/password", `{"password":"another good one"}`, nil)
	h.refused("PATCH", "/v1/users/anna", `{"role":"viewer"}`, http.StatusConflict, muster.ReasonLastAdmin)
	h.refused("PATCH", "/v1/users/anna", `{"disabled":true}`, http.StatusConflict, muster.ReasonLastAdmin)
	h.refused("DELETE", "/v1/users/anna", "", http.StatusConflict, muster.ReasonLastAdmin)
	h.must("DELETE", "/v1/users/Berta", "", nil)
	h.refused("GET", "/v1/users/berta", "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestTokensAreMadeListedAndRevoked(t *testing.T) {
	h := newHouse(t)
	var made admin.IssuedToken
	h.must("POST", "/v1/tokens", `{"name":"ci","role":"operator","networks":["192.0.2.0/24"],"expiresAt":"2100-01-01T00:00:00Z"}`, &made)
	if !strings.HasPrefix(made.Secret, "mst_") || made.State != "live" || made.Role != "operator" || len(made.Networks) != 1 {
		t.Errorf("made %+v", made.Token)
	}
	h.refused("POST", "/v1/tokens", `{"name":"ci","role":"viewer"}`, http.StatusConflict, muster.ReasonAPITokenNameTaken)
	h.refused("POST", "/v1/tokens", `{"name":"x","role":"viewer","networks":["10.0.0.1"]}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	if w := h.askAs(made.Secret, "POST", "/v1/devices", `{"name":"pump"}`); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.remote = "198.51.100.1:1"
	h.problem(h.askAs(made.Secret, "GET", "/v1/devices", ""), http.StatusForbidden, muster.ReasonAPITokenNetwork)
	h.remote = "192.0.2.1:1"
	w := h.ask("GET", "/v1/tokens", "")
	var all admin.List[admin.Token]
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all.Items) != 2 || all.Items[1].LastUsedAt.IsZero() {
		t.Errorf("listed %+v, %v", all, err)
	}
	if strings.Contains(w.Body.String(), made.Secret) || strings.Contains(w.Body.String(), "digest") {
		t.Error("a token is shown again")
	}
	var revoked admin.Token
	h.must("POST", "/v1/tokens/"+made.ID+"/revoke", "", &revoked)
	if revoked.State != "revoked" || revoked.RevokedAt.IsZero() {
		t.Errorf("revoked %+v", revoked)
	}
	h.problem(h.askAs(made.Secret, "GET", "/v1/devices", ""), http.StatusUnauthorized, muster.ReasonAPITokenRevoked)
	h.refused("POST", "/v1/tokens/ci/revoke", "", http.StatusNotFound, muster.ReasonNotFound)
	var me admin.Me
	h.must("GET", "/v1/me", "", &me)
	if me.Name != "token:test" || me.Role != "admin" || me.Token == "" || me.User != "" {
		t.Errorf("me is %+v", me)
	}
}

func TestWhoIsSignedInHasTokensOfTheirOwn(t *testing.T) {
	h := newHouse(t)
	h.newUser("root", muster.RoleAdmin)
	h.newUser("vera", muster.RoleViewer)
	vera := h.newBrowser()
	vera.signIn("vera", rightPassword)
	var made, other admin.IssuedToken
	if err := json.Unmarshal(vera.wants("POST", "/v1/me/tokens", `{"name":"ci","role":"viewer"}`, http.StatusOK).Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	if made.Owner != "vera" || made.Role != "viewer" || !strings.HasPrefix(made.Secret, "mst_") {
		t.Errorf("made %+v", made.Token)
	}
	h.problem(vera.send("POST", "/v1/me/tokens", `{"name":"up","role":"operator"}`), http.StatusForbidden, muster.ReasonRoleTooLow)
	h.problem(vera.send("POST", "/v1/me/tokens", `{"name":"ci","role":"viewer"}`), http.StatusConflict, muster.ReasonAPITokenNameTaken)
	h.must("POST", "/v1/tokens", `{"name":"ci","role":"viewer"}`, &other)
	h.problem(vera.send("POST", "/v1/me/tokens/"+other.ID+"/revoke", ""), http.StatusNotFound, muster.ReasonNotFound)

	h.problem(h.askAs(made.Secret, "POST", "/v1/me/tokens", `{"name":"more","role":"viewer"}`), http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.problem(h.askAs(made.Secret, "POST", "/v1/me/tokens/"+made.ID+"/revoke", ""), http.StatusNotFound, muster.ReasonNotFound)
	var me admin.Me
	if err := json.Unmarshal(h.askAs(made.Secret, "GET", "/v1/me", "").Body.Bytes(), &me); err != nil || me.Name != "token:vera/ci" || me.Role != "viewer" {
		t.Errorf("it is %+v, %v", me, err)
	}
	for path, want := range map[string]string{"/v1/tokens?owner=VERA": "vera", "/v1/me/tokens": ""} { // an admin's script sees all, and has none
		var all admin.List[admin.Token]
		h.must("GET", path, "", &all)
		if len(all.Items) != len(want)/4 || want != "" && all.Items[0].Owner != want {
			t.Errorf("%s lists %+v", path, all.Items)
		}
	}
	var own admin.List[admin.Token]
	if err := json.Unmarshal(vera.wants("GET", "/v1/me/tokens", "", http.StatusOK).Body.Bytes(), &own); err != nil || len(own.Items) != 1 || own.Items[0].ID != made.ID {
		t.Errorf("vera has %+v, %v", own.Items, err)
	}
	vera.wants("POST", "/v1/me/tokens/ci/revoke", "", http.StatusOK)
	h.problem(h.askAs(made.Secret, "GET", "/v1/me", ""), http.StatusUnauthorized, muster.ReasonAPITokenRevoked)
	if w := h.askAs(other.Secret, "GET", "/v1/me", ""); w.Code != http.StatusOK {
		t.Errorf("nobody's token of the same name: %d", w.Code)
	}
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		h.must("POST", "/v1/devices", `{"name":"`+name+`"}`, nil)
	}
	h.must("POST", "/v1/devices/a/suspend", "", nil)
	var names []string
	for path := "/v1/audit?limit=2&noun=device"; path != ""; {
		var page admin.List[admin.AuditEntry]
		h.must("GET", path, "", &page)
		for _, e := range page.Items {
			names = append(names, e.Action+" "+e.Name)
			if e.Actor != "token:test" || e.Remote != "192.0.2.1" || e.Number == 0 || time.Since(e.At) > time.Minute {
				t.Errorf("got %+v", e)
			}
		}
		path = ""
		if page.Next != "" {
			path = "/v1/audit?limit=2&noun=device&after=" + page.Next
		}
	}
	if got, want := strings.Join(names, ", "), "update a, create e, create d, create c, create b, create a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var page admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?name=a&actor=token:test&from=2020-01-01T00:00:00Z", "", &page)
	if len(page.Items) != 2 || string(page.Items[0].Before) != `{"state":"active"}` || string(page.Items[0].After) != `{"state":"suspended"}` {
		t.Errorf("got %+v", page.Items)
	}
	h.must("GET", "/v1/audit?to=2020-01-01T00:00:00Z", "", &page)
	if len(page.Items) != 0 {
		t.Errorf("got %+v", page.Items)
	}
	for _, query := range []string{"limit=0", "limit=1001", "after=x", "from=yesterday", "sort=x"} {
		h.refused("GET", "/v1/audit?"+query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
}

// TestWhatIsSecretIsShownOnce looks for what opens a door, after all that may be done with it was done, wherever people look.
func TestWhatIsSecretIsShownOnce(t *testing.T) {
	h := newHouse(t)
	link, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := h.newBrowser()
	b.wants("POST", "/v1/setup", `{"link":"`+link.Reveal()+`","name":"anna","password":"`+rightPassword+`"}`, http.StatusOK)
	secrets := []string{link.Reveal(), rightPassword, wrongPassword, "another good one", "guess-never-seen", h.token.Reveal(), b.cookies["muster"], b.cookies["muster-known"]}
	var token admin.IssuedToken
	if err := json.Unmarshal(b.wants("POST", "/v1/tokens", `{"name":"ci","role":"viewer"}`, http.StatusOK).Body.Bytes(), &token); err != nil {
		t.Fatal(err)
	}
	var key admin.IssuedKey
	h.must("POST", "/v1/provision-keys", `{}`, &key)
	var made admin.MadeDevice
	h.must("POST", "/v1/devices", `{"name":"pump"}`, &made)
	secrets = append(secrets, token.Secret, key.Secret, made.Token)
	b.wants("POST", "/v1/users", `{"name":"berta","role":"viewer","password":"`+wrongPassword+`"}`, http.StatusOK)
	b.wants("POST", "/v1/me/password", `{"old":"`+rightPassword+`","new":"another good one"}`, http.StatusNoContent)
	h.must("POST", "/v1/provision-keys/"+key.Key+"/rotate", "", nil)

	var places strings.Builder
	for range 6 {
		places.WriteString(h.newBrowser().signIn("nobody", "guess-never-seen").Body.String())
	}
	places.WriteString(h.newBrowser().signIn("guess-never-seen", "guess-never-seen").Body.String())
	places.WriteString(h.askAs("mst_guess-never-seen", "GET", "/v1/me", "").Body.String())
	places.WriteString(b.send("POST", "/v1/users", `{"name":"clara","role":"viewer","password":"`+wrongPassword+`","more":1}`).Body.String())
	for _, path := range []string{
		"/v1/audit?limit=1000", "/v1/users", "/v1/users/anna", "/v1/tokens", "/v1/me/tokens", "/v1/logins", "/v1/me", "/v1/attempts", "/v1/provision-keys",
		"/v1/devices", "/v1/devices/pump", "/v1/profiles", "/v1/openapi.json", "/",
	} {
		w := b.wants("GET", path, "", http.StatusOK)
		places.WriteString(w.Body.String())
	}
	places.WriteString(h.log.String())
	if !strings.Contains(h.log.String(), "sign-ins fail") {
		t.Error("nothing is logged, so that the log shows nothing")
	}
	for _, secret := range secrets {
		if before, _, found := strings.Cut(places.String(), secret); found || len(secret) < 10 {
			t.Errorf("a secret is written behind %q", before[max(0, len(before)-80):])
		}
	}
}
