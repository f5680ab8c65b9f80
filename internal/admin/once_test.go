package admin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"muster"
	"muster/internal/admin"
)

// post sends a request with an idempotency key.
func (h *house) post(token muster.Secret, key, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.RemoteAddr = h.remote
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Idempotency-Key", key)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	return w
}

func TestARequestWithAKeyIsCarriedOutOnce(t *testing.T) {
	h := newHouse(t)
	first := h.post(h.token, "k", "/v1/devices", `{"name":"pump"}`)
	again := h.post(h.token, "k", "/v1/devices", `{"name":"pump"}`)
	if first.Code != 200 || !strings.Contains(first.Body.String(), `"token"`) {
		t.Fatalf("made: %d %s", first.Code, first.Body)
	}
	if again.Code != first.Code || again.Body.String() != first.Body.String() || again.Header().Get("Content-Type") != first.Header().Get("Content-Type") {
		t.Errorf("again: %d %s", again.Code, again.Body)
	}
	if first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Error("a replayed answer is not said to be one, or a first one is")
	}
	h.problem(h.post(h.token, "k", "/v1/devices", `{"name":"fan"}`), 409, muster.ReasonKeyReused)
	h.problem(h.post(h.token, "k", "/v1/profiles", `{"name":"pump"}`), 409, muster.ReasonKeyReused)
	h.problem(h.post(h.token, strings.Repeat("k", 256), "/v1/devices", `{"name":"fan"}`), 400, muster.ReasonRequestInvalid)
	h.problem(h.post(h.newToken("other", muster.RoleOperator), "k", "/v1/devices", `{"name":"pump"}`), 409, muster.ReasonDeviceNameTaken)
	h.problem(h.post(h.newToken("viewer", muster.RoleViewer), "k", "/v1/devices", `{"name":"pump"}`), 403, muster.ReasonRoleTooLow)
}

func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	h := newHouse(t)
	h.problem(h.post(h.token, "k", "/v1/devices", `{"name":""}`), 400, muster.ReasonDeviceNameInvalid)
	h.problem(h.post(h.token, "k", "/v1/devices", `not JSON`), 400, muster.ReasonRequestInvalid)
	if w := h.post(h.token, "k", "/v1/devices", `{"name":"pump"}`); w.Code != 200 || w.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOfManyRequestsWithOneKeyAtOnceOneIsCarriedOut(t *testing.T) {
	h := newHouse(t)
	var all sync.WaitGroup
	answers := make([]string, 8)
	for i := range answers {
		all.Go(func() { answers[i] = h.post(h.token, "k", "/v1/devices/pump/credentials", `{}`).Body.String() })
	}
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	all.Wait()
	made := map[string]bool{}
	for _, a := range answers {
		if strings.Contains(a, `"token"`) {
			made[a] = true
		}
	}
	var l admin.List[admin.Credential]
	h.must("GET", "/v1/devices/pump/credentials", "", &l)
	if len(made) > 1 || len(l.Items) != 1+len(made) {
		t.Errorf("%d answers, %d credentials: %q", len(made), len(l.Items), answers)
	}
}

func TestADownloadIsNotKeptForItsKey(t *testing.T) {
	h := newHouse(t)
	for range 2 {
		w := h.post(h.token, "k", "/v1/backups", `{}`)
		if w.Code != 200 || w.Header().Get("Idempotency-Replayed") != "" || w.Body.Len() == 0 {
			t.Errorf("%d %q, %d bytes", w.Code, w.Header().Get("Idempotency-Replayed"), w.Body.Len())
		}
	}
}
