package mqttd

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

func granting(filters ...string) func(*muster.Hello) (*guest, error) {
	return func(*muster.Hello) (*guest, error) { return &guest{grants: filters}, nil }
}

func TestEachFilterIsAnsweredInItsOrder(t *testing.T) {
	h := &house{judge: granting("a/b", "r/+")}
	_, address := open(t, h, Options{}, time.Second)
	old, d := enter(t, address, mqtt.V311), enter(t, address, mqtt.V5)

	old.send(subscribePacket(mqtt.V311, 1, 2, "a/b", "#", "r/+", "$share/g/a/b"))
	old.expect([]byte{0x90, 6, 0, 1, 1, 0x80, 1, 0x80}) // [MQTT-3.8.4-6]
	old.send(frame(0xa2, []byte{0, 2}, text("a/b"), text("x")))
	old.expect([]byte{0xb0, 2, 0, 2})

	d.send(subscribePacket(mqtt.V5, 1, 0, "a/b", "#", "r/1"))
	d.expect([]byte{0x90, 6, 0, 1, 0, 0, 0x8f, 0x8f})
	d.send(frame(0xa2, []byte{0, 2, 0}, text("a/b"), text("r/+")))
	d.expect([]byte{0xb0, 5, 0, 2, 0, 0, 0x11})
}

func TestSubscriptionsAreBounded(t *testing.T) {
	var filters []string
	for i := range maxFilters + 1 {
		filters = append(filters, fmt.Sprint(i))
	}
	_, address := open(t, &house{judge: granting(filters...)}, Options{}, time.Second)
	d := enter(t, address, mqtt.V5)
	d.send(subscribePacket(mqtt.V5, 1, 1, filters...))
	if got := d.packet(); got[len(got)-1] != 0x97 || got[len(got)-2] != 1 {
		t.Errorf("SUBACK % x", got)
	}
}

func TestMessagesToTheDevice(t *testing.T) {
	body := strings.Repeat("hi", 30)
	message := muster.Message{Address: "r/7", Body: []byte(body)}
	tests := []struct {
		name      string
		v         mqtt.Version
		props     []byte
		subscribe []byte // QoS and filter
		qos       byte   // of the publish that is answered
		want      [][]byte
	}{
		{"go out with QoS 1 without a subscription, after the acknowledgement", 4, nil, nil, 1, [][]byte{puback(9), publishPacket(4, "r/7", body, 1, 1)}},
		{"go out with the QoS of the subscription", 4, nil, append([]byte{0}, "r/+"...), 0, [][]byte{publishPacket(4, "r/7", body, 0, 0)}},
		{"go out with QoS 1 at the most", 5, nil, append([]byte{2}, "r/7"...), 0, [][]byte{publishPacket(5, "r/7", body, 1, 1)}},
		{"do not go out if they are too large [MQTT-3.1.2-25]", 5, []byte{0x27, 0, 0, 0, 69}, nil, 1, [][]byte{puback(9), {0xd0, 0}}},
		{"go out if they just fit", 5, []byte{0x27, 0, 0, 0, 70}, nil, 1, [][]byte{puback(9), publishPacket(5, "r/7", body, 1, 1)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{judge: granting("r/+", "r/7"), answer: answering(message, muster.Refuse(muster.ReasonProvisionDataNotFound, ""))}
			_, address := open(t, h, Options{}, time.Second)
			d := enter(t, address, test.v, test.props...)
			if test.subscribe != nil {
				d.send(subscribePacket(test.v, 1, test.subscribe[0], string(test.subscribe[1:])))
				d.packet()
			}
			d.send(publishPacket(test.v, "t", "x", test.qos, 9), []byte{0xc0, 0})
			d.expect(test.want...)
		})
	}
}

func TestWhatIsSubscribedToIsToldInTheOrderOfSubscribing(t *testing.T) {
	h := &house{judge: granting("a", "b", "c")}
	_, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	for _, step := range []struct {
		packet, answer []byte
		want           string
	}{
		{subscribePacket(mqtt.V311, 1, 0, "a", "x", "b"), []byte{0x90, 5, 0, 1, 0, 0x80, 0}, "[a b]"},
		{subscribePacket(mqtt.V311, 1, 0, "a"), []byte{0x90, 3, 0, 1, 0}, "[b a]"},
		{frame(0xa2, []byte{0, 2}, text("a"), text("c")), []byte{0xb0, 2, 0, 2}, "[b]"},
	} {
		d.send(step.packet)
		d.expect(step.answer)
		h.mu.Lock()
		if got := fmt.Sprint(h.subscribed); got != step.want {
			t.Errorf("subscribed to %s, want %s", got, step.want)
		}
		h.mu.Unlock()
	}
}

