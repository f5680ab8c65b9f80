package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestADeviceIsMadeShownAndDeleted(t *testing.T) {
	h := newHouse(t)
	var made admin.MadeDevice
	h.must("POST", "/v1/devices", `{"name":"pump","label":"the old one","description":"hums","tags":{"hall":"3"}}`, &made)
	if made.Token == "" || made.Profile != "default" || made.State != "active" || made.ID == "" {
		t.Errorf("made %+v", made)
	}
	w := h.ask("GET", device("pump"), "")
	if strings.Contains(w.Body.String(), made.Token) {
		t.Error("a device is shown with its token")
	}
	var view admin.DeviceView
	h.must("GET", device("pump"), "", &view)
	if view.ID != made.ID || view.Label != "the old one" || view.Description != "hums" || view.Tags["hall"] != "3" || view.Connected {
		t.Errorf("shown %+v", view)
	}
	if len(view.Credentials) != 1 || view.Credentials[0].Kind != "ACCESS_TOKEN" || view.Credentials[0].State != "active" {
		t.Errorf("credentials %+v", view.Credentials)
	}
	h.report("pump", 5, muster.Values{}.Add("t", muster.LongValue(1)))
	h.must("DELETE", device("pump"), "", nil)
	h.refused("GET", device("pump"), "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("DELETE", device("pump"), "", http.StatusNotFound, muster.ReasonNotFound)
	id, err := muster.ParseID[muster.Device](made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := h.readings.Latest(t.Context(), id); err != nil || len(left) > 0 {
		t.Errorf("a deleted device leaves %v, %v", left, err)
	}
}

func TestAttributesArePlainTypedValues(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	w := h.ask("GET", device("pump"), "")
	if want := `"attributes":{"server":{},"shared":{},"client":{}}`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s is not in %s", want, w.Body)
	}
}

func TestAnyNameGoesThroughThePath(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"a/b", "a%2Fb", "100%", "with space", "ümlaut", "a?b=c&d#e", "a+b", "..", ".", "/", "a//b", `"quoted"`, "semi;colon"} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(admin.NewDevice{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			h.must("POST", "/v1/devices", string(body), nil)
			path := strings.NewReplacer("/v1/devices/..", "/v1/devices/%2E%2E", "/v1/devices/.", "/v1/devices/%2E").Replace(device(name))
			var view admin.DeviceView
			h.must("GET", path, "", &view)
			if view.Name != name {
				t.Errorf("asked for %q and got %q", name, view.Name)
			}
			h.must("POST", path+"/suspend", "", nil)
			h.must("DELETE", path, "", nil)
		})
	}
}

