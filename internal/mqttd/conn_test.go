package mqttd

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

func TestPacketsThatEndTheSession(t *testing.T) {
	tests := []struct {
		name   string
		v      mqtt.Version
		in     []byte
		code   byte
		reason muster.Reason
	}{
		{"a second CONNECT [MQTT-3.1.0-2]", 5, connectPacket(mqtt.V5, "c", "u", 60), 0x82, muster.ReasonProtocolError},
		{"a packet of servers", 5, []byte{0x20, 2, 0, 0}, 0x82, muster.ReasonProtocolError},
		{"an AUTH [MQTT-4.12.0-7]", 5, []byte{0xf0, 0}, 0x82, muster.ReasonProtocolError},
		{"a reserved flag [MQTT-2.1.3-1]", 5, []byte{0xc1, 0}, 0x81, muster.ReasonPacketMalformed},
		{"a PINGREQ with a body", 5, []byte{0xc0, 1, 0}, 0x81, muster.ReasonPacketMalformed},
		{"packet identifier 0 [MQTT-2.2.1-3]", 5, publishPacket(mqtt.V5, "t", "", 1, 0), 0x82, muster.ReasonProtocolError},
		{"a wildcard in a topic name [MQTT-3.3.2-2]", 5, publishPacket(mqtt.V5, "a/+", "", 1, 1), 0x90, muster.ReasonProtocolError},
		{"a topic that is not UTF-8 [MQTT-1.5.4-1]", 5, publishPacket(mqtt.V5, "\xff", "", 1, 1), 0x81, muster.ReasonPacketMalformed},
		{"a packet over the maximum", 5, []byte{0x30, 0xff, 0xff, 0x7f}, 0x95, muster.ReasonPacketTooLarge},
		{"a SUBSCRIBE without filters [MQTT-3.8.3-2]", 5, []byte{0x82, 3, 0, 1, 0}, 0x82, muster.ReasonProtocolError},
		{"a DISCONNECT that asks the session to last [MQTT 5, 3.14.2.2.2]", 5, []byte{0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9}, 0x82, muster.ReasonProtocolError},
		{"a shared subscription [MQTT 5, 3.2.2.3.13]", 5, subscribePacket(mqtt.V5, 1, 1, "a", "$share/g/a"), 0x9e, muster.ReasonProtocolError},
		{"a subscription identifier [MQTT 5, 3.2.2.3.12]", 5, frame(0x82, []byte{0, 1, 2, 0x0b, 1}, text("a"), []byte{1}), 0xa1, muster.ReasonProtocolError},
		{"AUTH in 3.1.1", 4, []byte{0xf0, 0}, 0, muster.ReasonPacketMalformed},
		{"a DISCONNECT with a body in 3.1.1", 4, []byte{0xe0, 1, 0}, 0, muster.ReasonPacketMalformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			s, address := open(t, h, Options{}, time.Second)
			d := enter(t, address, test.v)
			d.send(test.in)
			if test.v == mqtt.V5 {
				if got := d.packet(); got[0] != 0xe0 || got[2] != test.code || !strings.Contains(string(got), string(test.reason)+": ") {
					t.Errorf("DISCONNECT % x", got)
				}
			}
			d.expectClosed()
			eventually(t, "it is in the journal", func() bool { return slices.Equal(h.noted(), []muster.Reason{test.reason}) })
			if n := count(t, s.metrics.endings.WithLabelValues(string(test.reason))); n != 1 {
				t.Errorf("%v sessions counted", n)
			}
		})
	}
}

