package coapd

import (
	"errors"
	"strconv"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"

	"muster"
)

// How many options a message may have. No client of the device API comes near the second.
const (
	usualOptions = 12
	maxOptions   = 64
)

// noFormat is a content format that is not given.
const noFormat = -1

// decode reads a datagram. The message points into it.
func decode(datagram []byte) (message.Message, error) {
	m := message.Message{Options: make(message.Options, 0, usualOptions)}
	_, err := coder.DefaultCoder.Decode(datagram, &m)
	if errors.Is(err, message.ErrOptionsTooSmall) {
		m = message.Message{Options: make(message.Options, 0, maxOptions)}
		_, err = coder.DefaultCoder.Decode(datagram, &m)
	}
	return m, err
}

// encode writes a message of the server's own making, which always encodes.
func encode(m message.Message) []byte {
	size, err := coder.DefaultCoder.Size(m)
	if err != nil {
		return nil
	}
	b := make([]byte, size)
	if _, err := coder.DefaultCoder.Encode(m, b); err != nil {
		return nil
	}
	return b
}

// empty returns an acknowledgement or a reset: a message without code, token and options.
func empty(t message.Type, id uint16) []byte {
	return encode(message.Message{Type: t, MessageID: int32(id)})
}

// formats are the content formats of EST (RFC 9148, 8.1), of parts (RFC 8710, 4) and of links (RFC 6690, 7.4), by their media
// types.
var formats = map[string]int{
	"application/pkcs7-mime; smime-type=certs-only": 281,
	"application/csrattrs":                          285,
	"application/pkcs10":                            286,
	"application/pkix-cert":                         287,
	"application/multipart-core":                    62,
	"application/link-format":                       40,
}

// mediaType names a content format; one that nobody here knows, by its number.
func mediaType(format uint32) string {
	for name, number := range formats {
		if number == int(format) {
			return name
		}
	}
	return "content-format " + strconv.FormatUint(uint64(format), 10)
}

// An answer is a response before it is known how it travels.
type answer struct {
	code    codes.Code
	payload []byte
	format  int // of the payload; noFormat: none is given
	block1  *block
	block2  *block
	size1   int  // the largest body that would be taken; 0: not said
	maxAge  int  // seconds; 0: not said
	fresh   bool // it may not be kept, not even for the minute that is meant where nothing is said [RFC 7252, 5.10.5]
	// Of which it is a message, which is numbered then; nil: of none.
	observation *observation
}

// bare returns an answer without a payload.
func bare(code codes.Code) answer { return answer{code: code, format: noFormat} }

// tooLarge refuses a body over the limit, which it tells.
func tooLarge(limit int) answer {
	a := bare(codes.RequestEntityTooLarge)
	a.size1 = limit
	return a
}

// success reports whether the code is of class 2 and ends the exchange.
func (a *answer) success() bool { return a.code>>5 == 2 && a.code != codes.Continue }

// provisions reports whether this lets a device in: nothing else that is created has a payload.
func (a *answer) provisions() bool { return a.code == codes.Created && len(a.payload) > 0 }

// message returns the answer to a request as a message of the given type.
func (a *answer) message(t message.Type, id uint16, token message.Token) message.Message {
	m := message.Message{Type: t, MessageID: int32(id), Token: token, Code: a.code, Payload: a.payload}
	add := func(id message.OptionID, value uint32) {
		m.Options = append(m.Options, message.Option{ID: id, Value: optionUint(value)})
	}
	// In the order of their numbers, as they must be sent.
	if a.observation != nil {
		add(message.Observe, a.observation.sequence)
	}
	if a.format != noFormat {
		add(message.ContentFormat, uint32(a.format))
	}
	if a.maxAge > 0 || a.fresh {
		add(message.MaxAge, uint32(a.maxAge))
	}
	if a.block2 != nil {
		add(message.Block2, a.block2.value())
	}
	if a.block1 != nil {
		add(message.Block1, a.block1.value())
	}
	if a.size1 > 0 {
		add(message.Size1, uint32(a.size1))
	}
	return m
}

// optionUint returns the shortest form of v. [RFC 7252, 3.2]
func optionUint(v uint32) []byte {
	var b []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if c := byte(v >> shift); c != 0 || len(b) > 0 {
			b = append(b, c)
		}
	}
	return b
}

// uintOption reads an option of at most four bytes.
func uintOption(value []byte) uint32 {
	var v uint32
	for _, c := range value {
		v = v<<8 | uint32(c)
	}
	return v
}

// code returns the response code: the dialect's where it has one, else that of the method or of the error's kind.
func code(method codes.Code, m muster.Message, err error) codes.Code {
	switch {
	case m.Code != 0:
		return codes.Code(m.Code)
	case err == nil && method == codes.GET:
		return codes.Content
	case err == nil:
		return codes.Created
	}
	switch muster.ReasonOf(err) {
	case muster.ReasonMethodNotAllowed:
		return codes.MethodNotAllowed
	case muster.ReasonPayloadTooLarge:
		return codes.RequestEntityTooLarge
	}
	switch muster.KindOf(err) {
	case muster.Invalid:
		return codes.BadRequest
	case muster.Unknown:
		return codes.Unauthorized
	case muster.Forbidden:
		return codes.Forbidden
	case muster.NotFound:
		return codes.NotFound
	case muster.Conflict:
		return conflict
	case muster.Unreachable:
		return codes.GatewayTimeout
	case muster.Overloaded:
		return codes.ServiceUnavailable
	}
	return codes.InternalServerError
}

// conflict is 4.09. [RFC 8132, 3.1]
const conflict = codes.Code(4<<5 | 9)
