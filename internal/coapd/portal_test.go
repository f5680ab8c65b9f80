package coapd

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// A fixedPort is a client that always speaks from the same port.
type fixedPort struct {
	t      *testing.T
	local  *net.UDPAddr
	server *net.UDPAddr
}

// newFixedPort returns a client of the server at address.
func newFixedPort(t *testing.T, address string) *fixedPort {
	t.Helper()
	c := &fixedPort{t: t, local: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	var err error
	if c.server, err = net.ResolveUDPAddr("udp", address); err != nil {
		t.Fatal(err)
	}
	return c
}

// start does a handshake. With the returned connection the client is switched off.
func (c *fixedPort) start(options ...dtls.ClientOption) (*wire, *net.UDPConn) {
	c.t.Helper()
	socket, err := net.ListenUDP("udp", c.local)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { socket.Close() })
	c.local = socket.LocalAddr().(*net.UDPAddr)
	conn, err := dtls.ClientWithOptions(socket, c.server, append(clientOptions(), options...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		c.t.Fatalf("the handshake: %v", err)
	}
	return &wire{t: c.t, conn: conn, id: 1}, socket
}

func (w *wire) report() codes.Code {
	w.t.Helper()
	w.write(w.next(call{path: telemetry("T")}))
	return w.answer().Code
}

func TestADeviceThatWasSwitchedOffAndOnIsServedFromTheSamePort(t *testing.T) {
	for name, options := range map[string][]dtls.ClientOption{
		"with a connection id": {dtls.WithConnectionIDGenerator(dtls.OnlySendCIDGenerator())},
		"without":              nil,
	} {
		t.Run(name, func(t *testing.T) {
			server, address := serveDTLS(t, &script{}, Options{})
			c := newFixedPort(t, address)
			for range 3 {
				w, socket := c.start(options...)
				if got := w.report(); got != codes.Created {
					t.Errorf("answered %v", got)
				}
				socket.Close() // without a word
			}
			for end := time.Now().Add(5 * time.Second); server.sessions.size() != 1; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("there are %d sessions", server.sessions.size())
				}
			}
		})
	}
}

// hello is the first datagram of a handshake with that random, as anybody can send it in another's name.
func hello(random byte) []byte {
	body := append([]byte{0xfe, 0xfd}, make([]byte, 32)...)
	body[2] = random
	body = append(body, 0, 0, 0, 2, 0xc0, 0x2b, 1, 0) // session, cookie, suites, compression
	message := append([]byte{1, 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, random, 0, byte(len(message))}, message...)
}

func TestAHelloInAnothersNameEndsNothing(t *testing.T) {
	_, address := serveDTLS(t, &script{}, Options{})
	w, socket := newFixedPort(t, address).start()
	server, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	for random := range byte(5) {
		if _, err := socket.WriteTo(hello(random), server); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if got := w.report(); got != codes.Created {
			t.Errorf("answered %v", got)
		}
	}
}

func TestAFloodOfHellosKeepsNobodyOut(t *testing.T) {
	_, address := serveDTLS(t, &script{}, Options{})
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			for range 20 {
				c, err := net.Dial("udp", address) // each from another port
				if err != nil {
					return
				}
				_, _ = c.Write(hello(1))
				_ = c.Close()
			}
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	time.Sleep(500 * time.Millisecond)
	for range 3 {
		w, _ := newFixedPort(t, address).start()
		if got := w.report(); got != codes.Created {
			t.Errorf("answered %v", got)
		}
	}
	close(stop)
	<-stopped
}

func TestAPortalRemembersABoundedNumberOfStrangers(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := newPortal(conn)
	var first *line
	for i := range 3 * maxUnproven {
		l := p.find(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1), hello(1))
		if l == nil {
			t.Fatal("a stranger has no line")
		}
		if first == nil {
			first = l
		}
		if _, _, err := p.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	if p.lines != maxUnproven || len(p.byRemote) != maxUnproven || !first.isClosed() {
		t.Errorf("%d lines of %d addresses are open", p.lines, len(p.byRemote))
	}
	if _, _, err := first.ReadFrom(nil); err == nil {
		t.Error("a line that made room can be read")
	}
	for e := p.unproven.Front(); e != nil; e = p.unproven.Front() {
		_ = e.Value.(*line).Close()
	}
	if p.lines != 0 || len(p.byRemote) != 0 {
		t.Errorf("%d lines of %d addresses are left", p.lines, len(p.byRemote))
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Write(nil); err == nil {
		t.Error("the port stays open")
	}
}
