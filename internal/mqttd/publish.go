package mqttd

import (
	"bytes"
	"context"

	"muster"
	"muster/internal/mqtt"
)

// publish hands in a PUBLISH. It waits while dispatch does, and while too many wait for their answer.
func (c *conn) publish(ctx context.Context, p mqtt.Packet) error {
	m, err := p.Publish(c.version)
	if err != nil {
		return err
	}
	if m.Alias > 0 {
		if err := c.resolve(&m); err != nil {
			return err
		}
	}
	tag, fresh, err := c.push(&m)
	if fresh {
		c.peer.Handle(ctx, m.Topic, m.Payload, c, tag)
	}
	return err
}

// maxAlias bounds the topics that an alias can stand for, in bytes.
const maxAlias = 512

// resolve puts the topic in place that the alias of MQTT 5 stands for, or learns it.
func (c *conn) resolve(m *mqtt.Publish) error {
	if m.Alias > topicAliases {
		return &mqtt.Error{Code: mqtt.TopicAliasInvalid, Why: "the topic alias is over the maximum"} // [MQTT-3.3.2-9]
	}
	if c.aliases == nil {
		c.aliases = new([topicAliases][]byte)
	}
	known := &c.aliases[m.Alias-1]
	switch {
	case len(m.Topic) == 0 && *known == nil:
		return &mqtt.Error{Code: mqtt.ProtocolError, Why: "nothing is known by this topic alias"} // [MQTT 5, 3.3.2.3.4]
	case len(m.Topic) == 0:
		m.Topic = *known
	case len(m.Topic) > maxAlias:
		return &mqtt.Error{Code: mqtt.QuotaExceeded, Why: "the topic is too long for an alias"}
	case !bytes.Equal(*known, m.Topic):
		*known = bytes.Clone(m.Topic)
	}
	return nil
}

// push gives a publish its place in the order of answers. It is not fresh if it has one already [MQTT-4.3.3-10], or if
// the session serves no more.
func (c *conn) push(m *mqtt.Publish) (tag uint64, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.QoS > 0 {
		if again, err := c.repeated(m); again || err != nil {
			return 0, false, err
		}
	}
	for c.crowded() {
		if c.write(); c.crowded() { // write lets go of mu
			c.waitForRoom()
		}
	}
	if c.phase.Load() != live {
		return 0, false, nil
	}
	if c.ring == nil {
		c.ring = c.s.rings.Get().(*ring)
		c.progress = c.s.clock.Load()
	}
	if m.QoS > 0 {
		c.inflight++
	}
	if m.QoS == 2 {
		if c.received == nil {
			c.received = make(map[uint16]bool)
		}
		c.received[m.ID] = false
	}
	return c.ring.push(m.ID, m.QoS), true, nil
}

// crowded reports whether a publish has to wait for room.
func (c *conn) crowded() bool {
	return c.ring != nil && c.ring.full() && c.phase.Load() == live
}

// repeated reports whether m is a QoS 2 publish that has come before, and repeats its PUBREC if that was sent. It
// refuses a publish over the Receive Maximum.
func (c *conn) repeated(m *mqtt.Publish) (bool, error) {
	if m.QoS == 2 {
		if recorded, ok := c.received[m.ID]; ok {
			if recorded {
				out := c.outgoing()
				out.b = mqtt.AppendAck(out.b, c.version, mqtt.TypePubrec, m.ID, mqtt.Success, "")
			}
			return true, nil
		}
	}
	switch {
	case c.version == mqtt.V5 && c.inflight >= window: // [MQTT-3.3.4-7]
		return false, &mqtt.Error{Code: mqtt.ReceiveMaximumExceeded, Why: "more publishes are in flight than Receive Maximum"}
	case m.QoS == 2 && len(c.received) >= maxReceived:
		return false, &mqtt.Error{Code: mqtt.QuotaExceeded, Why: "too many QoS 2 publishes were never released"}
	}
	return false, nil
}

// maxReceived bounds the QoS 2 publishes that an older client leaves without PUBREL. MQTT 5 has its Receive Maximum.
const maxReceived = 1000

// waitForRoom lets go of mu until an answer makes room or the session is no longer live.
func (c *conn) waitForRoom() {
	if c.room == nil {
		c.room = make(chan struct{})
	}
	room := c.room
	c.mu.Unlock()
	<-room
	c.mu.Lock()
}

// wake ends waitForRoom. Call it with mu held.
func (c *conn) wake() {
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}

// Answer marks a publish as answered. It implements muster.Answerer.
func (c *conn) Answer(tag uint64, m muster.Message, err error) {
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

// settle encodes the acknowledgements that are due: those from the oldest publish on up to the first that is not
// answered, so that they go out in the order the publishes came. [MQTT-4.6.0-2] Call it with mu held.
func (c *conn) settle() {
	if r := c.ring; r != nil {
		acks, from := 0, r.head
		for s := r.oldest(); s != nil && (c.withheld == nil || c.phase.Load() == over); s = r.oldest() {
			if c.phase.Load() != over {
				if !c.settleOne(s) {
					break
				}
				acks += int(min(s.qos, 1))
			}
			r.pop()
		}
		if r.head != from {
			c.progress = c.s.clock.Load()
			c.s.metrics.acks.Add(float64(acks))
			c.wake()
		}
		if r.empty() {
			c.ring = nil
			c.s.rings.Put(r)
			c.seen.Store(c.s.clock.Load()) // silence counts from here
		}
	}
	if c.stopping && (c.ring == nil || c.ring.waiting == 0) {
		c.endLocked(mqtt.ServerShuttingDown, muster.Refuse(muster.ReasonStopping, ""))
	}
}

// settleOne encodes the answer to one publish. It is false if the publish is withheld.
func (c *conn) settleOne(s *slot) bool {
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
	err := s.reply.err
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
	out := c.outgoing()
	out.b = mqtt.AppendAck(out.b, c.version, kind, s.id, code, reason)
}

// complete answers a PUBREL: the packet identifier may be used again. [MQTT-4.3.3-11]
func (c *conn) complete(p mqtt.Packet) error {
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
	out := c.outgoing()
	out.b = mqtt.AppendAck(out.b, c.version, mqtt.TypePubcomp, a.ID, code, "")
	return nil
}
