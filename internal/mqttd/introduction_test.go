package mqttd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

var bothVersions = []mqtt.Version{mqtt.V311, mqtt.V5}

// connecting is a CONNECT with these flags and fields, and in MQTT 5 no properties.
func connecting(v mqtt.Version, flags byte, fields ...[]byte) []byte {
	head := append(text("MQTT"), byte(v), flags, 0, 60)
	if v == mqtt.V5 {
		head = append(head, 0)
	}
	return frame(0x10, head, slices.Concat(fields...))
}

// willing is a will as a CONNECT has it.
func willing(v mqtt.Version, topic, message string, props ...byte) []byte {
	b := append(text(topic), text(message)...)
	if v == mqtt.V5 {
		return slices.Concat([]byte{byte(len(props))}, props, b)
	}
	return b
}

func TestAConnectThatDoesNotConformIsRefused(t *testing.T) {
	id := text("c")
	tests := []struct {
		name   string
		flags  byte
		fields func(v mqtt.Version) []byte
		code   mqtt.Code
	}{
		{"without a client id", 0x02, nil, mqtt.MalformedPacket},
		{"with a client id that is not UTF-8", 0x02, func(mqtt.Version) []byte { return text("\xc0\x80") }, mqtt.MalformedPacket},
		{"with a surrogate in its client id", 0x02, func(mqtt.Version) []byte { return text("\xed\xa0\x80") }, mqtt.MalformedPacket},
		{"with U+0000 in its client id", 0x02, func(mqtt.Version) []byte { return text("a\x00") }, mqtt.MalformedPacket},
		{"with the flag of a user name and none", 0x82, func(mqtt.Version) []byte { return id }, mqtt.MalformedPacket},
		{"with a user name and not its flag", 0x02, func(mqtt.Version) []byte { return append(id, text("u")...) }, mqtt.MalformedPacket},
		{"with a user name that is not UTF-8", 0x82, func(mqtt.Version) []byte { return append(id, text("\xff")...) }, mqtt.MalformedPacket},
		{"with the flag of a password and none", 0xc2, func(mqtt.Version) []byte { return append(id, text("u")...) }, mqtt.MalformedPacket},
		{"with a password and not its flag", 0x82, func(mqtt.Version) []byte { return slices.Concat(id, text("u"), text("p")) }, mqtt.MalformedPacket},
		{"with the flag of a will and none", 0x06, func(mqtt.Version) []byte { return id }, mqtt.MalformedPacket},
		{"with a will and not its flag", 0x02, func(v mqtt.Version) []byte { return append(id, willing(v, "t", "m")...) }, mqtt.MalformedPacket},
		{"with a will without a message", 0x06, func(v mqtt.Version) []byte { return append(id, willing(v, "t", "m")[:4]...) }, mqtt.MalformedPacket},
		{"with a QoS of no will", 0x0a, func(mqtt.Version) []byte { return id }, mqtt.MalformedPacket},
		{"with the retain flag of no will", 0x22, func(mqtt.Version) []byte { return id }, mqtt.MalformedPacket},
		{"with a will of QoS 3", 0x1e, func(v mqtt.Version) []byte { return append(id, willing(v, "t", "m")...) }, mqtt.MalformedPacket},
		{"with a will's topic that is not UTF-8", 0x06, func(v mqtt.Version) []byte { return append(id, willing(v, "\xff", "m")...) }, mqtt.MalformedPacket},
		{"with a will's topic that is empty", 0x06, func(v mqtt.Version) []byte { return append(id, willing(v, "", "m")...) }, mqtt.ProtocolError},
		{"with a will's topic that has a wildcard", 0x06, func(v mqtt.Version) []byte { return append(id, willing(v, "a/+", "m")...) }, mqtt.ProtocolError},
		{"with its reserved flag set", 0x03, func(mqtt.Version) []byte { return id }, mqtt.MalformedPacket},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			s, address := open(t, h, Options{}, time.Second)
			for _, v := range bothVersions {
				var fields []byte
				if test.fields != nil {
					fields = test.fields(v)
				}
				d := dial(t, address)
				d.send(connecting(v, test.flags, fields))
				if v == mqtt.V5 {
					if got := d.packet(); got[0] != 0x20 || got[2] != 0 || got[3] != byte(test.code) {
						t.Errorf("CONNACK % x", got)
					}
				}
				d.expectClosed() // in 3.1.1 without a word
			}
			_, err := packetError(&mqtt.Error{Code: test.code})
			if n := count(t, s.metrics.refusals.WithLabelValues(string(muster.ReasonOf(err)))); n != 2 || len(h.hellos) > 0 {
				t.Errorf("%v refusals counted, dispatch hears %v", n, h.hellos)
			}
		})
	}
}

