package mqttd

import (
	"crypto/tls"
	"errors"
	"net"

	"muster"
	"muster/internal/mqtt"
)

// The phases of a session. They only ever advance.
const (
	live uint32 = iota // packets are read and served
	held               // nothing more is read; what was handed in is still answered
	over               // nothing is served and nothing is answered any more
)

// What moves a connection towards its end, each word with one meaning:
//
//	refuse   it becomes no session: the client is told why, and then finish
//	stop     the server stops: the session ends as soon as what was handed in is answered
//	end      the session is over: what is encoded is written, an MQTT 5 client is told why, and then finish
//	finish   nothing follows what is on its way, and the client has a moment to take it
//	drop     nothing is written any more: the connection is given up at once, as it is
//	release  the connection is closed, and what it held is given back: the last act of its goroutine

// stop lets the session end as soon as every publish that was handed in is answered.
func (c *conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.greeted {
		c.phase.Store(over)
		_ = c.wire.Close() // nobody can be in a callback of the wire yet, which Close would wait for
		return
	}
	c.stopping = true
	c.phase.CompareAndSwap(live, held)
	c.wake()
	c.settle()
	c.write()
}

// end ends the session and reports whether it was the first to do so. It may be called from any goroutine and does not
// wait.
func (c *conn) end(code mqtt.Code, err error) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first = c.endLocked(code, err)
	c.write()
	return first
}

// endLocked is end for who holds mu and calls write next.
func (c *conn) endLocked(code mqtt.Code, err error) (first bool) {
	if c.phase.Swap(over) == over {
		return false
	}
	c.wake()
	if !c.greeted {
		return true // the greeting will see it
	}
	c.leave() // the device is gone now, however long its connection takes to close
	c.leave = nil
	if !errors.Is(err, errJoined) {
		c.s.metrics.ended(muster.ReasonOf(err))
	}
	if c.version == mqtt.V5 {
		out := c.outgoing()
		out.b = mqtt.AppendDisconnect(out.b, code, c.reason(err))
	}
	c.silent = true
	return true
}

// endAndNote is end for a reason of the transport's own, which the journal does not know yet.
func (c *conn) endAndNote(code mqtt.Code, err error) {
	if c.end(code, err) && !errors.Is(err, errJoined) {
		c.peer.Note(muster.ActionDisconnect, err)
	}
}

// finish is the last of writing, as TLS and TCP do it.
func (c *conn) finish() {
	if t, ok := c.stream.(*tls.Conn); ok {
		_ = t.CloseWrite()
	}
	c.wire.finish()
}

// drop gives the connection up.
func (c *conn) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropLocked(net.ErrClosed)
}

// dropLocked is drop for who holds mu; err says why.
func (c *conn) dropLocked(err error) {
	c.finished = true
	if c.phase.Swap(over) != over {
		c.dropped = err
	}
	c.wake()
	c.wire.drop(err)
}

// release is the end of the connection. Publishes that were handed in are still answered, to nobody.
func (c *conn) release() {
	c.mu.Lock()
	err := c.dropped
	if c.phase.Swap(over) != over {
		err = c.wire.failure()
	}
	c.mu.Unlock()
	_ = c.wire.Close()
	if errors.Is(err, muster.ReasonQueueFull) && c.peer != nil {
		c.s.metrics.ended(muster.ReasonQueueFull)
		c.peer.Note(muster.ActionDisconnect, err)
	}
	if c.leave != nil {
		c.leave()
	}
	if c.in != nil {
		c.s.buffers.put(c.in)
		c.in = nil
	}
	if c.greeted {
		c.s.metrics.sessions.Dec()
	}
	c.s.roster.remove(c)
	c.s.open.Add(-1)
	c.s.running.Done()
}
