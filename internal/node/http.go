package node

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"muster"
	"muster/internal/admin"
	"muster/internal/httpd"
	"muster/web"
)

// messageRoom is how many of the largest packets a WebSocket message has room for.
const messageRoom = 4

// handler returns everything that is served over HTTP: the device API, MQTT over WebSocket, the API for people, health and
// metrics. What MQTT waits for ends with ctx.
func (n *Node) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	devices := httpd.New(n.dispatcher, httpd.Options{
		Logger: n.log, Registerer: n.metrics, MaxBody: n.config.Limits.MaxBody, MaxMessage: messageRoom * n.config.Limits.MaxPacket,
		MQTT: func(s *httpd.WebSocket, below *tls.ConnectionState) { n.mqtt.ServeConn(ctx, s, below) },
	})
	var console http.Handler
	if built := web.New(); built != nil {
		console = built
	}
	mux.Handle("/", admin.New(admin.Options{
		Fleet: n.fleet, People: n.people, Journal: n.journal, Identity: n.identity, Authority: n.authority, Provision: n.provision, Backups: n.newBackups(), Readings: n.reader, Sessions: n.sessions, Tracer: n.tracer, Bulk: n.bulk, Live: n.live, Expiry: n.expiry, Revocation: n.revocation, Campaigns: n.campaigns, Machine: n,
		Provider: n.provider, Version: n.version, Logger: n.log, Registerer: n.metrics, Console: console,
	}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := n.Healthy(); err != nil {
			http.Error(w, string(muster.ReasonOf(err))+": "+muster.MessageOf(err), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics, promhttp.HandlerOpts{}))
	revocations := admin.Revocations(n.authority)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; { // as it was sent: the mux would clean the path and redirect
		case strings.HasPrefix(path, httpd.Prefix) || strings.HasPrefix(path, httpd.EnrolPrefix) || path == httpd.MQTTPath:
			devices.ServeHTTP(w, r)
		case strings.HasPrefix(path, admin.CRLPrefix) || strings.HasPrefix(path, admin.IssuerPrefix) || path == admin.OCSPPath || strings.HasPrefix(path, admin.OCSPPath+"/"):
			revocations.ServeHTTP(w, r)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}
