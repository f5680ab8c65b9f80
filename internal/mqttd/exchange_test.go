package mqttd

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// dup marks a publish as repeated, retained as to be retained.
const (
	dup      = 0x08
	retained = 0x01
)

// flagged is a publish with more flags.
func flagged(packet []byte, flags byte) []byte {
	packet = slices.Clone(packet)
	packet[0] |= flags
	return packet
}

func TestPublishesAreAnsweredByTheirQoS(t *testing.T) {
	refusing := func(g *guest, topic, body string, to muster.Answerer, tag uint64) {
		answering(muster.Message{}, muster.Refuse(muster.ReasonTopicUnknown, ""))(g, topic, body, to, tag)
	}
	ping, pong := []byte{0xc0, 0}, []byte{0xd0, 0}
	pubrec := func(id byte) []byte { return []byte{0x50, 2, 0, id} }
	pubrel := func(id byte) []byte { return []byte{0x62, 2, 0, id} }
	pubcomp := func(id byte) []byte { return []byte{0x70, 2, 0, id} }
	tests := []struct {
		name   string
		in5    bool // alone
		answer func(*guest, string, string, muster.Answerer, uint64)
		talk   func(v mqtt.Version) (send, want [][]byte)
		handed []string
	}{
		{"QoS 0 by nothing", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{publishPacket(v, "t", "x", 0, 0), ping}, [][]byte{pong}
		}, []string{"t x"}},
		{"QoS 1 by PUBACK", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{publishPacket(v, "t", "x", 1, 65535)}, [][]byte{puback(65535)}
		}, []string{"t x"}},
		{"QoS 2 by PUBREC and PUBCOMP", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{publishPacket(v, "t", "x", 2, 7), pubrel(7)}, [][]byte{pubrec(7), pubcomp(7)}
		}, []string{"t x"}},
		{"an identifier is new after its PUBACK, with DUP too [MQTT-4.3.2-5]", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			p := publishPacket(v, "t", "x", 1, 5)
			return [][]byte{p, flagged(p, dup), p}, [][]byte{puback(5), puback(5), puback(5)}
		}, []string{"t x", "t x", "t x"}},
		{"an identifier is new after its PUBCOMP, with DUP too [MQTT-4.3.3-12]", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			p := publishPacket(v, "t", "x", 2, 5)
			return [][]byte{p, pubrel(5), flagged(p, dup), pubrel(5)}, [][]byte{pubrec(5), pubcomp(5), pubrec(5), pubcomp(5)}
		}, []string{"t x", "t x"}},
		{"an identifier is new after a PUBREC that refused it [MQTT-4.3.3-9]", true, refusing, func(v mqtt.Version) (send, want [][]byte) {
			p, no := publishPacket(v, "t", "x", 2, 5), mqtt.AppendAck(nil, v, mqtt.TypePubrec, 5, mqtt.TopicNameInvalid, "topic-unknown: "+muster.ReasonTopicUnknown.Title())
			return [][]byte{p, p, pubrel(5)}, [][]byte{no, no, {0x70, 3, 0, 5, 0x92}}
		}, []string{"t x", "t x"}},
		{"one identifier at QoS 1 and 2 is two messages", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{publishPacket(v, "t", "two", 2, 5), publishPacket(v, "t", "one", 1, 5), pubrel(5)}, [][]byte{pubrec(5), puback(5), pubcomp(5)}
		}, []string{"t two", "t one"}},
		{"nothing is retained, and RETAIN changes nothing", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			suback := subscribed(v, 2, 1)
			return [][]byte{flagged(publishPacket(v, "a", "x", 1, 1), retained), subscribePacket(v, 2, 1, "a"), ping}, [][]byte{puback(1), suback, pong}
		}, []string{"a x"}},
		{"an empty payload is one", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{flagged(publishPacket(v, "t", "", 1, 1), retained), publishPacket(v, "t", "", 0, 0), ping}, [][]byte{puback(1), pong}
		}, []string{"t ", "t "}},
		{"acknowledgements of nothing are let pass", false, nil, func(v mqtt.Version) (send, want [][]byte) {
			return [][]byte{puback(9), pubcomp(9), ping}, [][]byte{pong}
		}, nil},
		{"the properties of MQTT 5 that are for others change nothing", true, nil, func(v mqtt.Version) (send, want [][]byte) {
			props := []byte{1, 1, 2, 0, 0, 0, 0, 3, 0, 1, 'c', 8, 0, 1, 'r', 9, 0, 2, 0, 1, 0x26, 0, 0, 0, 0, 0x26, 0, 0, 0, 0}
			return [][]byte{frame(0x32, text("t"), []byte{0, 1, byte(len(props))}, props, []byte("x"))}, [][]byte{puback(1)}
		}, []string{"t x"}},
	}
	for _, test := range tests {
		for _, v := range bothVersions {
			if test.in5 && v != mqtt.V5 {
				continue
			}
			t.Run(fmt.Sprintf("version %d, %s", v, test.name), func(t *testing.T) {
				h := &house{judge: granting("a"), answer: test.answer}
				_, address := open(t, h, Options{}, time.Second)
				d := enter(t, address, v)
				send, want := test.talk(v)
				d.send(send...)
				d.expect(want...)
				if got := h.messages(); !slices.Equal(got, test.handed) {
					t.Errorf("%q is handed in", got)
				}
			})
		}
	}
}

