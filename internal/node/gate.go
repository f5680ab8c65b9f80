package node

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// A gate keeps the HTTP connections of a server to a limit, so that nobody can use up the files that MQTT and the stores
// need. When more than half of them are open, those that only wait for a next request have to go, and no new one waits.
type gate struct {
	server *http.Server
	limit  int64
	open   atomic.Int64
}

// newGate returns the gate in front of a server that does not serve yet. A connection that becomes one of MQTT leaves it:
// from then on it counts there.
func newGate(server *http.Server, limit int64) *gate {
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if a := admittedBelow(c); a != nil && state == http.StateHijacked {
			a.leave()
		}
	}
	return &gate{server: server, limit: limit}
}

// at returns a listener of the connections of l that there is room for. All listeners of a gate share its limit.
func (g *gate) at(l net.Listener) net.Listener { return &gated{l, g} }

type gated struct {
	net.Listener
	gate *gate
}

// Accept returns the next connection that there is room for; the others are closed.
func (l *gated) Accept() (net.Conn, error) {
	g := l.gate
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.open.Add(1) > g.limit/2 {
			g.server.SetKeepAlivesEnabled(false) // closes those that wait, too
		}
		if g.open.Load() <= g.limit {
			return &admitted{Conn: c, leave: sync.OnceFunc(g.leave)}, nil
		}
		g.leave()
		_ = c.Close() // there is nobody to tell
	}
}

func (g *gate) leave() {
	if g.open.Add(-1) <= g.limit/2 {
		g.server.SetKeepAlivesEnabled(true)
	}
}

// An admitted connection counts until it is closed.
type admitted struct {
	net.Conn
	leave func()
}

// Close closes the connection and makes room.
func (a *admitted) Close() error {
	a.leave()
	return a.Conn.Close()
}

// admittedBelow returns the admitted connection that c is, or is TLS over; nil: none.
func admittedBelow(c net.Conn) *admitted {
	for {
		switch over := c.(type) {
		case *admitted:
			return over
		case interface{ NetConn() net.Conn }:
			c = over.NetConn()
		default:
			return nil
		}
	}
}
