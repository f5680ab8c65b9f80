package coapd

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// An outbox keeps what a peer is sent.
type outbox struct {
	mu   sync.Mutex
	sent [][]byte
	at   []time.Time
}

// send returns how many datagrams it has kept.
func (o *outbox) send(datagram []byte) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent, o.at = append(o.sent, datagram), append(o.at, time.Now())
	return len(o.sent)
}

func (o *outbox) messages(t *testing.T) []message.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []message.Message
	for _, b := range o.sent {
		all = append(all, parse(t, b))
	}
	return all
}

func fakePeer(s *Server, remote string) (*peer, *outbox) {
	p, o := s.newPeer(netip.MustParseAddrPort(remote)), &outbox{}
	p.send = func(datagram []byte) { o.send(datagram) }
	return p, o
}

func TestAnAnswerIsRepeatedUntilItIsAcknowledged(t *testing.T) {
	for name, c := range map[string]struct {
		acknowledge int // after how many
		sent        int
	}{
		"never":        {0, 1 + maxRetransmit},
		"the first":    {1, 1},
		"a repetition": {3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newServer(&script{}, Options{})
				p, out := fakePeer(server, "192.0.2.1:1000")
				p.send = func(b []byte) {
					answers := out.send(b) - 1
					if m := parse(t, b); m.Type == message.Confirmable && answers == c.acknowledge {
						go server.receive(t.Context(), p, p.remote, empty(message.Acknowledgement, uint16(m.MessageID)))
					}
				}
				server.receive(t.Context(), p, p.remote, call{path: telemetry("T"), token: "x"}.datagram(7))
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				all := out.messages(t)
				if len(all) != 1+c.sent {
					t.Fatalf("%d messages were sent, not %d", len(all), 1+c.sent)
				}
				if all[0].Type != message.Acknowledgement || all[0].MessageID != 7 {
					t.Errorf("first came %v", &all[0])
				}
				for i, m := range all[1:] {
					if m.Type != message.Confirmable || m.MessageID != all[1].MessageID || m.Code != codes.Created {
						t.Errorf("then came %v", &m)
					}
					if i > 1 && out.at[i+1].Sub(out.at[i]) < out.at[i].Sub(out.at[i-1])*19/10 {
						t.Errorf("the pauses do not double: %v", out.at)
					}
				}
				if len(p.awaiting) != 0 {
					t.Error("an answer is awaited for ever")
				}
			})
		})
	}
}

func TestASlowAnswerIsAcknowledgedAhead(t *testing.T) {
	for name, err := range map[string]error{"success": nil, "refusal": muster.Refuse(muster.ReasonStorageUnavailable, "")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{respond: func(*muster.Request) (muster.Message, error) {
					time.Sleep(3 * time.Second)
					return muster.Message{}, err
				}}
				server := newServer(s, Options{})
				p, out := fakePeer(server, "192.0.2.1:1000")
				request := call{path: telemetry("T"), token: "x"}
				server.receive(t.Context(), p, p.remote, request.datagram(7))
				time.Sleep(2 * time.Second)
				server.receive(t.Context(), p, p.remote, request.datagram(7)) // the client is impatient
				time.Sleep(1500 * time.Millisecond)
				synctest.Wait()
				all := out.messages(t)
				if len(all) != 3 {
					t.Fatalf("%d messages were sent", len(all))
				}
				for _, m := range all[:2] {
					if m.Type != message.Acknowledgement || m.Code != codes.Empty || m.MessageID != 7 {
						t.Errorf("ahead came %v", &m)
					}
				}
				if last := all[2]; last.Type != message.Confirmable || string(last.Token) != "x" {
					t.Errorf("the answer is %v", &last)
				}
				if n := len(s.requests()); n != 1 {
					t.Errorf("served %d times", n)
				}
				p.forget()
			})
		})
	}
}

func TestAnotherRequestWithTheSameMessageIDIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		server := newServer(s, Options{})
		p, _ := fakePeer(server, "192.0.2.1:1000")
		for _, body := range []string{"{a:1}", "{a:2}", "{a:1}"} {
			server.receive(t.Context(), p, p.remote, call{typ: message.NonConfirmable, path: telemetry("T"), body: body}.datagram(7))
			synctest.Wait()
		}
		if asked := s.requests(); len(asked) != 2 || string(asked[1].Body) != "{a:2}" {
			t.Errorf("served %d", len(asked))
		}
	})
}

func TestAMessageIDMayBeUsedAgainAfterItsLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		server := newServer(s, Options{})
		p, _ := fakePeer(server, "192.0.2.1:1000")
		for range 2 {
			server.receive(t.Context(), p, p.remote, call{typ: message.NonConfirmable, path: telemetry("T")}.datagram(7))
			synctest.Wait()
			time.Sleep(exchangeLifetime)
		}
		if n := len(s.requests()); n != 2 {
			t.Errorf("served %d times", n)
		}
	})
}

func TestWhatIsRememberedOfAPeerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(&script{}, Options{})
		p, out := fakePeer(server, "192.0.2.1:1000")
		for id := range uint16(500) {
			server.receive(t.Context(), p, p.remote, call{path: telemetry("T")}.datagram(id))
			synctest.Wait()
		}
		if len(p.recent) > maxRecent || len(p.awaiting) > maxAwaiting {
			t.Errorf("%d exchanges and %d answers are remembered", len(p.recent), len(p.awaiting))
		}
		if answered := len(out.messages(t)) - maxAwaiting; answered != 500 {
			t.Errorf("%d requests were answered", answered)
		}
		p.forget()
	})
}

func TestAPeerMayNotHaveTooMuchInWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &script{respond: func(*muster.Request) (muster.Message, error) {
			<-release
			return muster.Message{}, nil
		}}
		server := newServer(s, Options{})
		p, out := fakePeer(server, "192.0.2.1:1000")
		for id := range uint16(maxInWork + 1) {
			server.receive(t.Context(), p, p.remote, call{typ: message.NonConfirmable, path: telemetry("T")}.datagram(id))
		}
		synctest.Wait()
		if all := out.messages(t); len(all) != 1 || all[0].Code != codes.ServiceUnavailable {
			t.Errorf("%d were answered", len(all))
		}
		close(release)
		synctest.Wait()
		if n := len(s.requests()); n != maxInWork || p.busy() {
			t.Errorf("%d were served, busy %v", n, p.busy())
		}
	})
}

func TestARequestInWorkIsRememberedHoweverManyFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &script{respond: func(r *muster.Request) (muster.Message, error) {
			if r.Path[2] == "slow" {
				<-release
			}
			return muster.Message{}, nil
		}}
		server := newServer(s, Options{})
		p, _ := fakePeer(server, "192.0.2.1:1000")
		slow := call{path: telemetry("slow")}
		server.receive(t.Context(), p, p.remote, slow.datagram(1))
		for id := range uint16(3 * maxRecent) {
			server.receive(t.Context(), p, p.remote, call{path: telemetry("T")}.datagram(id+2))
			synctest.Wait()
		}
		server.receive(t.Context(), p, p.remote, slow.datagram(1))
		synctest.Wait()
		if n := len(s.requests()); n != 1+3*maxRecent {
			t.Errorf("%d were served", n)
		}
		if len(p.recent) != maxRecent {
			t.Errorf("%d exchanges are remembered", len(p.recent))
		}
		close(release)
		synctest.Wait()
		p.forget()
	})
}

func TestAFullTableForgetsWhoWasSilentForLong(t *testing.T) {
	server := newServer(&script{}, Options{MaxPeers: 8, MaxPerAddress: 4})
	meet := func(remote string) *peer {
		return server.plain.plain(netip.MustParseAddrPort(remote), func() *peer {
			p, _ := fakePeer(server, remote)
			return p
		})
	}
	first := meet("192.0.2.1:1")
	if meet("192.0.2.1:1") != first {
		t.Error("a peer is not found again")
	}
	for port := 2; port <= 5; port++ {
		meet(fmt.Sprintf("192.0.2.1:%d", port))
	}
	if n := server.plain.size(); n != 4 || !first.gone {
		t.Errorf("one address has %d peers; the longest silent is forgotten: %v", n, first.gone)
	}
	for host := 2; host <= 100; host++ {
		meet(fmt.Sprintf("192.0.2.%d:1", host))
	}
	if n := server.plain.size(); n != 8 {
		t.Errorf("%d peers are remembered", n)
	}
	if n := len(server.plain.byRemote); n != 8 {
		t.Errorf("%d peers can be found", n)
	}
}

func TestInAFullTableASilentSessionMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(&script{}, Options{MaxSessions: 2, MaxPerAddress: 1})
		join := func(remote string) (p, silent *peer) {
			time.Sleep(time.Second)
			p, _ = fakePeer(server, remote)
			return p, server.sessions.session(p)
		}
		a, silent := join("[2001:db8::1]:1")
		if silent != nil {
			t.Error("the first takes a place")
		}
		b, silent := join("[2001:db8::2]:1")
		if silent != a {
			t.Error("a second of the same network does not take the place of the first")
		}
		if _, silent := join("192.0.2.1:1"); silent != nil {
			t.Error("a second of another address takes a place")
		}
		if _, silent := join("192.0.2.2:1"); silent != b {
			t.Error("one too many does not take the place of the longest silent")
		}
		if n := server.sessions.size(); n != 2 {
			t.Errorf("there are %d sessions", n)
		}
	})
}

func TestSilentPeersAreSweptAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(&script{}, Options{})
		hungUp := 0
		for _, remote := range []string{"192.0.2.1:1", "192.0.2.2:1"} {
			p, _ := fakePeer(server, remote)
			p.hangUp = func() { hungUp++ }
			server.sessions.session(p)
			time.Sleep(time.Minute)
		}
		server.sessions.sweep(time.Now(), 90*time.Second)
		if n := server.sessions.size(); n != 1 || hungUp != 1 {
			t.Errorf("%d are left, %d were hung up", n, hungUp)
		}
	})
}
