package mqtt

import "bytes"

// A Publish is a PUBLISH. Its slices are parts of the packet.
type Publish struct {
	Topic   []byte // empty only in MQTT 5, with an Alias
	Payload []byte
	ID      uint16 // 0 at QoS 0
	Alias   uint16 // MQTT 5; 0: none
	QoS     byte
	Dup     bool
	Retain  bool
}

// Publish reads a PUBLISH of a client.
func (p Packet) Publish(v Version) (m Publish, err error) {
	m.QoS, m.Dup, m.Retain = p.Flags>>1&3, p.Flags&0x08 != 0, p.Flags&0x01 != 0
	r := reader{rest: p.Body}
	topic, wildcard := r.topic()
	m.Topic = topic
	if m.QoS > 0 {
		m.ID = r.packetID() // [MQTT-2.2.1-3]
	} else if m.Dup {
		r.fail(malformed("a publish with QoS 0 is marked as repeated")) // [MQTT-3.3.1-2]
	}
	if v == V5 {
		m.properties(&r)
	}
	switch {
	case r.err != nil:
		return m, r.err
	case len(m.Topic) == 0 && m.Alias == 0:
		return m, protocolError("a publish names no topic") // [MQTT-4.7.3-1]
	case wildcard:
		return m, &Error{TopicNameInvalid, "a topic name has a wildcard in it"} // [MQTT-3.3.2-2]
	}
	m.Payload = r.rest
	return m, nil
}

func (m *Publish) properties(r *reader) {
	p := r.properties(inPublish)
	if p.seen == 0 {
		return
	}
	m.Alias = uint16(p.number(topicAlias, 0))
	if _, topic := p.get(responseTopic); bytes.ContainsAny(topic, "+#") {
		r.fail(protocolError("a response topic has a wildcard in it")) // [MQTT-3.3.2-14]
	}
}

// AppendPublish appends a PUBLISH; Alias is left out. The topic is at most 65,535 bytes long and the whole fits in
// MaxRemaining.
func AppendPublish(b []byte, v Version, m *Publish) []byte {
	flags := m.QoS << 1
	if m.Dup {
		flags |= 0x08
	}
	if m.Retain {
		flags |= 0x01
	}
	b = append(b, byte(TypePublish)<<4|flags)
	b = appendVarint(b, publishRemaining(v, m))
	b = appendBinary(b, m.Topic)
	if m.QoS > 0 {
		b = append(b, byte(m.ID>>8), byte(m.ID))
	}
	if v == V5 {
		b = append(b, 0)
	}
	return append(b, m.Payload...)
}

// PublishSize is how long the packet is that AppendPublish appends.
func PublishSize(v Version, m *Publish) int {
	n := publishRemaining(v, m)
	return 1 + varintSize(n) + n
}

func publishRemaining(v Version, m *Publish) int {
	n := 2 + len(m.Topic) + len(m.Payload)
	if m.QoS > 0 {
		n += 2
	}
	if v == V5 {
		n++
	}
	return n
}
