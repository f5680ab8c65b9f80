package mqtt

// An Ack is a PUBACK, PUBREC, PUBREL or PUBCOMP.
type Ack struct {
	ID   uint16
	Code Code
}

// Ack reads a PUBACK, PUBREC, PUBREL or PUBCOMP.
func (p Packet) Ack(v Version) (a Ack, err error) {
	r := reader{rest: p.Body}
	a.ID = r.packetID()
	if v == V5 && len(r.rest) > 0 { // without a code it is a success [MQTT 5, 3.4.2.1]
		a.Code = Code(r.byte())
		if len(r.rest) > 0 {
			r.properties(inAck)
		}
	}
	return a, r.end()
}

// AppendAck appends a PUBACK, PUBREC, PUBREL or PUBCOMP. The code, and the reason where it is not empty, go to MQTT 5
// alone.
func AppendAck(b []byte, v Version, t Type, id uint16, code Code, reason string) []byte {
	first := byte(t) << 4
	if t == TypePubrel {
		first |= 0x02 // [MQTT-3.6.1-1]
	}
	switch {
	case v != V5 || code == Success && reason == "":
		return append(b, first, 2, byte(id>>8), byte(id))
	case reason == "":
		return append(b, first, 3, byte(id>>8), byte(id), byte(code))
	}
	at := len(b)
	b = append(b, byte(id>>8), byte(id), byte(code))
	return frame(appendReason(b, reason), at, first)
}

// Empty refuses a PINGREQ, or a DISCONNECT before MQTT 5, that has a body.
func (p Packet) Empty() error {
	if len(p.Body) > 0 {
		return malformed("the packet has a body")
	}
	return nil
}

// A Disconnect is a DISCONNECT of MQTT 5.
type Disconnect struct {
	Code          Code
	SessionExpiry uint32 // seconds; 0 also if that of the CONNECT stands
}

// Disconnect reads a DISCONNECT of MQTT 5.
func (p Packet) Disconnect() (d Disconnect, err error) {
	if len(p.Body) == 0 { // [MQTT 5, 3.14.2.1]
		return d, nil
	}
	r := reader{rest: p.Body}
	d.Code = Code(r.byte())
	if len(r.rest) > 0 {
		d.SessionExpiry = r.properties(inDisconnect).number(sessionExpiry, 0)
	}
	return d, r.end()
}