func TestAMessageThatAnswersNothingGoesOutAtOnce(t *testing.T) {
	h := &house{judge: granting("b")}
	_, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V5, 0x21, 0, 1)
	d.send(subscribePacket(mqtt.V5, 1, 1, "b"))
	d.expect([]byte{0x90, 4, 0, 1, 0, 1})
	h.mu.Lock()
	client := h.client
	h.mu.Unlock()
	for range 2 {
		client.Tell(muster.Message{Address: "b", Body: []byte("{}")})
	}
	d.expect(publishPacket(mqtt.V5, "b", "{}", 1, 1), publishPacket(mqtt.V5, "b", "{}", 0, 0))
	d.send([]byte{0xe0, 0})
	d.expectClosed()
	client.Tell(muster.Message{Address: "b"}) // nobody is there any more
}

func TestADeviceThatDoesNotTakeWhatItIsToldIsLetGo(t *testing.T) {
	h := &house{judge: granting("b")}
	_, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	d.send(subscribePacket(mqtt.V311, 1, 0, "b"))
	d.expect([]byte{0x90, 3, 0, 1, 0})
	h.mu.Lock()
	client := h.client
	h.mu.Unlock()
	m := muster.Message{Address: "b", Body: make([]byte, 64<<10)}
	began := time.Now()
	for range 1000 {
		client.Tell(m)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("telling took %v", took)
	}
	for range 100 {
		if slices.Contains(h.noted(), muster.ReasonQueueFull) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("it was not let go: %v", h.noted())
}

func TestMessagesKeepToTheClientsReceiveMaximum(t *testing.T) { // [MQTT-3.3.4-9]
	h := &house{answer: answering(muster.Message{Address: "r"}, nil)}
	_, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V5, 0x21, 0, 2)
	ask := publishPacket(mqtt.V5, "t", "x", 0, 0)
	answer := func(qos byte, id uint16) []byte { return publishPacket(mqtt.V5, "r", "", qos, id) }
	d.send(ask, ask, ask)
	d.expect(answer(1, 1), answer(1, 2), answer(0, 0))
	d.send(puback(2), puback(77), ask, ask)
	d.expect(answer(1, 3), answer(0, 0))
	d.send([]byte{0x50, 2, 0, 1}) // a PUBREC has no place here
	d.expect([]byte{0x62, 3, 0, 1, 0x92})
	d.send(puback(1), puback(3))
}

func TestPacketIdentifiersBeginAgain(t *testing.T) {
	d := &downstream{lastID: 65534, sent: []uint16{1}}
	for _, want := range []uint16{65535, 2, 3} {
		if got := d.next(); got != want {
			t.Errorf("%d, not %d", got, want)
		}
	}
}

func TestAProvisioningSession(t *testing.T) {
	h := &house{
		judge: func(*muster.Hello) (*guest, error) {
			return &guest{joining: true, grants: []string{"/provision/response"}}, nil
		},
		answer: answering(muster.Message{Address: "/provision/response", Body: []byte("{}")}, muster.Refuse(muster.ReasonProvisionDataNotFound, "")),
	}
	_, address := open(t, h, Options{}, tick)
	t.Run("is answered although it never subscribed, and may ask again", func(t *testing.T) {
		d := enter(t, address, mqtt.V311)
		for id := range uint16(2) {
			d.send(publishPacket(mqtt.V311, "/provision/request", "{}", 1, id+1))
			d.expect(puback(id+1), publishPacket(mqtt.V311, "/provision/response", "{}", 1, id+1))
		}
	})
	t.Run("may subscribe to its answer alone", func(t *testing.T) {
		d := enter(t, address, mqtt.V5)
		d.send(subscribePacket(mqtt.V5, 1, 1, "/provision/response", "v1/devices/me/attributes"))
		d.expect([]byte{0x90, 5, 0, 1, 0, 1, 0x8f})
	})
	t.Run("takes small packets alone", func(t *testing.T) {
		d := enter(t, address, mqtt.V5)
		d.send([]byte{0x30, 0x81, 0x80, 0x01})
		if got := d.packet(); got[2] != 0x95 {
			t.Errorf("% x", got)
		}
	})
	t.Run("ends a minute after its last answer", func(t *testing.T) {
		d := enter(t, address, mqtt.V311)
		time.Sleep(provisionLinger / second / 2 * tick)
		d.send(publishPacket(mqtt.V311, "/provision/request", "{}", 0, 0))
		d.packet()
		began := time.Now()
		d.expectClosed()
		if took := time.Since(began); took < provisionLinger/second*tick*8/10 {
			t.Errorf("ended after %v", took)
		}
		if notes := h.noted(); len(notes) != 1 { // the packet that was too large
			t.Errorf("the journal has %v", notes)
		}
	})
}