// subscribed is a SUBACK of one filter.
func subscribed(v mqtt.Version, id byte, code byte) []byte {
	if v == mqtt.V5 {
		return []byte{0x90, 4, 0, id, 0, code}
	}
	return []byte{0x90, 3, 0, id, code}
}

func TestASubscriptionIsReplacedByOneToTheSameFilter(t *testing.T) { // [MQTT-3.8.4-3]
	for _, v := range bothVersions {
		h := &house{judge: granting("r"), answer: answering(muster.Message{Address: "r", Body: []byte("y")}, nil)}
		_, address := open(t, h, Options{}, time.Second)
		d := enter(t, address, v)
		for i, qos := range []byte{0, 1, 0} {
			d.send(subscribePacket(v, 1, qos, "r"), publishPacket(v, "t", "x", 0, 0))
			d.expect(subscribed(v, 1, qos), publishPacket(v, "r", "y", qos, uint16(qos)))
			if i == 1 {
				d.send(puback(1))
			}
		}
	}
}

func TestOverlappingSubscriptionsBringOneMessage(t *testing.T) { // [MQTT-3.3.5-1] of 3.1.1, [MQTT-3.3.4-2] of 5
	for _, v := range bothVersions {
		h := &house{judge: granting("r/+", "r/7"), answer: answering(muster.Message{Address: "r/7"}, nil)}
		_, address := open(t, h, Options{}, time.Second)
		d := enter(t, address, v)
		d.send(subscribePacket(v, 1, 0, "r/+"), subscribePacket(v, 2, 1, "r/7"), publishPacket(v, "t", "x", 0, 0), []byte{0xc0, 0})
		d.expect(subscribed(v, 1, 0), subscribed(v, 2, 1), publishPacket(v, "r/7", "", 1, 1), []byte{0xd0, 0})
	}
}

func TestFiltersAreComparedCharacterByCharacter(t *testing.T) { // [MQTT-3.10.4-1]
	_, address := open(t, &house{judge: granting("a/é")}, Options{}, time.Second)
	d := enter(t, address, mqtt.V5)
	d.send(subscribePacket(mqtt.V5, 1, 1, "a/é"))
	d.expect(subscribed(mqtt.V5, 1, 1))
	others := []string{"A/é", "a/é/", "/a/é", "a//é", "a/e\u0301", "a/+", "#"}
	var all []byte
	for _, f := range others {
		all = append(all, text(f)...)
	}
	d.send(frame(0xa2, []byte{0, 2, 0}, all, text("a/é"), text("a/é")))
	want := []byte{0xb0, byte(3 + len(others) + 2), 0, 2, 0}
	d.expect(append(append(want, slices.Repeat([]byte{0x11}, len(others))...), 0, 0x11))
}

