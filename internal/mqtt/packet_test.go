package mqtt

import (
	"errors"
	"testing"
)

func codeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Success
}

func TestNext(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		v    Version
		size int
		code Code
	}{
		{"nothing is not enough to tell", nil, V5, 0, 0},
		{"one byte is not enough to tell", []byte{0xc0}, V5, 0, 0},
		{"a whole packet is found", []byte{0xc0, 0}, V5, 2, 0},
		{"what follows a packet is left alone", []byte{0xc0, 0, 0xc0}, V5, 2, 0},
		{"a packet that has yet to arrive says how long it is", []byte{0x30, 5, 0}, V311, 7, 0},
		{"half a length is not enough to tell", []byte{0x30, 0x80}, V311, 0, 0},
		{"a length of two bytes counts", []byte{0x30, 0x80, 0x01}, V311, 131, 0},
		{"a length of five bytes is malformed", []byte{0x30, 0x80, 0x80, 0x80, 0x80}, V311, 0, MalformedPacket},
		{"a padded length is malformed in MQTT 5 [MQTT-1.5.5-1]", []byte{0xc0, 0x80, 0x00}, V5, 0, MalformedPacket},
		{"a padded length passes in MQTT 3.1.1", []byte{0xc0, 0x80, 0x00}, V311, 3, 0},
		{"a packet over the limit is refused before it arrives", []byte{0x30, 0xff, 0xff, 0xff, 0x7f}, V311, 0, PacketTooLarge},
		{"packet type 0 is malformed", []byte{0x00, 0}, V311, 0, MalformedPacket},
		{"AUTH is malformed in MQTT 3.1.1", []byte{0xf0, 0}, V311, 0, MalformedPacket},
		{"AUTH is a packet of MQTT 5", []byte{0xf0, 0}, V5, 2, 0},
		{"QoS 3 is malformed [MQTT-3.3.1-4]", []byte{0x36, 0}, V311, 0, MalformedPacket},
		{"a PUBREL without its bit is malformed [MQTT-3.6.1-1]", []byte{0x60, 2, 0, 1}, V311, 0, MalformedPacket},
		{"a SUBSCRIBE without its bit is malformed [MQTT-3.8.1-1]", []byte{0x80, 2, 0, 1}, V311, 0, MalformedPacket},
		{"an UNSUBSCRIBE without its bit is malformed [MQTT-3.10.1-1]", []byte{0xa0, 2, 0, 1}, V311, 0, MalformedPacket},
		{"a repeated PUBREL is a packet of MQTT 3.1", []byte{0x6a, 2, 0, 1}, V31, 4, 0},
		{"a PINGREQ with flags is malformed [MQTT-2.1.3-1]", []byte{0xc1, 0}, V311, 0, MalformedPacket},
		{"an HTTP request is malformed", []byte("GET / HTTP/1.1"), V311, 0, MalformedPacket},
		{"a TLS handshake is malformed", []byte{0x16, 3, 1, 2, 0}, V311, 0, MalformedPacket},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, size, err := Next(test.in, test.v, 1<<20)
			if size != test.size || codeOf(err) != test.code {
				t.Errorf("got size %d, error %v; want %d, %#x", size, err, test.size, test.code)
			}
		})
	}
}

func TestVarintsAreReadAsTheyAreWritten(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 16383, 16384, 2097151, 2097152, MaxRemaining} {
		b := appendVarint(nil, n)
		if got, size, err := varint(b, V5); got != n || size != len(b) || size != varintSize(n) || err != nil {
			t.Errorf("%d came back as %d, %d bytes of %d: %v", n, got, size, len(b), err)
		}
	}
}

// packet finds the only packet in b.
func packet(t *testing.T, b []byte, v Version) Packet {
	t.Helper()
	p, size, err := Next(b, v, MaxRemaining)
	if err != nil || size != len(b) {
		t.Fatalf("% x is not one packet: size %d, %v", b, size, err)
	}
	return p
}
