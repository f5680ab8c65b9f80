// Package httpd is the HTTP transport for devices: it turns requests below /api/v1/ into words and answers back, and
// connections to /mqtt into streams for MQTT.
package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/dispatch"
)

// Prefix is the path below which devices are served.
const Prefix = "/api/v1/"

// EnrolPrefix is the path below which devices are given certificates (RFC 7030, 3.2.2).
const EnrolPrefix = "/.well-known/est/"

// What bounds a request's body and a WebSocket message where no option says otherwise, in bytes.
const (
	DefaultMaxBody    = 1 << 20
	DefaultMaxMessage = 1 << 18
)

// Options are the limits and the surroundings of a handler.
type Options struct {
	// MQTT takes the connections of MQTT over WebSocket over, with the TLS that they came by; nil: there are none.
	MQTT       func(s *WebSocket, below *tls.ConnectionState)
	MaxMessage int                   // bytes of a WebSocket message; 0 means DefaultMaxMessage
	MaxBody    int                   // bytes of a request's body; 0 means DefaultMaxBody
	Registerer prometheus.Registerer // nil: nothing is shown
	Logger     *slog.Logger          // nil means silence
}

// A doer serves one request; it is a *dispatch.Dispatcher.
type doer interface {
	Do(ctx context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error)
}

var _ doer = (*dispatch.Dispatcher)(nil)

type handler struct {
	do         doer
	note       func(muster.Attempt)
	mqtt       func(*WebSocket, *tls.ConnectionState)
	maxMessage int
	maxBody    int
	metrics    *metrics
	log        *slog.Logger
	large      atomic.Int64 // bytes of buffers over keepBuffer
}

// New returns the handler of the device API, to be mounted at Prefix, at EnrolPrefix and at MQTTPath. Whoever speaks is judged by the
// token in the path, below EnrolPrefix by the header Authorization, or by the client certificate of the connection, and by the address of the connection: no header that names
// another address is believed. Bodies are taken as they are, whatever their content type says.
func New(d *dispatch.Dispatcher, o Options) http.Handler { return newHandler(d, d.Note, o) }

func newHandler(do doer, note func(muster.Attempt), o Options) *handler {
	if o.MaxMessage <= 0 {
		o.MaxMessage = DefaultMaxMessage
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &handler{
		do: do, note: note, mqtt: o.MQTT, maxMessage: o.MaxMessage,
		maxBody: o.MaxBody, metrics: newMetrics(o.Registerer), log: o.Logger,
	}
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == MQTTPath && h.mqtt != nil {
		h.upgrade(w, r)
		return
	}
	answering := false
	var x *exchange
	defer func() {
		if caught := recover(); caught != nil {
			if x != nil {
				h.letGo(x)
			}
			h.caught(w, caught, answering)
		}
	}()
	if len(r.Header["Origin"]) > 0 { // a browser asks; devices do not
		w.Header()["Access-Control-Allow-Origin"] = anyone
	}
	if r.Method == http.MethodOptions {
		h.preflight(w, r)
		return
	}
	x = exchanges.Get().(*exchange)
	m, err := h.serve(x, w, r)
	answering = true
	h.answer(w, r.URL.Path, m, err)
	h.letGo(x)
	x.release() // not deferred: what a panic left behind is not used again
}

// serve reads the request into x and has it served.
func (h *handler) serve(x *exchange, w http.ResponseWriter, r *http.Request) (muster.Message, error) {
	x.hello.Transport, x.request.Transport = muster.HTTP, muster.HTTP
	if err := h.readBody(x, r); err != nil {
		return muster.Message{}, err
	}
	if waits(r.URL.Path) { // else net/http would take the client for gone when its time to send the request is over
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	if err := x.readAddress(r.URL); err != nil {
		return muster.Message{}, err
	}
	x.request.Method = r.Method
	if r.Method == http.MethodHead {
		x.request.Method = http.MethodGet // net/http leaves out the body of the answer
	}
	x.hello.Remote = remote(r)
	if r.TLS != nil {
		x.hello.Secure, x.hello.Chain = true, r.TLS.PeerCertificates
	}
	if strings.HasPrefix(r.URL.Path, EnrolPrefix) {
		readAuthorization(&x.hello, r)
	}
	return h.do.Do(r.Context(), &x.hello, &x.request)
}

// readAuthorization reads who speaks from the header (RFC 7030, 3.2.3): a user name with a password, or a token, which may be
// the password without a user name, too.
func readAuthorization(hello *muster.Hello, r *http.Request) {
	if user, password, ok := r.BasicAuth(); ok {
		hello.Username, hello.Password = user, muster.Secret(password)
		if user == "" {
			hello.Token, hello.Password = muster.Secret(password), ""
		}
		return
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		hello.Token = muster.Secret(strings.TrimSpace(token))
	}
}

// caught answers for a panic, unless another answer is under way. net/http's own way to give up goes on.
func (h *handler) caught(w http.ResponseWriter, caught any, answering bool) {
	if err, ok := caught.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(caught)
	}
	h.metrics.panics.Inc()
	h.log.Error("a request panicked", "panic", caught, "stack", string(debug.Stack()))
	if !answering {
		h.refuse(w, http.StatusInternalServerError, muster.Refuse(muster.ReasonInternal, ""))
	}
}

// preflight tells a browser, or whoever asks, what may be asked for.
func (h *handler) preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Allow"] = allowed(r.URL.Path)
	header["Access-Control-Allow-Methods"] = allowed(r.URL.Path)
	if len(r.Header["Access-Control-Request-Headers"]) > 0 {
		header["Access-Control-Allow-Headers"] = anyone
	}
	h.metrics.count(http.StatusNoContent)
	w.WriteHeader(http.StatusNoContent)
}