func TestDevicesComeInPages(t *testing.T) {
	h := newHouse(t)
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprintf("pump-%d", i))
		h.must("POST", "/v1/devices", fmt.Sprintf(`{"name":"pump-%d"}`, i), nil)
	}
	h.must("POST", "/v1/devices", `{"name":"fan"}`, nil)
	h.must("POST", device("pump-6", "suspend"), "", nil)
	var got []string
	for after, pages := "", 0; ; pages++ {
		var page admin.List[admin.Device]
		h.must("GET", "/v1/devices?search=PUMP&limit=3&after="+url.QueryEscape(after), "", &page)
		for _, d := range page.Items {
			got = append(got, d.Name)
		}
		if after = page.Next; after == "" {
			break
		}
		if pages > 10 {
			t.Fatal("the pages do not end")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var page admin.List[admin.Device]
	h.must("GET", "/v1/devices?state=suspended", "", &page)
	if len(page.Items) != 1 || page.Items[0].Name != "pump-6" || page.Items[0].State != "suspended" {
		t.Errorf("suspended are %+v", page.Items)
	}
	h.must("GET", "/v1/devices?search=nobody", "", &page)
	if w := h.ask("GET", "/v1/devices?search=nobody", ""); strings.TrimSpace(w.Body.String()) != `{"items":[]}` {
		t.Errorf("nobody is %s", w.Body)
	}
}

func TestASuspendedDeviceLosesItsSessionAndComesBack(t *testing.T) {
	h := newHouse(t)
	var made admin.MadeDevice
	h.must("POST", "/v1/devices", `{"name":"pump"}`, &made)
	id, err := muster.ParseID[muster.Device](made.ID)
	if err != nil {
		t.Fatal(err)
	}
	var why error
	leave, err := h.sessions.Open(id, 1, hangup(func(err error) { why = err }))
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	var view admin.DeviceView
	h.must("GET", device("pump"), "", &view)
	if !view.Connected {
		t.Error("a device with a session is not shown as connected")
	}
	h.must("POST", device("pump", "suspend"), "", nil)
	if muster.ReasonOf(why) != muster.ReasonDeviceSuspended {
		t.Errorf("its session ended with %v", why)
	}
	h.must("POST", device("pump", "resume"), "", nil)
	h.must("GET", device("pump"), "", &view)
	if view.State != "active" || view.Connected {
		t.Errorf("resumed to %+v", view.Device)
	}
}

func TestRefusalsOfDevices(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump","token":"pump-token-0123456789"}`, nil)
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		reason                   muster.Reason
	}{
		{"a name that is taken", "POST", "/v1/devices", `{"name":"pump"}`, 409, muster.ReasonDeviceNameTaken},
		{"a token of another device", "POST", "/v1/devices", `{"name":"fan","token":"pump-token-0123456789"}`, 409, muster.ReasonCredentialInUse},
		{"an empty name", "POST", "/v1/devices", `{"name":""}`, 400, muster.ReasonDeviceNameInvalid},
		{"no name", "POST", "/v1/devices", `{}`, 400, muster.ReasonRequestInvalid},
		{"a name with markup", "POST", "/v1/devices", `{"name":"<script>"}`, 400, muster.ReasonDeviceNameInvalid},
		{"an unknown profile", "POST", "/v1/devices", `{"name":"fan","profile":"nope"}`, 404, muster.ReasonNotFound},
		{"a field that is not known", "POST", "/v1/devices", `{"name":"fan","colour":"red"}`, 400, muster.ReasonRequestInvalid},
		{"no JSON", "POST", "/v1/devices", `{"name":`, 400, muster.ReasonRequestInvalid},
		{"two documents", "POST", "/v1/devices", `{"name":"fan"}{}`, 400, muster.ReasonRequestInvalid},
		{"no body", "POST", "/v1/devices", ``, 400, muster.ReasonRequestInvalid},
		{"a body beyond the bound", "POST", "/v1/devices", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, muster.ReasonPayloadTooLarge},
		{"a certificate that is none", "POST", "/v1/devices", `{"name":"fan","certificate":"nope"}`, 400, muster.ReasonCredentialInvalid},
		{"a parameter that is not known", "GET", "/v1/devices?colour=red", "", 400, muster.ReasonRequestInvalid},
		{"a page that is too long", "GET", "/v1/devices?limit=1001", "", 400, muster.ReasonRequestInvalid},
		{"a state that is none", "GET", "/v1/devices?state=lost", "", 400, muster.ReasonRequestInvalid},
		{"a device that is not there", "POST", device("fan", "suspend"), "", 404, muster.ReasonNotFound},
		{"a path that is not there", "GET", "/v1/nothing", "", 404, muster.ReasonNotFound},
		{"a method that is not there", "PUT", "/v1/devices", "", 404, muster.ReasonNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h.t = t
			h.refused(tc.method, tc.path, tc.body, tc.status, tc.reason)
		})
	}
}

func TestARefusedValueIsNotRepeated(t *testing.T) {
	h := newHouse(t)
	w := h.ask("POST", "/v1/devices", `{"name":"fan","mqttPassword":{"secret":"s3cr3t-password"}}`)
	if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "s3cr3t-password") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestACredentialIsNotCalledActiveWhenItOpensNothing(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.must("POST", device("pump", "credentials"), `{"expiresAt":"2020-01-01T00:00:00Z"}`, nil)
	h.must("POST", device("pump", "credentials"), `{"notBefore":"2099-01-01T00:00:00Z"}`, nil)
	var v admin.DeviceView
	h.must("GET", device("pump"), "", &v)
	var states []string
	for _, c := range v.Credentials {
		states = append(states, c.State)
	}
	if want := []string{"active", "expired", "waiting"}; !slices.Equal(states, want) {
		t.Errorf("the states are %q, want %q", states, want)
	}
}

func TestCredentialsAreAddedAndRevoked(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump","mqttUsername":"pump-user","mqttPassword":"pump-password"}`, nil)
	var made admin.MadeCredential
	h.must("POST", device("pump", "credentials"), `{"expiresAt":"2099-01-01T00:00:00Z"}`, &made)
	if made.Token == "" || made.Kind != "ACCESS_TOKEN" || made.ExpiresAt.Year() != 2099 {
		t.Errorf("made %+v", made)
	}
	var own admin.MadeCredential
	h.must("POST", device("pump", "credentials"), `{"token":"pump-token-0123456789"}`, &own)
	if own.Token != "" {
		t.Error("a token that was brought is shown")
	}
	var revoked admin.Credential
	h.must("POST", device("pump", "credentials", made.ID, "revoke"), "", &revoked)
	if revoked.State != "revoked" {
		t.Errorf("revoked to %+v", revoked)
	}
	var all admin.List[admin.Credential]
	h.must("GET", device("pump", "credentials"), "", &all)
	if len(all.Items) != 3 || all.Items[0].Hint != "pump-user" {
		t.Errorf("credentials %+v", all.Items)
	}
	if w := h.ask("GET", device("pump", "credentials"), ""); strings.Contains(w.Body.String(), "pump-password") || strings.Contains(w.Body.String(), "pump-token") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	h.refused("POST", device("pump", "credentials", "nope", "revoke"), "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.must("POST", "/v1/devices", `{"name":"fan"}`, nil)
	h.refused("POST", device("fan", "credentials", own.ID, "revoke"), "", http.StatusNotFound, muster.ReasonNotFound)
}
