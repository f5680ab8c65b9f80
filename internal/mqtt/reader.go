package mqtt

import (
	"encoding/binary"
	"unicode/utf8"
)

// A reader takes the fields of a packet off the front of rest. The first thing that is wrong stays in err, and what is
// read after it is zero, so that a parser may ask once at its end.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = nil
}

// take returns the next n bytes.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail(malformed("the packet ends within a field"))
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) varint() int {
	value, n, err := varint(r.rest, V5)
	if err == nil && n == 0 {
		err = malformed("the packet ends within a length")
	}
	if err != nil {
		r.fail(err)
		return 0
	}
	r.rest = r.rest[n:]
	return value
}

// binary returns a field of bytes with their number in front. [MQTT-1.5.6]
func (r *reader) binary() []byte { return r.take(int(r.uint16())) }

// text returns a UTF-8 string: well-formed, without surrogates [MQTT-1.5.4-1] and without U+0000 [MQTT-1.5.4-2]. A byte
// order mark is a character like any other [MQTT-1.5.4-3].
func (r *reader) text() []byte {
	b, _ := r.topic()
	return b
}

// topic is text that also tells whether a character is in it that only topic filters may have.
func (r *reader) topic() (b []byte, wildcard bool) {
	b = r.binary()
	ascii := true
	for _, c := range b {
		switch {
		case c > '+' && c < utf8.RuneSelf:
		case c == '+', c == '#':
			wildcard = true
		case c == 0:
			r.fail(malformed("a text has U+0000 in it"))
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !utf8.Valid(b) {
		r.fail(malformed("a text is not UTF-8"))
		return nil, false
	}
	return b, wildcard
}

// packetID returns a packet identifier, which is never zero. [MQTT-2.2.1-3]
func (r *reader) packetID() uint16 {
	id := r.uint16()
	if id == 0 {
		r.fail(protocolError("the packet identifier is zero"))
	}
	return id
}

// end asks that nothing is left, and returns what went wrong first.
func (r *reader) end() error {
	if len(r.rest) > 0 {
		r.fail(malformed("the packet is longer than its fields"))
	}
	return r.err
}
