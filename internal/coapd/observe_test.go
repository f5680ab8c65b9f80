package coapd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
	"muster/internal/dispatch"
)

// A watched server has one observer at a time, and counts those that have left.
type watched struct {
	*wire
	server *Server
	tell   chan dispatch.Observer
	left   chan struct{}
}

func watch(t *testing.T) *watched {
	t.Helper()
	w := &watched{tell: make(chan dispatch.Observer, 4), left: make(chan struct{}, 100)}
	s := says(muster.Message{Code: int(codes.Content), Body: []byte("{}")}, nil)
	s.observed = func(o dispatch.Observer) func() {
		w.tell <- o
		return func() { w.left <- struct{}{} }
	}
	server, address := serveUDP(t, s, Options{})
	w.wire, w.server = dial(t, address), server
	return w
}

// register observes and returns who is told; the answer is not acknowledged if it is to be.
func (w *watched) register(typ message.Type, token string) (dispatch.Observer, message.Message) {
	w.t.Helper()
	w.write(w.next(call{typ: typ, code: codes.GET, path: attributesOf("T"), token: token, options: message.Options{option(message.Observe, 0)}}))
	m := w.must()
	if m.Type == message.Acknowledgement {
		m = w.must()
	}
	return <-w.tell, m
}

func attributesOf(token string) []string { return []string{"api", "v1", token, "attributes"} }

func (w *watched) settle(m message.Message, how message.Type) {
	w.t.Helper()
	w.write(empty(how, uint16(m.MessageID)))
}

// want compares a message with its type, code, token, number and payload.
func (w *watched) want(m message.Message, want string) {
	w.t.Helper()
	number, err := m.Options.Observe()
	numbered := fmt.Sprint(number)
	if err != nil {
		numbered = "-"
	}
	if got := fmt.Sprintf("%v %v %s %s %s", m.Type, m.Code, string(m.Token), numbered, m.Payload); got != want {
		w.t.Errorf("got %s, want %s", got, want)
	}
}

func (w *watched) wantLeft() {
	w.t.Helper()
	select {
	case <-w.left:
	case <-time.After(5 * time.Second):
		w.t.Fatal("it is still observed")
	}
}

func (w *watched) wantSilence() {
	w.t.Helper()
	if m, ok := w.read(); ok {
		w.t.Errorf("the server sent %v", m)
	}
}

func note(n int) muster.Message { return muster.Message{Body: fmt.Appendf(nil, "n%d", n)} }

func TestNoticesAreSentOneByOneAndConfirmed(t *testing.T) {
	w := watch(t)
	o, m := w.register(message.Confirmable, "k")
	w.want(m, "Confirmable Content k 0 {}")
	o.Tell(note(1))
	w.wantSilence() // until the answer is acknowledged
	w.settle(m, message.Acknowledgement)
	m = w.must()
	w.want(m, "Confirmable Content k 1 n1")
	o.Tell(note(2))
	w.settle(m, message.Acknowledgement)
	m = w.must()
	w.want(m, "Confirmable Content k 2 n2")
	w.settle(m, message.Reset)
	w.wantLeft()
	o.Tell(note(3))
	w.wantSilence()
}

func TestNoticesAreNotConfirmedWhereTheRequestWasNot(t *testing.T) {
	w := watch(t)
	o, m := w.register(message.NonConfirmable, "k")
	w.want(m, "NonConfirmable Content k 0 {}")
	o.Tell(note(1))
	o.Tell(note(2))
	w.want(w.must(), "NonConfirmable Content k 1 n1")
	m = w.must()
	w.want(m, "NonConfirmable Content k 2 n2")
	w.settle(m, message.Reset)
	w.wantLeft()
}

func TestObservingAgainAndEndingIt(t *testing.T) {
	w := watch(t)
	w.register(message.NonConfirmable, "k")
	_, m := w.register(message.NonConfirmable, "k")
	w.want(m, "NonConfirmable Content k 1 {}")
	w.wantLeft() // the first
	w.write(w.next(call{typ: message.NonConfirmable, code: codes.GET, path: attributesOf("T"), token: "k", options: message.Options{option(message.Observe, 1)}}))
	w.want(w.must(), "NonConfirmable Content k - {}")
	w.wantLeft()
	for range maxObservations {
		w.id++
		w.register(message.NonConfirmable, fmt.Sprint(w.id))
	}
	w.register(message.NonConfirmable, "last")
	w.wantLeft() // the oldest made room
}

