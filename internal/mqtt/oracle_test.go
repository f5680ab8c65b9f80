package mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	oracle "github.com/mochi-mqtt/server/v2/packets"
)

// A reading is what of a packet this codec and the other both understand.
type reading struct {
	Packet  Packet // without its body
	Connect Connect
	Publish Publish
	Ack     Ack
	Filters []Filter
	ID      uint16
	Named   bool // by a subscription identifier
	Last    Disconnect
}

// errShort says that the packet has yet to arrive.
var errShort = errors.New("the packet is not whole")

// read reads the packet that b begins with.
func read(b []byte, v Version) (r reading, err error) {
	p, size, err := Next(b, v, 1<<16)
	if err != nil {
		return r, err
	}
	if size == 0 || size > len(b) {
		return r, errShort
	}
	r.Packet = Packet{Type: p.Type, Flags: p.Flags}
	switch p.Type {
	case TypeConnect:
		r.Connect, err = p.Connect()
	case TypePublish:
		r.Publish, err = p.Publish(v)
	case TypePuback, TypePubrec, TypePubrel, TypePubcomp:
		r.Ack, err = p.Ack(v)
	case TypeSubscribe, TypeUnsubscribe:
		var s Subscribe
		if s, err = p.Subscribe(v); p.Type == TypeUnsubscribe {
			s, err = p.Unsubscribe(v)
		}
		if err == nil {
			r.ID, r.Named, r.Filters = s.ID, s.Identified, slices.Collect(s.Filters())
		}
	case TypeDisconnect:
		if v != V5 {
			return r, p.Empty()
		}
		r.Last, err = p.Disconnect()
	default:
		err = p.Empty()
	}
	return r, err
}

// readOther is read by the other codec. A panic of it is a refusal.
func readOther(b []byte, v Version) (r reading, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("a panic: %v", what)
		}
	}()
	p := oracle.Packet{ProtocolVersion: byte(v)}
	if len(b) == 0 {
		return r, errShort
	}
	if err := p.FixedHeader.Decode(b[0]); err != nil {
		return r, err
	}
	n, size, err := oracle.DecodeLength(bytes.NewBuffer(b[1:]))
	if err != nil || n > len(b)-1-size {
		if err == nil || !errors.Is(err, oracle.ErrMalformedVariableByteInteger) {
			err = errShort
		}
		return r, err
	}
	p.FixedHeader.Remaining = n
	body := bytes.Clone(b[1+size:][:n])
	r.Packet = Packet{Type: Type(p.FixedHeader.Type), Flags: b[0] & 0x0f}
	switch r.Packet.Type {
	case TypeConnect:
		if err = p.ConnectDecode(body); err == nil {
			err = failure(p.ConnectValidate())
		}
		r.Connect = otherConnect(&p)
	case TypePublish:
		if err = p.PublishDecode(body); err == nil {
			err = failure(p.PublishValidate(65535))
		}
		r.Publish = Publish{[]byte(p.TopicName), p.Payload, p.PacketID, p.Properties.TopicAlias, p.FixedHeader.Qos, p.FixedHeader.Dup, p.FixedHeader.Retain}
	case TypePuback, TypePubrec, TypePubrel, TypePubcomp:
		err = p.PubackDecode(body) // which all four are read by
		r.Ack = Ack{p.PacketID, Code(p.ReasonCode)}
	case TypeSubscribe:
		if err = p.SubscribeDecode(body); err == nil {
			err = failure(p.SubscribeValidate())
		}
		r.otherFilters(&p)
	case TypeUnsubscribe:
		if err = p.UnsubscribeDecode(body); err == nil {
			err = failure(p.UnsubscribeValidate())
		}
		r.otherFilters(&p)
	case TypeDisconnect:
		err = p.DisconnectDecode(body)
		r.Last = Disconnect{Code(p.ReasonCode), p.Properties.SessionExpiryInterval}
		if len(body) == 1 && v == V5 {
			r.Last.Code = Code(body[0]) // the other overlooks a code without properties [MQTT 5, 3.14.2.2.1]
		}
	}
	return r, err
}

func (r *reading) otherFilters(p *oracle.Packet) {
	r.ID, r.Named = p.PacketID, len(p.Properties.SubscriptionIdentifier) > 0
	for _, s := range p.Filters {
		r.Filters = append(r.Filters, Filter{[]byte(s.Filter), s.Qos})
	}
}

