package mqtt

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppend(t *testing.T) {
	tests := []struct {
		name string
		got  []byte
		want []byte
	}{
		{"CONNACK of 3.1.1", AppendReturn(nil, RefusedNotAuthorized), []byte{0x20, 2, 0, 5}},
		{
			"CONNACK of 5", AppendConnack(nil, &Connack{ReceiveMaximum: 100, MaximumPacket: 65540, TopicAliases: 8}),
			[]byte{0x20, 18, 0, 0, 15, 0x21, 0, 100, 0x27, 0, 1, 0, 4, 0x22, 0, 8, 0x29, 0, 0x2a, 0},
		},
		{
			"CONNACK of 5 with everything", AppendConnack(nil, &Connack{ReceiveMaximum: 1, MaximumPacket: 2, AssignedClientID: "id", KeepAlive: 600, EndSession: true, Time: 7}),
			[]byte{0x20, 41, 0, 0, 38, 0x11, 0, 0, 0, 0, 0x21, 0, 1, 0x27, 0, 0, 0, 2, 0x12, 0, 2, 'i', 'd', 0x22, 0, 0, 0x29, 0, 0x2a, 0, 0x13, 2, 0x58, 0x26, 0, 4, 't', 'i', 'm', 'e', 0, 1, '7'},
		},
		{"CONNACK of 5 that refuses", AppendConnack(nil, &Connack{Code: NotAuthorized, Reason: "no"}), []byte{0x20, 8, 0, 0x87, 5, 0x1f, 0, 2, 'n', 'o'}},
		{"PUBACK of 3.1.1 has no code", AppendAck(nil, V311, TypePuback, 258, TopicNameInvalid, "why"), []byte{0x40, 2, 1, 2}},
		{"PUBACK of 5 that succeeds", AppendAck(nil, V5, TypePuback, 258, Success, ""), []byte{0x40, 2, 1, 2}},
		{"PUBREC of 5 with a code", AppendAck(nil, V5, TypePubrec, 258, PayloadFormatInvalid, ""), []byte{0x50, 3, 1, 2, 0x99}},
		{"PUBCOMP of 5 with a reason", AppendAck(nil, V5, TypePubcomp, 258, PacketIDNotFound, "x"), []byte{0x70, 8, 1, 2, 0x92, 4, 0x1f, 0, 1, 'x'}},
		{"PUBREL has its bit", AppendAck(nil, V5, TypePubrel, 1, Success, ""), []byte{0x62, 2, 0, 1}},
		{"SUBACK of 3.1.1", AppendSuback(nil, V311, 1, []Code{0, 1, SubscribeFailure}), []byte{0x90, 5, 0, 1, 0, 1, 0x80}},
		{"SUBACK of 5", AppendSuback(nil, V5, 1, []Code{TopicFilterInvalid}), []byte{0x90, 4, 0, 1, 0, 0x8f}},
		{"UNSUBACK of 3.1.1 has no codes", AppendUnsuback(nil, V311, 1, []Code{0}), []byte{0xb0, 2, 0, 1}},
		{"UNSUBACK of 5", AppendUnsuback(nil, V5, 1, []Code{0, NoSubscriptionExisted}), []byte{0xb0, 5, 0, 1, 0, 0, 0x11}},
		{"PINGRESP", AppendPingresp(nil), []byte{0xd0, 0}},
		{"DISCONNECT", AppendDisconnect(nil, ServerShuttingDown, ""), []byte{0xe0, 1, 0x8b}},
		{"DISCONNECT with a reason", AppendDisconnect(nil, SessionTakenOver, "x"), []byte{0xe0, 6, 0x8e, 4, 0x1f, 0, 1, 'x'}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !bytes.Equal(test.got, test.want) {
				t.Errorf("got  % x\nwant % x", test.got, test.want)
			}
		})
	}
}

func TestAppendLeavesWhatIsThere(t *testing.T) {
	b := AppendDisconnect(AppendAck([]byte("before"), V5, TypePuback, 1, TopicNameInvalid, "a"), SessionTakenOver, "b")
	if !bytes.HasPrefix(b, []byte("before\x40")) || !bytes.HasSuffix(b, []byte("\x1f\x00\x01b")) {
		t.Errorf("% x", b)
	}
}

func TestALongReasonIsCutBetweenCharacters(t *testing.T) {
	b := AppendDisconnect(nil, SessionTakenOver, strings.Repeat("é", 400)+"x")
	if _, err := packet(t, b, V5).Disconnect(); err != nil {
		t.Error(err)
	}
	b = AppendDisconnect(nil, SessionTakenOver, "x"+strings.Repeat("é", 400))
	if d, err := packet(t, b, V5).Disconnect(); err != nil || d.Code != SessionTakenOver {
		t.Error(d, err)
	}
}

