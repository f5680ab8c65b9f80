package admin_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

// rehearsed returns what the groups of a rehearsal come to, a line each.
func rehearsed(r admin.Rehearsal) string {
	var lines []string
	for _, g := range r.Groups {
		after := g.After
		if g.Result == "unjudged" {
			after = "?"
		}
		lines = append(lines, strings.Join([]string{g.Action, g.Before, after, g.Result}, "|"))
	}
	return strings.Join(lines, "\n")
}

func (h *house) rehearse(profile, body string) (r admin.Rehearsal) {
	h.t.Helper()
	h.must("POST", "/v1/profiles/"+profile+"/rehearse", body, &r)
	return r
}

func TestARehearsalChangesNothingAndSaysWhatWouldHaveBeen(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"yard","strategy":"create","provisionKey":"yard-key"}`, nil)
	h.must("PATCH", "/v1/provision-keys/yard-key", `{"networks":["10.0.0.0/8"]}`, nil)
	inside, outside := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.1")
	issued := time.Now().Add(-time.Hour).Truncate(time.Second)
	profile, err := h.fleet.Profile(t.Context(), "yard")
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range []muster.Attempt{
		{Name: "pump", Remote: inside, Key: "yard-key", Way: muster.WayCreated},
		{Name: "valve", Remote: outside, Key: "yard-key", Reason: muster.ReasonProvisionKeyNetwork},
		{Name: "gate", Remote: inside, Key: "yard-key", Reason: muster.ReasonProvisionSecretWrong},
		{Name: "pump", Remote: inside, Action: muster.ActionConnect, Profile: profile.ID, Claims: &muster.Claims{
			IssuedAt: issued, ExpiresAt: issued.Add(12 * time.Hour), Audience: "https://akenza.io/devices/pump",
		}},
	} {
		if a.Action == 0 {
			a.Action = muster.ActionProvision
		}
		a.At, a.Transport = time.Now().Add(time.Duration(i-10)*time.Minute), muster.HTTP
		h.noted(a)
	}

	same := h.rehearse("yard", `{}`)
	if same.Attempts != 4 || same.Same != 4 || same.Different != 0 {
		t.Errorf("without a change: %+v", same)
	}
	wider := h.rehearse("yard", `{"provisionKey":{"key":"yard-key","networks":[]}}`)
	if got := rehearsed(wider); !strings.HasPrefix(got, "provision|provision-key-network||different\n") || wider.Different != 1 {
		t.Errorf("from anywhere: %s", got)
	}
	if s := wider.Groups[0].Samples; len(s) != 1 || s[0].Name != "valve" || s[0].Remote != "192.0.2.1" || s[0].Key != "yard-key" {
		t.Errorf("the sample is %+v", s)
	}
	all := h.rehearse("yard", `{"profile":{"strategy":"preprovisioned","jwt":{"maxLifetime":"1h"}},"provisionKey":{"key":"yard-key","namePattern":"valve"},"samples":1}`)
	want := "connect||jwt-lifetime-too-long|different\nprovision||device-name-pattern|different\n" +
		"provision|provision-key-network|provision-key-network|same\nprovision|provision-secret-wrong|provision-secret-wrong|same"
	if got := rehearsed(all); got != want || len(all.Groups[0].Samples) != 1 || all.Groups[0].Already != 0 || all.Groups[2].Already != 1 {
		t.Errorf("got\n%s\nwant\n%s\n%+v", got, want, all)
	}
	if notes := strings.Join(all.Notes, "\n"); !strings.Contains(notes, "The journal has nothing from before") {
		t.Errorf("the notes are %s", notes)
	}
	for _, body := range []string{`{"profile":{"holdNew":true}}`, `{"profile":{"reprovision":"hold"}}`} {
		if notes := strings.Join(h.rehearse("yard", body).Notes, "\n"); !strings.Contains(notes, "The waiting room was not rehearsed") {
			t.Errorf("%s: the notes are %s", body, notes)
		}
	}
	if p, err := h.fleet.Profile(t.Context(), "yard"); err != nil || p.Strategy != muster.StrategyAllowCreate {
		t.Errorf("the profile is %+v, %v", p, err)
	}

	h.refused("POST", "/v1/profiles/yard/rehearse", `{"provisionKey":{"key":"other"}}`, http.StatusNotFound, muster.ReasonNotFound)
	h.refused("POST", "/v1/profiles/none/rehearse", `{}`, http.StatusNotFound, muster.ReasonNotFound)
	for _, body := range []string{
		`{"days":367}`, `{"days":0}`, `{"samples":0}`, `{"profile":{"strategy":"x509-chain"}}`,
		`{"provisionKey":{"key":"yard-key","namePattern":"("}}`, `{"provisionKey":{"key":"yard-key","notBefore":"soon"}}`,
	} {
		h.refused("POST", "/v1/profiles/yard/rehearse", body, http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
}
