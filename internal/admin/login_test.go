package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
	"muster/internal/people"
)

const (
	rightPassword = "correct horse battery"
	wrongPassword = "incorrect horse battery"
)

// A browser keeps the cookies that it is sent.
type browser struct {
	*house
	cookies map[string]string
	header  http.Header // sent with each request
}

func (h *house) newBrowser() *browser {
	return &browser{house: h, cookies: map[string]string{}, header: http.Header{"Sec-Fetch-Site": {"same-origin"}, "User-Agent": {"Browser/1"}}}
}

// send sends a request with the browser's cookies and no token.
func (b *browser) send(method, path, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	req := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr = b.remote
	for name, values := range b.header {
		req.Header[name] = values
	}
	if body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return w
}

func (b *browser) signIn(name, password string) *httptest.ResponseRecorder {
	b.t.Helper()
	body, err := json.Marshal(admin.SignIn{Name: name, Password: password})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send("POST", "/v1/login", string(body))
}

func (b *browser) wants(method, path, body string, status int) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.send(method, path, body)
	if w.Code != status {
		b.t.Errorf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	return w
}

func (h *house) newUser(name string, role muster.Role) {
	h.t.Helper()
	if _, err := h.people.CreateUser(h.t.Context(), people.NewUser{Name: name, Role: role, Password: rightPassword}); err != nil {
		h.t.Fatal(err)
	}
}

func TestABrowserSignsInAndOut(t *testing.T) {
	h := newHouse(t)
	h.newUser("anna", muster.RoleOperator)
	b := h.newBrowser()
	h.problem(b.signIn("anna", wrongPassword), http.StatusUnauthorized, muster.ReasonSignInWrong)
	h.problem(b.send("GET", "/v1/me", ""), http.StatusUnauthorized, muster.ReasonAPITokenWrong)
	w := b.signIn("Anna", rightPassword)
	var me admin.Me
	if err := json.Unmarshal(w.Body.Bytes(), &me); err != nil || w.Code != http.StatusOK || me.Name != "anna" || me.Role != "operator" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 2 || cookies[0].Name != "muster" || cookies[1].Name != "muster-known" {
		t.Fatalf("the cookies are %v", cookies)
	}
	for _, c := range cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || c.MaxAge < 7*24*3600 {
			t.Errorf("a cookie is %+v", c)
		}
		if strings.Contains(w.Body.String(), c.Value) {
			t.Error("a cookie is in the body too, where scripts read it")
		}
	}
	var again admin.Me
	if err := json.Unmarshal(b.wants("GET", "/v1/me", "", http.StatusOK).Body.Bytes(), &again); err != nil || again != me {
		t.Errorf("%+v, %v", again, err)
	}
	b.wants("POST", "/v1/devices", `{"name":"pump"}`, http.StatusOK)
	h.problem(b.send("GET", "/v1/users", ""), http.StatusForbidden, muster.ReasonRoleTooLow)
	before := b.cookies["muster"]
	b.wants("POST", "/v1/logout", "", http.StatusNoContent)
	if b.cookies["muster"] != "" || b.cookies["muster-known"] == "" {
		t.Errorf("the browser keeps %v", b.cookies)
	}
	b.cookies["muster"] = before
	h.problem(b.send("GET", "/v1/me", ""), http.StatusUnauthorized, muster.ReasonLoginOver)
	if b.cookies["muster"] != "" {
		t.Error("a cookie that is over is kept")
	}
}

func TestOverTLSTheCookieIsBoundToTheHost(t *testing.T) {
	h := newHouse(t)
	h.newUser("anna", muster.RoleViewer)
	plain, secure := h.newBrowser(), h.newBrowser()
	secure.header.Set("X-Forwarded-Proto", "https")
	w := secure.signIn("anna", rightPassword)
	for _, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-muster") || !c.Secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("a cookie is %+v", c)
		}
	}
	secure.wants("GET", "/v1/me", "", http.StatusOK)
	plain.signIn("anna", rightPassword)
	secure.cookies = plain.cookies // as a page without TLS may have set it
	secure.wants("GET", "/v1/me", "", http.StatusUnauthorized)
}

func TestAPageOfAnotherSiteChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.newUser("anna", muster.RoleOperator)
	b := h.newBrowser()
	b.signIn("anna", rightPassword)
	for _, c := range []struct {
		says    string
		header  http.Header
		refused bool
	}{
		{"the console itself", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://example.com"}}, false},
		{"a script without a browser", http.Header{}, false},
		{"another site", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, true},
		{"another host of the site", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://other.example.com"}}, true},
		{"another site in an old browser", http.Header{"Origin": {"https://evil.example"}}, true},
		{"a page without an origin in an old browser", http.Header{"Origin": {"null"}}, true},
	} {
		t.Run(c.says, func(t *testing.T) {
			h.t, b.header = t, c.header
			name := strings.ReplaceAll(c.says, " ", "-")
			w := b.send("POST", "/v1/devices", `{"name":"`+name+`"}`)
			login := h.newBrowser()
			login.header = c.header
			signIn := login.signIn("anna", rightPassword)
			if !c.refused {
				if w.Code != http.StatusOK || signIn.Code != http.StatusOK {
					t.Errorf("%d, and to sign in %d", w.Code, signIn.Code)
				}
				return
			}
			h.problem(w, http.StatusForbidden, muster.ReasonOtherSite)
			h.problem(signIn, http.StatusForbidden, muster.ReasonOtherSite)
			h.refused("GET", device(name), "", http.StatusNotFound, muster.ReasonNotFound)
			b.wants("GET", "/v1/devices", "", http.StatusOK) // it may look: browsers show it nothing
			b.header.Set("Authorization", "Bearer "+h.token.Reveal())
			b.wants("POST", "/v1/devices", `{"name":"`+name+`"}`, http.StatusOK) // who has the token means it
		})
	}
}

func TestOneSeesAndEndsLogins(t *testing.T) {
	h := newHouse(t)
	h.newUser("anna", muster.RoleViewer)
	h.newUser("root", muster.RoleAdmin)
	anna, phone, root := h.newBrowser(), h.newBrowser(), h.newBrowser()
	for b, name := range map[*browser]string{anna: "anna", phone: "anna", root: "root"} {
		b.signIn(name, rightPassword)
	}
	list := func(b *browser, want int) (current, other admin.Login) {
		t.Helper()
		var l admin.List[admin.Login]
		if err := json.Unmarshal(b.wants("GET", "/v1/logins", "", http.StatusOK).Body.Bytes(), &l); err != nil || len(l.Items) != want {
			t.Fatalf("%v, %v", l, err)
		}
		for _, login := range l.Items {
			if login.Remote != "192.0.2.1" || login.Agent != "Browser/1" || login.User == "" {
				t.Errorf("got %+v", login)
			}
			if login.Current {
				current = login
			} else {
				other = login
			}
		}
		return current, other
	}
	own, other := list(anna, 2)
	roots, _ := list(root, 3)
	h.problem(anna.send("DELETE", "/v1/logins/"+roots.ID, ""), http.StatusNotFound, muster.ReasonNotFound)
	h.problem(anna.send("DELETE", "/v1/logins/x", ""), http.StatusBadRequest, muster.ReasonRequestInvalid)
	anna.wants("DELETE", "/v1/logins/"+other.ID, "", http.StatusNoContent)
	phone.wants("GET", "/v1/me", "", http.StatusUnauthorized)
	root.wants("DELETE", "/v1/logins/"+own.ID, "", http.StatusNoContent)
	anna.wants("GET", "/v1/me", "", http.StatusUnauthorized)
	var all admin.List[admin.Login]
	h.must("GET", "/v1/logins", "", &all) // an admin's token sees everybody's
	if len(all.Items) != 1 || all.Items[0].User != "root" {
		t.Errorf("got %+v", all)
	}
}

func TestOneChangesTheOwnPassword(t *testing.T) {
	h := newHouse(t)
	h.newUser("anna", muster.RoleViewer)
	b := h.newBrowser()
	b.signIn("anna", rightPassword)
	change := func(old, wanted string) *httptest.ResponseRecorder {
		return b.send("POST", "/v1/me/password", `{"old":"`+old+`","new":"`+wanted+`"}`)
	}
	h.problem(change(wrongPassword, "another good one"), http.StatusUnauthorized, muster.ReasonSignInWrong)
	h.problem(change(rightPassword, "short"), http.StatusBadRequest, muster.ReasonPasswordUnfit)
	if w := change(rightPassword, "another good one"); w.Code != http.StatusNoContent {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.wants("GET", "/v1/me", "", http.StatusOK)
	h.problem(b.signIn("anna", rightPassword), http.StatusUnauthorized, muster.ReasonSignInWrong)
	h.refused("POST", "/v1/me/password", `{"old":"a","new":"b"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
}

func TestASetupLinkMakesTheFirstAdminByPageAndByAPI(t *testing.T) {
	h := newHouse(t)
	link, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := h.newBrowser()
	for range 2 { // looking does not use it up
		w := b.wants("GET", "/setup?token="+link.Reveal(), "", http.StatusOK)
		if !strings.Contains(w.Body.String(), link.Reveal()) || !strings.Contains(w.Body.String(), `type="password"`) {
			t.Fatal(w.Body)
		}
	}
	b.header.Set("Content-Type", "application/x-www-form-urlencoded")
	post := func(name, password string, status int) string {
		t.Helper()
		form := url.Values{"token": {link.Reveal()}, "name": {name}, "password": {password}}.Encode()
		text := b.wants("POST", "/setup", form, status).Body.String()
		if strings.Contains(text, password) {
			t.Error("the page shows the password")
		}
		return text
	}
	if text := post("anna", "short-one", http.StatusBadRequest); !strings.Contains(text, "password-unfit") || !strings.Contains(text, `value="anna"`) {
		t.Errorf("it is not asked again: %s", text)
	}
	if text := post("anna", rightPassword, http.StatusOK); !strings.Contains(text, "anna is the admin") {
		t.Error(text)
	}
	b.header.Del("Content-Type")
	b.wants("GET", "/v1/users", "", http.StatusOK) // signed in
	if text := post("berta", rightPassword, http.StatusUnauthorized); !strings.Contains(text, "setup-link-wrong") {
		t.Error(text)
	}

	late, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := b.send("POST", "/v1/setup", `{"link":"`+late.Reveal()+`","name":"berta","password":"`+rightPassword+`"}`)
	h.problem(w, http.StatusUnauthorized, muster.ReasonSetupLinkWrong) // there is an admin

	h = newHouse(t)
	second, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	api := h.newBrowser()
	api.wants("POST", "/v1/setup", `{"link":"`+second.Reveal()+`","name":"clara","password":"`+rightPassword+`"}`, http.StatusOK)
	api.wants("GET", "/v1/audit", "", http.StatusOK)
	w = api.send("POST", "/v1/setup", `{"link":"`+second.Reveal()+`","name":"doris","password":"`+rightPassword+`"}`)
	h.problem(w, http.StatusUnauthorized, muster.ReasonSetupLinkWrong)
	var audit admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=user", "", &audit)
	if len(audit.Items) != 1 || audit.Items[0].Actor != "setup:link" || audit.Items[0].Name != "clara" || audit.Items[0].Remote != "192.0.2.1" {
		t.Errorf("the audit log has %+v", audit.Items)
	}
}

func TestAnAddressThatGuessesSetupLinksIsToldSo(t *testing.T) {
	h := newHouse(t)
	b := h.newBrowser()
	guess := `{"link":"mst_guess","name":"anna","password":"` + rightPassword + `"}`
	for range 60 {
		h.problem(b.send("POST", "/v1/setup", guess), http.StatusUnauthorized, muster.ReasonSetupLinkWrong)
	}
	w := b.send("POST", "/v1/setup", guess)
	h.problem(w, http.StatusTooManyRequests, muster.ReasonRateLimited)
	if w.Header().Get("Retry-After") == "" {
		t.Error("it is not said when to come back")
	}
	link, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.wants("POST", "/v1/setup", strings.Replace(guess, "mst_guess", link.Reveal(), 1), http.StatusOK)
}