func TestAckIsReadAsItWasWritten(t *testing.T) {
	for _, typ := range []Type{TypePuback, TypePubrec, TypePubrel, TypePubcomp} {
		for _, reason := range []string{"", "because"} {
			b := AppendAck(nil, V5, typ, 77, PacketIDNotFound, reason)
			if got, err := packet(t, b, V5).Ack(V5); err != nil || got != (Ack{77, PacketIDNotFound}) {
				t.Error(got, err)
			}
		}
	}
}

func TestAckIsRefused(t *testing.T) {
	tests := []struct {
		name string
		v    Version
		body []byte
		code Code
	}{
		{"with packet identifier 0", V311, []byte{0, 0}, ProtocolError},
		{"without a packet identifier", V311, []byte{0}, MalformedPacket},
		{"with a code in 3.1.1", V311, []byte{0, 1, 0}, MalformedPacket},
		{"with a property that has no place", V5, []byte{0, 1, 0, 3, 0x21, 0, 1}, MalformedPacket},
		{"with something behind its properties", V5, []byte{0, 1, 0, 0, 0}, MalformedPacket},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := (Packet{Type: TypePuback, Body: test.body}).Ack(test.v); codeOf(err) != test.code {
				t.Errorf("got %v, want code %#x", err, test.code)
			}
		})
	}
}

func TestDisconnect(t *testing.T) {
	for _, test := range []struct {
		name string
		body []byte
		want Disconnect
		code Code
	}{
		{"without a code it is a success", nil, Disconnect{}, 0},
		{"with a code", []byte{4}, Disconnect{Code: 4}, 0},
		{"with properties", []byte{0, 5, 0x11, 0, 0, 1, 0}, Disconnect{0, 256}, 0},
		{"with a property that has no place", []byte{0, 3, 0x21, 0, 1}, Disconnect{}, MalformedPacket},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Packet{Type: TypeDisconnect, Body: test.body}.Disconnect()
			if got != test.want || codeOf(err) != test.code {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if err := (Packet{Type: TypePingreq, Body: []byte{0}}).Empty(); codeOf(err) != MalformedPacket {
		t.Error("a PINGREQ with a body passes")
	}
}

func TestSubscribeIsReadAsItWasWritten(t *testing.T) {
	want := []Filter{{[]byte("a/+"), 1}, {[]byte("$share/g/b"), 0}, {[]byte("#"), 2}}
	for _, v := range []Version{V31, V311, V5} {
		s, err := packet(t, appendSubscribe(nil, v, 5, []byte{0x26, 0, 0, 0, 0}, want...), v).Subscribe(v)
		if err != nil || s.ID != 5 || s.Identified {
			t.Fatal(s, err)
		}
		got := slices.Collect(s.Filters())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got[0].Shared() || !got[1].Shared() {
			t.Error("a shared subscription is not told from another")
		}
		u, err := packet(t, appendUnsubscribe(nil, v, 6, "a", "b"), v).Unsubscribe(v)
		if err != nil || u.ID != 6 {
			t.Fatal(u, err)
		}
		if diff := cmp.Diff([]Filter{{Text: []byte("a")}, {Text: []byte("b")}}, slices.Collect(u.Filters())); diff != "" {
			t.Error(diff)
		}
	}
	s, err := packet(t, appendSubscribe(nil, V5, 5, []byte{0x0b, 1}, want...), V5).Subscribe(V5)
	if err != nil || !s.Identified {
		t.Error("a subscription identifier is overlooked", err)
	}
}

func TestSubscribeIsRefused(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		v    Version
		code Code
	}{
		{"without a filter [MQTT-3.8.3-2]", appendSubscribe(nil, V311, 1, nil), V311, ProtocolError},
		{"with an empty filter [MQTT-4.7.3-1]", appendSubscribe(nil, V311, 1, nil, Filter{}), V311, ProtocolError},
		{"with packet identifier 0 [MQTT-2.2.1-3]", appendSubscribe(nil, V311, 0, nil, Filter{[]byte("a"), 0}), V311, ProtocolError},
		{"with reserved bits [MQTT-3.8.3-4]", appendSubscribe(nil, V311, 1, nil, Filter{[]byte("a"), 4}), V311, MalformedPacket},
		{"with QoS 3", appendSubscribe(nil, V311, 1, nil, Filter{[]byte("a"), 3}), V311, MalformedPacket},
		{"with reserved bits of 5 [MQTT-3.8.3-5]", appendSubscribe(nil, V5, 1, nil, Filter{[]byte("a"), 0x40}), V5, MalformedPacket},
		{"with retain handling 3", appendSubscribe(nil, V5, 1, nil, Filter{[]byte("a"), 0x30}), V5, ProtocolError},
		{"shared with No Local [MQTT-3.8.3-4]", appendSubscribe(nil, V5, 1, nil, Filter{[]byte("$share/g/a"), 4}), V5, ProtocolError},
		{"with subscription identifier 0", appendSubscribe(nil, V5, 1, []byte{0x0b, 0}, Filter{[]byte("a"), 0}), V5, ProtocolError},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := packet(t, test.in, test.v).Subscribe(test.v); codeOf(err) != test.code {
				t.Errorf("got %v, want code %#x", err, test.code)
			}
		})
	}
}