func TestTheFieldsOfAConnectComeInTheirOrder(t *testing.T) {
	h := &house{}
	_, address := open(t, h, Options{}, time.Second)
	for _, v := range bothVersions {
		d := dial(t, address)
		d.send(connecting(v, 0xc6, text("c"), willing(v, "w", "m"), text("u"), text("p")))
		if got := d.packet(); got[3] != 0 {
			t.Fatalf("CONNACK % x", got)
		}
		if hello := h.hellos[len(h.hellos)-1]; hello.ClientID != "c" || hello.Username != "u" || hello.Password.Reveal() != "p" {
			t.Errorf("dispatch hears %+v", hello)
		}
	}
}

func TestEveryClientIDIsTaken(t *testing.T) {
	h := &house{}
	_, address := open(t, h, Options{}, time.Second)
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, id := range []string{"0", letters[:23], letters[23:46], letters[39:], letters, "\ufeffdevice", "täglich/1+#$", strings.Repeat("x", 10000)} {
		for _, v := range bothVersions {
			d := dial(t, address)
			d.send(connectPacket(v, id, "u", 60))
			if got := d.packet(); got[3] != 0 {
				t.Errorf("%.40q: CONNACK % x", id, got)
			}
			if heard := h.hellos[len(h.hellos)-1].ClientID; heard != id {
				t.Errorf("%.40q is heard as %.40q", id, heard)
			}
		}
	}
}

func TestAClientIDOfTheServersIsNew(t *testing.T) { // [MQTT-3.2.2-16]
	_, address := open(t, &house{}, Options{}, time.Second)
	var seen []string
	for range 20 {
		d := dial(t, address)
		d.send(connectPacket(mqtt.V5, "", "u", 60))
		got := d.packet()
		i := bytes.Index(got, []byte{0x12, 0, 20})
		if i < 0 {
			t.Fatalf("no client id in % x", got)
		}
		id := string(got[i+3:][:20])
		if slices.Contains(seen, id) {
			t.Errorf("%s comes twice", id)
		}
		seen = append(seen, id)
	}
}

func TestAWillIsTakenAndNothingBecomesOfIt(t *testing.T) {
	every := []byte{
		0x18, 0, 0, 0, 9, 0x01, 1, 0x02, 0, 0, 0, 9, 0x03, 0, 1, 'c', 0x08, 0, 1, 'r', 0x09, 0, 1, 0,
		0x26, 0, 1, 'a', 0, 1, 'b', 0x26, 0, 1, 'a', 0, 1, 'c',
	}
	for _, v := range bothVersions {
		for _, qos := range []byte{0, 1, 2} {
			for _, retain := range []byte{0, 0x20} {
				for _, bye := range [][]byte{nil, {0xe0, 0}, {0xe0, 1, 4}} {
					if v != mqtt.V5 && len(bye) > 2 {
						continue
					}
					h := &house{}
					s, address := open(t, h, Options{}, time.Second)
					d := dial(t, address)
					d.send(connecting(v, 0x06|qos<<3|retain, text("c"), willing(v, "v1/devices/me/telemetry", "{}", every...)))
					if got := d.packet(); got[3] != 0 {
						t.Fatalf("CONNACK % x", got)
					}
					d.send(bye)
					_ = d.Close()
					eventually(t, "it is gone", func() bool { return s.open.Load() == 0 })
					if got := h.messages(); len(got) > 0 {
						t.Errorf("%q is handed in", got)
					}
				}
			}
		}
	}
}