func TestAClientThatSaysGoodbyeIsLetGo(t *testing.T) {
	for name, bye := range map[string][]byte{
		"in 3.1.1": {0xe0, 0}, "in 5": {0xe0, 1, 4}, "without a word": nil,
		"in 5 with all it may say": {0xe0, 18, 0x98, 16, 0x11, 0, 0, 0, 0, 0x1f, 0, 1, 'w', 0x26, 0, 1, 'a', 0, 1, 'b'},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			_, address := open(t, h, Options{}, time.Second)
			v := mqtt.V311
			if len(bye) > 2 {
				v = mqtt.V5
			}
			d := enter(t, address, v)
			d.send(publishPacket(v, "t", "last", 0, 0), bye)
			if bye == nil {
				_ = d.Close()
			} else {
				d.expectClosed()
			}
			eventually(t, "it has left", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				return h.left == 1
			})
			if len(h.noted()) != 0 || !slices.Equal(h.messages(), []string{"t last"}) {
				t.Error(h.noted(), h.messages())
			}
		})
	}
}

func TestWhoeverIsPutOutIsToldWhyAndServedNoMore(t *testing.T) {
	tests := []struct {
		reason muster.Reason
		code   byte
	}{
		{muster.ReasonTakenOver, 0x8e},
		{muster.ReasonDeviceSuspended, 0x98},
		{muster.ReasonDeviceDeleted, 0x98},
		{muster.ReasonCredentialChanged, 0x98},
		{muster.ReasonCredentialRevoked, 0x98},
	}
	for _, test := range tests {
		for _, v := range []mqtt.Version{mqtt.V311, mqtt.V5} {
			h := &house{}
			_, address := open(t, h, Options{}, time.Second)
			d := enter(t, address, v)
			h.hangup(muster.Refuse(test.reason, ""))
			h.hangup(muster.Refuse(test.reason, "")) // only the first counts
			if v == mqtt.V5 {
				d.expect(mqtt.AppendDisconnect(nil, mqtt.Code(test.code), string(test.reason)+": "+test.reason.Title()))
			}
			d.send(publishPacket(v, "t", "too late", 1, 1))
			d.expectClosed()
			if got := h.messages(); len(got) > 0 {
				t.Errorf("%s: %q is handed in", test.reason, got)
			}
		}
	}
}

func TestWhoeverIsPutOutIsNotServedWhatIsReadAlready(t *testing.T) {
	h := &house{}
	h.answer = func(_ *guest, _, body string, to muster.Answerer, tag uint64) {
		if body == "first" {
			h.hangup(muster.Refuse(muster.ReasonDeviceSuspended, ""))
		}
		to.Answer(tag, muster.Message{}, nil)
		to.Flush()
	}
	_, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	d.send(publishPacket(mqtt.V311, "t", "first", 1, 1), publishPacket(mqtt.V311, "t", "second", 1, 2))
	d.expectClosed()
	if got := h.messages(); !slices.Equal(got, []string{"t first"}) {
		t.Error(got)
	}
}

func TestSilenceEndsTheSession(t *testing.T) {
	h := &house{}
	_, address := open(t, h, Options{}, tick)
	quiet, busy, asleep := dial(t, address), dial(t, address), dial(t, address)
	quiet.send(connectPacket(mqtt.V5, "c", "u", 20))
	busy.send(connectPacket(mqtt.V311, "c", "u", 20))
	asleep.send(connectPacket(mqtt.V311, "c", "u", 0))
	quiet.packet()
	busy.packet()
	asleep.packet()
	began := time.Now()
	over := make(chan []byte)
	go func() { over <- quiet.packet() }()
	for told := false; !told; {
		select {
		case got := <-over:
			told = true
			if took := time.Since(began); got[2] != 0x8d || took < 30*tick*8/10 { // [MQTT-3.1.2-22]
				t.Errorf("% x after %v", got, took)
			}
		case <-time.After(5 * tick):
			busy.send([]byte{0xc0, 0})
			busy.expect([]byte{0xd0, 0})
		}
	}
	quiet.expectClosed()
	asleep.send([]byte{0xc0, 0})
	asleep.expect([]byte{0xd0, 0})
	eventually(t, "it is in the journal", func() bool { return slices.Equal(h.noted(), []muster.Reason{muster.ReasonKeepAliveTimeout}) })
}

func TestWhatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	tests := []struct {
		reason muster.Reason
		code   byte
	}{{muster.ReasonStorageUnavailable, 0x89}, {muster.ReasonStorageFull, 0x97}}
	for _, test := range tests {
		var on desk
		h := &house{answer: on.keep}
		_, address := open(t, h, Options{}, tick)
		d := enter(t, address, mqtt.V5)
		d.send(publishPacket(mqtt.V5, "t", "", 1, 1), publishPacket(mqtt.V5, "t", "", 1, 2), publishPacket(mqtt.V5, "t", "", 1, 3))
		tags := on.take(t, 3)
		began := time.Now()
		on.answer(nil, tags[0], tags[2])
		on.answer(muster.Refuse(test.reason, ""), tags[1])
		d.expect(puback(1))
		d.send(publishPacket(mqtt.V5, "t", "", 1, 4), []byte{0xc0, 0}) // is not read any more
		if got := d.packet(); got[0] != 0xe0 || got[2] != test.code {
			t.Errorf("%s: % x", test.reason, got)
		}
		if took := time.Since(began); took < answerPatience/second*tick*8/10 {
			t.Errorf("let go after %v", took)
		}
		d.expectClosed()
		on.take(t, 0)
		eventually(t, "it is in the journal", func() bool { return slices.Equal(h.noted(), []muster.Reason{test.reason}) })
	}
}

func TestAPublishThatIsNeverAnsweredEndsTheSession(t *testing.T) {
	var on desk
	_, address := open(t, &house{answer: on.keep}, Options{}, tick)
	d := enter(t, address, mqtt.V5)
	d.send(publishPacket(mqtt.V5, "t", "", 1, 1))
	if got := d.packet(); got[0] != 0xe0 || got[2] != 0x89 {
		t.Errorf("% x", got)
	}
	on.answer(nil, on.take(t, 1)...)
}

func TestASessionEndsWithItsProof(t *testing.T) {
	h := &house{judge: func(*muster.Hello) (*guest, error) {
		return &guest{who: muster.Identity{Until: time.Now().Add(100 * time.Millisecond), Ends: muster.PublicKey}}, nil
	}}
	_, address := open(t, h, Options{}, tick)
	d := enter(t, address, mqtt.V5)
	if got := d.packet(); got[2] != 0xa0 {
		t.Errorf("% x", got)
	}
	h.mu.Lock()
	if h.left != 1 {
		t.Error("the device is still taken for connected")
	}
	h.mu.Unlock()
	d.expectClosed()
	eventually(t, "it is in the journal", func() bool { return slices.Equal(h.noted(), []muster.Reason{muster.ReasonJWTExpired}) })
}

func TestAReaderThatNeverReadsIsLetGo(t *testing.T) {
	h := &house{answer: answering(muster.Message{Address: "answer", Body: make([]byte, 60000)}, nil)}
	s, address := open(t, h, Options{}, time.Second)
	d := enter(t, address, mqtt.V311)
	go func() { // until the connection is gone
		p := publishPacket(mqtt.V311, "t", "x", 0, 0)
		for {
			if _, err := d.Write(p); err != nil {
				return
			}
		}
	}()
	eventually(t, "it is let go", func() bool { return slices.Equal(h.noted(), []muster.Reason{muster.ReasonQueueFull}) })
	eventually(t, "it is gone", func() bool { return s.open.Load() == 0 })
}

