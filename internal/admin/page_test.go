package admin_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

// walk reads a list two at a time and returns what its items are called by field.
func (h *house) walk(path, field string) (names []string) {
	h.t.Helper()
	after := ""
	for range 20 {
		var page admin.List[map[string]any]
		h.must("GET", path+"limit=2"+after, "", &page)
		if len(page.Items) > 2 {
			h.t.Fatalf("a page of %d", len(page.Items))
		}
		for _, item := range page.Items {
			names = append(names, item[field].(string))
		}
		if page.Next == "" {
			return names
		}
		after = "&after=" + page.Next
	}
	h.t.Fatal("there is no end")
	return nil
}

func TestListsAreReadPageByPage(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"b", "A", "c", "d"} {
		h.must("POST", "/v1/profiles", `{"name":"`+name+`","strategy":"disabled"}`, nil)
		h.must("POST", "/v1/users", `{"name":"`+name+`","role":"`+map[bool]string{true: "viewer", false: "admin"}[name < "c"]+`","password":"`+rightPassword+`"}`, nil)
		h.must("POST", "/v1/tokens", `{"name":"`+name+`","role":"viewer"}`, nil)
		h.must("POST", "/v1/provision-keys", `{"profile":"`+name+`","key":"`+name+`","expiresAt":"20`+map[string]string{"b": "52", "A": "51", "c": "54", "d": "53"}[name]+`-01-01T00:00:00Z"}`, nil)
		time.Sleep(2 * time.Millisecond) // times are kept in milliseconds
	}
	h.must("POST", "/v1/tokens/d/revoke", "", nil)
	h.must("POST", "/v1/provision-keys/c/suspend", "", nil)
	for _, tc := range []struct{ path, field, want string }{
		{"/v1/profiles?", "name", "A b c d default"},
		{"/v1/profiles?sort=-name&", "name", "default d c b A"},
		{"/v1/profiles?sort=-created&strategy=disabled&", "name", "d c A b"},
		{"/v1/profiles?search=a&", "name", "A default"},
		{"/v1/users?", "name", "A b c d"},
		{"/v1/users?sort=-created&role=admin&", "name", "d c"},
		{"/v1/users?sort=lastLogin&disabled=true&", "name", ""},
		{"/v1/tokens?", "name", "test b A c d"},
		{"/v1/tokens?sort=name&state=live&", "name", "A b c test"},
		{"/v1/tokens?search=E&role=admin&", "name", "test"},
		{"/v1/provision-keys?sort=key&search=&state=live&expiresBefore=2060-01-01T00:00:00Z&", "key", "A b d"},
		{"/v1/provision-keys?sort=-expires&expiresBefore=2053-01-01T00:00:00Z&", "key", "b A"},
		{"/v1/provision-keys?state=suspended&sort=-devices&", "key", "c"},
		{"/v1/imports?state=done&sort=file&", "id", ""},
		{"/v1/logins?user=nobody&", "id", ""},
	} {
		if got := strings.Join(h.walk(tc.path, tc.field), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.path, got, tc.want)
		}
	}
	var page admin.List[admin.Profile]
	h.must("GET", "/v1/profiles?limit=2", "", &page)
	h.must("POST", "/v1/profiles", `{"name":"aa","strategy":"disabled"}`, nil)
	h.must("DELETE", "/v1/profiles/b", "", nil) // the last of the page
	var rest admin.List[admin.Profile]
	h.must("GET", "/v1/profiles?after="+page.Next, "", &rest)
	if len(rest.Items) != 3 || rest.Items[0].Name != "c" {
		t.Errorf("behind a page comes %+v", rest.Items)
	}
	h.refused("GET", "/v1/profiles?sort=-name&after="+page.Next, "", 400, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/users?after=x", "", 400, muster.ReasonRequestInvalid)
}

// match sends a request with an If-Match.
func (h *house) match(tag, method, path, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	req := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	req.RemoteAddr = h.remote
	req.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	req.Header.Set("If-Match", tag)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	theContract().check(h.t, req, w)
	return w
}

