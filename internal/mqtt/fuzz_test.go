package mqtt

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// within reports whether part lies in whole.
func within(part, whole []byte) bool { return len(part) <= len(whole) && cap(part) <= cap(whole) }

// FuzzNext reads whatever comes, as each version, and asks that nothing panics, that sizes are true and that no packet
// reaches beyond its end.
func FuzzNext(f *testing.F) {
	f.Add([]byte{0xc0, 0})
	f.Add(AppendPublish(nil, V5, &Publish{Topic: []byte("t"), QoS: 1, ID: 1}))
	f.Add(appendConnect(nil, &Connect{Version: V5, Will: true, Username: []byte("u")}, []byte{0x21, 0, 1}))
	f.Add(appendSubscribe(nil, V5, 1, nil, Filter{[]byte("a"), 1}))
	f.Add(appendUnsubscribe(nil, V311, 1, "a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range []Version{V31, V311, V5} {
			for rest := b; ; {
				p, size, err := Next(rest, v, 1<<16)
				if err != nil || size == 0 || size > len(rest) {
					break
				}
				if size < 2 || len(p.Body) > size-2 || cap(p.Body) != len(p.Body) || !within(p.Body, rest) {
					t.Fatalf("size %d, body %d of %d bytes", size, len(p.Body), len(rest))
				}
				readAny(t, p, v)
				rest = rest[size:]
			}
		}
	})
}

// readAny reads p as what it says it is.
func readAny(t *testing.T, p Packet, v Version) {
	switch p.Type {
	case TypeConnect:
		_, _ = p.Connect()
	case TypePublish:
		if m, err := p.Publish(v); err == nil && !(within(m.Topic, p.Body) && within(m.Payload, p.Body)) {
			t.Fatal("a publish reaches beyond its packet")
		}
	case TypePuback, TypePubrec, TypePubrel, TypePubcomp:
		_, _ = p.Ack(v)
	case TypeSubscribe:
		if s, err := p.Subscribe(v); err == nil {
			readFilters(t, s, p)
		}
	case TypeUnsubscribe:
		if s, err := p.Unsubscribe(v); err == nil {
			readFilters(t, s, p)
		}
	case TypeDisconnect:
		_, _ = p.Disconnect()
	}
}

func readFilters(t *testing.T, s Subscribe, p Packet) {
	n := 0
	for f := range s.Filters() {
		n += len(f.Text)
	}
	if n == 0 || n > len(p.Body) {
		t.Fatalf("%d bytes of filters in a body of %d", n, len(p.Body))
	}
}

// FuzzPublish writes a publish and reads it back.
func FuzzPublish(f *testing.F) {
	f.Add("v1/devices/me/telemetry", []byte(`{"t":1}`), uint16(1), byte(1), byte(4))
	f.Add("t", []byte{}, uint16(0), byte(0), byte(5))
	f.Fuzz(func(t *testing.T, topic string, payload []byte, id uint16, qos, version byte) {
		v := V311 + Version(version&1)
		m := Publish{Topic: []byte(topic), Payload: payload, QoS: qos % 3}
		if m.QoS > 0 {
			m.ID = max(id, 1)
		}
		if len(topic) > 65535 {
			return
		}
		p, size, err := Next(AppendPublish(nil, v, &m), v, MaxRemaining)
		if err != nil || size != PublishSize(v, &m) {
			t.Fatal(size, err)
		}
		got, err := p.Publish(v)
		if err != nil {
			if len(topic) > 0 && !strings.ContainsAny(topic, "+#") && codeOf(err) != MalformedPacket {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(got.Topic, m.Topic) || !bytes.Equal(got.Payload, payload) || got.ID != m.ID || got.QoS != m.QoS {
			t.Fatalf("%+v came back as %+v", m, got)
		}
	})
}

// FuzzConnect reads a CONNECT, writes what was understood and reads it again.
func FuzzConnect(f *testing.F) {
	for _, v := range []Version{V31, V311, V5} {
		f.Add(appendConnect(nil, &Connect{Version: v, Clean: true, ClientID: []byte("c"), Username: []byte("provision")}, nil)[2:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := Packet{Type: TypeConnect, Body: body}.Connect()
		if err != nil {
			return
		}
		p, _, err := Next(appendConnect(nil, &c, nil), V311, MaxRemaining)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Connect()
		if err != nil || !bytes.Equal(again.ClientID, c.ClientID) || !bytes.Equal(again.Username, c.Username) ||
			!bytes.Equal(again.Password, c.Password) || (again.Username == nil) != (c.Username == nil) {
			t.Fatalf("%+v came back as %+v: %v", c, again, err)
		}
	})
}

// FuzzSubscribe writes a SUBSCRIBE of two filters and reads it back.
func FuzzSubscribe(f *testing.F) {
	f.Add("v1/devices/me/attributes", "$share/g/t", byte(1), uint16(9))
	f.Fuzz(func(t *testing.T, one, two string, qos byte, id uint16) {
		if len(one)|len(two) > 65535 {
			return
		}
		want := []Filter{{[]byte(one), qos & 0x03}, {[]byte(two), 0}}
		p, _, err := Next(appendSubscribe(nil, V5, id, nil, want...), V5, MaxRemaining)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Subscribe(V5)
		if err != nil {
			return
		}
		got := slices.Collect(s.Filters())
		if len(got) != 2 || string(got[0].Text) != one || string(got[1].Text) != two || got[0].QoS != want[0].QoS {
			t.Fatalf("%q came back as %q", want, got)
		}
	})
}
