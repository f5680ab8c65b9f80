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
	if c.version == mqtt.V5 {
		if err := untold(s); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var codes []mqtt.Code
	for f := range s.Filters() {
		code := c.grant(f)
		if c.version != mqtt.V5 && code > 2 {
			code = mqtt.SubscribeFailure
		}
		codes = append(codes, code)
	}
	c.peer.Subscribed(c.down.all(), c)
	out := c.outgoing()
	at := len(out.b)
	out.b = mqtt.AppendSuback(out.b, c.version, s.ID, codes) // [MQTT-3.8.4-1]
	return c.fits(out, at)
}

// untold refuses what CONNACK has said is not served.
func untold(s mqtt.Subscribe) error {
	if s.Identified { // [MQTT 5, 3.2.2.3.12]
		return &mqtt.Error{Code: mqtt.SubscriptionIDsRefused, Why: "subscription identifiers are not served"}
	}
	for f := range s.Filters() {
		if f.Shared() { // [MQTT 5, 3.2.2.3.13]
			return &mqtt.Error{Code: mqtt.SharedNotSupported, Why: "shared subscriptions are not served"}
		}
	}
	return nil
}

// fits takes the packet back that begins at, and is an error, if the client does not take one that large. [MQTT-3.1.2-24]
func (c *conn) fits(out *buffer, at int) error {
	if c.maxPacket == 0 || len(out.b)-at <= int(c.maxPacket) {
		return nil
	}
	out.b = out.b[:at]
	return &mqtt.Error{Code: mqtt.PacketTooLarge, Why: "the answer is larger than the client takes"}
}

// grant keeps the subscription if the peer may have it and returns the QoS, or why not.
func (c *conn) grant(f mqtt.Filter) mqtt.Code {
	filter := string(f.Text)
	if !c.peer.Grants(filter) {
		if c.peer.Identity().Lapsed {
			return mqtt.NotAuthorized
		}
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
	c.peer.Subscribed(c.down.all(), c)
	out := c.outgoing()
	at := len(out.b)
	out.b = mqtt.AppendUnsuback(out.b, c.version, s.ID, codes) // [MQTT-3.10.4-4]
	return c.fits(out, at)
}

// Tell sends a message that answers nothing. It implements dispatch.Client.
func (c *conn) Tell(m muster.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.Load() != over {
		c.send(&m)
		c.write()
	}
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
