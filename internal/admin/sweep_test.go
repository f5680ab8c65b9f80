package admin_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
	"muster/internal/provision"
)

// letIn lets devices in with a key of the default profile, as they would themselves.
func (h *house) letIn(key, secret string, names ...string) {
	h.t.Helper()
	p := provision.New(h.registry, h.keys, provision.Options{})
	for _, name := range names {
		if _, err := p.Provision(h.t.Context(), &muster.ProvisionRequest{Key: key, Secret: muster.Secret(secret), Name: name}, netip.Addr{}); err != nil {
			h.t.Fatal(err)
		}
	}
}

// finished waits for a sweep.
func (h *house) finished(id string) admin.Sweep {
	h.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var w admin.Sweep
		if h.must("GET", "/v1/sweeps/"+id, "", &w); !w.FinishedAt.IsZero() {
			return w
		}
		if time.Now().After(end) {
			h.t.Fatalf("the sweep goes on: %+v", w)
		}
	}
}

func TestAKeyIsRevokedTogetherWithWhatItLetIn(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/provision-keys", `{"key":"batch","secret":"secret-of-batch"}`, nil)
	h.letIn("batch", "secret-of-batch", "a", "b", "c")
	var page admin.LetIn
	h.must("GET", "/v1/provision-keys/batch/devices?limit=2", "", &page)
	if len(page.Items) != 2 || page.Count != 3 || page.Items[0].Name != "a" || page.Next == "" {
		t.Errorf("%+v", page)
	}
	next := page.Next
	page = admin.LetIn{}
	h.must("GET", "/v1/provision-keys/batch/devices?limit=2&after="+next, "", &page)
	if len(page.Items) != 1 || page.Next != "" || page.Count != 0 {
		t.Errorf("%+v", page)
	}
	var revoked admin.RevokedKey
	h.must("POST", "/v1/provision-keys/batch/revoke", `{"devices":"suspend"}`, &revoked)
	if revoked.State != "revoked" || revoked.Sweep == nil || revoked.Sweep.Expected != 3 {
		t.Fatalf("%+v", revoked)
	}
	if w := h.finished(revoked.Sweep.ID); w.Devices != 3 || w.Action != "suspend" {
		t.Errorf("%+v", w)
	}
	var d admin.DeviceView
	if h.must("GET", device("b"), "", &d); d.State != "suspended" {
		t.Errorf("%+v", d)
	}
	var entries admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?limit=10", "", &entries)
	if e := entries.Items[0]; e.Action != "sweep" || e.Name != "batch" || len(entries.Items) != 2 {
		t.Errorf("the audit log: %+v", entries.Items)
	}
	var all admin.List[admin.Sweep]
	if h.must("GET", "/v1/sweeps", "", &all); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestWhatAKeyLetInBetweenTwoTimesIsReleased(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/provision-keys", `{"key":"batch","secret":"secret-of-batch"}`, nil)
	h.letIn("batch", "secret-of-batch", "a")
	time.Sleep(2 * time.Millisecond)
	between := time.Now()
	h.letIn("batch", "secret-of-batch", "b")
	var w admin.Sweep
	h.must("POST", "/v1/provision-keys/batch/sweeps", fmt.Sprintf(`{"action":"release","from":%q}`, between.Format(time.RFC3339Nano)), &w)
	if w = h.finished(w.ID); w.Devices != 1 {
		t.Errorf("%+v", w)
	}
	var a, b admin.DeviceView
	h.must("GET", device("a"), "", &a)
	h.must("GET", device("b"), "", &b)
	if a.State != "active" || b.State != "listed" || b.Credentials[0].State != "revoked" {
		t.Errorf("%+v, %+v", a, b)
	}
	h.letIn("batch", "secret-of-batch", "b")
	h.refused("POST", "/v1/provision-keys/nope/sweeps", `{"action":"release"}`, http.StatusNotFound, muster.ReasonNotFound)
	h.refused("POST", "/v1/provision-keys/batch/sweeps", `{"action":"keep"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/sweeps/"+muster.NewID[muster.Sweep]().String(), "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", "/v1/sweeps/nope", "", http.StatusBadRequest, muster.ReasonRequestInvalid)
}

func TestAProvisionKeyIsChangedSuspendedAndRotated(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/provision-keys", `{"key":"batch","secret":"secret-of-batch","rate":5}`, nil)
	var k admin.ProvisionKey
	h.must("PATCH", "/v1/provision-keys/batch", `{"maxDevices":9,"expiresAt":"2040-01-01T00:00:00Z","networks":["10.0.0.0/8"]}`, &k)
	if k.Rate != 5 || k.MaxDevices != 9 || k.ExpiresAt.Year() != 2040 || len(k.Networks) != 1 {
		t.Errorf("%+v", k)
	}
	k = admin.ProvisionKey{}
	if h.must("PATCH", "/v1/provision-keys/batch", `{"expiresAt":"","networks":[]}`, &k); !k.ExpiresAt.IsZero() || len(k.Networks) > 0 {
		t.Errorf("%+v", k)
	}
	h.refused("PATCH", "/v1/provision-keys/batch", `{"expiresAt":"soon"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("PATCH", "/v1/provision-keys/batch", `{"namePattern":"("}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	if h.must("POST", "/v1/provision-keys/batch/suspend", "", &k); k.State != "suspended" || k.SuspendedAt.IsZero() {
		t.Errorf("%+v", k)
	}
	if h.must("POST", "/v1/provision-keys/batch/resume", "", &k); k.State != "live" {
		t.Errorf("%+v", k)
	}
	var issued admin.IssuedKey
	h.must("POST", "/v1/provision-keys/batch/rotate", `{"overlap":"1h"}`, &issued)
	if issued.Secret == "" || time.Until(issued.FormerUntil) < 59*time.Minute {
		t.Errorf("%+v", issued)
	}
	h.letIn("batch", issued.Secret, "a")
	h.letIn("batch", "secret-of-batch", "b")
	h.refused("POST", "/v1/provision-keys/batch/rotate", `{"overlap":"long"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	if w := h.ask("GET", "/v1/provision-keys/batch", ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), issued.Secret) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
