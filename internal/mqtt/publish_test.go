package mqtt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPublishIsReadAsItWasWritten(t *testing.T) {
	for _, v := range []Version{V31, V311, V5} {
		for _, m := range []Publish{
			{Topic: []byte("v1/devices/me/telemetry"), Payload: []byte(`{"t":1}`)},
			{Topic: []byte("t"), Payload: []byte{}, QoS: 1, ID: 65535, Retain: true},
			{Topic: []byte("müll/£"), Payload: make([]byte, 20000), QoS: 2, ID: 1, Dup: true},
		} {
			b := AppendPublish(nil, v, &m)
			if len(b) != PublishSize(v, &m) {
				t.Errorf("%d bytes, but PublishSize says %d", len(b), PublishSize(v, &m))
			}
			got, err := packet(t, b, v).Publish(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestPublishOfMQTT5(t *testing.T) {
	tests := []struct {
		name  string
		flags byte
		body  []byte
		want  Publish
		code  Code
	}{
		{"an alias beside a topic", 0, []byte{0, 1, 't', 3, 0x23, 0, 9, 'x'}, Publish{Topic: []byte("t"), Alias: 9, Payload: []byte("x")}, 0},
		{"an alias in place of a topic", 0, []byte{0, 0, 3, 0x23, 0, 9}, Publish{Topic: []byte{}, Alias: 9, Payload: []byte{}}, 0},
		{"every other property", 0, []byte{0, 1, 't', 24, 1, 1, 2, 0, 0, 0, 9, 8, 0, 1, 'r', 9, 0, 1, 0, 0x26, 0, 0, 0, 0, 3, 0, 1, 'c'}, Publish{Topic: []byte("t"), Payload: []byte{}}, 0},
		{"no topic and no alias [MQTT-4.7.3-1]", 0, []byte{0, 0, 0}, Publish{}, ProtocolError},
		{"alias 0 [MQTT-3.3.2-8]", 0, []byte{0, 1, 't', 3, 0x23, 0, 0}, Publish{}, ProtocolError},
		{"a subscription identifier [MQTT-3.3.4-6]", 0, []byte{0, 1, 't', 2, 0x0b, 1}, Publish{}, MalformedPacket},
		{"a wildcard in the topic [MQTT-3.3.2-2]", 0, []byte{0, 1, '+', 0}, Publish{}, TopicNameInvalid},
		{"a wildcard in the response topic [MQTT-3.3.2-14]", 0, []byte{0, 1, 't', 4, 8, 0, 1, '#'}, Publish{}, ProtocolError},
		{"packet identifier 0 [MQTT-2.2.1-3]", 2, []byte{0, 1, 't', 0, 0, 0}, Publish{}, ProtocolError},
		{"DUP at QoS 0 [MQTT-3.3.1-2]", 8, []byte{0, 1, 't', 0}, Publish{}, MalformedPacket},
		{"a topic longer than the packet", 0, []byte{0, 9, 't', 0}, Publish{}, MalformedPacket},
		{"properties longer than the packet", 0, []byte{0, 1, 't', 9}, Publish{}, MalformedPacket},
		{"properties whose length never ends", 0, []byte{0, 1, 't', 0x80}, Publish{}, MalformedPacket},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Packet{Type: TypePublish, Flags: test.flags, Body: test.body}.Publish(V5)
			if codeOf(err) != test.code {
				t.Fatalf("got %v, want code %#x", err, test.code)
			}
			if err == nil && !cmp.Equal(test.want, got) {
				t.Error(cmp.Diff(test.want, got))
			}
		})
	}
}

func TestPublishIsReadWithoutAllocating(t *testing.T) {
	b := AppendPublish(nil, V5, &Publish{Topic: []byte("v1/devices/me/telemetry"), Payload: []byte(`{"t":1}`), QoS: 1, ID: 7})
	out := make([]byte, 0, 64)
	allocs := testing.AllocsPerRun(100, func() {
		p, _, _ := Next(b, V5, 65536)
		m, err := p.Publish(V5)
		if err != nil {
			t.Fatal(err)
		}
		out = AppendAck(out[:0], V5, TypePuback, m.ID, Success, "")
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkPublish(b *testing.B) {
	in := AppendPublish(nil, V311, &Publish{Topic: []byte("v1/devices/me/telemetry"), Payload: make([]byte, 54), QoS: 1, ID: 7})
	for b.Loop() {
		p, _, _ := Next(in, V311, 65536)
		if _, err := p.Publish(V311); err != nil {
			b.Fatal(err)
		}
	}
}
