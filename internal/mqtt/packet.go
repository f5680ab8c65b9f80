// Package mqtt turns the bytes of MQTT 3.1, 3.1.1 and 5 into packets and back; it opens no socket and keeps nothing.
package mqtt

// A Version is a protocol level as CONNECT names it.
type Version byte

// The versions.
const (
	V31  Version = 3
	V311 Version = 4
	V5   Version = 5
)

// A Type is the kind of a control packet.
type Type byte

// The types.
const (
	TypeConnect Type = iota + 1
	TypeConnack
	TypePublish
	TypePuback
	TypePubrec
	TypePubrel
	TypePubcomp
	TypeSubscribe
	TypeSuback
	TypeUnsubscribe
	TypeUnsuback
	TypePingreq
	TypePingresp
	TypeDisconnect
	TypeAuth
)

// A Packet is one control packet as it lies in its buffer: Body is a part of the buffer, and so is everything that the
// methods of Packet return.
type Packet struct {
	Type  Type
	Flags byte
	Body  []byte // what follows the fixed header
}

// MaxRemaining is the largest remaining length that the format can say.
const MaxRemaining = 1<<28 - 1

// Next finds the packet that b begins with. size is its whole length, fixed header included: 0 while b is too short to
// tell, and more than len(b) while the rest has yet to arrive; only a size from 1 to len(b) comes with a packet. A
// remaining length over limit is refused as soon as it is known. Of the body nothing is looked at.
func Next(b []byte, v Version, limit int) (p Packet, size int, err error) {
	if len(b) == 0 {
		return Packet{}, 0, nil
	}
	p.Type, p.Flags = Type(b[0]>>4), b[0]&0x0f
	if err := p.checkFlags(v); err != nil {
		return Packet{}, 0, err
	}
	length, n, err := varint(b[1:], v)
	if err != nil || n == 0 {
		return Packet{}, 0, err
	}
	if length > limit {
		return Packet{}, 0, &Error{PacketTooLarge, "the packet is larger than allowed"}
	}
	size = 1 + n + length
	if size > len(b) {
		return Packet{}, size, nil
	}
	p.Body = b[1+n : size : size]
	return p, size, nil
}

// checkFlags holds the first byte against the table of flag bits. [MQTT-2.1.3-1]
func (p Packet) checkFlags(v Version) error {
	want := byte(0)
	switch p.Type {
	case TypePublish:
		if p.Flags&0x06 == 0x06 {
			return malformed("a publish has QoS 3") // [MQTT-3.3.1-4]
		}
		return nil
	case TypePubrel, TypeSubscribe, TypeUnsubscribe:
		want = 0x02 // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
	case 0:
		return malformed("packet type 0 is reserved")
	case TypeAuth:
		if v != V5 {
			return malformed("packet type 15 is reserved")
		}
	}
	flags := p.Flags
	if v == V31 && want != 0 {
		flags &^= 0x08 // MQTT 3.1 sets DUP when it repeats one of these
	}
	if flags != want {
		return malformed("reserved bits of the fixed header are set")
	}
	return nil
}

// varint reads a variable byte integer; n is its length, 0 while b does not hold all of it.
func varint(b []byte, v Version) (value, n int, err error) {
	if len(b) > 0 && b[0] < 0x80 {
		return int(b[0]), 1, nil
	}
	for i, c := range b {
		value |= int(c&0x7f) << (7 * i)
		if c < 0x80 {
			if c == 0 && v == V5 {
				return 0, 0, malformed("a length is not in its shortest form") // [MQTT-1.5.5-1]
			}
			return value, i + 1, nil
		}
		if i == 3 {
			return 0, 0, malformed("a length has more than four bytes")
		}
	}
	return 0, 0, nil
}

// appendVarint appends n, at most MaxRemaining, as a variable byte integer in its shortest form. [MQTT-1.5.5-1]
func appendVarint(b []byte, n int) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

// varintSize is the length of n as a variable byte integer.
func varintSize(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<21:
		return 3
	}
	return 4
}
