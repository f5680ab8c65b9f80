package mqttd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// A desk keeps publishes back until a test answers them.
type desk struct {
	mu   sync.Mutex // guards what follows
	tags []uint64
	to   muster.Answerer
}

func (d *desk) keep(_ *guest, _, _ string, to muster.Answerer, tag uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tags, d.to = append(d.tags, tag), to
}

// take waits until n publishes lie on the desk and returns their tags.
func (d *desk) take(t testing.TB, n int) []uint64 {
	t.Helper()
	var tags []uint64
	eventually(t, fmt.Sprintf("%d publishes are handed in", n), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.tags) < n {
			return false
		}
		tags, d.tags = d.tags, nil
		return true
	})
	if len(tags) != n {
		t.Fatalf("%d publishes are handed in, not %d", len(tags), n)
	}
	return tags
}

func (d *desk) answer(err error, tags ...uint64) {
	for _, tag := range tags {
		d.to.Answer(tag, muster.Message{}, err)
	}
	d.to.Flush()
}

func TestPublishesAreAcknowledgedInTheOrderTheyCame(t *testing.T) { // [MQTT-4.6.0-2]
	var on desk
	_, address := open(t, &house{answer: on.keep}, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	for id := range uint16(4) {
		d.send(publishPacket(mqtt.V311, "t", "x", 1, 40-id))
	}
	tags := on.take(t, 4)
	on.answer(nil, tags[2], tags[1])
	d.expectSilence(50 * time.Millisecond)
	on.answer(nil, tags[0])
	d.expect(puback(40), puback(39), puback(38))
	on.answer(nil, tags[3])
	d.expect(puback(37))
}

func TestPacketsMayComeInAnyPieces(t *testing.T) {
	stream := slices.Concat(
		connectPacket(mqtt.V311, "c", "u", 60),
		publishPacket(mqtt.V311, "one", "1", 1, 1),
		publishPacket(mqtt.V311, "two", strings.Repeat("x", 300), 0, 0),
		[]byte{0xc0, 0},
		publishPacket(mqtt.V311, "three", strings.Repeat("y", 20000), 1, 2),
		publishPacket(mqtt.V311, "four", "", 1, 3),
	)
	want := [][]byte{{0x20, 2, 0, 0}, puback(1), {0xd0, 0}, puback(2), puback(3)}
	for _, size := range []int{1, 3, 100, 8192, len(stream)} {
		t.Run(fmt.Sprintf("%d bytes at a time", size), func(t *testing.T) {
			t.Parallel()
			var handed []string
			h := &house{answer: func(_ *guest, topic, body string, to muster.Answerer, tag uint64) {
				handed = append(handed, fmt.Sprint(topic, len(body)))
				to.Answer(tag, muster.Message{}, nil)
				to.Flush()
			}}
			_, address := open(t, h, Options{}, time.Second)
			d := dial(t, address)
			go func() {
				for piece := range slices.Chunk(stream, size) {
					if _, err := d.Write(piece); err != nil {
						return
					}
				}
			}()
			// A PINGRESP is not ordered with acknowledgements, so they are compared as a set.
			var got [][]byte
			for range want {
				got = append(got, d.packet())
			}
			slices.SortFunc(got, bytes.Compare)
			sorted := slices.SortedFunc(slices.Values(want), bytes.Compare)
			if !slices.EqualFunc(got, sorted, bytes.Equal) {
				t.Errorf("got % x", got)
			}
			if !slices.Equal(handed, []string{"one1", "two300", "three20000", "four0"}) {
				t.Error(handed)
			}
		})
	}
}

func TestNoMorePublishesThanTheWindowAreInFlight(t *testing.T) {
	t.Run("an older client waits", func(t *testing.T) {
		var on desk
		_, address := open(t, &house{answer: on.keep}, Options{}, time.Second)
		d := enter(t, address, mqtt.V311)
		for id := range uint16(window + 50) {
			d.send(publishPacket(mqtt.V311, "t", "", 1, id+1))
		}
		tags := on.take(t, window)
		time.Sleep(20 * time.Millisecond)
		on.take(t, 0)
		on.answer(nil, tags[0])
		d.expect(puback(1))
		more := on.take(t, 1)
		on.answer(nil, append(tags[1:], more...)...)
		for id := range uint16(window) {
			d.expect(puback(id + 2))
		}
		on.answer(nil, on.take(t, 49)...)
		for id := range uint16(49) {
			d.expect(puback(id + window + 2))
		}
	})
	t.Run("an MQTT 5 client has been told [MQTT-3.3.4-7]", func(t *testing.T) {
		var on desk
		h := &house{answer: on.keep}
		_, address := open(t, h, Options{}, time.Second)
		d := enter(t, address, mqtt.V5)
		for id := range uint16(window + 1) {
			d.send(publishPacket(mqtt.V5, "t", "", 1, id+1))
		}
		if got := d.packet(); got[0] != 0xe0 || got[2] != 0x93 {
			t.Errorf("DISCONNECT % x", got)
		}
		d.expectClosed()
		on.answer(nil, on.take(t, window)...) // nobody is left to hear it
	})
	t.Run("publishes without acknowledgement wait too", func(t *testing.T) {
		var on desk
		_, address := open(t, &house{answer: on.keep}, Options{}, time.Second)
		d := enter(t, address, mqtt.V5)
		for range window + 1 {
			d.send(publishPacket(mqtt.V5, "t", "", 0, 0))
		}
		on.answer(nil, on.take(t, window)...)
		on.answer(nil, on.take(t, 1)...)
	})
}

func TestQoS2IsHandedInOnce(t *testing.T) {
	for _, v := range []mqtt.Version{mqtt.V311, mqtt.V5} {
		var on desk
		h := &house{answer: on.keep}
		_, address := open(t, h, Options{}, time.Second)
		d := enter(t, address, v)
		again := publishPacket(v, "t", "x", 2, 7)
		again[0] |= 0x08
		d.send(publishPacket(v, "t", "x", 2, 7), again) // before it is durable
		tags := on.take(t, 1)
		d.expectSilence(20 * time.Millisecond)
		on.answer(nil, tags...)
		d.expect([]byte{0x50, 2, 0, 7})
		d.send(again) // [MQTT-4.3.3-10]
		d.expect([]byte{0x50, 2, 0, 7})
		d.send([]byte{0x62, 2, 0, 7})
		d.expect([]byte{0x70, 2, 0, 7}) // [MQTT-4.3.3-11]
		d.send([]byte{0x62, 2, 0, 7})
		if v == mqtt.V5 {
			d.expect([]byte{0x70, 3, 0, 7, 0x92})
		} else {
			d.expect([]byte{0x70, 2, 0, 7})
		}
		d.send(publishPacket(v, "t", "new", 2, 7))
		on.answer(nil, on.take(t, 1)...)
		d.expect([]byte{0x50, 2, 0, 7})
		if got := h.messages(); !slices.Equal(got, []string{"t x", "t new"}) {
			t.Error(got)
		}
	}
}

func TestARefusedPublishIsAnsweredAsThePlatformDoes(t *testing.T) {
	type outcome struct {
		ack        []byte // nil: none
		disconnect byte   // 0: none
		closed     bool
	}
	stays := func(ack ...byte) outcome { return outcome{ack: ack} }
	unknown := muster.Refuse(muster.ReasonTopicUnknown, "")
	invalid := muster.Refuse(muster.ReasonPayloadInvalid, "")
	request := muster.Refuse(muster.ReasonRequestInvalid, "")
	tests := []struct {
		name    string
		err     error
		v       mqtt.Version
		qos     byte
		joining bool
		want    outcome
	}{
		{"an unknown topic is acknowledged in 3.1.1", unknown, 4, 1, false, stays(0x40, 2, 0, 9)},
		{"an unknown topic at QoS 2 is recorded in 3.1.1", unknown, 4, 2, false, stays(0x50, 2, 0, 9)},
		{"an unknown topic has a code in 5", unknown, 5, 1, false, stays(0x40, 3, 0, 9, 0x90)},
		{"an unknown topic at QoS 2 has a code in 5", unknown, 5, 2, false, stays(0x50, 3, 0, 9, 0x90)},
		{"an unknown topic at QoS 0 is let pass", unknown, 5, 0, false, stays()},
		{"a bad payload closes in 3.1.1", invalid, 4, 1, false, outcome{closed: true}},
		{"a bad payload has a code in 5", invalid, 5, 1, false, stays(0x40, 3, 0, 9, 0x99)},
		{"a bad payload at QoS 0 closes in 5", invalid, 5, 0, false, outcome{disconnect: 0x99, closed: true}},
		{"a bad request closes in 3.1.1", request, 4, 1, false, outcome{closed: true}},
		{"a bad request has a code in 5", request, 5, 1, false, stays(0x40, 3, 0, 9, 0x99)},
		{"whoever may not any more is let go", muster.Refuse(muster.ReasonDeviceSuspended, ""), 5, 1, false, outcome{disconnect: 0x98, closed: true}},
		{"an error of our own closes", muster.Internal, 5, 1, false, outcome{disconnect: 0x80, closed: true}},
		{"an error of our own closes in 3.1.1", muster.Internal, 4, 1, false, outcome{closed: true}},
		{"a conflict has a code in 5", muster.Conflict, 5, 1, false, stays(0x40, 3, 0, 9, 0x83)},
		{"joining, another topic ends the session in 3.1.1", unknown, 4, 1, true, outcome{ack: puback(9), closed: true}},
		{"joining, another topic ends the session in 5", unknown, 5, 1, true, outcome{ack: []byte{0x40, 3, 0, 9, 0x90}, disconnect: 0x90, closed: true}},
		{"joining, another topic at QoS 0 ends the session", unknown, 5, 0, true, outcome{disconnect: 0x90, closed: true}},
		{"joining, a bad payload has a code in 5", invalid, 5, 1, true, stays(0x40, 3, 0, 9, 0x99)},
		{"joining, a bad payload closes in 3.1.1", invalid, 4, 1, true, outcome{closed: true}},
		{"joining, a bad request ends the session in 3.1.1", request, 4, 1, true, outcome{ack: puback(9), closed: true}},
		{"joining, a bad request ends the session in 5", request, 5, 1, true, outcome{ack: []byte{0x40, 3, 0, 9, 0x83}, disconnect: 0x83, closed: true}},
		{"joining, an error of our own ends the session", muster.Internal, 5, 1, true, outcome{ack: []byte{0x40, 3, 0, 9, 0x83}, disconnect: 0x83, closed: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{answer: answering(muster.Message{}, test.err)}
			h.judge = func(*muster.Hello) (*guest, error) {
				return &guest{joining: test.joining, who: muster.Identity{Quiet: true}}, nil
			}
			s, address := open(t, h, Options{}, time.Second)
			d := enter(t, address, test.v)
			d.send(publishPacket(test.v, "t", "x", test.qos, 9))
			acks := 0.0
			if len(test.want.ack) > 0 {
				d.expect(test.want.ack)
				acks++
			}
			if test.want.disconnect != 0 {
				d.expect([]byte{0xe0, 1, test.want.disconnect})
			}
			if test.want.closed {
				d.expectClosed()
			} else {
				d.send([]byte{0xc0, 0})
				d.expect([]byte{0xd0, 0})
			}
			if n := count(t, s.metrics.acks); n != acks {
				t.Errorf("%v acknowledgements counted", n)
			}
		})
	}
}

func TestWhatIsAcknowledgedBeforeABadPayloadStaysAcknowledged(t *testing.T) {
	var on desk
	_, address := open(t, &house{answer: on.keep}, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	d.send(publishPacket(mqtt.V311, "t", "", 1, 1), publishPacket(mqtt.V311, "t", "", 1, 2), publishPacket(mqtt.V311, "t", "", 1, 3))
	tags := on.take(t, 3)
	on.answer(muster.Refuse(muster.ReasonPayloadInvalid, ""), tags[1])
	on.answer(nil, tags[2], tags[0])
	d.expect(puback(1))
	d.expectClosed()
}

func TestMQTT5HearsTheReason(t *testing.T) {
	refusal := muster.Because(muster.ReasonTopicUnknown, muster.Internal)
	reasons := func(who muster.Identity) *house {
		return &house{answer: answering(muster.Message{}, refusal), judge: func(*muster.Hello) (*guest, error) { return &guest{who: who}, nil }}
	}
	plain := []byte{0x40, 3, 0, 1, 0x90}
	full := mqtt.AppendAck(nil, mqtt.V5, mqtt.TypePuback, 1, mqtt.TopicNameInvalid, "topic-unknown: nothing is served under this address")
	tests := []struct {
		name  string
		who   muster.Identity
		props []byte
		want  []byte
	}{
		{"in words", muster.Identity{}, nil, full},
		{"unless its profile hides reasons", muster.Identity{Quiet: true}, nil, plain},
		{"unless it asked for none [MQTT-3.1.2-29]", muster.Identity{}, []byte{0x17, 0}, plain},
		{"unless the packet would be too large for it [MQTT-3.4.2-2]", muster.Identity{}, []byte{0x27, 0, 0, 0, 64}, plain},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, address := open(t, reasons(test.who), Options{}, time.Second)
			d := enter(t, address, mqtt.V5, test.props...)
			d.send(publishPacket(mqtt.V5, "t", "", 1, 1))
			d.expect(test.want)
		})
	}
}

