package httpd

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// handshakeTimeout is how long a client has for its TLS handshake.
const handshakeTimeout = 10 * time.Second

// DefaultMaxHandshakes is how many TLS handshakes are under way at once where no option says otherwise.
const DefaultMaxHandshakes = 2048

// TLSOptions are the limits and the surroundings of TLS.
type TLSOptions struct {
	Config        *tls.Config           // whatever certificate a client shows, it lets through: each request is judged
	MaxHandshakes int                   // under way at once on one listener; 0 means DefaultMaxHandshakes
	Registerer    prometheus.Registerer // nil: nothing is shown
	Logger        *slog.Logger          // nil means silence
}

// TLS is TLS over HTTP's connections. It bounds what strangers take who begin handshakes: at most half of the processors
// compute for them at once, so that devices that are in are served while any number of others come; and when too many are
// under way, the one that has waited longest is given up for the newest.
type TLS struct {
	o       TLSOptions
	compute chan struct{}
	failed  prometheus.Counter
}

// NewTLS returns TLS for any number of listeners.
func NewTLS(o TLSOptions) *TLS {
	if o.MaxHandshakes <= 0 {
		o.MaxHandshakes = DefaultMaxHandshakes
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	t := &TLS{
		o: o, compute: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_http_tls_handshakes_failed_total", Help: "TLS handshakes for HTTPS that failed.",
		}),
	}
	if o.Registerer != nil {
		o.Registerer.MustRegister(t.failed)
	}
	return t
}

// A tlsListener gives out connections whose handshake is done.
type tlsListener struct {
	net.Listener
	*TLS
	done   chan net.Conn
	broken chan error    // why nothing could be accepted
	closed chan struct{} // by Close

	mu      sync.Mutex // guards what follows
	next    int
	waiting []net.Conn // nil: over, or it was never used
	closing bool
}

// Over returns a listener of the connections that l accepts, as soon as their handshake is done. It accepts from now on,
// until it is closed, which closes l too.
func (t *TLS) Over(l net.Listener) net.Listener {
	over := &tlsListener{
		Listener: l, TLS: t, done: make(chan net.Conn), broken: make(chan error), closed: make(chan struct{}),
		waiting: make([]net.Conn, t.o.MaxHandshakes),
	}
	go over.run()
	return over
}

// run accepts connections and has hands shaken with each.
func (t *tlsListener) run() {
	for {
		c, err := t.Listener.Accept()
		if err == nil {
			if slot, ok := t.begin(c); ok {
				go t.shake(c, slot)
				continue
			}
			_ = c.Close()
			return
		}
		select {
		case t.broken <- err: // who is told decides how long it waits
		case <-t.closed:
			return
		}
	}
}

// Accept returns the next connection whose handshake is done.
func (t *tlsListener) Accept() (net.Conn, error) {
	select {
	case c := <-t.done:
		return c, nil
	case err := <-t.broken:
		return nil, err
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

// Close gives up all handshakes that are under way.
func (t *tlsListener) Close() error {
	err := t.Listener.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return err
	}
	t.closing = true
	close(t.closed)
	for _, c := range t.waiting {
		if c != nil {
			_ = c.Close()
		}
	}
	return err
}

// shake does the handshake of a connection and hands it over.
func (t *tlsListener) shake(c net.Conn, slot int) {
	_ = c.SetDeadline(time.Now().Add(handshakeTimeout))
	turn := &turn{Conn: c, compute: t.compute}
	secure := tls.Server(turn, t.o.Config)
	err := secure.Handshake()
	turn.end()
	t.end(c, slot)
	if err != nil {
		t.failed.Inc()
		t.o.Logger.Debug("a TLS handshake failed", "remote", c.RemoteAddr(), "error", err)
		answerPlain(c, err)
		_ = c.Close()
		return
	}
	_ = c.SetDeadline(time.Time{})
	select {
	case t.done <- secure:
	case <-t.closed:
		_ = c.Close()
	}
}

// answerPlain tells a client that speaks HTTP without TLS what is wrong.
func answerPlain(c net.Conn, err error) {
	if wrong, ok := errors.AsType[tls.RecordHeaderError](err); ok && wrong.Conn != nil {
		switch string(wrong.RecordHeader[:]) {
		case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
			_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis port is for HTTPS.\n")
		}
	}
}

// begin counts a handshake, in place of the oldest. It reports false when the listener is closed.
func (t *tlsListener) begin(c net.Conn) (slot int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return 0, false
	}
	slot = t.next
	t.next = (slot + 1) % len(t.waiting)
	if old := t.waiting[slot]; old != nil {
		_ = old.Close()
	}
	t.waiting[slot] = c
	return slot, true
}

// end counts a handshake no more.
func (t *tlsListener) end(c net.Conn, slot int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[slot] == c {
		t.waiting[slot] = nil
	}
}
