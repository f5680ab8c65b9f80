package admin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

func TestDevicesAreFoundByWhatIsKnownOfThem(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/profiles", `{"name":"other","strategy":"preprovisioned"}`, nil)
	for _, body := range []string{
		`{"name":"a-1","label":"Roof","tags":{"site":"north","empty":""}}`,
		`{"name":"a-2","tags":{"site":"south=x"},"mqttClientId":"c","mqttUsername":"u","mqttPassword":"p"}`,
		`{"name":"b","profile":"other"}`,
	} {
		h.must("POST", "/v1/devices", body, nil)
	}
	soon := time.Now().Add(time.Hour).UTC()
	h.must("POST", device("b", "credentials"), `{"expiresAt":"`+soon.Format(time.RFC3339)+`"}`, nil)
	h.must("POST", device("a-2", "suspend"), "", nil)
	d, err := h.fleet.Device(t.Context(), "a-1")
	if err != nil {
		t.Fatal(err)
	}
	leave, err := h.sessions.Open(d.ID, 1, hangup(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	for query, want := range map[string]string{
		"":                      "a-1 a-2 b",
		"sort=-name":            "b a-2 a-1",
		"sort=created":          "a-1 a-2 b",
		"sort=-created":         "b a-2 a-1",
		"sort=provisioned":      "",
		"prefix=a-":             "a-1 a-2",
		"prefix=A-":             "",
		"search=A-":             "a-1 a-2",
		"label=roof":            "a-1",
		"tag=site":              "a-1 a-2",
		"tag=site%3Dnorth":      "a-1",
		"tag=site%3Dsouth%3Dx":  "a-2",
		"tag=empty%3D":          "a-1",
		"tag=site%3D":           "",
		"profile=other":         "b",
		"state=suspended":       "a-2",
		"connected=true":        "a-1",
		"connected=false":       "a-2 b",
		"credential=MQTT_BASIC": "a-2",
		"credential=ACCESS_TOKEN&expiresBefore=" + url.QueryEscape(soon.Add(time.Minute).Format(time.RFC3339)): "b",
		"expiresBefore=" + soon.Add(-time.Minute).Format(time.RFC3339):                                         "",
		"state=active&tag=site&sort=-created":                                                                  "a-1",
	} {
		t.Run(query, func(t *testing.T) {
			h.t = t
			var page admin.DeviceList
			h.must("GET", "/v1/devices?"+query, "", &page)
			var names []string
			for _, d := range page.Items {
				names = append(names, d.Name)
			}
			if got := strings.Join(names, " "); got != want || page.Next != "" || page.Count != nil {
				t.Errorf("got %q and %+v, want %q", got, page, want)
			}
		})
	}
	h.t = t
	var page admin.DeviceList
	h.must("GET", "/v1/devices?tag=site&limit=1&count=true", "", &page)
	if page.Count == nil || *page.Count != 2 || page.Least || page.Next == "" {
		t.Errorf("counted %+v", page)
	}
	next := page.Next
	for _, query := range []string{
		"sort=size", "state=gone", "connected=maybe", "credential=KEY", "expiresBefore=soon", "tag=%3Dx", "limit=1001", "after=x",
		"sort=-name&after=" + next, "sort=created&after=" + next, "color=red",
	} {
		h.refused("GET", "/v1/devices?"+query, "", 400, muster.ReasonRequestInvalid)
	}
	for _, query := range []string{"profile=none", "provisionKey=none"} {
		h.refused("GET", "/v1/devices?"+query, "", 404, muster.ReasonNotFound)
	}
}
