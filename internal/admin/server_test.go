package admin_test

import (
	"context"
	"net/http"
	"testing"

	"muster"
	"muster/internal/admin"
)

// A machine is one of which all is well, and whose settings cannot be used any more.
type machine struct{}

func (machine) Health() admin.Health {
	return admin.Health{OK: true, Findings: []admin.Finding{{About: "clock", OK: true, Says: "it is noon"}}}
}

func (machine) Listeners() []admin.Listener {
	return []admin.Listener{{Name: "mqtts", Address: ":8883", TLS: true}}
}

func (machine) Certificates() []admin.Certificate {
	return []admin.Certificate{{Use: "root", Names: []string{}}}
}

func (machine) Limits() []admin.Limit     { return []admin.Limit{{Key: "openFiles", Value: 1024}} }
func (machine) Settings() []admin.Setting { return nil }
func (machine) Reload(context.Context) (admin.Reloaded, error) {
	return admin.Reloaded{}, muster.Refuse(muster.ReasonSettingInvalid, "limits.maxBody: 1 is not between 256 and 67108864")
}

// A reloading is a machine with a setting that has changed.
type reloading struct{ machine }

func (reloading) Reload(context.Context) (admin.Reloaded, error) {
	return admin.Reloaded{Changed: []string{"logLevel"}, NeedsRestart: []string{"mqtt"}, Certificate: true}, nil
}

func TestAReloadIsInTheAuditLog(t *testing.T) {
	h := newHouse(t)
	h.options.Machine = reloading{}
	h.handler = admin.New(h.options)
	var done admin.Reloaded
	if h.must("POST", "/v1/server/reload", "", &done); len(done.Changed) != 1 || done.Changed[0] != "logLevel" || !done.Certificate {
		t.Errorf("%+v", done)
	}
	var log admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=server", "", &log)
	if len(log.Items) != 1 || log.Items[0].Action != "reload" || log.Items[0].Actor != "token:test" ||
		string(log.Items[0].After) != `{"certificate":true,"changed":["logLevel"],"needsRestart":["mqtt"]}` {
		t.Errorf("the audit log has %+v", log.Items)
	}
}

func TestTheServerShowsItself(t *testing.T) {
	h := newHouse(t)
	var health admin.Health
	if h.must("GET", "/v1/server/health", "", &health); !health.OK || health.Findings[0].About != "clock" {
		t.Errorf("%+v", health)
	}
	var listeners admin.List[admin.Listener]
	if h.must("GET", "/v1/server/listeners", "", &listeners); len(listeners.Items) != 1 || !listeners.Items[0].TLS {
		t.Errorf("%+v", listeners)
	}
	var settings admin.List[admin.Setting]
	if h.must("GET", "/v1/server/settings", "", &settings); settings.Items == nil || len(settings.Items) != 0 {
		t.Errorf("none is no empty list: %+v", settings)
	}
	h.refused("POST", "/v1/server/reload", "", http.StatusBadRequest, muster.ReasonSettingInvalid)
}
