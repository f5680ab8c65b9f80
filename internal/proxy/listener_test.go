package proxy

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A refusal is what a listener told about a connection.
type refusal struct {
	from netip.Addr
	err  error
}

// open listens on loopback, trusting one network.
func open(t *testing.T, trusted string) (*listener, chan refusal) {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan refusal, 1)
	l := Listen(below.(*net.TCPListener), Options{
		Trusted: []netip.Prefix{netip.MustParsePrefix(trusted)},
		Refused: func(from netip.Addr, err error) { refused <- refusal{from, err} },
	}).(*listener)
	t.Cleanup(func() { _ = l.Close() })
	return l, refused
}

func dial(t *testing.T, l net.Listener, first []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(first); err != nil {
		t.Fatal(err)
	}
	return c
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

func TestWhoeverIsProxiedComesFromWhereTheProxySays(t *testing.T) {
	l, _ := open(t, "127.0.0.0/8")
	near := dial(t, l, append(header(0x21, 0x11, restIPv4...), "hello"...))
	c := accept(t, l)
	if got := c.RemoteAddr().String(); got != "203.0.113.7:4660" {
		t.Errorf("from %s", got)
	}
	if _, ok := c.(syscall.Conn); !ok {
		t.Error("no socket")
	}
	expect(t, c, "hello")
	if _, err := c.Write([]byte("answer")); err != nil {
		t.Error(err)
	}
	expect(t, near, "answer")
}

func TestAProxyOnItsOwnComesFromWhereItIs(t *testing.T) {
	l, _ := open(t, "127.0.0.0/8")
	near := dial(t, l, append(header(0x20, 0), "hello"...))
	c := accept(t, l)
	if got, want := c.RemoteAddr().String(), near.LocalAddr().String(); got != want {
		t.Errorf("from %s, want %s", got, want)
	}
	expect(t, c, "hello")
}

func TestNobodyElseIsBelieved(t *testing.T) {
	l, _ := open(t, "192.0.2.0/24")
	first := header(0x21, 0x11, restIPv4...)
	near := dial(t, l, first)
	c := accept(t, l)
	if got, want := c.RemoteAddr().String(), near.LocalAddr().String(); got != want {
		t.Errorf("from %s, want %s", got, want)
	}
	expect(t, c, string(first))
}

func TestAWrongHeaderClosesTheConnection(t *testing.T) {
	l, refused := open(t, "127.0.0.0/8")
	l.patience = 50 * time.Millisecond
	go func() { _, _ = l.Accept() }()
	for name, first := range map[string][]byte{
		"no header":               {0x10, 12},
		"a malformed one":         header(0x21, 0x12, restIPv4...),
		"one that does not come":  nil,
		"one that comes in parts": []byte(signature),
	} {
		t.Run(name, func(t *testing.T) {
			near := dial(t, l, first)
			got := <-refused
			if !errors.Is(got.err, muster.ReasonProxyHeaderInvalid) || got.from.String() != "127.0.0.1" {
				t.Errorf("%+v", got)
			}
			if n, err := near.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("it is still open", err)
			}
		})
	}
	_ = l.Close()
}

func TestWhoeverOnlyLooksIsNoAttempt(t *testing.T) {
	l, refused := open(t, "127.0.0.0/8")
	_ = dial(t, l, nil).Close()
	dial(t, l, header(0x20, 0))
	accept(t, l)
	select {
	case got := <-refused:
		t.Errorf("%+v", got)
	case <-time.After(20 * time.Millisecond):
	}
}

func TestASlowProxyHoldsUpNobody(t *testing.T) {
	l, _ := open(t, "127.0.0.0/8")
	dial(t, l, []byte(signature))
	dial(t, l, append(header(0x20, 0), "hello"...))
	expect(t, accept(t, l), "hello")
}

func TestMoreThanMayWaitAreAcceptedLater(t *testing.T) {
	l, refused := open(t, "127.0.0.0/8")
	l.patience = 100 * time.Millisecond
	for range maxWaiting {
		dial(t, l, []byte(signature))
	}
	dial(t, l, append(header(0x20, 0), "hello"...))
	told := make(chan int)
	go func() {
		n := 0
		for range maxWaiting {
			<-refused
			n++
		}
		told <- n
	}()
	expect(t, accept(t, l), "hello")
	if n := <-told; n != maxWaiting {
		t.Errorf("%d were refused", n)
	}
}

func TestCloseEndsAllThatWait(t *testing.T) {
	l, refused := open(t, "127.0.0.0/8")
	waiting := dial(t, l, []byte(signature))
	accepting := make(chan error)
	go func() {
		_, err := l.Accept()
		accepting <- err
	}()
	for len(l.room) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-accepting; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := waiting.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it is still open")
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if len(refused) > 0 {
		t.Error("who was waiting is refused")
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestNetworksOfBothFamilies(t *testing.T) {
	l := &listener{o: Options{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fe80::/10")}}}
	for from, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "fe80::1%eth0": true, "11.0.0.1": false, "2001:db8::1": false} {
		if got := l.trusts(netip.MustParseAddr(from)); got != want {
			t.Errorf("%s is trusted: %v", from, got)
		}
	}
}
