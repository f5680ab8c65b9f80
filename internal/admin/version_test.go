package admin_test

import (
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
	h.must("PATCH", device("pump"), `{"label":"new","tags":{"c":"e"}}`, &got)
	if got.Label != "new" || len(got.Tags) != 1 || got.Tags["c"] != "e" || why != nil || !got.Connected {
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
	h.must("PATCH", device("pump-2"), `{"label":"","tags":{}}`, &got)
	if got.Label != "" || len(got.Tags) != 0 {
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
