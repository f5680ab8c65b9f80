package coapd

import (
	"container/list"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3/pkg/protocol/handshake"
)

// A line is one session's share of a portal. Reading waits as on any connection; what comes while many datagrams wait
// already is lost.
type line struct {
	portal *portal
	remote netip.AddrPort // when the handshake began
	random string         // of the client
	queue  chan packet
	closed chan struct{} // closed by portal.drop
	at     atomic.Pointer[netip.AddrPort]
	proven atomic.Bool

	// Guarded by the portal's mu.
	place *list.Element // among the unproven; nil: it is proven
	id    string        // connection id; "" if it has none

	mu       sync.Mutex // guards what follows
	deadline time.Time
	changed  chan struct{} // closed when the deadline changes
}

// A packet is a datagram and who sent it.
type packet struct {
	from netip.AddrPort
	data []byte
}

func newLine(p *portal, remote netip.AddrPort, random string) *line {
	return &line{
		portal: p, remote: remote, random: random,
		queue: make(chan packet, maxQueued), closed: make(chan struct{}), changed: make(chan struct{}),
	}
}

func (l *line) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// take queues a datagram, which is copied.
func (l *line) take(from netip.AddrPort, datagram []byte) {
	if len(l.queue) == cap(l.queue) { // nobody else queues
		return
	}
	l.queue <- packet{from, append([]byte(nil), datagram...)}
}

// ReadFrom returns the next datagram.
func (l *line) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		l.mu.Lock()
		deadline, changed := l.deadline, l.changed
		l.mu.Unlock()
		var late <-chan time.Time
		if !deadline.IsZero() {
			left := time.Until(deadline)
			if left <= 0 {
				return 0, nil, os.ErrDeadlineExceeded
			}
			late = time.After(left)
		}
		select {
		case p := <-l.queue:
			return copy(b, p.data), net.UDPAddrFromAddrPort(p.from), nil
		case <-l.closed:
			return 0, nil, net.ErrClosed
		case <-changed:
		case <-late:
		}
	}
}

// WriteTo sends a datagram. It does not wait.
func (l *line) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok || l.isClosed() {
		return 0, net.ErrClosed
	}
	remote := netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	if at := l.at.Load(); at == nil || *at != remote {
		l.at.Store(&remote)
	}
	if !l.proven.Load() && isHello(b, handshake.TypeServerHello) {
		l.portal.prove(l, b)
		l.proven.Store(true)
	}
	return l.portal.conn.WriteTo(b, a)
}

// peerAt returns where the peer was sent something last.
func (l *line) peerAt() netip.AddrPort {
	if at := l.at.Load(); at != nil {
		return *at
	}
	return l.remote
}

// Close ends the line.
func (l *line) Close() error {
	p := l.portal
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.isClosed() {
		return nil
	}
	p.drop(l)
	if p.closing && p.lines == 0 {
		return p.conn.Close()
	}
	return nil
}

// LocalAddr returns where the portal listens.
func (l *line) LocalAddr() net.Addr { return l.portal.Addr() }

// SetReadDeadline ends the waiting of ReadFrom at t; the zero time never does.
func (l *line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = t
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// SetDeadline is SetReadDeadline: writing does not wait.
func (l *line) SetDeadline(t time.Time) error { return l.SetReadDeadline(t) }

// SetWriteDeadline does nothing: writing does not wait.
func (l *line) SetWriteDeadline(time.Time) error { return nil }
