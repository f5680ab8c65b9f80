package node

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestConnectionsThatOnlyWaitMakeRoom(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	var held atomic.Int64
	s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			held.Add(1)
			<-hold
		}
	})}
	g := newGate(s, 8)
	go func() { _ = s.Serve(g.at(l)) }()
	defer s.Close()

	ask := func(path string) net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Write([]byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		return c
	}
	answered := func(c net.Conn) bool {
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		return err == nil && r.StatusCode == http.StatusOK
	}
	for i := range 50 {
		if !answered(ask("/")) {
			t.Fatalf("request %d is not answered, while all others only wait", i)
		}
		if n := g.open.Load(); n > g.limit {
			t.Fatalf("%d connections are open", n)
		}
	}
	var busy []net.Conn
	for end := time.Now().Add(5 * time.Second); held.Load() < 8 && time.Now().Before(end); {
		before, c := held.Load(), ask("/hold")
		for soon := time.Now().Add(100 * time.Millisecond); held.Load() == before && time.Now().Before(soon); time.Sleep(time.Millisecond) {
		}
		if held.Load() > before { // otherwise a connection that only waited was not gone yet
			busy = append(busy, c)
		}
	}
	if answered(ask("/")) {
		t.Error("one connection more than the limit is let in")
	}
	close(hold)
	for _, c := range busy {
		if !answered(c) {
			t.Error("a request that was let in is not answered")
		}
	}
	for end := time.Now().Add(5 * time.Second); !answered(ask("/")); {
		if time.Now().After(end) {
			t.Fatal("there is room again, and nobody is let in")
		}
	}
}

func TestAConnectionThatIsNoMoreOfHTTPLeavesTheGate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan net.Conn, 8)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		taken <- c
	})}
	g := newGate(s, 2)
	go func() { _ = s.Serve(g.at(l)) }()
	defer s.Close()
	for range cap(taken) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		select {
		case c := <-taken:
			defer c.Close()
		case <-time.After(5 * time.Second):
			t.Fatal("there is no room, although all others have left")
		}
	}
	if n := g.open.Load(); n != 0 {
		t.Errorf("%d connections count", n)
	}
}
