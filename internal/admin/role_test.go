package admin_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"muster"
)

// roles says of every operation which role it needs at least. A new operation has to be written down here.
var roles = map[string]string{
	"GET /v1/profiles":           "viewer",
	"POST /v1/profiles":          "operator",
	"GET /v1/profiles/{name}":    "viewer",
	"PATCH /v1/profiles/{name}":  "operator",
	"DELETE /v1/profiles/{name}": "operator",

	"POST /v1/profiles/{name}/rehearse": "operator",

	"GET /v1/provision-keys":                "viewer",
	"POST /v1/provision-keys":               "operator",
	"GET /v1/provision-keys/{key}":          "viewer",
	"PATCH /v1/provision-keys/{key}":        "operator",
	"DELETE /v1/provision-keys/{key}":       "operator",
	"POST /v1/provision-keys/{key}/revoke":  "operator",
	"POST /v1/provision-keys/{key}/rotate":  "operator",
	"POST /v1/provision-keys/{key}/suspend": "operator",
	"POST /v1/provision-keys/{key}/resume":  "operator",
	"GET /v1/provision-keys/{key}/devices":  "viewer",
	"POST /v1/provision-keys/{key}/sweeps":  "operator",
	"GET /v1/sweeps":                        "viewer",
	"GET /v1/sweeps/{id}":                   "viewer",

	"GET /v1/pending":               "viewer",
	"GET /v1/pending/{id}":          "viewer",
	"POST /v1/pending/{id}/approve": "operator",
	"POST /v1/pending/{id}/reject":  "operator",
	"POST /v1/pending/approve":      "operator",
	"POST /v1/pending/reject":       "operator",

	"GET /v1/devices":                                 "viewer",
	"POST /v1/devices":                                "operator",
	"GET /v1/devices/{name}":                          "viewer",
	"PATCH /v1/devices/{name}":                        "operator",
	"DELETE /v1/devices/{name}":                       "operator",
	"POST /v1/devices/{name}/suspend":                 "operator",
	"POST /v1/devices/{name}/resume":                  "operator",
	"GET /v1/devices/{name}/credentials":              "viewer",
	"POST /v1/devices/{name}/credentials":             "operator",
	"GET /v1/revocation-lists":                        "viewer",
	"POST /v1/revocation-lists":                       "admin",
	"GET /v1/revocation-lists/{name}":                 "viewer",
	"PATCH /v1/revocation-lists/{name}":               "admin",
	"DELETE /v1/revocation-lists/{name}":              "admin",
	"POST /v1/revocation-lists/{name}/refresh":        "operator",
	"GET /v1/credentials/forecast":                    "viewer",
	"GET /v1/credentials":                             "viewer",
	"GET /v1/devices/{name}/credentials/{id}":         "viewer",
	"PATCH /v1/devices/{name}/credentials/{id}":       "operator",
	"POST /v1/devices/{name}/credentials/{id}/retire": "operator",
	"POST /v1/devices/{name}/credentials/{id}/rotate": "operator",
	"POST /v1/devices/{name}/credentials/{id}/revoke": "operator",
	"GET /v1/devices/{name}/attributes":               "viewer",
	"GET /v1/devices/{name}/attributes/{scope}":       "viewer",
	"PATCH /v1/devices/{name}/attributes/{scope}":     "operator",
	"GET /v1/devices/{name}/latest":                   "viewer",
	"GET /v1/devices/{name}/history":                  "viewer",
	"GET /v1/devices/{name}/buckets":                  "viewer",
	"DELETE /v1/devices/{name}/readings":              "operator",

	"GET /v1/campaigns":                "viewer",
	"POST /v1/campaigns":               "operator",
	"GET /v1/campaigns/{id}":           "viewer",
	"GET /v1/campaigns/{id}/devices":   "viewer",
	"POST /v1/campaigns/{id}/pause":    "operator",
	"POST /v1/campaigns/{id}/resume":   "operator",
	"POST /v1/campaigns/{id}/rollback": "operator",

	"GET /v1/ca":                            "viewer",
	"GET /v1/ca/bundle":                     "viewer",
	"POST /v1/ca/rotate":                    "admin",
	"POST /v1/ca/rotate-root":               "admin",
	"POST /v1/ca/retire-root":               "admin",
	"POST /v1/ca/import":                    "admin",
	"GET /v1/certificates":                  "viewer",
	"POST /v1/certificates":                 "operator",
	"GET /v1/certificates/{serial}":         "viewer",
	"POST /v1/certificates/{serial}/renew":  "operator",
	"POST /v1/certificates/{serial}/revoke": "operator",

	"GET /v1/imports":               "viewer",
	"POST /v1/imports":              "operator",
	"GET /v1/imports/{id}":          "viewer",
	"DELETE /v1/imports/{id}":       "operator",
	"GET /v1/imports/{id}/failures": "viewer",
	"GET /v1/imports/{id}/failed":   "operator",
	"POST /v1/imports/{id}/cancel":  "operator",
	"POST /v1/imports/{id}/resume":  "operator",
	"GET /v1/export":                "viewer", // secrets: admin

	"GET /v1/sessions":                   "viewer",
	"DELETE /v1/sessions/{id}":           "operator",
	"POST /v1/devices/{name}/disconnect": "operator",

	"GET /v1/traces":                  "viewer",
	"GET /v1/devices/{name}/trace":    "viewer",
	"POST /v1/devices/{name}/trace":   "operator",
	"DELETE /v1/devices/{name}/trace": "operator",

	"GET /v1/attempts":           "viewer",
	"GET /v1/attempts/{number}":  "viewer",
	"GET /v1/attempts/reasons":   "viewer",
	"GET /v1/events":             "viewer",
	"GET /v1/traffic":            "viewer",
	"POST /v1/check/jwt":         "operator",
	"POST /v1/check/certificate": "operator",
	"POST /v1/check/chain":       "operator",
	"POST /v1/backups":           "admin",

	"GET /v1/server":              "viewer",
	"GET /v1/server/health":       "viewer",
	"GET /v1/server/listeners":    "viewer",
	"GET /v1/server/certificates": "viewer",
	"GET /v1/server/limits":       "viewer",
	"GET /v1/server/settings":     "admin",
	"POST /v1/server/reload":      "admin",

	"POST /v1/setup":          "none",
	"GET /v1/login":           "none",
	"POST /v1/login":          "none",
	"POST /v1/logout":         "viewer",
	"GET /v1/me":              "viewer",
	"POST /v1/me/password":    "viewer",
	"GET /v1/me/tokens":       "viewer",
	"POST /v1/me/tokens":      "viewer",
	"GET /v1/logins":          "viewer",
	"DELETE /v1/logins/{id}":  "viewer",
	"GET /v1/users":           "admin",
	"POST /v1/users":          "admin",
	"GET /v1/users/{name}":    "admin",
	"PATCH /v1/users/{name}":  "admin",
	"DELETE /v1/users/{name}": "admin",

	"POST /v1/users/{name}/password":   "admin",
	"POST /v1/me/tokens/{name}/revoke": "viewer",
	"GET /v1/tokens":                   "admin",
	"POST /v1/tokens":                  "admin",
	"POST /v1/tokens/{name}/revoke":    "admin",
	"GET /v1/audit":                    "admin",
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

func TestEveryRoleMayDoWhatItsRowSays(t *testing.T) {
	h := newHouse(t)
	var document struct {
		Paths map[string]map[string]struct {
			Role string `json:"x-role"`
		}
	}
	if err := json.Unmarshal(h.askAs("", "GET", "/v1/openapi.json", "").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for path, methods := range document.Paths {
		for method, op := range methods {
			row := strings.ToUpper(method) + " " + path
			written[row] = true
			want, ok := roles[row]
			if !ok {
				t.Errorf("%s has no row: it says that it needs %s", row, op.Role)
				continue
			}
			if op.Role != want {
				t.Errorf("%s says that it needs %s, and its row %s", row, op.Role, want)
			}
		}
	}
	for row := range roles {
		if !written[row] {
			t.Errorf("%s has a row and is no operation", row)
		}
	}
	all := []struct {
		name  string
		role  muster.Role
		token string
	}{
		{"none", muster.RoleNone, ""},
		{"viewer", muster.RoleViewer, h.newToken("viewer", muster.RoleViewer).Reveal()},
		{"operator", muster.RoleOperator, h.newToken("operator", muster.RoleOperator).Reveal()},
		{"admin", muster.RoleAdmin, h.newToken("admin", muster.RoleAdmin).Reveal()},
	}
	for row, needs := range roles {
		want := muster.RoleNone
		if needs != "none" {
			var err error
			if want, err = muster.ParseRole(needs); err != nil {
				t.Fatal(err)
			}
		}
		method, path, _ := strings.Cut(row, " ")
		for i, who := range all {
			t.Run(row+" for "+who.name, func(t *testing.T) {
				h.t = t
				h.remote = "[2001:db8:0:" + strings.Repeat("1", i+1) + "::1]:1"
				w := h.askAs(who.token, method, parameter.ReplaceAllString(path, "nothing"), "")
				switch allowed := who.role.Allows(want); {
				case !allowed && who.role == muster.RoleNone:
					if w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests {
						t.Errorf("a stranger is answered %d", w.Code)
					}
				case !allowed:
					h.problem(w, http.StatusForbidden, muster.ReasonRoleTooLow)
				case w.Code == http.StatusUnauthorized, w.Code == http.StatusForbidden, w.Code >= http.StatusInternalServerError:
					t.Errorf("who may is answered %d %s", w.Code, w.Body)
				}
			})
		}
	}
}
