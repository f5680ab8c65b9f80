package conformance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/internal/admin"
)

func TestACampaignSurvivesKills(t *testing.T) {
	t.Parallel()
	const count = 3000
	s := newServer(t, "")
	t.Cleanup(s.kill)
	s.start()
	var file strings.Builder
	file.WriteString("name,token\n")
	for i := range count {
		fmt.Fprintf(&file, "led-%d,campaign-token-%d\n", i, i)
	}
	var i importedFile
	for s.api("POST", "/v1/imports", strings.NewReader(file.String()), &i); i.State != "done"; {
		s.api("GET", "/v1/imports/"+i.ID, nil, &i)
	}

	var c admin.BegunCampaign
	s.api("POST", "/v1/campaigns", strings.NewReader(`{"devices":{"search":"led-"},"wave":30,"pause":"0s","overdueAfter":"24h"}`), &c)
	kills, seen := 0, 0
	for end := time.Now().Add(2 * time.Minute); c.Progress.Waiting > 0; s.api("GET", "/v1/campaigns/"+c.ID, nil, &c) {
		if time.Now().After(end) || c.State != "running" || c.Progress.Asked < seen {
			t.Fatalf("%d devices were asked, and now it is %+v\n%s", seen, c, s.log)
		}
		if seen = c.Progress.Asked; seen > count*kills/4 && kills < 3 {
			kills++
			s.kill()
			s.start()
		}
	}
	if kills == 0 || c.Progress.Selected != count || c.Progress.Asked != count {
		t.Errorf("after %d kills it is %+v", kills, c)
	}

	named := map[string]admin.CampaignDevice{}
	for after, more := "", true; more; {
		var page admin.List[admin.CampaignDevice]
		s.api("GET", "/v1/campaigns/"+c.ID+"/devices?limit=1000&after="+url.QueryEscape(after), nil, &page)
		for _, d := range page.Items {
			if _, twice := named[d.Device]; twice || d.Step != "asked" {
				t.Errorf("%+v, twice: %v", d, twice)
			}
			named[d.Device] = d
		}
		after, more = page.Next, page.Next != ""
	}
	if len(named) != count {
		t.Errorf("%d devices are listed", len(named))
	}
	for n := 0; n < count; n += count / 20 {
		name := fmt.Sprintf("led-%d", n)
		var wanted struct {
			Campaign string
			Until    time.Time
		}
		text, _ := json.Marshal(show(s, name).Attributes.Shared["credentialRotation"])
		if err := json.Unmarshal(text, &wanted); err != nil || wanted.Campaign != c.ID || !wanted.Until.Equal(named[name].At.Truncate(time.Second).Add(24*time.Hour)) {
			t.Errorf("%s, whose turn came at %s, was asked with %s, %v", name, named[name].At, text, err)
		}
	}
}
