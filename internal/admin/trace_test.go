package admin_test

import (
	"log/slog"
	"net/http"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestADeviceIsTracedForAWhile(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	h.refused("GET", "/v1/devices/pump/trace", "", http.StatusNotFound, muster.ReasonNotFound)
	var tr admin.Trace
	h.must("POST", "/v1/devices/pump/trace", `{"for":"1m"}`, &tr)
	if !tr.On || tr.Device != "pump" || tr.Until.Sub(tr.Since) < 59e9 {
		t.Errorf("%+v", tr)
	}
	d, err := h.fleet.Device(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	trail := h.options.Tracer.Trail(d.ID, "")
	trail.Tell("message", slog.Int("bytes", 1))
	trail.Tell("message", slog.Int("bytes", 2))
	h.must("GET", "/v1/devices/pump/trace?since=1", "", &tr)
	if len(tr.Lines) != 1 || tr.Lines[0].Number != 2 || tr.Lines[0].Text != "bytes=2" {
		t.Errorf("%+v", tr)
	}
	var all admin.List[admin.Trace]
	h.must("GET", "/v1/traces", "", &all)
	if len(all.Items) != 1 || len(all.Items[0].Lines) != 0 {
		t.Errorf("%+v", all)
	}
	h.must("DELETE", "/v1/devices/pump/trace", "", nil)
	h.refused("GET", "/v1/devices/pump/trace", "", http.StatusNotFound, muster.ReasonNotFound)
	var log admin.List[admin.AuditEntry]
	h.must("GET", "/v1/audit?noun=device&name=pump", "", &log)
	if len(log.Items) != 3 || log.Items[0].Action != "trace-end" || log.Items[1].Action != "trace" {
		t.Errorf("the audit log has %+v", log.Items)
	}
	for _, body := range []string{`{"for":"2h"}`, `{"for":"soon"}`, `{"for":"1ms"}`} {
		h.refused("POST", "/v1/devices/pump/trace", body, http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
	h.must("POST", "/v1/devices/pump/trace", "", nil)
	h.must("DELETE", device("pump"), "", nil)
	if len(h.options.Tracer.Traces()) > 0 || h.options.Tracer.Trail(d.ID, "") != nil {
		t.Error("a device that is deleted is traced on")
	}
	h.refused("POST", "/v1/devices/none/trace", "", http.StatusNotFound, muster.ReasonNotFound)
}
