package mqttd

import (
	"bytes"
	"context"

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
		if c.repeated(m) {
			return 0, false, nil
		}
		if err := c.exceeds(m); err != nil {
			return 0, false, err
		}
	}
	c.awaitRoom()
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

// repeated reports whether m is a QoS 2 publish that has come before, and repeats its PUBREC if that was sent.
func (c *conn) repeated(m *mqtt.Publish) bool {
	if m.QoS != 2 {
		return false
	}
	recorded, again := c.received[m.ID]
	if recorded {
		c.sendAck(mqtt.TypePubrec, m.ID, mqtt.Success, "")
	}
	return again
}

// maxReceived bounds the QoS 2 publishes that an older client leaves without PUBREL. MQTT 5 has its Receive Maximum.
const maxReceived = 1000

// exceeds says which bound on publishes in flight m would break.
func (c *conn) exceeds(m *mqtt.Publish) error {
	switch {
	case c.version == mqtt.V5 && c.inflight >= window: // [MQTT-3.3.4-7]
		return &mqtt.Error{Code: mqtt.ReceiveMaximumExceeded, Why: "more publishes are in flight than Receive Maximum"}
	case m.QoS == 2 && len(c.received) >= maxReceived:
		return &mqtt.Error{Code: mqtt.QuotaExceeded, Why: "too many QoS 2 publishes were never released"}
	}
	return nil
}

// awaitRoom waits until the ring takes another publish or the session is no longer live. It lets go of mu meanwhile.
func (c *conn) awaitRoom() {
	for c.crowded() {
		if c.write(); !c.crowded() { // write let go of mu
			return
		}
		c.pause()
	}
}

// pause waits for wake. It lets go of mu meanwhile.
func (c *conn) pause() {
	if c.room == nil {
		c.room = make(chan struct{})
	}
	room := c.room
	c.mu.Unlock()
	<-room
	c.mu.Lock()
}

// crowded reports whether a publish has to wait for room.
func (c *conn) crowded() bool {
	return c.ring != nil && c.ring.full() && c.phase.Load() == live
}

// wake ends pause. Call it with mu held.
func (c *conn) wake() {
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}