func otherConnect(p *oracle.Packet) Connect {
	in, props := &p.Connect, &p.Properties
	c := Connect{
		Version: Version(p.ProtocolVersion), Clean: in.Clean, Will: in.WillFlag, KeepAlive: in.Keepalive,
		ClientID: []byte(in.ClientIdentifier), SessionExpiry: props.SessionExpiryInterval,
		ReceiveMaximum: props.ReceiveMaximum, MaximumPacket: props.MaximumPacketSize,
		WantProblems: !props.RequestProblemInfoFlag || props.RequestProblemInfo == 1,
		AuthMethod:   props.AuthenticationMethod != "",
	}
	if c.ReceiveMaximum == 0 {
		c.ReceiveMaximum = 65535
	}
	if in.UsernameFlag {
		c.Username = present(in.Username)
	}
	if in.PasswordFlag {
		c.Password = present(in.Password)
	}
	return c
}

func failure(c oracle.Code) error {
	if c == oracle.CodeSuccess {
		return nil
	}
	return c
}

// FuzzAnotherCodec reads whatever comes with this codec and with another. What both take they must understand alike; what
// only one takes must be a known difference.
func FuzzAnotherCodec(f *testing.F) {
	for _, v := range []Version{V31, V311, V5} {
		for _, b := range samples(v) {
			f.Add(b, byte(v))
		}
	}
	for _, d := range differences {
		f.Add(d.in, byte(d.v))
	}
	f.Fuzz(func(t *testing.T, b []byte, version byte) {
		v := V31 + Version(version)%3
		if len(b) > 0 {
			switch typ := Type(b[0] >> 4); typ {
			case 0, TypeConnack, TypeSuback, TypeUnsuback, TypePingresp, TypeAuth:
				return // no client sends it, or no session takes it
			case TypeConnect:
				v = V311 // until it has said better
			}
		}
		this, err := read(b, v)
		other, otherErr := readOther(b, v)
		switch {
		case err == nil && otherErr == nil:
			if diff := cmp.Diff(other, this, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("% x of version %d: (-other +this)\n%s", b, v, diff)
			}
		case err == nil && !known(otherErr):
			t.Errorf("% x of version %d: taken, and refused by the other: %v", b, v, otherErr)
		case err != nil && (otherErr == nil || errors.Is(otherErr, errShort)) && !errors.Is(err, otherErr) && !known(err):
			t.Errorf("% x of version %d: refused (%v), and not by the other", b, v, err)
		}
	})
}

// samples returns a packet of each kind that clients send.
func samples(v Version) [][]byte {
	all := [][]byte{
		appendConnect(nil, &Connect{Version: v, Clean: true, KeepAlive: 60, ClientID: []byte("c"), Username: []byte("u"), Password: []byte("p"), Will: true}, nil),
		AppendPublish(nil, v, &Publish{Topic: []byte("v2/t"), Payload: []byte("{}"), QoS: 2, ID: 9, Retain: true}),
		AppendAck(nil, v, TypePuback, 1, Success, ""),
		AppendAck(nil, v, TypePubrel, 1, PacketIDNotFound, "because"),
		appendSubscribe(nil, v, 7, nil, Filter{[]byte("r/+"), 1}, Filter{[]byte("$share/g/a"), 2}),
		appendUnsubscribe(nil, v, 8, "a", "b/#"),
		{0xc0, 0},
		{0xe0, 0},
	}
	if v == V5 {
		all = append(
			all, AppendDisconnect(nil, ImplementationSpecific, "because"),
			appendConnect(nil, &Connect{Version: V5, ClientID: []byte("c")}, []byte{0x11, 0, 0, 0, 9, 0x21, 0, 7, 0x27, 0, 0, 1, 0, 0x17, 0, 0x15, 0, 1, 'x', 0x26, 0, 1, 'a', 0, 1, 'b'}),
			appendSubscribe(nil, v, 7, []byte{0x0b, 0x80, 1}, Filter{[]byte("a"), 0x2c}),
			[]byte{0x32, 18, 0, 1, 't', 0, 5, 10, 1, 1, 0x23, 0, 3, 0x26, 0, 0, 0, 0, 'x', 'y'},
		)
	}
	return all
}