func TestAFilterThatIsNotGrantedIsRefusedAlone(t *testing.T) {
	bad := []string{"#", "+", "a/#", "a/#/b", "a#", "a+", "+a/b", "$SYS/#", "$SYS/broker/uptime", "b"}
	for _, v := range bothVersions {
		_, address := open(t, &house{judge: granting("a")}, Options{}, time.Second)
		d := enter(t, address, v)
		d.send(subscribePacket(v, 1, 2, append(bad, "a")...))
		code, want := byte(0x80), []byte{0x90, byte(2 + len(bad) + 1), 0, 1} // [MQTT-3.9.3-2] of 3.1.1
		if v == mqtt.V5 {
			code, want = 0x8f, []byte{0x90, byte(3 + len(bad) + 1), 0, 1, 0}
		}
		d.expect(append(append(want, slices.Repeat([]byte{code}, len(bad))...), 1))
	}
}

func TestAMessageIsSentOnce(t *testing.T) {
	h := &house{answer: answering(muster.Message{Address: "r"}, nil)}
	_, address := open(t, h, Options{}, time.Second)
	ask := func(v mqtt.Version) []byte { return publishPacket(v, "t", "x", 0, 0) }
	for _, v := range bothVersions {
		d := enter(t, address, v)
		d.send(ask(v))
		d.expect(publishPacket(v, "r", "", 1, 1))
		d.expectSilence(50 * time.Millisecond) // although nothing is acknowledged [MQTT-4.4.0-1]
		_ = d.Close()
		d = enter(t, address, v)
		d.send(ask(v))
		d.expect(publishPacket(v, "r", "", 1, 1)) // as a new one, with DUP 0
	}
	t.Run("and not again if the client refuses it [MQTT-4.4.0-2]", func(t *testing.T) {
		d := enter(t, address, mqtt.V5, 0x21, 0, 1)
		d.send(ask(mqtt.V5))
		d.expect(publishPacket(mqtt.V5, "r", "", 1, 1))
		d.send([]byte{0x40, 3, 0, 1, 0x80}, ask(mqtt.V5))
		d.expect(publishPacket(mqtt.V5, "r", "", 1, 2))
	})
	t.Run("and holds nothing else up while the client owes its acknowledgement [MQTT-3.3.4-10]", func(t *testing.T) {
		d := enter(t, address, mqtt.V5, 0x21, 0, 1)
		d.send(ask(mqtt.V5), publishPacket(mqtt.V5, "t", "x", 1, 9), []byte{0xc0, 0})
		d.expect(publishPacket(mqtt.V5, "r", "", 1, 1), puback(9), publishPacket(mqtt.V5, "r", "", 0, 0), []byte{0xd0, 0})
	})
}

func TestNothingFollowsADisconnect(t *testing.T) { // [MQTT-3.14.4-1]
	h := &house{judge: granting("a")}
	s, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V5)
	var c *conn
	s.roster.each(func(one *conn) { c = one })
	sending := func(now bool) { // as while another goroutine writes
		c.mu.Lock()
		defer c.mu.Unlock()
		for c.sending && now { // CONNACK is read already, and its write is about to be over
			c.mu.Unlock()
			runtime.Gosched()
			c.mu.Lock()
		}
		c.sending = now
	}
	sending(true)
	h.hangup(muster.Refuse(muster.ReasonTakenOver, ""))
	for _, packet := range [][]byte{{0xc0, 0}, {0x62, 2, 0, 1}, subscribePacket(mqtt.V5, 1, 1, "a")} { // read before that
		p, _, err := mqtt.Next(packet, mqtt.V5, packetLimit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.handle(t.Context(), p); err != nil {
			t.Error(err)
		}
	}
	sending(false)
	c.flush()
	d.expect(mqtt.AppendDisconnect(nil, mqtt.SessionTakenOver, "taken-over: "+muster.ReasonTakenOver.Title()))
	d.expectClosed()
}
