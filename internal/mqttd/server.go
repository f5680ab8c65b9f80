// Package mqttd is the MQTT transport: it makes peers of connections, words of what they send, and packets of the answers.
package mqttd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// second is how many ticks of a server's clock it has: time is kept to a quarter of it.
const second = 4

// How long things may take, in ticks.
const (
	handshakePatience = 10 * second // for the TLS handshake
	connectPatience   = 5 * second  // for the CONNECT after it, and then for its judgement
	writePatience     = 20 * second // for a slow client to take what is queued for it
	answerPatience    = 30 * second // for a publish to be answered
	provisionLinger   = 60 * second // for a provisioning session to ask again
)

// The other limits of every connection.
const (
	connectLimit   = 16 << 10 // remaining length of a CONNECT
	provisionLimit = 16 << 10 // remaining length in a provisioning session
	maxFilters     = 64       // subscriptions
	topicAliases   = 8
)

// Options are what a Server needs besides the dispatch. The zero Options work.
type Options struct {
	Logger       *slog.Logger          // nil: nothing is logged
	Registerer   prometheus.Registerer // nil: metrics are kept and not shown
	MaxPacket    int                   // remaining length; 0: 65,536
	MaxConns     int                   // connections at once; 0: as many as there are file descriptors
	MaxKeepAlive time.Duration         // what an MQTT 5 client is told if it asks for more, or for none; 0: its own wish stands
}

// A Server serves MQTT on any number of listeners.
type Server struct {
	front     front
	log       *slog.Logger
	metrics   *metrics
	buffers   *buffers
	rings     sync.Pool
	turns     *turns
	greeters  *greeters
	maxPacket int
	maxConns  int64
	keepAlive uint16

	tick  time.Duration // how long one tick lasts: a quarter of a second, less in tests
	clock atomic.Uint32 // ticks since the server began; never 0

	roster   roster
	open     atomic.Int64   // connections, from accept to release
	running  sync.WaitGroup // their goroutines
	sweeping sync.Once
	stopped  chan struct{} // closed when Shutdown is done

	mu        sync.Mutex // guards what follows
	stopping  bool
	listeners map[net.Listener]context.CancelFunc // the cancel ends what the listener's connections wait for
}

func newServer(f front, o Options) *Server {
	s := &Server{
		front:     f,
		log:       o.Logger,
		metrics:   newMetrics(o.Registerer),
		maxPacket: o.MaxPacket,
		maxConns:  int64(o.MaxConns),
		keepAlive: uint16(min(max(o.MaxKeepAlive, 0)/time.Second, 65535)),
		tick:      time.Second / second,
		stopped:   make(chan struct{}),
		listeners: make(map[net.Listener]context.CancelFunc),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.maxPacket <= 0 {
		s.maxPacket = packetLimit
	}
	s.buffers, s.turns, s.greeters = newBuffers(s.maxPacket), newTurns(), newGreeters(s.stopped)
	s.rings.New = func() any { return new(ring) }
	s.clock.Store(1)
	return s
}

// Serve accepts connections until Shutdown, and then returns nil. After it, it closes the listener.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, nil) }

// ServeTLS is Serve over TLS. Whatever certificate a client shows, c lets through: it is judged at CONNECT.
func (s *Server) ServeTLS(l net.Listener, c *tls.Config) error { return s.serve(l, c) }

func (s *Server) serve(l net.Listener, c *tls.Config) error {
	ctx, cancel := context.WithCancel(context.Background())
	if !s.listen(l, cancel) {
		cancel()
		_ = l.Close()
		return nil
	}
	s.sweeping.Do(func() { go s.sweep() })
	for pause := time.Duration(0); ; {
		socket, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			if err := s.accept(ctx, socket, c); err != nil {
				return err
			}
		case s.isStopping():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept MQTT connections: %w", err)
		default: // no file descriptor is left, or the client has gone already
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("accept failed", "listener", l.Addr().String(), "error", err)
			time.Sleep(pause)
		}
	}
}

func (s *Server) listen(l net.Listener, cancel context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.listeners[l] = cancel
	}
	return !s.stopping
}

func (s *Server) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// logInternal logs an error that is the server's own: nobody else is told what it was.
func (s *Server) logInternal(what string, err error) {
	if muster.KindOf(err) == muster.Internal {
		s.log.Error(what, "error", err)
	}
}

// accept starts the connection. The error is that of a listener that this server cannot serve.
func (s *Server) accept(ctx context.Context, accepted net.Conn, config *tls.Config) error {
	c := &conn{s: s}
	if err := c.wire.attach(accepted, s.buffers, writePatience*s.tick); err != nil {
		_ = accepted.Close()
		return fmt.Errorf("serve MQTT on %s: %w", accepted.LocalAddr(), err)
	}
	s.admit(ctx, c, config, nil)
	return nil
}

// admit greets the client of a connection, unless the server is full or stopping.
func (s *Server) admit(ctx context.Context, c *conn, config *tls.Config, below *tls.ConnectionState) {
	if s.maxConns > 0 && s.open.Load() >= s.maxConns {
		s.metrics.refused(muster.ReasonServerBusy)
		_ = c.wire.Close()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		_ = c.wire.Close()
		return
	}
	s.open.Add(1)
	s.running.Add(1)
	s.roster.add(c)
	s.greeters.start(func() { c.greet(ctx, config, below) })
}

// Shutdown ends the service: it accepts and reads no more, waits until every publish that was handed in is answered,
// tells MQTT 5 clients goodbye and closes the connections. When ctx ends first it closes them as they are.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	first := !s.stopping
	s.stopping = true
	s.mu.Unlock()
	for l := range s.listeners { // which has not changed since stopping was set
		_ = l.Close()
	}
	s.roster.each((*conn).stop)
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("end MQTT sessions: %w", ctx.Err())
		s.roster.each((*conn).drop)
	}
	for _, cancel := range s.listeners {
		cancel()
	}
	if first {
		close(s.stopped)
	}
	return err
}
