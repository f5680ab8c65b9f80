package mqttd

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// wrong is a packet that ends the session in which it comes.
type wrong struct {
	name string
	in   []byte
	code mqtt.Code
}

// wrongInBoth are malformed in every version. Where MQTT 5 has a length of properties, MQTT 3.1.1 sees other bytes there,
// and refuses them as well.
func wrongInBoth(v mqtt.Version) []wrong {
	var none []byte // the properties
	if v == mqtt.V5 {
		none = []byte{0}
	}
	id := append([]byte{0, 1}, none...)
	topic := func(s string) []byte { return frame(0x30, text(s), none) }
	all := []wrong{
		{"packet type 0", []byte{0, 0}, mqtt.MalformedPacket},
		{"a PUBLISH of QoS 3", frame(0x36, text("t"), id), mqtt.MalformedPacket},
		{"a PUBLISH of QoS 0 with DUP", frame(0x38, text("t"), none), mqtt.MalformedPacket},
		{"a topic that is not UTF-8", topic("\xff"), mqtt.MalformedPacket},
		{"a topic with an overlong form", topic("\xc0\xaf"), mqtt.MalformedPacket},
		{"a topic with a surrogate", topic("\xed\xbf\xbf"), mqtt.MalformedPacket},
		{"a topic beyond Unicode", topic("\xf4\x90\x80\x80"), mqtt.MalformedPacket},
		{"a topic that ends within a character", topic("\xe2\x82"), mqtt.MalformedPacket},
		{"a topic with U+0000", topic("a\x00b"), mqtt.MalformedPacket},
		{"no topic", topic(""), mqtt.ProtocolError},
		{"a topic with a plus sign", topic("a+"), mqtt.TopicNameInvalid},
		{"a topic with a number sign", topic("#"), mqtt.TopicNameInvalid},
		{"a topic longer than its packet", []byte{0x30, 3, 0, 2, 't'}, mqtt.MalformedPacket},
		{"a PUBLISH that ends within its identifier", frame(0x32, text("t"), []byte{0}), mqtt.MalformedPacket},
		{"a PUBLISH of QoS 1 with identifier 0", frame(0x32, text("t"), []byte{0, 0}, none), mqtt.ProtocolError},
		{"a PUBLISH of QoS 2 with identifier 0", frame(0x34, text("t"), []byte{0, 0}, none), mqtt.ProtocolError},
		{"a SUBSCRIBE with identifier 0", frame(0x82, []byte{0, 0}, none, text("a"), []byte{0}), mqtt.ProtocolError},
		{"a SUBSCRIBE without a filter", frame(0x82, id), mqtt.ProtocolError},
		{"a SUBSCRIBE with an empty filter", frame(0x82, id, text(""), []byte{0}), mqtt.ProtocolError},
		{"a SUBSCRIBE that ends before its options", frame(0x82, id, text("a")), mqtt.MalformedPacket},
		{"a SUBSCRIBE for QoS 3", frame(0x82, id, text("a"), []byte{3}), mqtt.MalformedPacket},
		{"a SUBSCRIBE with reserved bits", frame(0x82, id, text("a"), []byte{0x80}), mqtt.MalformedPacket},
		{"a filter that is not UTF-8", frame(0x82, id, text("\xff"), []byte{0}), mqtt.MalformedPacket},
		{"a filter with U+0000", frame(0x82, id, text("\x00"), []byte{0}), mqtt.MalformedPacket},
		{"an UNSUBSCRIBE with identifier 0", frame(0xa2, []byte{0, 0}, none, text("a")), mqtt.ProtocolError},
		{"an UNSUBSCRIBE without a filter", frame(0xa2, id), mqtt.ProtocolError},
		{"an UNSUBSCRIBE with a filter that is not UTF-8", frame(0xa2, id, text("\xff")), mqtt.MalformedPacket},
		{"a PUBACK with identifier 0", []byte{0x40, 2, 0, 0}, mqtt.ProtocolError},
		{"a PUBREL with identifier 0", []byte{0x62, 2, 0, 0}, mqtt.ProtocolError},
		{"a PUBREL of one byte", []byte{0x62, 1, 0}, mqtt.MalformedPacket},
		{"a PINGREQ with a body", []byte{0xc0, 1, 0}, mqtt.MalformedPacket},
		{"a second CONNECT", connectPacket(v, "c", "u", 60), mqtt.ProtocolError},
		{"a CONNACK", []byte{0x20, 2, 0, 0}, mqtt.ProtocolError},
		{"a SUBACK", []byte{0x90, 3, 0, 1, 0}, mqtt.ProtocolError},
		{"an UNSUBACK", []byte{0xb0, 2, 0, 1}, mqtt.ProtocolError},
		{"a PINGRESP", []byte{0xd0, 0}, mqtt.ProtocolError},
		{"a length of five bytes", []byte{0x30, 0x80, 0x80, 0x80, 0x80, 1}, mqtt.MalformedPacket},
		{"a length of 256 MB", []byte{0x30, 0xff, 0xff, 0xff, 0x7f}, mqtt.PacketTooLarge},
	}
	for _, first := range []byte{0x30, 0x32, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2} {
		all = append(all, wrong{fmt.Sprintf("nothing after the fixed header %#x", first), []byte{first, 0}, mqtt.MalformedPacket})
	}
	return append(all, wrongFlags()...)
}

