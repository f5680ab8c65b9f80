package admin_test

import (
	"strings"
	"testing"

	"muster"
)

// unguarded are the changes that take no If-Match, and why.
var unguarded = map[string]string{
	"DELETE /v1/devices/{name}/readings": "what is removed is said by key and time, not by what was read",
	"DELETE /v1/sessions/{id}":           "a session never changes, it only ends",
	"DELETE /v1/logins/{id}":             "a login never changes, it only ends",
	"DELETE /v1/imports/{id}":            "an import that has ended is removed whatever it has come to",
	"DELETE /v1/devices/{name}/trace":    "a trace is ended whatever it says by then, and ends by itself anyhow",
}

// repeatable are the requests that take no Idempotency-Key, and why.
var repeatable = map[string]string{
	"POST /v1/setup":   "the link works once by itself",
	"POST /v1/login":   "nobody is known yet whose key it would be",
	"POST /v1/imports": "a file that is filed once more changes nothing",
	"POST /v1/backups": "the answer is a file that nobody keeps",
}

func TestEveryChangeMayNameTheStateThatItIsFor(t *testing.T) {
	theContract().each(func(row string, op *operation) {
		method, _, _ := strings.Cut(row, " ")
		if method != "PATCH" && method != "PUT" && method != "DELETE" {
			return
		}
		if _, excepted := unguarded[row]; op.takes("If-Match") == excepted {
			t.Errorf("%s takes If-Match: %v", row, !excepted)
		}
	})
}

func TestEveryPostMayBeSentAgain(t *testing.T) {
	theContract().each(func(row string, op *operation) {
		if !strings.HasPrefix(row, "POST ") {
			return
		}
		if _, excepted := repeatable[row]; op.takes("Idempotency-Key") == excepted {
			t.Errorf("%s takes Idempotency-Key: %v", row, !excepted)
		}
	})
}

// takes reports whether the operation has a header of that name.
func (o *operation) takes(header string) bool {
	for _, p := range o.Parameters {
		if p.Name == header && p.In == "header" {
			return true
		}
	}
	return false
}

func TestAStaleChangeChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"p","strategy":"disabled"}`, nil)
	h.must("POST", "/v1/provision-keys", `{"profile":"p","key":"k"}`, nil)
	h.must("POST", "/v1/provision-keys", `{"profile":"p","key":"j"}`, nil)
	h.must("POST", "/v1/devices", `{"name":"d"}`, nil)
	h.must("POST", "/v1/users", `{"name":"u","role":"viewer","password":"`+rightPassword+`"}`, nil)
	h.must("PATCH", device("d", "attributes", "shared"), `{"a":1}`, nil)
	for _, tc := range []struct{ read, method, body, between string }{
		{"/v1/provision-keys/k", "PATCH", `{"maxDevices":7}`, `{"maxDevices":8}`},
		{"/v1/provision-keys/j", "DELETE", "", `{"maxDevices":8}`},
		{device("d", "attributes", "shared"), "PATCH", `{"a":2}`, `{"b":true}`},
		{device("d"), "DELETE", "", `{"label":"x"}`},
		{"/v1/users/u", "DELETE", "", `{"disabled":true}`},
		{"/v1/profiles/p", "DELETE", "", `{"description":"x"}`},
	} {
		tag := h.ask("GET", tc.read, "").Header().Get("ETag")
		if tag == "" {
			t.Fatalf("%s has no ETag", tc.read)
		}
		h.must("PATCH", tc.read, tc.between, nil)
		before := h.ask("GET", tc.read, "")
		h.problem(h.match(tag, tc.method, tc.read, tc.body), 412, muster.ReasonVersionStale)
		after := h.ask("GET", tc.read, "")
		if after.Body.String() != before.Body.String() {
			t.Errorf("%s: %s, and before %s", tc.read, after.Body, before.Body)
		}
		if w := h.match(after.Header().Get("ETag"), tc.method, tc.read, tc.body); w.Code >= 300 {
			t.Errorf("%s %s: %d %s", tc.method, tc.read, w.Code, w.Body)
		}
	}
	h.refused("GET", "/v1/provision-keys/k", "", 404, muster.ReasonNotFound) // it went with its profile
}
