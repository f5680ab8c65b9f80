package proxy

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	patience   = 5 * time.Second // for a header
	maxWaiting = 64              // connections whose header is not read yet; when there are as many, no more are accepted
)

// Options say who is a proxy.
type Options struct {
	// Trusted are the networks of the proxies. A connection from there must begin with a header, and is told by its RemoteAddr
	// to come from where that says. From elsewhere no header is read.
	Trusted []netip.Prefix

	// Refused is told of every connection that was closed because of its header. Any goroutine may call it.
	Refused func(from netip.Addr, err error)
}

// Listen returns a listener for those who connect to l, directly or through a proxy. Its connections are sockets.
func Listen(l *net.TCPListener, o Options) net.Listener {
	return &listener{
		below: l, o: o, patience: patience,
		accepted: make(chan accepted),
		closed:   make(chan struct{}),
		room:     make(chan struct{}, maxWaiting),
		waiting:  make(map[*net.TCPConn]bool),
	}
}

type listener struct {
	below    *net.TCPListener
	o        Options
	patience time.Duration
	accepted chan accepted
	closed   chan struct{}
	room     chan struct{} // holds as many as are waiting
	begin    sync.Once

	mu      sync.Mutex            // guards what follows
	ended   bool                  // and closed is closed
	waiting map[*net.TCPConn]bool // for their header
}

// accepted is what Accept returns next.
type accepted struct {
	conn net.Conn
	err  error
}

// Addr returns the address that is listened on.
func (l *listener) Addr() net.Addr { return l.below.Addr() }

// Accept returns the next connection whose client is known. One that is slow to say so holds up no other.
func (l *listener) Accept() (net.Conn, error) {
	l.begin.Do(func() { go l.run() })
	select {
	case a := <-l.accepted:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the listener, and the connections that were not accepted yet.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return net.ErrClosed
	}
	l.ended = true
	close(l.closed)
	for c := range l.waiting {
		_ = c.Close()
	}
	return l.below.Close()
}

// run accepts connections until Close.
func (l *listener) run() {
	for {
		c, err := l.below.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			l.offer(accepted{err: err})
		case !l.trusts(remote(c)):
			l.offer(accepted{conn: c})
		default:
			select {
			case l.room <- struct{}{}:
				go l.introduce(c)
			case <-l.closed:
				_ = c.Close()
			}
		}
	}
}

func (l *listener) trusts(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(l.o.Trusted, func(p netip.Prefix) bool { return p.Contains(from) })
}

func remote(c *net.TCPConn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{} // it has gone already
}

// offer waits until a is accepted.
func (l *listener) offer(a accepted) {
	select {
	case l.accepted <- a:
	case <-l.closed:
		if a.conn != nil {
			_ = a.conn.Close()
		}
	}
}

// introduce reads the header of a connection and offers it.
func (l *listener) introduce(c *net.TCPConn) {
	defer func() { <-l.room }()
	from, err := l.read(c)
	switch {
	case err != nil:
		_ = c.Close()
		if err != io.EOF && !l.isClosed() { // who says nothing only looks whether anybody is there
			l.o.Refused(remote(c), err)
		}
	case from.IsValid():
		l.offer(accepted{conn: &proxied{c, net.TCPAddrFromAddrPort(from)}})
	default:
		l.offer(accepted{conn: c})
	}
}

// read reads the header of a connection that Close can close meanwhile.
func (l *listener) read(c *net.TCPConn) (netip.AddrPort, error) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return netip.AddrPort{}, net.ErrClosed
	}
	l.waiting[c] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.waiting, c)
	}()
	_ = c.SetReadDeadline(time.Now().Add(l.patience))
	from, err := readHeader(c)
	_ = c.SetReadDeadline(time.Time{})
	return from, err
}

func (l *listener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// proxied is a connection that a proxy has made on behalf of another address.
type proxied struct {
	*net.TCPConn
	from *net.TCPAddr
}

// RemoteAddr returns on whose behalf the connection is.
func (p *proxied) RemoteAddr() net.Addr { return p.from }
