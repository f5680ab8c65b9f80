package mqtt

import "bytes"

// A Connect is a CONNECT. Its slices are parts of the packet.
type Connect struct {
	Version   Version
	Clean     bool // clean session, in MQTT 5 clean start
	Will      bool
	KeepAlive uint16 // seconds; 0: none
	ClientID  []byte
	Username  []byte // nil if there is none
	Password  []byte // nil if there is none

	// MQTT 5; elsewhere what its absence means.
	SessionExpiry  uint32 // seconds
	ReceiveMaximum uint16
	MaximumPacket  uint32 // bytes; 0: no limit
	WantProblems   bool   // reason strings are welcome on every packet
	AuthMethod     bool   // it asks for enhanced authentication
}

// Connect reads a CONNECT. Where it is malformed the Version is still right if it came that far, so that an MQTT 5
// client can be told.
func (p Packet) Connect() (c Connect, err error) {
	r := reader{rest: p.Body}
	flags, err := c.header(&r)
	if err != nil {
		return c, err
	}
	c.KeepAlive = r.uint16()
	c.ReceiveMaximum, c.WantProblems = 65535, true
	if c.Version == V5 {
		c.properties(r.properties(inConnect), &r)
	}
	c.ClientID = r.text()
	if c.Will {
		will(&r, c.Version)
	}
	if flags&0x80 != 0 {
		c.Username = present(r.text())
	}
	if flags&0x40 != 0 {
		// MQTT 3.1.1 wants a user name beside it [MQTT-3.1.2-22]; devices of the field have long sent one alone, and
		// MQTT 5 allows it.
		c.Password = present(r.binary())
	}
	return c, r.end()
}

// present tells an empty field from none.
func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// header reads protocol name, level and flags.
func (c *Connect) header(r *reader) (flags byte, err error) {
	name := r.binary()
	level := Version(r.byte())
	switch {
	case r.err != nil:
		return 0, r.err
	case bytes.Equal(name, []byte("MQTT")) && (level == V311 || level == V5),
		bytes.Equal(name, []byte("MQIsdp")) && level == V31:
		c.Version = level
	case bytes.Equal(name, []byte("MQTT")), bytes.Equal(name, []byte("MQIsdp")):
		return 0, &Error{UnsupportedVersion, "the protocol level is not served"} // [MQTT-3.1.2-2]
	default:
		return 0, malformed("the protocol name is not MQTT") // [MQTT-3.1.2-1]
	}
	flags = r.byte()
	c.Clean, c.Will = flags&0x02 != 0, flags&0x04 != 0
	switch {
	case flags&0x01 != 0:
		return 0, malformed("the reserved flag of CONNECT is set") // [MQTT-3.1.2-3]
	case flags&0x18 == 0x18:
		return 0, malformed("the will has QoS 3") // [MQTT-3.1.2-12]
	case !c.Will && flags&0x38 != 0:
		return 0, malformed("there is no will, but its flags are set") // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
	}
	return flags, r.err
}

func (c *Connect) properties(p properties, r *reader) {
	c.SessionExpiry = p.number(sessionExpiry, 0)
	c.ReceiveMaximum = uint16(p.number(receiveMaximum, 65535))
	c.MaximumPacket = p.number(maximumPacketSize, 0)
	c.WantProblems = p.number(requestProblem, 1) == 1
	c.AuthMethod = p.seen.has(authMethod)
	if p.seen.has(authData) && !c.AuthMethod {
		r.fail(protocolError("there is authentication data without a method")) // [MQTT 5, 3.1.2.11.10]
	}
}

// will reads past a will, which must be in order although nothing is made of it.
func will(r *reader, v Version) {
	if v == V5 {
		r.properties(inWill)
	}
	topic, wildcard := r.topic()
	r.binary()
	if r.err == nil && (len(topic) == 0 || wildcard) {
		r.fail(protocolError("the topic of the will cannot be published to")) // [MQTT-4.7.1-1] [MQTT-4.7.3-1]
	}
}
