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
)

func TestReadingsKeepTheirTypes(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.report("pump", 1700000000000, muster.Values{}.
		Add("double", muster.DoubleValue(42)).
		Add("long", muster.LongValue(42)).
		Add("bool", muster.BoolValue(true)).
		Add("text", muster.StringValue("<a> & \"b\"")).
		Add("json", muster.JSONValue(`{"b":1,"a":[1.0]}`)))
	got := strings.TrimSpace(h.ask("GET", device("pump", "latest"), "").Body.String())
	want := `{"bool":{"ts":1700000000000,"value":true},"double":{"ts":1700000000000,"value":42.0},` +
		`"json":{"ts":1700000000000,"value":{"b":1,"a":[1.0]}},"long":{"ts":1700000000000,"value":42},` +
		`"text":{"ts":1700000000000,"value":"<a> & \"b\""}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHistoryIsARange(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	for ts := range int64(5) {
		h.report("pump", ts*1000, muster.Values{}.Add("a/b", muster.LongValue(ts)))
	}
	for _, tc := range []struct{ name, query, want string }{
		{"everything, the oldest first", "", "0 1 2 3 4"},
		{"from is inclusive and to exclusive", "&from=1000&to=3000", "1 2"},
		{"times may be RFC 3339", "&from=1970-01-01T00:00:02Z&to=1970-01-01T01:00:04%2B01:00", "2 3"},
		{"limit keeps the first of the range", "&from=1000&limit=2", "1 2"},
		{"nothing is an empty list", "&from=9000", ""},
		{"an instant before the epoch", "&from=-5&to=1", "0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l admin.List[admin.Reading]
			h.must("GET", device("pump", "history")+"?key=a/b"+tc.query, "", &l)
			var got []string
			for _, r := range l.Items {
				got = append(got, string(r.Value))
			}
			if g := strings.Join(got, " "); g != tc.want {
				t.Errorf("got %q, want %q", g, tc.want)
			}
		})
	}
	for _, query := range []string{"", "?key=", "?key=t&from=yesterday", "?key=t&limit=100001", "?key=t&limit=0"} {
		h.refused("GET", device("pump", "history")+query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
	h.refused("GET", device("fan", "history")+"?key=t", "", http.StatusNotFound, muster.ReasonNotFound)
	h.refused("GET", device("fan", "latest"), "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestBucketsSayWhatReadingsComeTo(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	const hour = 3_600_000
	for i, v := range []muster.Value{muster.LongValue(20), muster.DoubleValue(22.5), muster.StringValue("hot"), muster.LongValue(30)} {
		h.report("pump", int64(i)*hour/2, muster.Values{}.Add("t", v))
	}
	h.report("pump", 3*hour, muster.Values{}.Add("t", muster.StringValue("cold")))
	for _, tc := range []struct{ name, query, want string }{
		{
			"by the hour", "width=1h",
			`{"items":[{"ts":0,"count":2,"min":20,"max":22.5,"avg":21.25,"sum":42.5},` +
				`{"ts":3600000,"count":2,"min":30,"max":30,"avg":30,"sum":30},{"ts":10800000,"count":1}]}`,
		},
		{"by the day", "width=1d", `{"items":[{"ts":0,"count":5,"min":20,"max":30,"avg":24.166666666666668,"sum":72.5}]}`},
		{"the first alone", "width=60m&limit=1", `{"items":[{"ts":0,"count":2,"min":20,"max":22.5,"avg":21.25,"sum":42.5}]}`},
		{"a range", "width=1h&from=1800000&to=3600000", `{"items":[{"ts":0,"count":1,"min":22.5,"max":22.5,"avg":22.5,"sum":22.5}]}`},
		{"nothing", "width=1h&from=99h", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				h.refused("GET", device("pump", "buckets")+"?key=t&"+tc.query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
				return
			}
			if got := strings.TrimSpace(h.ask("GET", device("pump", "buckets")+"?key=t&"+tc.query, "").Body.String()); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
	for _, query := range []string{"?key=t", "?key=t&width=soon", "?key=t&width=0s", "?key=t&width=-1h", "?key=t&width=367d", "?key=t&width=1h&limit=10001", "?width=1h"} {
		h.refused("GET", device("pump", "buckets")+query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
	h.refused("GET", device("fan", "buckets")+"?key=t&width=1h", "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestReadingsOfOneKeyAreRemoved(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	for ts := range int64(5) {
		h.report("pump", ts*1000, muster.Values{}.Add("a", muster.LongValue(ts)).Add("b", muster.LongValue(ts)))
	}
	h.must("DELETE", device("pump", "readings")+"?key=a&from=1000&to=1970-01-01T00:00:03Z", "", nil)
	history := func(key string) (kept []string) {
		var l admin.List[admin.Reading]
		h.must("GET", device("pump", "history")+"?key="+key, "", &l)
		for _, r := range l.Items {
			kept = append(kept, string(r.Value))
		}
		return kept
	}
	if a, b := fmt.Sprint(history("a")), fmt.Sprint(history("b")); a != "[0 3 4]" || b != "[0 1 2 3 4]" {
		t.Errorf("a has %s and b %s", a, b)
	}
	var entries admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=readings", "", &entries)
	if e := entries.Items; len(e) != 1 || e[0].Action != "remove" || e[0].Name != "pump" ||
		string(e[0].Before) != `{"from":"1970-01-01T00:00:01Z","key":"a","to":"1970-01-01T00:00:03Z"}` {
		t.Errorf("the audit log has %+v", e)
	}
	h.must("DELETE", device("pump", "readings")+"?key=a&to=9000000000000000000", "", nil)
	if got := strings.TrimSpace(h.ask("GET", device("pump", "latest"), "").Body.String()); got != `{"b":{"ts":4000,"value":4}}` {
		t.Errorf("latest is %s", got)
	}
	for _, query := range []string{"", "?key=", "?key=a&from=later", "?key=a&from=5&to=4"} {
		h.refused("DELETE", device("pump", "readings")+query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
	h.refused("DELETE", device("fan", "readings")+"?key=a", "", http.StatusNotFound, muster.ReasonNotFound)
}

func TestAttemptsAreFoundByDeviceAndByName(t *testing.T) {
	h := newHouse(t)
	var made admin.MadeDevice
	h.must("POST", "/v1/devices", `{"name":"pump"}`, &made)
	id, err := muster.ParseID[muster.Device](made.ID)
	if err != nil {
		t.Fatal(err)
	}
	from := netip.MustParseAddr("192.0.2.7")
	at := time.Now().Add(-time.Hour)
	h.noted(muster.Attempt{At: at, Action: muster.ActionConnect, Transport: muster.MQTT, Remote: from, Device: id, Name: "pump"})
	h.noted(muster.Attempt{
		At: at.Add(time.Minute), Action: muster.ActionConnect, Transport: muster.MQTT, Remote: from, Name: "pump",
		Shown: "token 1a2b3c4d", Reason: muster.ReasonTokenUnknown, Detail: "no such token",
	})
	h.noted(muster.Attempt{At: at, Action: muster.ActionProvision, Transport: muster.CoAP, Name: "stranger", Reason: muster.ReasonProvisionKeyUnknown})
	var l admin.List[admin.Attempt]
	h.must("GET", "/v1/attempts?device=pump", "", &l)
	if len(l.Items) != 2 {
		t.Fatalf("pump has %+v", l.Items)
	}
	refused, letIn := l.Items[0], l.Items[1]
	if refused.Reason != "token-unknown" || refused.Title == "" || refused.Advice == "" || refused.Remote != "192.0.2.7" || refused.Shown != "token 1a2b3c4d" {
		t.Errorf("refused is %+v", refused)
	}
	if letIn.Reason != "" || letIn.Title != "" || letIn.Device != made.ID || letIn.Count != 1 {
		t.Errorf("let in is %+v", letIn)
	}
	h.must("GET", "/v1/attempts?device=stranger", "", &l)
	if len(l.Items) != 1 || l.Items[0].Action != "provision" || l.Items[0].Transport != "coap" {
		t.Errorf("stranger has %+v", l.Items)
	}
	h.must("GET", "/v1/attempts?limit=2", "", &l)
	if len(l.Items) != 2 {
		t.Errorf("the last two are %+v", l.Items)
	}
	h.refused("GET", fmt.Sprintf("/v1/attempts?limit=%d", 1001), "", http.StatusBadRequest, muster.ReasonRequestInvalid)
}
