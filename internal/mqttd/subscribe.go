package mqttd

import (
	"muster"
	"muster/internal/mqtt"
)

// subscribe answers each filter of a SUBSCRIBE in its order. [MQTT-3.8.4-6]
func (c *conn) subscribe(p mqtt.Packet) error {
	s, err := p.Subscribe(c.version)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var codes []mqtt.Code
	for f := range s.Filters() {
		code := mqtt.SubscriptionIDsRefused
		if !s.Identified {
			code = c.grant(f)
		}
		if c.version != mqtt.V5 && code > 2 {
			code = mqtt.SubscribeFailure
		}
		codes = append(codes, code)
	}
	out := c.outgoing()
	out.b = mqtt.AppendSuback(out.b, c.version, s.ID, codes) // [MQTT-3.8.4-1]
	return nil
}

// grant keeps the subscription if the peer may have it and returns the QoS, or why not.
func (c *conn) grant(f mqtt.Filter) mqtt.Code {
	filter := string(f.Text)
	switch {
	case f.Shared() && c.version == mqtt.V5:
		return mqtt.SharedNotSupported
	case !c.peer.Grants(filter):
		return mqtt.TopicFilterInvalid
	}
	granted := subscription{filter, min(f.QoS, 1)}
	if !c.toClient().add(granted) {
		return mqtt.QuotaExceeded
	}
	return mqtt.Code(granted.qos)
}

// toClient returns the session's downstream, which it has from now on.
func (c *conn) toClient() *downstream {
	if c.down == nil {
		c.down = new(downstream)
	}
	return c.down
}

// unsubscribe answers each filter of an UNSUBSCRIBE in its order. [MQTT-3.11.3-1]
func (c *conn) unsubscribe(p mqtt.Packet) error {
	s, err := p.Unsubscribe(c.version)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var codes []mqtt.Code
	for f := range s.Filters() {
		code := mqtt.NoSubscriptionExisted
		if c.down.remove(string(f.Text)) {
			code = mqtt.Success
		}
		codes = append(codes, code)
	}
	out := c.outgoing()
	out.b = mqtt.AppendUnsuback(out.b, c.version, s.ID, codes) // [MQTT-3.10.4-4]
	return nil
}

// send encodes a message as a PUBLISH. It goes out with the QoS of the subscription that it matches, QoS 1 if there is
// none, and with QoS 0 while the client owes as many acknowledgements as it takes publishes. A message that is larger than the
// client takes is left out [MQTT-3.1.2-25]. Call it with mu held.
func (c *conn) send(m *muster.Message) {
	p := mqtt.Publish{Topic: []byte(m.Address), Payload: m.Body, QoS: c.down.qosOf(m.Address)}
	if c.down.unacknowledged() >= int(c.maxSend) {
		p.QoS = 0 // [MQTT-3.3.4-9]
	}
	if c.maxPacket > 0 && mqtt.PublishSize(c.version, &p) > int(c.maxPacket) {
		return
	}
	if p.QoS > 0 {
		p.ID = c.toClient().next()
	}
	out := c.outgoing()
	out.b = mqtt.AppendPublish(out.b, c.version, &p)
	c.s.metrics.messages.Inc()
}

// puback takes note of what the client says about a message that it was sent.
func (c *conn) puback(p mqtt.Packet) error {
	a, err := p.Ack(c.version)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case p.Type == mqtt.TypePuback:
		c.down.acknowledged(a.ID)
	case p.Type == mqtt.TypePubrec && c.version == mqtt.V5: // nothing is ever sent with QoS 2
		c.sendAck(mqtt.TypePubrel, a.ID, mqtt.PacketIDNotFound, "")
	}
	return nil
}