func TestTopicAliases(t *testing.T) {
	aliased := func(topic string, alias byte) []byte {
		return frame(0x30, text(topic), []byte{3, 0x23, 0, alias}, []byte("x"))
	}
	tests := []struct {
		name string
		in   [][]byte
		want []string
		code mqtt.Code
	}{
		{"stand for the topic they came with", [][]byte{aliased("a", 1), aliased("b", 8), aliased("", 1), aliased("", 8)}, []string{"a x", "b x", "a x", "b x"}, 0},
		{"may come to stand for another", [][]byte{aliased("a", 1), aliased("b", 1), aliased("", 1)}, []string{"a x", "b x", "b x"}, 0},
		{"are refused over the maximum [MQTT-3.3.2-9]", [][]byte{aliased("a", 9)}, nil, 0x94},
		{"are refused when nothing is known by them", [][]byte{aliased("", 2)}, nil, 0x82},
		{"are refused for endless topics", [][]byte{frame(0x30, text(strings.Repeat("t", 600)), []byte{3, 0x23, 0, 1})}, nil, 0x97},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			_, address := open(t, h, Options{}, time.Second)
			d := enter(t, address, mqtt.V5)
			d.send(append(test.in, []byte{0xc0, 0})...)
			if got := d.packet(); test.code == 0 && got[0] != 0xd0 || test.code != 0 && got[2] != byte(test.code) {
				t.Errorf("got % x", got)
			}
			if got := h.messages(); !slices.Equal(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}