// wrongFlags are the packets of clients with flags that are reserved.
func wrongFlags() (all []wrong) {
	for typ, right := range map[byte]byte{1: 0, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0, 14: 0} {
		for flags := range byte(16) {
			if flags != right {
				all = append(all, wrong{fmt.Sprintf("type %d with flags %04b", typ, flags), []byte{typ<<4 | flags, 2, 0, 1}, mqtt.MalformedPacket})
			}
		}
	}
	return all
}

// wrongIn5 are malformed in MQTT 5 alone.
func wrongIn5() []wrong {
	publish := func(props ...byte) []byte { return frame(0x30, text("t"), []byte{byte(len(props))}, props) }
	subscribe := func(options byte, filter string, props ...byte) []byte {
		return frame(0x82, []byte{0, 1, byte(len(props))}, props, text(filter), []byte{options})
	}
	return []wrong{
		{"a length that is padded", []byte{0xc0, 0x80, 0}, mqtt.MalformedPacket},
		{"a length of properties that is padded", frame(0x30, text("t"), []byte{0x80, 0}), mqtt.MalformedPacket},
		{"no length of properties", frame(0x30, text("t")), mqtt.MalformedPacket},
		{"properties longer than their packet", frame(0x30, text("t"), []byte{5, 1}), mqtt.MalformedPacket},
		{"a property that is unknown", publish(0x7f, 0), mqtt.MalformedPacket},
		{"a property that has no place", publish(0x21, 0, 1), mqtt.MalformedPacket},
		{"a property that is there twice", publish(1, 0, 1, 0), mqtt.ProtocolError},
		{"a payload format of 2", publish(1, 2), mqtt.ProtocolError},
		{"a content type that is not UTF-8", publish(3, 0, 1, 0xff), mqtt.MalformedPacket},
		{"a response topic that is not UTF-8", publish(8, 0, 1, 0xff), mqtt.MalformedPacket},
		{"a response topic with a wildcard", publish(8, 0, 1, '#'), mqtt.ProtocolError},
		{"a user property whose name is not UTF-8", publish(0x26, 0, 1, 0xff, 0, 0), mqtt.MalformedPacket},
		{"a user property whose value is not UTF-8", publish(0x26, 0, 0, 0, 1, 0xff), mqtt.MalformedPacket},
		{"a subscription identifier in a PUBLISH", publish(0x0b, 1), mqtt.MalformedPacket},
		{"topic alias 0", publish(0x23, 0, 0), mqtt.ProtocolError},
		{"topic alias 65535", publish(0x23, 0xff, 0xff), mqtt.TopicAliasInvalid},
		{"a topic alias that nothing is known by", frame(0x30, text(""), []byte{3, 0x23, 0, 1}), mqtt.ProtocolError},
		{"No Local on a shared subscription", subscribe(4, "$share/g/a"), mqtt.ProtocolError},
		{"retain handling 3", subscribe(0x30, "a"), mqtt.ProtocolError},
		{"subscription identifier 0", subscribe(0, "a", 0x0b, 0), mqtt.ProtocolError},
		{"a DISCONNECT of a session that is to last", []byte{0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9}, mqtt.ProtocolError},
		{"a DISCONNECT with a server's reference", []byte{0xe0, 6, 0, 4, 0x1c, 0, 1, 'x'}, mqtt.MalformedPacket},
		{"an AUTH", []byte{0xf0, 0}, mqtt.ProtocolError},
		{"an AUTH that asks for another look", []byte{0xf0, 2, 0x19, 0}, mqtt.ProtocolError},
		{"an AUTH with flags", []byte{0xf2, 0}, mqtt.MalformedPacket},
	}
}