func TestNoSessionOutlivesItsConnection(t *testing.T) {
	h := &house{judge: granting("a")}
	_, address := open(t, h, Options{}, time.Second)
	for _, expiry := range [][]byte{nil, {0x11, 0, 0, 0, 0}, {0x11, 0, 0, 0, 1}, {0x11, 0xff, 0xff, 0xff, 0xff}} {
		for _, clean := range []byte{0x00, 0x02} {
			t.Run(fmt.Sprintf("clean %d, expiry % x", clean>>1, expiry), func(t *testing.T) {
				for range 2 {
					d := dial(t, address)
					d.send(frame(0x10, text("MQTT"), []byte{5, clean, 0, 60, byte(len(expiry))}, expiry, text("c")))
					got := d.packet()
					if got[2] != 0 || got[3] != 0 { // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
						t.Fatalf("CONNACK % x", got)
					}
					asked := len(expiry) > 0 && !bytes.Equal(expiry[1:], []byte{0, 0, 0, 0})
					if told := bytes.HasPrefix(got[5:], []byte{0x11, 0, 0, 0, 0}); told != asked {
						t.Errorf("CONNACK % x", got)
					}
					d.send(frame(0xa2, []byte{0, 1, 0}, text("a"))) // is there a subscription of earlier?
					d.expect([]byte{0xb0, 4, 0, 1, 0, 0x11})
					d.send(subscribePacket(mqtt.V5, 2, 1, "a"))
					d.expect([]byte{0x90, 4, 0, 2, 0, 1})
					if asked {
						d.send([]byte{0xe0, 7, 0, 5, 0x11, 0, 0, 0, 1})
					} else {
						d.send([]byte{0xe0, 0})
					}
					d.expectClosed()
				}
			})
		}
	}
	t.Run("in 3.1.1", func(t *testing.T) {
		for _, clean := range []byte{0x00, 0x02, 0x00} {
			d := dial(t, address)
			d.send(connecting(mqtt.V311, clean, text("c")), subscribePacket(mqtt.V311, 1, 1, "a"))
			d.expect([]byte{0x20, 2, 0, 0}, []byte{0x90, 3, 0, 1, 1})
		}
	})
	if noted := h.noted(); len(noted) > 0 {
		t.Errorf("the journal has %v", noted)
	}
}

func TestWhatFollowsARefusedConnectIsNotHandedIn(t *testing.T) { // [MQTT-3.1.4-5] of 3.1.1, [MQTT-3.1.4-6] of 5
	h := &house{judge: func(*muster.Hello) (*guest, error) { return nil, muster.Refuse(muster.ReasonTokenUnknown, "") }}
	s, address := open(t, h, Options{}, time.Second)
	for _, v := range bothVersions {
		d := dial(t, address)
		d.send(connectPacket(v, "c", "u", 60), publishPacket(v, "t", "x", 1, 1), subscribePacket(v, 2, 1, "a"), []byte{0xc0, 0}, []byte{0xe0, 0})
		if got := d.packet(); got[0] != 0x20 || got[2] != 0 || got[3] == 0 { // [MQTT-3.2.2-4] of 3.1.1, [MQTT-3.2.2-6] of 5
			t.Errorf("CONNACK % x", got)
		}
		if v == mqtt.V5 {
			d.packet() // ThingsBoard's devices look for the code in a DISCONNECT
		}
		d.expectClosed()
	}
	eventually(t, "all are gone", func() bool { return s.open.Load() == 0 })
	if got := h.messages(); len(got) > 0 {
		t.Errorf("%q is handed in", got)
	}
}

func TestNothingIsLargerThanTheClientTakes(t *testing.T) { // [MQTT-3.1.2-24]
	h := &house{judge: granting("a")}
	_, address := open(t, h, Options{MaxKeepAlive: time.Minute}, time.Second)
	takes := func(n byte) *device {
		d := dial(t, address)
		d.send(connectPacket(mqtt.V5, "", "u", 0, 0x27, 0, 0, 0, n, 0x11, 0, 0, 0, 1))
		return d
	}
	t.Run("who takes no CONNACK is let go", func(t *testing.T) {
		takes(4).expectClosed()
		for _, n := range []byte{5, leastPacket - 1} {
			d := takes(n)
			d.expect([]byte{0x20, 3, 0, 0x95, 0})
			d.expectClosed()
		}
	})
	many := slices.Repeat([]string{"a"}, 70)
	t.Run("a CONNACK with everything in it fits", func(t *testing.T) {
		d := takes(leastPacket)
		if got := d.packet(); got[3] != 0 || len(got) > leastPacket {
			t.Errorf("CONNACK of %d bytes: % x", len(got), got)
		}
		d.send(subscribePacket(mqtt.V5, 1, 1, many[:59]...))
		if got := d.packet(); len(got) != leastPacket {
			t.Errorf("SUBACK of %d bytes", len(got))
		}
	})
	for name, packet := range map[string][]byte{
		"a SUBACK that does not fit ends the session":    subscribePacket(mqtt.V5, 1, 1, many...),
		"an UNSUBACK that does not fit ends the session": frame(0xa2, []byte{0, 1, 0}, bytes.Repeat(text("a"), 70)),
	} {
		t.Run(name, func(t *testing.T) {
			d := takes(leastPacket)
			d.packet()
			d.send(packet)
			d.expect([]byte{0xe0, 1, 0x95}) // [MQTT-3.14.2-3]
			d.expectClosed()
		})
	}
}
