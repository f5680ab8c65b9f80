package mqttd

import (
	"muster"
	"muster/internal/mqtt"
)

// outgoing returns the buffer for packets to be written; write sends it. Call it with mu held.
func (c *conn) outgoing() *buffer {
	if c.out == nil {
		c.out = c.s.buffers.get(smallBuffer)
		c.out.b = c.out.b[:0]
	}
	return c.out
}

// flush is write for who does not hold mu.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write()
}

// write sends the packets that are encoded, and finishes the wire when the session is over. mu is held when it is called
// and when it returns, but not while it writes, so that answers never wait for the network; what is encoded meanwhile
// is written by the same call.
func (c *conn) write() {
	if c.sending {
		return
	}
	c.sending = true
	for c.out != nil {
		out := c.out
		c.out = nil
		c.mu.Unlock()
		_, err := c.stream.Write(out.b)
		c.s.buffers.put(out)
		c.mu.Lock()
		if err != nil {
			c.lose(err)
		}
	}
	c.sending = false
	if c.greeted && c.phase.Load() == over && !c.finished {
		c.finished = true
		c.bye()
	}
}

// lose gives up a connection that cannot be written to. Call it with mu held.
func (c *conn) lose(err error) {
	c.finished = true
	if c.phase.Swap(over) != over {
		c.lost = err
	}
	c.wake()
	c.wire.fail(err)
}

// end ends the session and reports whether it was the first to do so. What is encoded is written, an MQTT 5 client is
// told why, and then the connection closes. It may be called from any goroutine and does not wait.
func (c *conn) end(code mqtt.Code, err error) (first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first = c.close(code, err)
	c.write()
	return first
}

// close is end without the writing, for who holds mu and calls write next.
func (c *conn) close(code mqtt.Code, err error) (first bool) {
	if c.phase.Swap(over) == over {
		return false
	}
	c.wake()
	if !c.greeted {
		return true // the greeting will see it
	}
	if _, done := err.(sessionDone); !done {
		c.s.metrics.ended(muster.ReasonOf(err))
	}
	if c.version == mqtt.V5 {
		out := c.outgoing()
		out.b = mqtt.AppendDisconnect(out.b, code, c.reason(err))
	}
	return true
}