func TestWhoIsForgottenIsToldWhy(t *testing.T) {
	w := watch(t)
	o, _ := w.register(message.NonConfirmable, "k")
	o.Hangup(muster.Refuse(muster.ReasonDeviceSuspended, ""))
	w.want(w.must(), "NonConfirmable Forbidden k - device-suspended")
	w.wantLeft()

	o, m := w.register(message.Confirmable, "l")
	for n := range maxNotices + 1 {
		o.Tell(note(n))
	}
	w.wantLeft()
	w.settle(m, message.Acknowledgement)
	m = w.must()
	w.want(m, "Confirmable ServiceUnavailable l - queue-full")
	w.settle(m, message.Acknowledgement)

	o, _ = w.register(message.Confirmable, "m")
	o.Tell(muster.Message{Body: make([]byte, maxNoticeBytes+1)})
	w.wantLeft()
	if n := w.server.telling.Load(); n != 0 {
		t.Errorf("%d bytes are still to be told", n)
	}
}

func TestALargeNoticeComesInBlocks(t *testing.T) {
	w := watch(t)
	o, _ := w.register(message.NonConfirmable, "k")
	o.Tell(muster.Message{Body: []byte(strings.Repeat("x", 1500))})
	m := w.must()
	if b, err := m.Options.GetUint32(message.Block2); err != nil || b != blockOf(0, true, largestBlock) || len(m.Payload) != 1024 {
		t.Errorf("block %d of %d bytes, %v", b, len(m.Payload), err)
	}
	w.write(w.next(call{typ: message.NonConfirmable, code: codes.GET, path: attributesOf("T"), token: "b", options: message.Options{option(message.Block2, blockOf(1, false, largestBlock))}}))
	if m = w.must(); len(m.Payload) != 476 {
		t.Errorf("the rest has %d bytes", len(m.Payload))
	}
	if _, err := m.Options.Observe(); err == nil {
		t.Error("a further block says that it is a notice")
	}
}

func TestAPeerThatObservesAndIsSilentIsAskedAndForgotten(t *testing.T) {
	w := watch(t)
	w.register(message.NonConfirmable, "k")
	later := func(d time.Duration) { w.server.plain.sweep(time.Now().Add(d), exchangeLifetime) }
	later(100 * time.Second)
	w.wantSilence()
	later(130 * time.Second)
	m := w.must()
	if m.Type != message.Confirmable || m.Code != codes.Empty {
		t.Errorf("asked by %v", m)
	}
	later(140 * time.Second)
	w.wantSilence() // not again so soon
	w.settle(m, message.Reset)
	later(170 * time.Second)
	w.settle(w.must(), message.Reset)
	select {
	case <-w.left:
		t.Error("it has answered, and is not observed any more")
	case <-time.After(20 * time.Millisecond):
	}
	later(exchangeLifetime + time.Second)
	w.wantLeft()
}

func TestAPeerThatAcknowledgesNothingIsForgotten(t *testing.T) {
	w := watch(t)
	_, m := w.register(message.Confirmable, "k")
	p := w.server.plain.plain(netip.MustParseAddrPort(w.conn.LocalAddr().String()), nil)
	id := uint16(m.MessageID)
	p.mu.Lock()
	c := p.awaiting[id]
	p.mu.Unlock()
	for range maxRetransmit {
		p.repeat(id, c)
		w.must()
	}
	p.repeat(id, c)
	w.wantLeft()
}

func TestWhoIsForgottenWhileItsAnswerLeavesIsToldBehindIt(t *testing.T) {
	p, out := fakePeer(newServer(&script{}, Options{}), "192.0.2.1:1000")
	token := message.Token("k")
	o := p.observe(&request{token: token})
	o.granted(func() {})
	p.send = func(datagram []byte) {
		if out.send(datagram) == 1 {
			o.Hangup(muster.Refuse(muster.ReasonDeviceSuspended, ""))
		}
	}
	p.conclude(&exchange{}, token, answer{code: codes.Content, observation: o})
	all := out.messages(t)
	if len(all) != 2 || all[0].Code != codes.Content || all[1].Code != codes.Forbidden || string(all[1].Token) != "k" {
		t.Errorf("it was sent %v", all)
	}
}