func TestCredentialsOfAllDevicesAreListed(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"b", "a", "c"} {
		h.must("POST", "/v1/devices", `{"name":"`+name+`"}`, nil)
	}
	var soon admin.MadeCredential
	h.must("POST", device("a", "credentials"), `{"expiresAt":"2099-01-01T00:00:00Z"}`, &soon)
	h.must("POST", device("c", "credentials"), `{"expiresAt":"2098-01-01T00:00:00Z"}`, nil)
	h.must("POST", device("b", "credentials"), `{"expiresAt":"2020-01-01T00:00:00Z"}`, nil)
	for path, want := range map[string]string{
		"/v1/credentials?":                                                       "b a c a c b",
		"/v1/credentials?sort=-created&":                                         "b c a c a b",
		"/v1/credentials?sort=expires&":                                          "b c a",
		"/v1/credentials?sort=expires&state=active&":                             "c a",
		"/v1/credentials?sort=-expires&expiresBefore=2098-06-01T00:00:00Z&":      "c b",
		"/v1/credentials?state=expired&kind=ACCESS_TOKEN&search=B&":              "b",
		"/v1/credentials?kind=MQTT_BASIC&":                                       "",
		"/v1/credentials?profile=default&search=a&sort=-expires&expiresBefore=&": "a",
	} {
		if got := strings.Join(h.walk(path, "device"), " "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	h.refused("GET", "/v1/credentials?profile=none", "", 404, muster.ReasonNotFound)
	h.refused("GET", "/v1/credentials?state=gone", "", 400, muster.ReasonRequestInvalid)
}

// A year of five digits is none that JSON could have: the lists with it in them would be refused.
func TestATimeThatNobodyCouldBeShownIsRefused(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.must("POST", "/v1/provision-keys", `{"key":"k"}`, nil)
	for _, when := range []string{"9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"} {
		for _, no := range []struct{ method, path, body string }{
			{"POST", device("pump", "credentials"), `{"token":"long enough","expiresAt":"` + when + `"}`},
			{"POST", device("pump", "credentials"), `{"token":"long enough","notBefore":"` + when + `"}`},
			{"POST", "/v1/provision-keys", `{"expiresAt":"` + when + `"}`},
			{"PATCH", "/v1/provision-keys/k", `{"expiresAt":"` + when + `"}`},
			{"POST", "/v1/provision-keys/k/sweeps", `{"action":"suspend","from":"` + when + `"}`},
			{"POST", "/v1/tokens", `{"name":"ci","role":"viewer","expiresAt":"` + when + `"}`},
		} {
			h.refused(no.method, no.path, no.body, 400, muster.ReasonRequestInvalid)
		}
	}
}

func TestACredentialIsChangedAndRetires(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	var view admin.DeviceView
	h.must("GET", device("pump"), "", &view)
	path := device("pump", "credentials", view.Credentials[0].ID)
	h.refused("POST", path+"/retire", "", 400, muster.ReasonRequestInvalid)
	tag := h.ask("GET", path, "").Header().Get("ETag")
	h.problem(h.match(`"another"`, "PATCH", path, `{"expiresAt":"2097-01-01T00:00:00Z"}`), 412, muster.ReasonVersionStale)
	w := h.match(tag, "PATCH", path, `{"expiresAt":"2097-01-01T00:00:00Z"}`)
	var c admin.Credential
	if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || c.ExpiresAt.Year() != 2097 || w.Header().Get("ETag") == tag {
		t.Errorf("%v, changed to %+v", err, c)
	}
	h.problem(h.match(tag, "POST", path+"/revoke", ""), 412, muster.ReasonVersionStale)
	h.refused("PATCH", path, `{"notBefore":"2098-01-01T00:00:00Z"}`, 400, muster.ReasonRequestInvalid)
	h.refused("PATCH", path, `{"expiresAt":"soon"}`, 400, muster.ReasonRequestInvalid)
	c = admin.Credential{}
	h.must("PATCH", path, `{"expiresAt":""}`, &c)
	if !c.ExpiresAt.IsZero() {
		t.Errorf("it ends at %v", c.ExpiresAt)
	}
	var next admin.MadeCredential
	h.must("POST", device("pump", "credentials"), `{}`, &next)
	h.refused("POST", path+"/retire", `{"successor":"`+view.ID+`"}`, 400, muster.ReasonRequestInvalid)
	h.must("POST", path+"/retire", `{"successor":"`+next.ID+`"}`, &c)
	if c.State != "retiring" {
		t.Errorf("it is %s", c.State)
	}
	id, err := muster.ParseID[muster.Credential](next.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.registry.Used(t.Context(), map[muster.CredentialID]time.Time{id: time.Now()}); err != nil {
		t.Fatal(err)
	}
	h.must("GET", path, "", &c)
	if c.State != "revoked" {
		t.Errorf("after its successor was used it is %s", c.State)
	}
	h.refused("POST", path+"/retire", "", 403, muster.ReasonCredentialRevoked)
	h.refused("GET", device("pump", "credentials", view.ID), "", 404, muster.ReasonNotFound)
}
