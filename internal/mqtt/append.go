package mqtt

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// A Connack is what a CONNACK tells an MQTT 5 client. Session present is always 0: no session outlives its connection.
type Connack struct {
	Code             Code
	Reason           string // empty: no reason string
	AssignedClientID string // empty: the client brought its own
	ReceiveMaximum   uint16
	MaximumPacket    uint32 // bytes
	TopicAliases     uint16
	KeepAlive        uint16 // seconds, in place of the client's; 0: the client's stands
	EndSession       bool   // the client asked for a session that lasts and gets none
	Time             int64  // what time it is, epoch milliseconds, as the user property time; 0: not said
}

// AppendConnack appends a CONNACK of MQTT 5. A refusal carries its code and its reason alone.
func AppendConnack(b []byte, c *Connack) []byte {
	at := len(b)
	b = append(b, 0, byte(c.Code)) // [MQTT-3.2.2-2] [MQTT-3.2.2-6]
	props := len(b)
	if c.Code == Success {
		b = c.appendLimits(b)
	}
	if c.Reason != "" {
		b = appendText(append(b, byte(reasonString)), c.Reason)
	}
	return frame(prefix(b, props), at, byte(TypeConnack)<<4)
}

func (c *Connack) appendLimits(b []byte) []byte {
	if c.EndSession {
		b = binary.BigEndian.AppendUint32(append(b, byte(sessionExpiry)), 0)
	}
	b = binary.BigEndian.AppendUint16(append(b, byte(receiveMaximum)), c.ReceiveMaximum)
	b = binary.BigEndian.AppendUint32(append(b, byte(maximumPacketSize)), c.MaximumPacket)
	if c.AssignedClientID != "" {
		b = appendText(append(b, byte(assignedClientID)), c.AssignedClientID) // [MQTT-3.2.2-16]
	}
	b = binary.BigEndian.AppendUint16(append(b, byte(topicAliasMaximum)), c.TopicAliases)
	b = append(b, byte(subscriptionIDsServed), 0, byte(sharedServed), 0)
	if c.KeepAlive != 0 {
		b = binary.BigEndian.AppendUint16(append(b, byte(serverKeepAlive)), c.KeepAlive)
	}
	if c.Time != 0 {
		b = appendText(append(b, byte(userProperty)), "time")
		b = appendText(b, strconv.FormatInt(c.Time, 10))
	}
	return b
}

// AppendReturn appends a CONNACK of MQTT 3.1 and 3.1.1.
func AppendReturn(b []byte, code Return) []byte {
	return append(b, byte(TypeConnack)<<4, 2, 0, byte(code)) // [MQTT-3.2.2-4]
}

// AppendSuback appends a SUBACK with a code for each filter, in the order of the SUBSCRIBE. [MQTT-3.8.4-6]
func AppendSuback(b []byte, v Version, id uint16, codes []Code) []byte {
	return appendCodes(b, v, TypeSuback, id, codes)
}

// AppendUnsuback appends an UNSUBACK. The codes, one for each filter, go to MQTT 5 alone. [MQTT-3.11.3-2]
func AppendUnsuback(b []byte, v Version, id uint16, codes []Code) []byte {
	if v != V5 {
		codes = nil
	}
	return appendCodes(b, v, TypeUnsuback, id, codes)
}

func appendCodes(b []byte, v Version, t Type, id uint16, codes []Code) []byte {
	at := len(b)
	b = append(b, byte(id>>8), byte(id))
	if v == V5 {
		b = append(b, 0)
	}
	for _, c := range codes {
		b = append(b, byte(c))
	}
	return frame(b, at, byte(t)<<4)
}

// AppendPingresp appends a PINGRESP.
func AppendPingresp(b []byte) []byte { return append(b, byte(TypePingresp)<<4, 0) }

// AppendDisconnect appends a DISCONNECT of MQTT 5; an empty reason is left out.
func AppendDisconnect(b []byte, code Code, reason string) []byte {
	at := len(b)
	b = append(b, byte(code))
	if reason != "" {
		b = appendReason(b, reason)
	}
	return frame(b, at, byte(TypeDisconnect)<<4)
}

// appendReason appends the properties of a packet that has a reason string and nothing else.
func appendReason(b []byte, reason string) []byte {
	at := len(b)
	return prefix(appendText(append(b, byte(reasonString)), reason), at)
}

// prefix puts the length of b[at:] in front of it.
func prefix(b []byte, at int) []byte {
	var length [4]byte
	return insert(b, at, appendVarint(length[:0], len(b)-at))
}

// frame puts a fixed header in front of the body b[at:].
func frame(b []byte, at int, first byte) []byte {
	var header [5]byte
	return insert(b, at, appendVarint(append(header[:0], first), len(b)-at))
}

// insert puts head in front of b[at:].
func insert(b []byte, at int, head []byte) []byte {
	end := len(b)
	b = append(b, head...)
	copy(b[at+len(head):], b[at:end])
	copy(b[at:], head)
	return b
}

func appendBinary(b, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// maxText is the longest reason that is sent; what is longer is cut.
const maxText = 512

func appendText(b []byte, s string) []byte {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") // a character cut in two goes altogether
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}
