package admin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/backup"
	"muster/internal/bulk"
	"muster/internal/campaign"
	"muster/internal/expiry"
	"muster/internal/fleet"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/live"
	"muster/internal/people"
	"muster/internal/provision"
	"muster/internal/revocation"
	"muster/internal/session"
	"muster/internal/telemetry"
	"muster/internal/trace"
)

// Options are the rooms that the API is for.
type Options struct {
	Fleet      *fleet.Service
	People     *people.Service
	Provider   *Provider // that people may sign in with; nil: none
	Journal    *journal.Journal
	Identity   *identity.Service
	Provision  *provision.Service
	Authority  *issuer.Authority
	Backups    *backup.Service
	Readings   *telemetry.Reader
	Sessions   *session.Registry
	Tracer     *trace.Tracer
	Bulk       *bulk.Service
	Machine    Machine
	Live       *live.Feed
	Expiry     *expiry.Service
	Revocation *revocation.Service
	Campaigns  *campaign.Service
	Console    http.Handler // the pages for people, at every path that is nobody else's; nil: it is not built
	Version    string       // of the server
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: metrics are not shown anywhere
	Now        func() time.Time      // nil means time.Now
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 1 << 20

type api struct {
	Options
	huma     huma.API
	failures *failures
	public   []string // patterns of the operations that need no role
	requests *prometheus.CounterVec
	panics   prometheus.Counter
	started  time.Time

	rehearsing chan struct{} // holds a token while a rehearsal is under way
}

// New returns the handler of everything under /v1, of the reference, and of the console or the plain pages in its place.
func New(o Options) http.Handler {
	a, operations := newAPI(o)
	mux := http.NewServeMux()
	mux.Handle("/v1/", a.authenticated(operations))
	for _, pattern := range a.public {
		mux.Handle(pattern, a.visited(operations))
	}
	mux.Handle("GET /v1/openapi.json", a.document())
	mux.Handle("GET /docs/api", a.reference())
	a.servePages(mux)
	return guarded(a.caught(verbatim(mux)))
}

// Document returns the OpenAPI document of a server of that version.
func Document(version string) ([]byte, error) {
	a, _ := newAPI(Options{Version: version})
	return json.Marshal(a.huma.OpenAPI())
}

// newAPI returns the API and what serves its operations, of which all are described.
func newAPI(o Options) (*api, *http.ServeMux) {
	if o.Now == nil {
		o.Now = time.Now
	}
	operations := http.NewServeMux()
	a := &api{
		Options: o, failures: newFailures(),
		requests: newRequests(o.Registerer), panics: newPanics(o.Registerer), started: o.Now(),
		rehearsing: make(chan struct{}, 1),
	}
	a.huma = humago.New(operations, a.config())
	a.huma.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		if err := barred(ctx); err != nil {
			refuse(ctx, problemOf(err))
		} else {
			a.once(exchange{ctx}, next)
		}
		a.requests.WithLabelValues(ctx.Operation().OperationID, strconv.Itoa(ctx.Status())).Inc()
	})
	a.serveProfiles()
	a.serveRehearsals()
	a.serveProvisionKeys()
	a.serveSweeps()
	a.servePending()
	a.serveDevices()
	a.serveCredentials()
	a.serveForecast()
	a.serveCampaigns()
	a.serveAuthority()
	a.serveCertificates()
	a.serveRevocationLists()
	a.serveAttributes()
	a.serveSessions()
	a.serveTraces()
	a.serveTelemetry()
	a.serveAttempts()
	a.serveEvents()
	a.serveTraffic()
	a.serveChecks()
	a.serveRuleChecks()
	a.serveBackups()
	a.serveImports()
	a.serveExport()
	a.serveServer()
	a.serveLogins()
	a.serveUsers()
	a.serveTokens()
	a.serveOwnTokens()
	a.serveAudit()
	operations.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, muster.Refuse(muster.ReasonNotFound, "there is no %.200q to %s", r.URL.Path, r.Method))
	})
	a.describe()
	return a, operations
}

// config is the library's configuration without what it would serve and add by itself.
func (a *api) config() huma.Config {
	c := huma.DefaultConfig("Muster", a.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Formats = formats()
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{reword}
	c.Info.Description = "Devices, the profiles they belong to, how they get in and what they sent. " +
		"Every refusal is a problem document whose reason is a stable code."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":  {Type: "http", Scheme: "bearer"},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieName(true), Description: "of POST /v1/login; its name is " + cookieName(false) + " without TLS"},
	}
	c.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}
	return c
}

// tell returns the problem that err is to people, and logs what is our own fault.
func (a *api) tell(ctx context.Context, operation string, err error) *Problem {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError && ctx.Err() == nil {
		a.Logger.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("operation", operation), slog.Any("error", err))
	}
	return p
}

// caught keeps a panic to the request that it ends, and tells the operator of it.
func (a *api) caught(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler { //nolint:errorlint // a value, not an error that was returned
				panic(p) // the server knows it
			}
			if p != nil {
				a.panics.Inc()
				a.Logger.LogAttrs(r.Context(), slog.LevelError, "request panicked",
					slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
				writeProblem(w, muster.Refuse(muster.ReasonInternal, ""))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
