package mqtt

// A property is the identifier of one property of MQTT 5. [MQTT 5, 2.2.2.2]
type property byte

const (
	payloadFormat         property = 0x01
	messageExpiry         property = 0x02
	contentType           property = 0x03
	responseTopic         property = 0x08
	correlationData       property = 0x09
	subscriptionID        property = 0x0B
	sessionExpiry         property = 0x11
	assignedClientID      property = 0x12
	serverKeepAlive       property = 0x13
	authMethod            property = 0x15
	authData              property = 0x16
	requestProblem        property = 0x17
	willDelay             property = 0x18
	requestResponse       property = 0x19
	reasonString          property = 0x1F
	receiveMaximum        property = 0x21
	topicAliasMaximum     property = 0x22
	topicAlias            property = 0x23
	userProperty          property = 0x26
	maximumPacketSize     property = 0x27
	subscriptionIDsServed property = 0x29
	sharedServed          property = 0x2A
)

// A set is a set of properties, one bit each.
type set uint64

func (s set) has(id property) bool { return s>>id&1 == 1 }

// Which properties a client may put where.
const (
	inConnect = set(1<<sessionExpiry | 1<<receiveMaximum | 1<<maximumPacketSize | 1<<topicAliasMaximum |
		1<<requestResponse | 1<<requestProblem | 1<<userProperty | 1<<authMethod | 1<<authData)
	inWill = set(1<<willDelay | 1<<payloadFormat | 1<<messageExpiry | 1<<contentType | 1<<responseTopic |
		1<<correlationData | 1<<userProperty)
	inPublish = set(1<<payloadFormat | 1<<messageExpiry | 1<<topicAlias | 1<<responseTopic | 1<<correlationData |
		1<<userProperty | 1<<contentType) // a subscription identifier never comes from a client [MQTT-3.3.4-6]
	inAck         = set(1<<reasonString | 1<<userProperty)
	inSubscribe   = set(1<<subscriptionID | 1<<userProperty)
	inUnsubscribe = set(1 << userProperty)
	inDisconnect  = set(1<<sessionExpiry | 1<<reasonString | 1<<userProperty)
)

// properties are the properties of one packet, already found to be in order.
type properties struct {
	raw  []byte
	seen set
}

// properties reads the properties of a packet in which allowed ones may stand: each known, of its type, in bounds and,
// but for user properties, there only once.
func (r *reader) properties(allowed set) (p properties) {
	n := r.varint()
	if n == 0 {
		return properties{}
	}
	inner := reader{rest: r.take(n), err: r.err}
	p.raw = inner.rest
	for len(inner.rest) > 0 {
		id := property(inner.byte())
		switch {
		case id >= 64 || !allowed.has(id):
			inner.fail(malformed("a property has no place in this packet")) // [MQTT-4.13.1-1]
		case p.seen.has(id) && id != userProperty:
			inner.fail(protocolError("a property is there twice"))
		}
		p.seen |= 1 << (id & 63)
		inner.value(id)
	}
	if inner.err != nil {
		r.fail(inner.err)
		return properties{}
	}
	return p
}

// value reads and checks the value of a property: its number, or its bytes.
func (r *reader) value(id property) (n uint32, b []byte) {
	switch id {
	case payloadFormat, requestProblem, requestResponse:
		if n = uint32(r.byte()); n > 1 {
			r.fail(protocolError("a flag property is neither 0 nor 1"))
		}
	case messageExpiry, sessionExpiry, willDelay:
		n = r.uint32()
	case maximumPacketSize:
		n = r.positive(r.uint32())
	case receiveMaximum, topicAlias:
		n = r.positive(uint32(r.uint16()))
	case topicAliasMaximum:
		n = uint32(r.uint16())
	case subscriptionID:
		n = r.positive(uint32(r.varint()))
	case correlationData, authData:
		b = r.binary()
	case userProperty:
		r.text()
		b = r.text()
	default:
		b = r.text()
	}
	return n, b
}

func (r *reader) positive(n uint32) uint32 {
	if n == 0 {
		r.fail(protocolError("a property is zero that must not be"))
	}
	return n
}

// get returns the value of a property; zero and nil if it is not there.
func (p properties) get(id property) (n uint32, b []byte) {
	if !p.seen.has(id) {
		return 0, nil
	}
	r := reader{rest: p.raw}
	for len(r.rest) > 0 {
		at := property(r.byte())
		if n, b = r.value(at); at == id {
			break
		}
	}
	return n, b
}

func (p properties) number(id property, absent uint32) uint32 {
	if !p.seen.has(id) {
		return absent
	}
	n, _ := p.get(id)
	return n
}
