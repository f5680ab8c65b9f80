package httpd

import "net"

// A turn is a connection that computes during its handshake only while it holds one of a few places, and gives that up
// while it waits for its client. Until end it is one goroutine's.
type turn struct {
	net.Conn
	compute chan struct{}
	has     bool
	over    bool
}

// NetConn returns the connection itself.
func (t *turn) NetConn() net.Conn { return t.Conn }

// Read reads what has come. During the handshake it returns with a place.
func (t *turn) Read(b []byte) (int, error) {
	if t.over {
		return t.Conn.Read(b)
	}
	t.rest()
	n, err := t.Conn.Read(b)
	t.compute <- struct{}{}
	t.has = true
	return n, err
}

// Write sends b. During the handshake it waits without a place.
func (t *turn) Write(b []byte) (int, error) {
	if !t.over {
		t.rest()
	}
	return t.Conn.Write(b)
}

// rest gives the place to another.
func (t *turn) rest() {
	if t.has {
		t.has = false
		<-t.compute
	}
}

// end is the end of the handshake.
func (t *turn) end() {
	t.rest()
	t.over = true
}
