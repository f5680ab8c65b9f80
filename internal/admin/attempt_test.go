package admin_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

func TestAttemptsAreFoundByWhatIsKnownOfThem(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"yard","strategy":"create","provisionKey":"yard-key"}`, nil)
	for i, a := range []muster.Attempt{
		{Action: muster.ActionConnect, Transport: muster.MQTT, Remote: netip.MustParseAddr("10.1.2.3"), Name: "a", Reason: muster.ReasonTokenUnknown},
		{Action: muster.ActionProvision, Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.1"), Name: "b", Key: "yard-key"},
		{Action: muster.ActionProvision, Transport: muster.CoAP, Remote: netip.MustParseAddr("2001:db8::1"), Name: "c", Key: "key", Reason: muster.ReasonDeviceNameTaken},
	} {
		a.At = time.Now().Add(time.Duration(i-3) * time.Minute)
		h.noted(a)
	}
	for query, want := range map[string]string{
		"":                                   "cba",
		"?reason=token-unknown":              "a",
		"?action=provision":                  "cb",
		"?transport=coap":                    "c",
		"?outcome=admitted":                  "b",
		"?outcome=refused":                   "ca",
		"?stranger=true":                     "ca",
		"?stranger=false":                    "b",
		"?remote=10.0.0.0/8":                 "a",
		"?remote=192.0.2.1":                  "b",
		"?remote=2001:db8::/32":              "c",
		"?device=a":                          "a",
		"?profile=yard":                      "b",
		"?limit=1":                           "c",
		"?limit=2&after=2":                   "a",
		"?since=2":                           "c",
		"?to=2001-01-01T00:00:00Z":           "",
		"?outcome=refused&remote=10.0.0.0/8": "a",
	} {
		var l admin.List[admin.Attempt]
		h.must("GET", "/v1/attempts"+query, "", &l)
		got := ""
		for _, a := range l.Items {
			got += a.Name
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var page admin.List[admin.Attempt]
	h.must("GET", "/v1/attempts?limit=2", "", &page)
	if page.Next != "2" || page.Items[0].Key != "key" || page.Items[1].Profile != "yard" || page.Items[0].Advice == "" {
		t.Errorf("%+v", page)
	}
	for _, query := range []string{"?reason=no-such", "?remote=here", "?action=", "?outcome=maybe", "?profile=" + strings.Repeat("x", 256), "?after=-1", "?limit=0"} {
		if w := h.ask("GET", "/v1/attempts"+query, ""); w.Code != http.StatusBadRequest && query != "?action=" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestAnAttemptIsAStory(t *testing.T) {
	h := newHouse(t)
	h.noted(muster.Attempt{Action: muster.ActionProvision, Transport: muster.HTTP, Name: "a", Key: "key", Reason: muster.ReasonProvisionKeyNetwork})
	var l admin.List[admin.Attempt]
	h.must("GET", "/v1/attempts", "", &l)
	var story admin.AttemptStory
	h.must("GET", "/v1/attempts/"+strconv.FormatInt(l.Items[0].Number, 10), "", &story)
	failed := ""
	for i, c := range story.Checks {
		if c.Result == "failed" {
			failed = c.Name
			if i == 0 || story.Checks[i-1].Result != "passed" || story.Checks[i+1].Result != "not reached" {
				t.Errorf("%+v", story.Checks)
			}
		}
	}
	if failed != "network" || story.Name != "a" {
		t.Errorf("it failed at %q: %+v", failed, story)
	}
	h.refused("GET", "/v1/attempts/99", "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", "/v1/attempts/pump", "", http.StatusBadRequest, muster.ReasonRequestInvalid)
}

func TestACertificateThatNobodyHasIsShownToBeRegistered(t *testing.T) {
	h := newHouse(t)
	h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: "a", Certificate: []byte("DER"), Reason: muster.ReasonCertificateUnknown})
	h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: "b", Reason: muster.ReasonTokenUnknown})
	var l admin.List[admin.Attempt]
	h.must("GET", "/v1/attempts", "", &l)
	for i, want := range []string{"", "-----BEGIN CERTIFICATE-----\nREVS\n-----END CERTIFICATE-----\n"} {
		var story admin.AttemptStory
		if h.must("GET", "/v1/attempts/"+strconv.FormatInt(l.Items[i].Number, 10), "", &story); story.Certificate != want {
			t.Errorf("%s: %q", story.Name, story.Certificate)
		}
	}
}

func TestReasonsAreCounted(t *testing.T) {
	h := newHouse(t)
	for i := range 3 {
		h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: strconv.Itoa(i), Reason: muster.ReasonTokenUnknown})
	}
	h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: "old", At: time.Now().Add(-25 * time.Hour), Reason: muster.ReasonJWTExpired})
	h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: "in"})
	var l admin.List[admin.ReasonCount]
	h.must("GET", "/v1/attempts/reasons", "", &l)
	if len(l.Items) != 2 || l.Items[0].Reason != "token-unknown" || l.Items[0].Count != 3 || l.Items[0].Title == "" || l.Items[1].Reason != "" {
		t.Errorf("%+v", l.Items)
	}
	h.must("GET", "/v1/attempts/reasons?from=2001-01-01T00:00:00Z", "", &l)
	if len(l.Items) != 3 {
		t.Errorf("%+v", l.Items)
	}
}
