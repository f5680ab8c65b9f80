package admin_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestEveryOperationWantsAToken(t *testing.T) {
	h := newHouse(t)
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Role        string `json:"x-role"`
			Responses   map[string]json.RawMessage
		}
	}
	w := h.askAs("", "GET", "/v1/openapi.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Code != http.StatusOK {
		t.Fatalf("the OpenAPI document: %d %v", w.Code, err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") || strings.Contains(w.Body.String(), "ErrorModel") {
		t.Errorf("the document is of OpenAPI %s", document.OpenAPI)
	}
	operations := 0
	for path, methods := range document.Paths {
		for method, op := range methods {
			operations++
			if op.Role == "none" {
				continue
			}
			if op.Responses["default"] == nil {
				t.Errorf("%s %s does not say how it is refused", method, path)
			}
			for _, token := range []string{"", "mst_wrong", "nonsense"} {
				h.remote = "[2001:db8::" + strings.Repeat("1", operations%4+1) + "]:1" // many fail here
				target := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "x")
				if w := h.askAs(token, strings.ToUpper(method), target, ""); w.Code != http.StatusUnauthorized && w.Code != http.StatusTooManyRequests {
					t.Errorf("%s %s with token %q: %d", method, path, token, w.Code)
				}
			}
		}
	}
	if operations < 20 {
		t.Errorf("only %d operations", operations)
	}
}

func TestATokenIsRefusedWithAReason(t *testing.T) {
	h := newHouse(t)
	w := h.askAs("mst_wrong", "GET", "/v1/devices", "")
	h.problem(w, http.StatusUnauthorized, muster.ReasonAPITokenWrong)
	if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
		t.Error("it is not said how to authenticate")
	}
	setup, err := h.people.CreateSetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.problem(h.askAs(setup.Reveal(), "GET", "/v1/devices", ""), http.StatusUnauthorized, muster.ReasonAPITokenWrong)
}

func TestAnAddressThatFailsTooOftenIsToldSo(t *testing.T) {
	h := newHouse(t)
	for i := range 60 {
		if w := h.askAs("mst_wrong", "GET", "/v1/devices", ""); w.Code != http.StatusUnauthorized {
			t.Fatalf("failure %d: %d", i+1, w.Code)
		}
	}
	w := h.askAs("mst_wrong", "GET", "/v1/devices", "")
	h.problem(w, http.StatusTooManyRequests, muster.ReasonRateLimited)
	if w.Header().Get("Retry-After") == "" {
		t.Error("it is not said when to come back")
	}
	h.must("GET", "/v1/devices", "", nil) // an owner behind the same address is not locked out
	h.remote = "192.0.2.2:1"
	h.problem(h.askAs("mst_wrong", "GET", "/v1/devices", ""), http.StatusUnauthorized, muster.ReasonAPITokenWrong)
}

func TestAPageRunsNothingAndLeaksNothing(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/", "/setup?token=" + url.QueryEscape(`"><script>alert(1)</script>`), "/v1/openapi.json", "/v1/devices", "/nothing"} {
		w := h.askAs("", "GET", path, "")
		if strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s: what came in goes out as markup", path)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Access-Control-Allow-Origin": "",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q", path, header, got)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
}

func TestAPanicIsToldToTheOperatorAndEndsOneRequest(t *testing.T) {
	h := newHouse(t)
	h.handler = admin.New(admin.Options{Fleet: h.fleet, People: h.people, Logger: slog.New(slog.NewTextHandler(h.log, nil))}) // nobody knows the sessions
	h.refused("GET", "/v1/server", "", http.StatusInternalServerError, muster.ReasonInternal)
	if !strings.Contains(h.log.String(), `level=ERROR msg="request panicked"`) || !strings.Contains(h.log.String(), "showServer") {
		t.Errorf("the log has %s", h.log)
	}
}
