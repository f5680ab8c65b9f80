// Package coapd is the CoAP transport for devices, over UDP and over DTLS: it turns requests into words and answers back.
package coapd

import (
	"context"
	"crypto/tls"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/dispatch"
)

// The limits that hold where no option says otherwise.
const (
	DefaultMaxBody       = 64 << 10
	DefaultMaxWorking    = 1024
	DefaultMaxPeers      = 64 << 10
	DefaultMaxSessions   = 10_000
	DefaultMaxPerAddress = 1024
	DefaultSessionIdle   = time.Hour
)

const (
	maxUploading      = 16 << 20 // bytes of unfinished bodies of all peers
	maxDatagram       = 64 << 10
	exchangeLifetime  = 247 * time.Second // how long a message id may come again [RFC 7252, 4.8.2]
	housekeepingEvery = 5 * time.Second

	everybody = time.Duration(math.MinInt64) // whoever was silent for longer than that
)

// Options are the limits and the surroundings of a server. A limit that is 0 is the default one.
type Options struct {
	MaxBody       int           // bytes of a request's body, also when it comes in blocks
	MaxWorking    int           // requests that are worked on at once; more are refused with 5.03
	MaxPeers      int           // peers over plain UDP that are remembered; the longest silent make room
	MaxSessions   int           // DTLS sessions; the longest silent make room
	MaxPerAddress int           // peers or sessions of one address, likewise
	SessionIdle   time.Duration // how long a DTLS session may be silent

	// GetCertificate returns the server's certificate. DTLS needs it.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	Registerer prometheus.Registerer // nil: nothing is shown
	Logger     *slog.Logger          // nil means silence
}

// A doer serves one request; it is a *dispatch.Dispatcher.
type doer interface {
	Do(ctx context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error)
	Observe(ctx context.Context, h *muster.Hello, r *muster.Request, o dispatch.Observer) (m muster.Message, leave func(), err error)
}

var _ doer = (*dispatch.Dispatcher)(nil)

// A Server serves devices that speak CoAP. It keeps the message layer itself: libraries tie the blocks of a body together
// by token, and clients such as libcoap give each block a token of its own.
type Server struct {
	do       doer
	o        Options
	metrics  *metrics
	log      *slog.Logger
	plain    *table
	sessions *table

	epoch     time.Time     // the start of the server's own time
	seed      maphash.Seed  // of the sums that datagrams are compared by
	uploading atomic.Int64  // bytes of unfinished bodies
	telling   atomic.Int64  // bytes of notices that wait
	slots     chan struct{} // one for each request that is worked on

	stopping chan struct{} // closed, under mu, when nothing more is taken in
	answered chan struct{} // closed when everything that came in is answered

	mu      sync.Mutex     // guards what follows; what is added is added only while not stopping
	stops   []func()       // end the reading of the listeners
	working sync.WaitGroup // requests
	running sync.WaitGroup // sessions and housekeeping
}

// New returns a server that serves nothing yet.
func New(d *dispatch.Dispatcher, o Options) *Server { return newServer(d, o) }

func newServer(do doer, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		do: do, o: o, log: o.Logger,
		plain:    newTable(o.MaxPeers, o.MaxPerAddress),
		sessions: newTable(o.MaxSessions, o.MaxPerAddress),
		slots:    make(chan struct{}, o.MaxWorking),
		epoch:    time.Now(),
		seed:     maphash.MakeSeed(),
		stopping: make(chan struct{}),
		answered: make(chan struct{}),
	}
	s.metrics = newMetrics(o.Registerer, s.plain.size, s.sessions.size)
	return s
}

// withDefaults returns o with everything set that has a default.
func (o Options) withDefaults() Options {
	o.MaxBody = positive(o.MaxBody, DefaultMaxBody)
	o.MaxWorking = positive(o.MaxWorking, DefaultMaxWorking)
	o.MaxPeers = positive(o.MaxPeers, DefaultMaxPeers)
	o.MaxSessions = positive(o.MaxSessions, DefaultMaxSessions)
	o.MaxPerAddress = positive(o.MaxPerAddress, DefaultMaxPerAddress)
	o.SessionIdle = positive(o.SessionIdle, DefaultSessionIdle)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// positive returns n, or the standard where n is not positive.
func positive[T int | time.Duration](n, standard T) T {
	if n > 0 {
		return n
	}
	return standard
}

// serving registers a listener, whose reading stop ends. It reports false when the server is stopping.
func (s *Server) serving(stop func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStopping() {
		return false
	}
	if len(s.stops) == 0 {
		s.running.Go(s.keepHouse)
	}
	s.stops = append(s.stops, stop)
	return true
}

// start runs a session. It reports false when the server is stopping.
func (s *Server) start(session func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStopping() {
		return false
	}
	s.running.Go(session)
	return true
}

// begin counts a request as worked on, if there is room for it.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStopping() {
		return false
	}
	select {
	case s.slots <- struct{}{}:
		s.working.Add(1)
		return true
	default:
		return false
	}
}

func (s *Server) end() {
	<-s.slots
	s.working.Done()
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// keepHouse forgets peers that were silent for too long and bodies that nobody finishes.
func (s *Server) keepHouse() {
	ticker := time.NewTicker(housekeepingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.stopping:
			return
		case now := <-ticker.C:
			s.plain.sweep(now, exchangeLifetime)
			s.sessions.sweep(now, s.o.SessionIdle)
		}
	}
}

// Shutdown takes in nothing more, waits until every request that came in is answered, and ends every session and
// listener. If ctx ends first, it does not wait any longer for what is still worked on and returns ctx's error. It is
// called once.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	close(s.stopping)
	stops := s.stops
	s.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	done := make(chan struct{})
	go func() {
		s.working.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("stop CoAP: %w", ctx.Err())
	}
	close(s.answered)
	s.plain.sweep(time.Now(), everybody)
	s.sessions.sweep(time.Now(), everybody)
	s.running.Wait()
	return err
}
