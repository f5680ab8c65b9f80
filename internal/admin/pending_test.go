package admin_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
	"muster/internal/provision"
)

// asks lets devices ask to be let in, as they would themselves, and returns why each was refused.
func (h *house) asks(from string, names ...string) (reasons []muster.Reason) {
	h.t.Helper()
	p := provision.New(h.registry, h.keys, provision.Options{})
	for _, name := range names {
		_, err := p.Provision(h.t.Context(), &muster.ProvisionRequest{
			Key: "batch", Secret: "secret-of-batch", Name: name, Evidence: muster.Evidence{Token: muster.Secret("token-of-" + name + from)},
		}, netip.MustParseAddr(from))
		reasons = append(reasons, muster.ReasonOf(err))
	}
	return reasons
}

func newWaitingRoom(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"held","strategy":"create","reprovision":"hold","holdNew":true,
		"provisionKey":"batch","provisionSecret":"secret-of-batch"}`, nil)
	return h
}

func TestAPendingRequestIsApprovedOrRejected(t *testing.T) {
	h := newWaitingRoom(t)
	if got := h.asks("192.0.2.9", "a", "b"); got[0] != muster.ReasonProvisionPending || got[1] != muster.ReasonProvisionPending {
		t.Fatalf("refused with %v", got)
	}
	w := h.ask("GET", "/v1/pending?limit=1", "")
	if strings.Contains(w.Body.String(), "token-of-") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	var page admin.List[admin.Pending]
	h.must("GET", "/v1/pending?limit=1", "", &page)
	a := page.Items[0]
	if a.Name != "a" || a.Profile != "held" || a.State != "waiting" || a.Remote != "192.0.2.9" || a.ExpiresAt.IsZero() || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	next := page.Next
	page = admin.List[admin.Pending]{}
	h.must("GET", "/v1/pending?limit=1&after="+next, "", &page)
	b := page.Items[0]
	var approved, rejected, shown admin.Pending
	h.must("POST", "/v1/pending/"+a.ID+"/approve", "", &approved)
	h.must("POST", "/v1/pending/"+b.ID+"/reject", "", &rejected)
	if approved.State != "approved" || approved.DecidedBy != "token:test" || approved.DecidedAt.IsZero() || rejected.State != "rejected" {
		t.Errorf("%+v, %+v", approved, rejected)
	}
	if h.must("GET", "/v1/pending/"+b.ID, "", &shown); shown.State != "rejected" || shown.DecidedBy != "token:test" {
		t.Errorf("%+v", shown)
	}
	page = admin.List[admin.Pending]{}
	if h.must("GET", "/v1/pending?profile=held&name=b&state=rejected", "", &page); len(page.Items) != 1 || page.Items[0].ID != b.ID {
		t.Errorf("%+v", page)
	}
	if got := h.asks("192.0.2.9", "a", "b"); got[0] != "" || got[1] != muster.ReasonProvisionRejected {
		t.Errorf("refused with %v", got)
	}
	h.refused("POST", "/v1/pending/"+a.ID+"/approve", "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", "/v1/pending/"+a.ID, "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", "/v1/pending/nope", "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/pending?profile=nope", "", http.StatusNotFound, muster.ReasonNotFound)
	var entries admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=pending", "", &entries)
	if len(entries.Items) != 2 || entries.Items[0].Action != "reject" || entries.Items[0].Name != "b" || entries.Items[1].Actor != "token:test" {
		t.Errorf("the audit log: %+v", entries.Items)
	}
}

func TestManyPendingRequestsAreDecidedAboutAtOnce(t *testing.T) {
	h := newWaitingRoom(t)
	h.asks("192.0.2.9", "a", "b", "c", "contested")
	h.asks("198.51.100.1", "contested")
	var page admin.List[admin.Pending]
	h.must("GET", "/v1/pending?name=a", "", &page)
	id := page.Items[0].ID
	var done admin.Decided
	h.must("POST", "/v1/pending/reject", `{"ids":["`+id+`","`+id+`","`+muster.NewID[muster.Pending]().String()+`"]}`, &done)
	if done != (admin.Decided{Decided: 1, Left: 1}) {
		t.Errorf("%+v", done)
	}
	h.must("POST", "/v1/pending/approve", `{"profile":"held"}`, &done)
	if done != (admin.Decided{Decided: 2, Left: 2}) {
		t.Errorf("%+v", done)
	}
	got := h.asks("192.0.2.9", "a", "b", "c", "contested")
	if got[0] != muster.ReasonProvisionRejected || got[1] != "" || got[2] != "" || got[3] != muster.ReasonProvisionPending {
		t.Errorf("refused with %v", got)
	}
	var entries admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=pending", "", &entries)
	if len(entries.Items) != 2 || entries.Items[0].Name != "b, c" {
		t.Errorf("the audit log: %+v", entries.Items)
	}
	h.refused("POST", "/v1/pending/approve", `{}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("POST", "/v1/pending/approve", `{"ids":["nope"]}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("POST", "/v1/pending/approve", `{"profile":"nope"}`, http.StatusNotFound, muster.ReasonNotFound)
}
