package mqtt

import "encoding/binary"

// What clients send, for the tests to read back.

func appendConnect(b []byte, c *Connect, props []byte) []byte {
	at := len(b)
	name, flags := "MQTT", byte(0)
	if c.Version == V31 {
		name = "MQIsdp"
	}
	for _, f := range []struct {
		set bool
		bit byte
	}{{c.Clean, 0x02}, {c.Will, 0x04}, {c.Username != nil, 0x80}, {c.Password != nil, 0x40}} {
		if f.set {
			flags |= f.bit
		}
	}
	b = append(appendText(b, name), byte(c.Version), flags)
	b = binary.BigEndian.AppendUint16(b, c.KeepAlive)
	if c.Version == V5 {
		b = append(appendVarint(b, len(props)), props...)
	}
	b = appendBinary(b, c.ClientID)
	if c.Will {
		if c.Version == V5 {
			b = append(b, 0)
		}
		b = appendBinary(appendText(b, "gone"), []byte{0, 1})
	}
	if c.Username != nil {
		b = appendBinary(b, c.Username)
	}
	if c.Password != nil {
		b = appendBinary(b, c.Password)
	}
	return frame(b, at, 0x10)
}

func appendSubscribe(b []byte, v Version, id uint16, props []byte, filters ...Filter) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, id)
	if v == V5 {
		b = append(appendVarint(b, len(props)), props...)
	}
	for _, f := range filters {
		b = append(appendBinary(b, f.Text), f.QoS)
	}
	return frame(b, at, 0x82)
}

func appendUnsubscribe(b []byte, v Version, id uint16, filters ...string) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, id)
	if v == V5 {
		b = append(b, 0)
	}
	for _, f := range filters {
		b = appendText(b, f)
	}
	return frame(b, at, 0xa2)
}
