package mqttd

import (
	"slices"
	"strings"

	"muster"
	"muster/internal/mqtt"
)

// A subscription is a filter that was granted, and the QoS that messages go out with under it.
type subscription struct {
	filter string
	qos    byte
}

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
	if i := c.find(filter); i >= 0 {
		c.filters[i] = granted // [MQTT-3.8.4-3]
	} else if len(c.filters) < maxFilters {
		c.filters = append(c.filters, granted)
	} else {
		return mqtt.QuotaExceeded
	}
	return mqtt.Code(granted.qos)
}

func (c *conn) find(filter string) int {
	return slices.IndexFunc(c.filters, func(s subscription) bool { return s.filter == filter })
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
		if i := c.find(string(f.Text)); i >= 0 {
			c.filters = slices.Delete(c.filters, i, i+1)
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
	p := mqtt.Publish{Topic: []byte(m.Address), Payload: m.Body, QoS: c.qosOf(m.Address)}
	if len(c.sent) >= int(c.maxSend) {
		p.QoS = 0 // [MQTT-3.3.4-9]
	}
	if c.maxPacket > 0 && mqtt.PublishSize(c.version, &p) > int(c.maxPacket) {
		return
	}
	if p.QoS > 0 {
		p.ID = c.nextID()
		c.sent = append(c.sent, p.ID)
	}
	out := c.outgoing()
	out.b = mqtt.AppendPublish(out.b, c.version, &p)
	c.s.metrics.messages.Inc()
}

// nextID returns a packet identifier that is not in use: 1, 2, … 65535, and again from 1. [MQTT-2.2.1-4]
func (c *conn) nextID() uint16 {
	for {
		if c.lastID++; c.lastID != 0 && !slices.Contains(c.sent, c.lastID) {
			return c.lastID
		}
	}
}

func (c *conn) qosOf(topic string) byte {
	for _, s := range c.filters {
		if matches(s.filter, topic) {
			return s.qos
		}
	}
	return 1
}

// matches reports whether topic is one of filter's. Of the wildcards only '+' is ever granted.
func matches(filter, topic string) bool {
	for {
		f, filterRest, moreFilter := strings.Cut(filter, "/")
		t, topicRest, moreTopic := strings.Cut(topic, "/")
		if f != "+" && f != t || moreFilter != moreTopic {
			return false
		}
		if !moreFilter {
			return true
		}
		filter, topic = filterRest, topicRest
	}
}

// puback takes note of what the client says about a message that it was sent.
func (c *conn) puback(p mqtt.Packet) error {
	a, err := p.Ack(c.version)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch i := slices.Index(c.sent, a.ID); {
	case p.Type == mqtt.TypePuback && i >= 0:
		c.sent = slices.Delete(c.sent, i, i+1)
	case p.Type == mqtt.TypePubrec && c.version == mqtt.V5: // nothing is ever sent with QoS 2
		c.sendAck(mqtt.TypePubrel, a.ID, mqtt.PacketIDNotFound, "")
	}
	return nil
}
