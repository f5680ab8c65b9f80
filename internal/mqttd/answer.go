package mqttd

import (
	"muster"
	"muster/internal/mqtt"
)

// Answer marks a publish as answered. It implements muster.Answerer.
func (c *conn) Answer(tag uint64, m muster.Message, err error) {
	if err != nil {
		c.s.logInternal("a publish failed", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring.answer(tag, m, err)
}

// Flush sends the acknowledgements that are due. It implements muster.Answerer.
func (c *conn) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.write()
}

// settle encodes what is due to the client, and ends the session if it is stopping and owes no more. Call it with mu held.
func (c *conn) settle() {
	if c.ring != nil {
		c.settleRing(c.ring)
	}
	if c.stopping && (c.ring == nil || c.ring.waiting == 0) {
		c.endLocked(mqtt.ServerShuttingDown, muster.Refuse(muster.ReasonStopping, ""))
	}
}

// settleRing settles the publishes from the oldest on up to the first that is not answered or is withheld, so that their
// acknowledgements go out in the order in which they came. [MQTT-4.6.0-2]
func (c *conn) settleRing(r *ring) {
	head := r.head
	for s := r.oldest(); s != nil && c.settleOne(s); s = r.oldest() {
		r.pop()
	}
	if r.head == head {
		return
	}
	now := c.s.clock.Load()
	c.progress = now
	c.wake()
	if r.empty() {
		c.ring = nil
		c.s.rings.Put(r)
		c.seen.Store(now) // silence counts from here
	}
}

// settleOne encodes the answer to one publish, if anybody is left to hear it. It is false if the publish is withheld.
func (c *conn) settleOne(s *slot) bool {
	switch {
	case c.phase.Load() == over:
		return true
	case c.withheld != nil:
		return false
	}
	if c.joining {
		c.until = c.s.clock.Load() + provisionLinger
	}
	switch {
	case s.reply == nil:
		c.acknowledge(s, mqtt.Success, nil)
		return true
	case s.reply.message.Address != "": // the dialect has said it all
		c.acknowledge(s, mqtt.Success, nil)
		c.send(&s.reply.message)
		return true
	}
	return c.settleRefused(s, s.reply.err)
}

// settleRefused encodes what becomes of a publish that was refused because of err. It is false if the publish is withheld.
func (c *conn) settleRefused(s *slot, err error) bool {
	v := judgePublish(err, c.version, s.qos, c.joining)
	if v.withhold {
		c.withheld = err
		c.phase.CompareAndSwap(live, held)
		c.wake()
		return false
	}
	if v.ack {
		c.acknowledge(s, v.code, err)
	}
	if v.end {
		c.endLocked(v.farewell, err)
	}
	return true
}

// acknowledge encodes PUBACK or PUBREC; at QoS 0 there is none.
func (c *conn) acknowledge(s *slot, code mqtt.Code, err error) {
	if s.qos == 0 {
		return
	}
	kind := mqtt.TypePuback
	switch {
	case s.qos == 1:
		c.inflight--
	case code == mqtt.Success || c.version != mqtt.V5:
		kind = mqtt.TypePubrec
		c.received[s.id] = true
	default: // the exchange ends here [MQTT-4.3.3-9]
		kind = mqtt.TypePubrec
		c.inflight--
		delete(c.received, s.id)
	}
	reason := ""
	if err != nil && c.version == mqtt.V5 && c.problems { // [MQTT-3.1.2-29]
		reason = c.reason(err)
	}
	c.sendAck(kind, s.id, code, reason)
}

// pubrel answers a PUBREL: the packet identifier may be used again. [MQTT-4.3.3-11]
func (c *conn) pubrel(p mqtt.Packet) error {
	a, err := p.Ack(c.version)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	code := mqtt.PacketIDNotFound
	if c.received[a.ID] {
		code = mqtt.Success
		delete(c.received, a.ID)
		c.inflight--
	}
	c.sendAck(mqtt.TypePubcomp, a.ID, code, "")
	return nil
}
