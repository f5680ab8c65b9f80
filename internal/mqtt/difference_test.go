package mqtt

import (
	"errors"
	"testing"

	oracle "github.com/mochi-mqtt/server/v2/packets"
)

// A difference is a packet that this codec and the other do not both take, and the clause that decides in favour of this.
type difference struct {
	err    error // of the one that refuses it
	clause string
	v      Version
	in     []byte
}

// refusal is the error of this codec, whatever its code.
func refusal(why string) error { return &Error{Why: why} }

// differences are the known ones.
var differences = []difference{
	{refusal("a length is not in its shortest form"), "MQTT-1.5.5-1", V5, []byte{0xc0, 0x80, 0}},
	{refusal("a length has more than four bytes"), "MQTT 5, 1.5.5; MQTT 3.1.1, 2.2.3", V311, []byte{0xc0, 0x80, 0x80, 0x80, 0x80, 0}},
	{refusal("the packet ends within a field"), "MQTT 5, 2.2.2: properties end with their length", V5, []byte{0x30, 8, 0, 1, 't', 2, 0x23, 0, 1, 0}},
	{refusal("the packet ends within a length"), "MQTT 5, 2.2.2: properties end with their length", V5, []byte{0x82, 9, 0, 1, 2, 0x0b, 0x80, 0, 1, 'a', 0}},
	{refusal("the packet is longer than its fields"), "MQTT 5, 2.1.4; MQTT 3.1.1, 2.2.3", V311, []byte{0x40, 3, 0, 1, 0}},
	{refusal("the packet has a body"), "MQTT 5, 3.12.2; MQTT 3.1.1, 3.12.2", V311, []byte{0xc0, 1, 0}},
	{refusal("a property has no place in this packet"), "MQTT 5, 3.14.2.2.5: Server Reference is the server's", V5, []byte{0xe0, 5, 0, 3, 0x1c, 0, 0}},
	{refusal("a property is there twice"), "MQTT 5, 3.3.2.3.2 and its like", V5, []byte{0x30, 8, 0, 1, 't', 4, 1, 0, 1, 0}},
	{refusal("a flag property is neither 0 nor 1"), "MQTT 5, 3.1.2.11.7 and its like", V5, []byte{0x30, 6, 0, 1, 't', 2, 1, 2}},
	{refusal("a property is zero that must not be"), "MQTT 5, 3.8.2.1.2 and its like", V5, []byte{0x82, 9, 0, 1, 2, 0x0b, 0, 0, 1, 'a', 0}},
	{refusal("a text is not UTF-8"), "MQTT-3.1.3-12", V311, connect(V311, 0x82, 0, 0, 0, 1, 0xff)},
	{refusal("a text has U+0000 in it"), "MQTT-1.5.4-2", V311, connect(V311, 0x82, 0, 0, 0, 1, 0)},
	{refusal("there is no will, but its flags are set"), "MQTT-3.1.2-11", V311, connect(V311, 0x0a, 0, 0)},
	{refusal("the will has QoS 3"), "MQTT-3.1.2-11, MQTT-3.1.2-12", V311, connect(V311, 0x1a, 0, 0)},
	{refusal("the topic of the will cannot be published to"), "MQTT-4.7.0-1", V311, connect(V311, 0x06, 0, 0, 0, 1, '#', 0, 1, 'x')},
	{refusal("there is authentication data without a method"), "MQTT 5, 3.1.2.11.10", V5, connect(V5, 2, 3, 0x16, 0, 0, 0, 0)},
	{refusal("a response topic has a wildcard in it"), "MQTT-3.3.2-14", V5, []byte{0x30, 8, 0, 1, 't', 4, 8, 0, 1, '+'}},
	{refusal("the packet identifier is zero"), "MQTT-2.2.1-3, MQTT-2.2.1-5", V311, []byte{0x40, 2, 0, 0}},
	{refusal("a topic filter is empty"), "MQTT-4.7.3-1", V311, []byte{0x82, 5, 0, 1, 0, 0, 0}},
	{refusal("reserved bits of a subscription are set"), "MQTT-3.8.3-5", V5, []byte{0x82, 7, 0, 1, 0, 0, 1, 'a', 0x40}},
	{refusal("a subscription has retain handling 3"), "MQTT 5, 3.8.3.1", V5, []byte{0x82, 7, 0, 1, 0, 0, 1, 'a', 0x30}},
	{refusal("a shared subscription has No Local set"), "MQTT-3.8.3-4", V5, append([]byte{0x82, 16, 0, 1, 0, 0, 10}, "$share/g/a\x04"...)},

	{oracle.ErrProtocolViolationFlagNoPassword, "MQTT-3.1.2-19: a password of no bytes is present", V311, connect(V311, 0xc2, 0, 0, 0, 0, 0, 0)},
	{oracle.ErrProtocolViolationWillFlagNoPayload, "MQTT-3.1.2-9: a will of no bytes is present", V311, connect(V311, 0x06, 0, 0, 0, 1, 't', 0, 0)},
	{oracle.ErrMalformedFlags, "MQTT 3.1, 2.1: DUP is set when these are repeated", V31, []byte{0x6a, 2, 0, 1}},
}

// connect is a CONNECT with these flags, and then the rest.
func connect(v Version, flags byte, rest ...byte) []byte {
	b := append([]byte{0, 4, 'M', 'Q', 'T', 'T', byte(v), flags, 0, 60}, rest...)
	return append([]byte{0x10, byte(len(b))}, b...)
}

// known reports whether err is that of a known difference. A limit is none of the format.
func known(err error) bool {
	this, ok := errors.AsType[*Error](err)
	if ok && this.Code == PacketTooLarge {
		return true
	}
	for _, d := range differences {
		listed, _ := errors.AsType[*Error](d.err)
		if ok && listed != nil && this.Why == listed.Why || !ok && errors.Is(err, d.err) {
			return true
		}
	}
	return false
}

func TestEachKnownDifferenceIsOne(t *testing.T) {
	for _, d := range differences {
		_, err := read(d.in, d.v)
		_, otherErr := readOther(d.in, d.v)
		if want, ok := errors.AsType[*Error](d.err); ok {
			if got, _ := errors.AsType[*Error](err); got == nil || got.Why != want.Why || otherErr != nil {
				t.Errorf("%s: %v, and the other %v", d.err, err, otherErr)
			}
		} else if err != nil || !errors.Is(otherErr, d.err) {
			t.Errorf("%s: %v, and the other %v", d.err, err, otherErr)
		}
	}
}
