package admin

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"muster"
)

// A Machine is the running node, as people see it. It is safe for concurrent use.
type Machine interface {
	Health() Health
	Listeners() []Listener
	Certificates() []Certificate
	Limits() []Limit
	Settings() []Setting
	// Reload reads settings and certificates again. If one of them cannot be used, nothing changes.
	Reload(ctx context.Context) (Reloaded, error)
}

// A Server is what answers.
type Server struct {
	Version   string    `json:"version" example:"0.4.0"`
	Go        string    `json:"go" example:"go1.26"`
	StartedAt time.Time `json:"startedAt"`
	Sessions  int       `json:"sessions" doc:"devices that are connected now" example:"250"`
}

// Health is what a server finds when it looks at itself and its machine.
type Health struct {
	OK       bool      `json:"ok" doc:"whether all of it is"`
	Findings []Finding `json:"findings" nullable:"false"`
}

// A Listener is an address that devices or people reach.
type Listener struct {
	Name    string `json:"name" enum:"http,https,mqtt,mqtts,coap,coaps"`
	Address string `json:"address"`
	TLS     bool   `json:"tls" doc:"or DTLS"`
}

// A Certificate is one that the server shows, or signs with.
type Certificate struct {
	Use         string    `json:"use" enum:"server,intermediate,root,next root"`
	Subject     string    `json:"subject"`
	Names       []string  `json:"names" nullable:"false" doc:"and addresses that it is for"`
	Issuer      string    `json:"issuer"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	DaysLeft    int       `json:"daysLeft" doc:"less than 0: it has expired"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256"`
	File        string    `json:"file,omitempty" doc:"the operator's own; left out: the server renews it by itself"`
}

// A Limit is a bound that holds now.
type Limit struct {
	Key     string `json:"key" doc:"as in the configuration file; without a point: it follows from the machine"`
	Value   int    `json:"value"`
	Reloads bool   `json:"reloads" doc:"a change of it counts from a reload on"`
}

// A Setting is one that holds now, and where it comes from.
type Setting struct {
	Key     string `json:"key" doc:"as in the configuration file"`
	Value   any    `json:"value"`
	Secret  bool   `json:"secret,omitempty" doc:"the value is not shown"`
	Source  string `json:"source" doc:"its flag, its variable, a line of the file, or default"`
	Reloads bool   `json:"reloads" doc:"a change of it counts from a reload on"`
	Pending any    `json:"pending,omitempty" doc:"what it was when settings were last read; it counts after a restart"`
}

// Reloaded says what a reload has changed.
type Reloaded struct {
	Changed      []string `json:"changed" nullable:"false" doc:"keys of the settings that count from now on"`
	NeedsRestart []string `json:"needsRestart" nullable:"false" doc:"keys of those that are not as before, and count after a restart"`
	Certificate  bool     `json:"certificate" doc:"another server certificate is shown from now on"`
}

func (a *api) serveServer() {
	serve(a, http.MethodGet, "/v1/server", "show-server", "The server itself", a.showServer)
	serve(a, http.MethodGet, "/v1/server/health", "show-health", "What the server finds when it looks at itself and its machine", a.showHealth)
	serve(a, http.MethodGet, "/v1/server/listeners", "list-listeners", "Where the server listens", a.listListeners)
	serve(a, http.MethodGet, "/v1/server/certificates", "list-certificates", "The certificates that the server shows and signs with", a.listCertificates)
	serve(a, http.MethodGet, "/v1/server/limits", "list-limits", "The limits that hold for everybody", a.listLimits)
	serveAdmin(a, http.MethodGet, "/v1/server/settings", "list-settings", "The settings that hold, and where each comes from", a.listSettings)
	serveAdmin(a, http.MethodPost, "/v1/server/reload", "reload-server", "Reads settings and certificates again", a.reloadServer,
		explained("What can be changed while the server runs counts when it answers; what needs a restart is named and stays. "+
			"If one setting or certificate cannot be used, nothing changes. The audit log has it."),
		refusing(muster.ReasonSettingInvalid, muster.ReasonCertificateInvalid))
}

func (a *api) showServer(context.Context, *struct{}) (*answer[Server], error) {
	return &answer[Server]{Server{
		Version: a.Version, Go: runtime.Version(), StartedAt: a.started, Sessions: a.Sessions.Count(),
	}}, nil
}

func (a *api) showHealth(context.Context, *struct{}) (*answer[Health], error) {
	return &answer[Health]{a.Machine.Health()}, nil
}

func (a *api) listListeners(context.Context, *struct{}) (*answer[List[Listener]], error) {
	return listOf(a.Machine.Listeners(), itself), nil
}

func (a *api) listCertificates(context.Context, *struct{}) (*answer[List[Certificate]], error) {
	return listOf(a.Machine.Certificates(), func(c Certificate) Certificate {
		c.Names = listOf(c.Names, itself).Body.Items // a list, also where there are none
		return c
	}), nil
}

func (a *api) listLimits(context.Context, *struct{}) (*answer[List[Limit]], error) {
	return listOf(a.Machine.Limits(), itself), nil
}

func (a *api) listSettings(context.Context, *struct{}) (*answer[List[Setting]], error) {
	return listOf(a.Machine.Settings(), itself), nil
}

func itself[T any](t T) T { return t }

func (a *api) reloadServer(ctx context.Context, _ *struct{}) (*answer[Reloaded], error) {
	done, err := a.Machine.Reload(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.People.ServerReloaded(ctx, done.Changed, done.NeedsRestart, done.Certificate); err != nil {
		return nil, err
	}
	done.Changed, done.NeedsRestart = listOf(done.Changed, itself).Body.Items, listOf(done.NeedsRestart, itself).Body.Items
	return &answer[Reloaded]{done}, nil
}
