package mqttd

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"muster"
)

// A Stream is a connection that is no socket, such as one over WebSocket. What its reading methods refuse with a
// *muster.Error, because the client may not send it, is told the client and the journal.
type Stream interface {
	net.Conn
	CloseWrite() error // ends the writing; it does not wait
	Await() error      // waits until there is something to read
}

// ServeConn takes a connection over that another transport has opened, and returns at once: it is greeted, counted, limited
// and shut down like one that was accepted here. Waiting on its behalf ends with ctx. below is the TLS that it came by, nil
// if by none.
func (s *Server) ServeConn(ctx context.Context, stream Stream, below *tls.ConnectionState) {
	s.sweeping.Do(func() { go s.sweep() })
	c := &conn{s: s}
	c.wire.duplex, c.wire.buffers, c.wire.patience = stream, s.buffers, writePatience*s.tick
	s.admit(ctx, c, nil, below)
}

// attend is the session over a Stream, to the end of the connection. Its goroutine waits in the stream and holds no buffer
// meanwhile.
func (c *conn) attend(ctx context.Context) {
	goodbye := c.handleAll(ctx) // what came along with the CONNECT
	for !goodbye && c.phase.Load() == live {
		if err := c.receive(); err != nil {
			if isRefusal(err) {
				c.endAndNote(disconnectCode(err), err)
			}
			break
		}
		goodbye = c.handleAll(ctx)
		c.giveBack()
	}
	c.awaitEnd()
	if c.wire.failure() == nil {
		c.depart()
		c.wire.discard() // until the client has taken the last words
	}
}

// receive waits until more of the stream is in the read buffer.
func (c *conn) receive() error {
	if err := c.wire.await(); err != nil {
		return err
	}
	if c.in == nil {
		c.in = c.s.buffers.get(smallBuffer)
	}
	n, err := c.stream.Read(c.in.b[c.filled:])
	c.filled += n
	c.seen.Store(c.s.clock.Load())
	return err
}

// awaitEnd waits while the session is held.
func (c *conn) awaitEnd() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.phase.Load() == held {
		c.pause()
	}
}

// depart ends a session whose client has left: what is encoded is written, and then finish.
func (c *conn) depart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Swap(over) == over {
		return
	}
	c.wake()
	c.leave()
	c.leave = nil
	c.write()
}

// isRefusal tells what a client may not do from a connection that failed.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*muster.Error](err)
	return ok
}
