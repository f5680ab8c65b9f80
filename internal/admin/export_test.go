package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestSecretsAreExportedForAdminsOnlyAndThatIsAudited(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump","token":"canary-token-0123456789"}`, nil)
	viewer, operator := h.newToken("viewer", muster.RoleViewer).Reveal(), h.newToken("operator", muster.RoleOperator).Reveal()
	for name, c := range map[string]struct {
		token, query string
		status       int
		secrets      bool
	}{
		"a viewer sees the fleet":           {viewer, "", http.StatusOK, false},
		"an operator sees it as JSON Lines": {operator, "?format=jsonl", http.StatusOK, false},
		"a viewer sees no secrets":          {viewer, "?secrets=true", http.StatusForbidden, false},
		"an operator sees no secrets":       {operator, "?secrets=true", http.StatusForbidden, false},
		"an admin sees them":                {h.token.Reveal(), "?secrets=true", http.StatusOK, true},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			w := h.askAs(c.token, "GET", "/v1/export"+c.query, "")
			if w.Code != c.status || w.Code == http.StatusOK && !strings.Contains(w.Body.String(), "pump") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "canary") != c.secrets {
				t.Errorf("the token is shown, or is not: %s", w.Body)
			}
		})
	}
	h.t = t
	var l admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=device", "", &l)
	if len(l.Items) != 2 || l.Items[0].Action != "export" || l.Items[0].Actor != "token:test" {
		t.Errorf("the audit log has %+v", l.Items)
	}
}
