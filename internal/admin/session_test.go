package admin_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

// A line is the link of a session that remembers why it was ended.
type line struct {
	about muster.Session
	why   error
}

func (l *line) Hangup(why error)      { l.why = why }
func (l *line) About() muster.Session { return l.about }

func TestSessionsAreListedAndEnded(t *testing.T) {
	h := newHouse(t)
	p, err := h.fleet.Profile(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]*line{}
	for i, name := range []string{"pump-1", "pump-2", "fan"} {
		h.must("POST", "/v1/devices", fmt.Sprintf(`{"name":%q}`, name), nil)
		d, err := h.fleet.Device(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		lines[name] = &line{about: muster.Session{
			Name: name, Profile: p.ID, Transport: muster.MQTT, ClientID: "c", Remote: netip.AddrFrom4([4]byte{10, 0, byte(i), 1}),
		}}
		if _, err := h.sessions.Open(d.ID, 2, lines[name]); err != nil {
			t.Fatal(err)
		}
		if name == "fan" {
			if _, err := h.sessions.Open(d.ID, 2, &line{about: lines[name].about}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for query, want := range map[string]int{
		"": 4, "search=PUMP": 2, "profile=default": 4, "profile=other": 0, "transport=mqtt": 4, "transport=coap": 0,
		"remote=10.0.2.1": 2, "remote=10.0.0.0/23": 2, "remote=" + url.QueryEscape("::1"): 0,
	} {
		var l admin.List[admin.Session]
		h.must("GET", "/v1/sessions?"+query, "", &l)
		if len(l.Items) != want || l.Next != "" {
			t.Errorf("%q finds %+v", query, l)
		}
	}
	var all []admin.Session
	for after := ""; ; {
		var l admin.List[admin.Session]
		h.must("GET", "/v1/sessions?limit=1&after="+after, "", &l)
		all = append(all, l.Items...)
		if after = l.Next; after == "" {
			break
		}
	}
	ids := map[string]string{}
	for _, s := range all {
		ids[s.ID] = s.Device
		if s.Profile != "default" || s.Since.IsZero() || s.ClientID != "c" || !strings.HasPrefix(s.Remote, "10.0.") {
			t.Errorf("a session is %+v", s)
		}
	}
	if len(all) != 4 || len(ids) != 4 {
		t.Fatalf("the pages have %+v", all)
	}
	for id, name := range ids {
		if name == "pump-1" {
			h.must("DELETE", "/v1/sessions/"+id, "", nil)
			h.refused("DELETE", "/v1/sessions/"+id, "", 404, muster.ReasonNotFound)
		}
	}
	h.must("POST", device("fan", "disconnect"), "", nil)
	for name, want := range map[string]muster.Reason{"pump-1": muster.ReasonDisconnected, "pump-2": "", "fan": muster.ReasonDisconnected} {
		if got := muster.ReasonOf(lines[name].why); got != want {
			t.Errorf("%s was ended with %q, want %q", name, got, want)
		}
	}
	if n := h.sessions.Count(); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	h.refused("DELETE", "/v1/sessions/x", "", 404, muster.ReasonNotFound)
	h.refused("POST", device("none", "disconnect"), "", 404, muster.ReasonNotFound)
	for _, query := range []string{"after=x", "remote=home", "transport=fax", "limit=0"} {
		h.refused("GET", "/v1/sessions?"+query, "", 400, muster.ReasonRequestInvalid)
	}
}
