package mqttd

import "muster/internal/mqtt"

// outgoing returns the buffer for packets to be written; write sends it. After the last word it leads nowhere
// [MQTT-3.14.4-1]. Call it with mu held.
func (c *conn) outgoing() *buffer {
	if c.silent {
		return new(buffer)
	}
	if c.out == nil {
		c.out = c.s.buffers.get(smallBuffer)
		c.out.b = c.out.b[:0]
	}
	return c.out
}

// sendAck encodes a PUBACK, PUBREC, PUBREL or PUBCOMP. Call it with mu held.
func (c *conn) sendAck(t mqtt.Type, id uint16, code mqtt.Code, reason string) {
	out := c.outgoing()
	out.b = mqtt.AppendAck(out.b, c.version, t, id, code, reason)
	if t == mqtt.TypePuback || t == mqtt.TypePubrec {
		c.s.metrics.acks.Inc()
	}
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
			c.dropLocked(err)
		}
	}
	c.sending = false
	if c.greeted && c.phase.Load() == over && !c.finished {
		c.finished = true
		c.finish()
	}
}
