package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

// change sends a change of what is at path, for the state that match names.
func (h *house) change(path, match, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	req := httptest.NewRequestWithContext(h.t.Context(), http.MethodPatch, path, strings.NewReader(body))
	req.RemoteAddr = h.remote
	req.Header.Set("Authorization", "Bearer "+h.token.Reveal())
	if match != "" {
		req.Header.Set("If-Match", match)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	return w
}

func TestAChangeIsMadeToTheStateThatWasRead(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.newUser("anna", muster.RoleViewer)
	for path, bodies := range map[string][3]string{
		device("pump"):         {`{"label":"one"}`, `{"label":"two"}`, `{"tags":{"a":"b"}}`},
		"/v1/profiles/default": {`{"description":"one"}`, `{"description":"two"}`, `{"hideReasons":true}`},
		"/v1/users/anna":       {`{"role":"operator"}`, `{"role":"viewer"}`, `{"disabled":true}`},
	} {
		first := h.ask("GET", path, "").Header().Get("ETag")
		if len(first) < 10 || first[0] != '"' || h.ask("GET", path, "").Header().Get("ETag") != first {
			t.Fatalf("%s has the tag %s", path, first)
		}
		w := h.change(path, first, bodies[0])
		second := w.Header().Get("ETag")
		if w.Code != 200 || second == first || h.ask("GET", path, "").Header().Get("ETag") != second {
			t.Fatalf("%s is changed to %s: %d %s", path, second, w.Code, w.Body)
		}
		for _, stale := range []string{first, "W/" + second, `"x"`, "x, y"} {
			h.problem(h.change(path, stale, bodies[1]), http.StatusPreconditionFailed, muster.ReasonVersionStale)
		}
		if got := h.ask("GET", path, "").Header().Get("ETag"); got != second {
			t.Errorf("a refused change has left %s", got)
		}
		for _, match := range []string{`"x", ` + second, "*", ""} {
			if w := h.change(path, match, bodies[2]); w.Code != 200 {
				t.Errorf("%s for %q: %d %s", path, match, w.Code, w.Body)
			}
		}
	}
}

func TestAnAnswerNamesTheStateThatItShows(t *testing.T) {
	h := newHouse(t)
	pump, key, attributes := device("pump"), "/v1/provision-keys/k", device("pump", "attributes", "shared")
	for _, tc := range []struct{ method, path, body, of string }{
		{"POST", "/v1/devices", `{"name":"pump"}`, pump},
		{"PATCH", pump, `{"label":"x"}`, pump},
		{"POST", pump + "/suspend", "", pump},
		{"POST", pump + "/resume", "", pump},
		{"PATCH", attributes, `{"b":2,"a":1}`, attributes},
		{"PATCH", attributes, `{"a":null}`, attributes},
		{"POST", "/v1/profiles", `{"name":"p","strategy":"disabled"}`, "/v1/profiles/p"},
		{"POST", "/v1/provision-keys", `{"profile":"p","key":"k"}`, key},
		{"POST", key + "/suspend", "", key},
		{"POST", key + "/resume", "", key},
		{"POST", key + "/rotate", `{"overlap":"1h"}`, key},
		{"POST", key + "/revoke", `{"devices":"keep"}`, key},
		{"POST", "/v1/users", `{"name":"u","role":"viewer","password":"` + rightPassword + `"}`, "/v1/users/u"},
		{"POST", "/v1/users/u/password", `{"password":"` + rightPassword + `!"}`, "/v1/users/u"},
	} {
		w := h.ask(tc.method, tc.path, tc.body)
		if is := h.ask("GET", tc.of, "").Header().Get("ETag"); w.Code != 200 || is == "" || w.Header().Get("ETag") != is {
			t.Errorf("%s %s: %d %q, it is %q; %s", tc.method, tc.path, w.Code, w.Header().Get("ETag"), is, w.Body)
		}
	}
	var all admin.List[admin.Credential]
	h.must("GET", pump+"/credentials", "", &all)
	w := h.ask("POST", pump+"/credentials/"+all.Items[0].ID+"/rotate", `{}`)
	var made admin.MadeCredential
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	if is := h.ask("GET", pump+"/credentials/"+made.ID, "").Header().Get("ETag"); is == "" || w.Header().Get("ETag") != is {
		t.Errorf("the new credential is %q, and was answered as %q", is, w.Header().Get("ETag"))
	}
}

func TestAnActIsDoneToTheStateThatWasRead(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.must("POST", "/v1/provision-keys", `{"key":"k"}`, nil)
	for path, acts := range map[string][]string{
		device("pump"):         {"suspend", "resume"},
		"/v1/provision-keys/k": {"suspend", "resume", "rotate", "revoke"},
	} {
		for _, act := range acts {
			before := h.ask("GET", path, "")
			h.problem(h.match(`"x"`, "POST", path+"/"+act, ""), 412, muster.ReasonVersionStale)
			if after := h.ask("GET", path, ""); after.Body.String() != before.Body.String() {
				t.Errorf("a refused %s has left %s", act, after.Body)
			}
			if w := h.match(before.Header().Get("ETag"), "POST", path+"/"+act, ""); w.Code != 200 {
				t.Errorf("%s %s: %d %s", act, path, w.Code, w.Body)
			}
		}
	}
}

func TestADeviceIsChanged(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"other","strategy":"create"}`, nil)
	h.must("POST", "/v1/devices", `{"name":"pump","label":"old","tags":{"a":"b","c":"d"}}`, nil)
	h.must("POST", "/v1/devices", `{"name":"fan"}`, nil)
	d, err := h.fleet.Device(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	var why error
	open := func() {
		why = nil
		if _, err := h.sessions.Open(d.ID, 1, hangup(func(err error) { why = err })); err != nil {
			t.Fatal(err)
		}
	}
	open()
	var got admin.Device
	h.must("PATCH", device("pump"), `{"label":"new","description":"hums","tags":{"c":"e"}}`, &got)
	if got.Label != "new" || got.Description != "hums" || len(got.Tags) != 1 || got.Tags["c"] != "e" || why != nil || !got.Connected {
		t.Errorf("changed to %+v, session ended with %v", got, why)
	}
	for _, body := range []string{`{"name":"pump-2"}`, `{"profile":"other"}`, `{"gateway":true}`} {
		h.must("PATCH", device(got.Name), body, &got)
		if muster.ReasonOf(why) != muster.ReasonDeviceChanged {
			t.Errorf("%s: the session ended with %v", body, why)
		}
		open()
	}
	if got.Name != "pump-2" || got.Profile != "other" || !got.Gateway || got.Label != "new" {
		t.Errorf("changed to %+v", got)
	}
	got = admin.Device{}
	h.must("PATCH", device("pump-2"), `{"label":"","description":"","tags":{}}`, &got)
	if got.Label != "" || got.Description != "" || len(got.Tags) != 0 {
		t.Errorf("emptied to %+v", got)
	}
	h.refused("PATCH", device("pump-2"), `{"name":"fan"}`, 409, muster.ReasonDeviceNameTaken)
	h.refused("PATCH", device("pump-2"), `{"name":""}`, 400, muster.ReasonDeviceNameInvalid)
	h.refused("PATCH", device("pump-2"), `{"profile":"none"}`, 404, muster.ReasonNotFound)
	h.refused("PATCH", device("pump-2"), `{"state":"listed"}`, 400, muster.ReasonRequestInvalid)
	h.refused("PATCH", device("pump"), `{}`, 404, muster.ReasonNotFound)
	if why != nil {
		t.Errorf("a refused change has ended a session: %v", why)
	}
}
