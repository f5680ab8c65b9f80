package mqttd

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/mqtt"
)

// A pipe is a Stream: a connection that does not show that there is a socket below it.
type pipe struct {
	net.Conn
	r *bufio.Reader
}

func newPipe(c net.Conn) *pipe { return &pipe{c, bufio.NewReaderSize(c, 16)} }

func (p *pipe) Read(b []byte) (int, error) { return p.r.Read(b) }
func (p *pipe) CloseWrite() error          { return p.Conn.(*net.TCPConn).CloseWrite() }

func (p *pipe) Await() error {
	_, err := p.r.Peek(1)
	return err
}

// serveStreams hands every connection of l over, until l is closed.
func (s *Server) serveStreams(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		s.ServeConn(context.Background(), newPipe(c), nil)
	}
}

// TestOverAStream holds sessions over connections that are no sockets to what is promised of those over sockets.
func TestOverAStream(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"connect is accepted":                       TestConnectIsAccepted,
		"connect is refused":                        TestConnectIsRefused,
		"connect is not understood":                 TestConnectIsNotUnderstood,
		"a connect that does not conform":           TestAConnectThatDoesNotConformIsRefused,
		"what follows a refused connect":            TestWhatFollowsARefusedConnectIsNotHandedIn,
		"what the client takes":                     TestNothingIsLargerThanTheClientTakes,
		"what is malformed":                         TestWhatIsMalformedEndsTheSession,
		"answers by QoS":                            TestPublishesAreAnsweredByTheirQoS,
		"what is not served":                        TestWhatIsNotServedIsRefusedAndInTheJournal,
		"whoever waits with the CONNECT":            TestWhoeverWaitsWithTheConnectIsLetGo,
		"whoever was put out meanwhile":             TestWhoeverWasPutOutMeanwhileIsRefused,
		"one connection more than allowed":          TestOneConnectionMoreThanAllowedIsClosed,
		"packets that end the session":              TestPacketsThatEndTheSession,
		"a client that says goodbye":                TestAClientThatSaysGoodbyeIsLetGo,
		"whoever is put out":                        TestWhoeverIsPutOutIsToldWhyAndServedNoMore,
		"whoever is put out, with more to read":     TestWhoeverIsPutOutIsNotServedWhatIsReadAlready,
		"silence":                                   TestSilenceEndsTheSession,
		"what cannot be kept":                       TestWhatCannotBeKeptIsNotAcknowledged,
		"a publish that is never answered":          TestAPublishThatIsNeverAnsweredEndsTheSession,
		"the end of the proof":                      TestASessionEndsWithItsProof,
		"a reader that never reads":                 TestAReaderThatNeverReadsIsLetGo,
		"a panic":                                   TestAPanicEndsOneConnection,
		"no bytes bring the server down":            TestNoBytesBringTheServerDown,
		"shutdown answers what was handed in":       TestShutdownAnswersWhatWasHandedIn,
		"the order of acknowledgements":             TestPublishesAreAcknowledgedInTheOrderTheyCame,
		"packets in any pieces":                     TestPacketsMayComeInAnyPieces,
		"no more publishes than the window":         TestNoMorePublishesThanTheWindowAreInFlight,
		"QoS 2":                                     TestQoS2IsHandedInOnce,
		"a refused publish":                         TestARefusedPublishIsAnsweredAsThePlatformDoes,
		"what is acknowledged before a bad payload": TestWhatIsAcknowledgedBeforeABadPayloadStaysAcknowledged,
		"messages to the device":                    TestMessagesToTheDevice,
		"the client's receive maximum":              TestMessagesKeepToTheClientsReceiveMaximum,
		"a provisioning session":                    TestAProvisioningSession,
	} {
		t.Run(name, test)
	}
}

func TestTheTLSBelowAStreamIsShownToDispatch(t *testing.T) {
	h := &house{}
	s, _ := open(t, h, Options{}, time.Second)
	l := listen(t)
	defer l.Close()
	leaf := &x509.Certificate{Raw: []byte("device-7")}
	for _, below := range []*tls.ConnectionState{nil, {PeerCertificates: []*x509.Certificate{leaf}}} {
		d := dial(t, l.Addr().String())
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s.ServeConn(t.Context(), newPipe(c), below)
		d.send(connectPacket(mqtt.V311, "c", "u", 60))
		d.expect([]byte{0x20, 2, 0, 0})
	}
	if plain, secure := h.hellos[0], h.hellos[1]; plain.Secure || plain.Chain != nil || !secure.Secure || !slices.Equal(secure.Chain, []*x509.Certificate{leaf}) {
		t.Errorf("%+v, %+v", plain, secure)
	}
}

// A picky stream refuses what comes after the first bytes.
type picky struct {
	*pipe
	patience int
}

func (p *picky) Await() error {
	if err := p.pipe.Await(); err != nil {
		return err
	}
	if p.patience--; p.patience < 0 {
		return muster.Refuse(muster.ReasonProtocolError, "not in this form")
	}
	return nil
}

func TestWhatAStreamRefusesIsToldAndInTheJournal(t *testing.T) {
	for name, session := range map[string]bool{"of a stranger": false, "in a session": true} {
		t.Run(name, func(t *testing.T) {
			h := &house{}
			s, _ := open(t, h, Options{}, time.Second)
			l := listen(t)
			defer l.Close()
			d := dial(t, l.Addr().String())
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			p := &picky{pipe: newPipe(c)}
			if session {
				p.patience = 1
			}
			s.ServeConn(t.Context(), p, nil)
			d.send(connectPacket(mqtt.V5, "c", "u", 60))
			if session {
				d.packet()
				d.send([]byte{0xc0, 0})
				d.expect(mqtt.AppendDisconnect(nil, mqtt.ProtocolError, "protocol-error: not in this form"))
			}
			d.expectClosed()
			eventually(t, "it is in the journal", func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				if session {
					return slices.Equal(h.notes, []muster.Reason{muster.ReasonProtocolError})
				}
				return len(h.attempts) == 1 && h.attempts[0].Reason == muster.ReasonProtocolError
			})
		})
	}
}