func TestWhatIsMalformedEndsTheSession(t *testing.T) {
	for v, all := range map[mqtt.Version][]wrong{
		mqtt.V311: append(wrongInBoth(mqtt.V311), wrong{"an AUTH", []byte{0xf0, 0}, 0}, wrong{"a DISCONNECT with a body", []byte{0xe0, 1, 0}, 0}),
		mqtt.V5:   append(wrongInBoth(mqtt.V5), wrongIn5()...),
	} {
		h := &house{}
		s, address := open(t, h, Options{}, time.Second)
		for _, test := range all {
			t.Run(fmt.Sprintf("version %d, %s", v, test.name), func(t *testing.T) {
				d := enter(t, address, v)
				d.send(test.in)
				if v == mqtt.V5 {
					if got := d.packet(); got[0] != 0xe0 || got[2] != byte(test.code) {
						t.Errorf("DISCONNECT % x, want %#x", got, test.code)
					}
				}
				d.expectClosed() // before MQTT 5 without a word
			})
		}
		if got := h.messages(); len(got) > 0 {
			t.Errorf("%q is handed in", got)
		}
		var ended float64
		for _, r := range []muster.Reason{muster.ReasonPacketMalformed, muster.ReasonProtocolError, muster.ReasonPacketTooLarge} {
			ended += count(t, s.metrics.endings.WithLabelValues(string(r)))
		}
		if ended != float64(len(all)) {
			t.Errorf("%v of %d endings are counted", ended, len(all))
		}
	}
}

func TestAByteOrderMarkIsACharacter(t *testing.T) { // [MQTT-1.5.3-3] of 3.1.1, [MQTT-1.5.4-3] of 5
	for _, v := range bothVersions {
		h := &house{}
		_, address := open(t, h, Options{}, time.Second)
		d := enter(t, address, v)
		d.send(publishPacket(v, "\ufeffa", "x", 1, 1))
		d.expect(puback(1))
		if got := h.messages(); !slices.Equal(got, []string{"\ufeffa x"}) {
			t.Errorf("%q is handed in", got)
		}
	}
}

// TestNoPacketTakesMuchMemory sends what is small and claims to be large, or is as large as it may be, and holds what the
// server allocates because of it against what it may hold for one client.
func TestNoPacketTakesMuchMemory(t *testing.T) {
	claim := func(first byte) []byte { return []byte{first, 0xff, 0xff, 0xff, 0x7f} }
	user := []byte{0x26, 0, 1, 'a', 0, 1, 'b'}
	tests := []struct {
		name    string
		connect bool // comes first
		in      []byte
	}{
		{"a CONNECT of 256 MB", false, claim(0x10)},
		{"a PUBLISH of 256 MB", true, claim(0x32)},
		{"a SUBSCRIBE of 256 MB", true, claim(0x82)},
		{"a DISCONNECT of 256 MB", true, claim(0xe0)},
		{"an AUTH of 256 MB", true, claim(0xf0)},
		{"a PUBLISH whose properties are 256 MB", true, frame(0x30, text("t"), []byte{0xff, 0xff, 0xff, 0x7f})},
		{"a SUBSCRIBE with 16,000 filters", true, frame(0x82, []byte{0, 1, 0}, bytes.Repeat([]byte{0, 1, 'a', 0}, 16000))},
		{"an UNSUBSCRIBE with 20,000 filters", true, frame(0xa2, []byte{0, 1, 0}, bytes.Repeat([]byte{0, 1, 'a'}, 20000))},
		{"a PUBLISH with 9,000 user properties", true, frame(0x30, text("t"), []byte{0xb8, 0xec, 3}, bytes.Repeat(user, 9000))},
		{"a topic of 65,000 levels", true, frame(0x30, text(strings.Repeat("/", 65000)), []byte{0})},
		{"a CONNECT with 2,000 user properties", false, frame(0x10, text("MQTT"), []byte{5, 2, 0, 60, 0xb0, 0x6d}, bytes.Repeat(user, 2000), text("c"))},
		{"topic alias 65535", true, frame(0x30, text("t"), []byte{3, 0x23, 0xff, 0xff})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, address := open(t, &house{judge: granting("a")}, Options{}, time.Second)
			var d *device
			if test.connect {
				d = enter(t, address, mqtt.V5)
			} else {
				d = dial(t, address)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d.send(test.in, []byte{0xc0, 0})
			_ = d.SetReadDeadline(time.Now().Add(10 * time.Second))
			_, _ = d.Read(make([]byte, 64<<10))
			_ = d.Close()
			eventually(t, "all are gone", func() bool { return s.open.Load() == 0 })
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}
