package admin_test

import (
	"net/http"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestACampaignIsPlannedBegunAndTakenBack(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump-1","tags":{"site":"north"}}`, nil)
	h.must("POST", "/v1/devices", `{"name":"pump-2"}`, nil)
	order := `{"devices":{"profile":"default","tag":"site=north","credential":"ACCESS_TOKEN"},"pause":"1h","errorPercent":0`
	var begun admin.BegunCampaign
	h.must("POST", "/v1/campaigns", order+`,"dryRun":true}`, &begun)
	if begun.State != "planned" || begun.ID != "" || begun.Progress.Selected != 1 || len(begun.Names) != 1 || begun.Names[0] != "pump-1" {
		t.Errorf("%+v", begun)
	}
	begun = admin.BegunCampaign{}
	h.must("POST", "/v1/campaigns", order+`}`, &begun)
	if begun.State != "running" || begun.Progress.Waiting != 1 || begun.Devices.Tag != "site=north" || begun.Devices.Profile != "default" {
		t.Errorf("%+v", begun)
	}
	path := "/v1/campaigns/" + begun.ID
	tag := h.ask("GET", path, "").Header().Get("ETag")
	var devices admin.List[admin.CampaignDevice]
	if h.must("GET", path+"/devices?step=waiting", "", &devices); len(devices.Items) != 1 || devices.Items[0].Device != "pump-1" || devices.Items[0].Step != "waiting" {
		t.Errorf("%+v", devices)
	}
	h.refused("GET", path+"/devices?after=nope", "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/campaigns/01234567-89ab-cdef-0123-456789abcdef/devices", "", http.StatusNotFound, muster.ReasonNotFound)
	var c admin.Campaign
	if h.must("POST", path+"/pause", "", &c); c.State != "paused" || c.Detail == "" {
		t.Errorf("%+v", c)
	}
	h.problem(h.match(tag, "POST", path+"/rollback", ""), http.StatusPreconditionFailed, muster.ReasonVersionStale)
	h.refused("POST", path+"/pause", "", http.StatusConflict, muster.ReasonCampaignState)
	if h.must("POST", path+"/rollback", "", &c); c.State != "rolling-back" {
		t.Errorf("%+v", c)
	}
	var all admin.List[admin.Campaign]
	if h.must("GET", "/v1/campaigns?state=rolling-back", "", &all); len(all.Items) != 1 {
		t.Errorf("%+v", all)
	}
	var entries admin.List[admin.AuditEntry]
	if h.must("GET", "/v1/audit?noun=campaign", "", &entries); len(entries.Items) != 3 {
		t.Errorf("the audit log: %+v", entries.Items)
	}
	h.refused("POST", "/v1/campaigns", `{"devices":{},"overdueAfter":"1s"}`, http.StatusBadRequest, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/campaigns/nope", "", http.StatusBadRequest, muster.ReasonRequestInvalid)
}