func TestAPanicEndsOneConnection(t *testing.T) {
	h := &house{answer: func(_ *guest, _, body string, to muster.Answerer, tag uint64) {
		if body == "boom" {
			panic("boom")
		}
		to.Answer(tag, muster.Message{}, nil)
		to.Flush()
	}}
	s, address := open(t, h, Options{}, time.Second)
	d, other := enter(t, address, mqtt.V311), enter(t, address, mqtt.V311)
	d.send(publishPacket(mqtt.V311, "t", "boom", 1, 1))
	d.expectClosed()
	other.send(publishPacket(mqtt.V311, "t", "fine", 1, 1))
	other.expect(puback(1))
	if n := count(t, s.metrics.panics); n != 1 {
		t.Errorf("%v panics counted", n)
	}
}

// TestNoBytesBringTheServerDown sends streams with a few bytes changed, at random but the same ones each time.
func TestNoBytesBringTheServerDown(t *testing.T) {
	s, address := open(t, &house{judge: granting("a")}, Options{}, time.Second)
	random := rand.New(rand.NewPCG(1, 2))
	var streams sync.WaitGroup
	for i := range 300 {
		v := mqtt.V311 + mqtt.Version(i%2)
		head := connectPacket(v, "c", "u", 60)
		stream := slices.Concat(head, publishPacket(v, "t", "x", 2, 1), subscribePacket(v, 2, 1, "a", "b"), []byte{0x62, 2, 0, 1},
			publishPacket(v, "v1/devices/me/telemetry", "{}", 1, 3), []byte{0xc0, 0}, frame(0xa2, []byte{0, 9}, text("a")), []byte{0xe0, 0})
		for range 1 + i%4 {
			stream[len(head)*(i%3)/2+random.IntN(len(stream)-len(head))] ^= byte(1 << random.IntN(8))
		}
		d := dial(t, address)
		streams.Go(func() {
			_, _ = d.Write(stream)
			_ = d.Conn.(*net.TCPConn).CloseWrite()
			_ = d.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.Copy(io.Discard, d); isTimeout(err) {
				t.Errorf("% x keeps its connection", stream)
			}
		})
	}
	streams.Wait()
	eventually(t, "all are gone", func() bool { return s.open.Load() == 0 })
	if n := count(t, s.metrics.panics); n > 0 {
		t.Errorf("%v panics", n)
	}
}

func TestShutdownAnswersWhatWasHandedIn(t *testing.T) {
	var on desk
	h := &house{answer: on.keep}
	s, address := open(t, h, Options{}, time.Second)
	busy, idle, old, mute := enter(t, address, mqtt.V5), enter(t, address, mqtt.V5), enter(t, address, mqtt.V311), dial(t, address)
	busy.send(publishPacket(mqtt.V5, "t", "", 1, 1), publishPacket(mqtt.V5, "t", "", 1, 2))
	tags := on.take(t, 2)
	done := make(chan error)
	go func() { done <- s.Shutdown(context.Background()) }()
	goodbye := mqtt.AppendDisconnect(nil, mqtt.ServerShuttingDown, "server-stopping: "+muster.ReasonStopping.Title())
	idle.expect(goodbye)
	idle.expectClosed()
	old.expectClosed()
	mute.expectClosed()
	busy.send(publishPacket(mqtt.V5, "t", "", 1, 3)) // is not read any more
	select {
	case err := <-done:
		t.Fatalf("Shutdown does not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	on.answer(nil, tags...)
	busy.expect(puback(1), puback(2), goodbye)
	busy.expectClosed()
	for _, d := range []*device{busy, idle, old} {
		_ = d.Close()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	on.take(t, 0)
}

func TestShutdownEndsInTime(t *testing.T) {
	var on desk
	s := newServer(&house{answer: on.keep}, Options{})
	l := listen(t)
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	d := enter(t, l.Addr().String(), mqtt.V311)
	d.send(publishPacket(mqtt.V311, "t", "", 1, 1))
	on.take(t, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); err == nil {
		t.Error("nobody answered, and Shutdown says that all is well")
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	d.expectClosed()
	if err := s.Serve(listen(t)); err != nil {
		t.Error(err)
	}
	eventually(t, "its goroutines are gone", func() bool { return s.open.Load() == 0 })
}
