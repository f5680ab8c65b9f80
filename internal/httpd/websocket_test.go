package httpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// A landing is a server whose WebSockets arrive on a channel, and what it has noted.
type landing struct {
	*httptest.Server
	arrived  chan *WebSocket
	attempts chan muster.Attempt
}

func land(t *testing.T, maxMessage int) *landing {
	t.Helper()
	l := &landing{arrived: make(chan *WebSocket, 1), attempts: make(chan muster.Attempt, 1)}
	h := newHandler(&script{}, func(a muster.Attempt) { l.attempts <- a }, Options{
		MaxMessage: maxMessage,
		MQTT:       func(s *WebSocket, _ *tls.ConnectionState) { l.arrived <- s },
	})
	l.Server = httptest.NewServer(h)
	t.Cleanup(l.Close)
	return l
}

// dial opens a WebSocket and returns both of its ends.
func (l *landing) dial(t *testing.T) (*WebSocket, *websocket.Conn) {
	t.Helper()
	client, _, err := websocket.Dial(t.Context(), l.URL+MQTTPath, &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	s := <-l.arrived
	t.Cleanup(func() {
		_ = client.CloseNow()
		_ = s.Close()
	})
	_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	return s, client
}

func TestTheHandshake(t *testing.T) {
	for name, c := range map[string]struct {
		protocols []string
		origin    string
		code      int
		protocol  string
		reason    muster.Reason
	}{
		"of a device":                         {[]string{"mqtt"}, "", 101, "mqtt", ""},
		"of an older library":                 {[]string{"mqttv3.1"}, "", 101, "mqttv3.1", ""},
		"of who speaks both":                  {[]string{"mqttv3.1", "mqtt"}, "", 101, "mqtt", ""},
		"of a page of the same host":          {[]string{"mqtt"}, "http://HOST", 101, "mqtt", ""},
		"without a subprotocol is refused":    {nil, "", 400, "", muster.ReasonRequestInvalid},
		"with another subprotocol too":        {[]string{"amqp"}, "", 400, "", muster.ReasonRequestInvalid},
		"of a page of another host":           {[]string{"mqtt"}, "https://example.org", 403, "", muster.ReasonOriginRefused},
		"of a page of another port":           {[]string{"mqtt"}, "http://127.0.0.1:1", 403, "", muster.ReasonOriginRefused},
		"of a page that hides where it is of": {[]string{"mqtt"}, "null", 403, "", muster.ReasonOriginRefused},
	} {
		t.Run(name, func(t *testing.T) {
			l := land(t, 0)
			header := http.Header{}
			if c.origin != "" {
				header.Set("Origin", strings.Replace(c.origin, "HOST", l.Listener.Addr().String(), 1))
			}
			client, r, err := websocket.Dial(t.Context(), l.URL+MQTTPath, &websocket.DialOptions{Subprotocols: c.protocols, HTTPHeader: header})
			if r == nil || r.StatusCode != c.code {
				t.Fatalf("%+v, %v", r, err)
			}
			if c.reason != "" {
				if a := <-l.attempts; a.Reason != c.reason || a.Transport != muster.MQTT || a.Action != muster.ActionConnect || !a.Remote.IsLoopback() {
					t.Errorf("the journal has %+v", a)
				}
				return
			}
			if got := client.Subprotocol(); got != c.protocol {
				t.Errorf("subprotocol %q", got)
			}
			_ = client.CloseNow()
			_ = (<-l.arrived).Close()
		})
	}
}

func TestWhoeverWantsNoWebSocketIsToldThatThereIsOne(t *testing.T) {
	l := land(t, 0)
	r, err := http.Get(l.URL + MQTTPath)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusUpgradeRequired || r.Header.Get("Upgrade") != "websocket" {
		t.Errorf("%+v", r)
	}
}

func TestTheBytesOfMessagesAreOneStream(t *testing.T) {
	s, client := land(t, 0).dial(t)
	want := bytes.Repeat([]byte("0123456789"), 5000)
	go func() {
		ctx := context.Background()
		for _, part := range [][]byte{want[:1], nil, want[1:10000], want[10000:10001], want[10001:40000]} {
			_ = client.Write(ctx, websocket.MessageBinary, part)
		}
		w, err := client.Writer(ctx, websocket.MessageBinary) // in two frames
		if err != nil {
			return
		}
		_, _ = w.Write(want[40000:41000])
		_, _ = w.Write(want[41000:])
		_ = w.Close()
	}()
	got := make([]byte, len(want))
	if err := s.Await(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, got); err != nil || !bytes.Equal(got, want) {
		t.Fatal("not what was sent", err)
	}
	go func() {
		_, _ = s.Write(want[:20000])
		_, _ = s.Write(want[20000:])
	}()
	client.SetReadLimit(-1)
	for _, want := range [][]byte{want[:20000], want[20000:]} {
		if kind, got, err := client.Read(t.Context()); err != nil || kind != websocket.MessageBinary || !bytes.Equal(got, want) {
			t.Fatal("not what was sent", err)
		}
	}
}

// raw opens a WebSocket and sends it bytes as they are. It returns the client's end too.
func (l *landing) raw(t *testing.T, frames []byte) (*WebSocket, net.Conn) {
	t.Helper()
	c, err := net.Dial("tcp", l.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"+string(frames))
	s := <-l.arrived
	t.Cleanup(func() {
		_ = c.Close()
		_ = s.Close()
	})
	_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	return s, c
}

// begun is the first frame of a message that goes on.
var begun = []byte("\x02\x85\x00\x00\x00\x00first")

func TestAMessageThatGoesOnIsReadAsItComes(t *testing.T) {
	s, _ := land(t, 0).raw(t, begun)
	b := make([]byte, 100)
	if n, err := s.Read(b); err != nil || string(b[:n]) != "first" {
		t.Errorf("%q, %v", b[:n], err)
	}
}

func TestWhatAWebSocketMayNotCarryIsRefusedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		send func(ctx context.Context, c *websocket.Conn) error
		want muster.Reason
	}{
		"text [MQTT-6.0.0-1]": {func(ctx context.Context, c *websocket.Conn) error {
			return c.Write(ctx, websocket.MessageText, []byte("hello"))
		}, muster.ReasonProtocolError},
		"a message over the limit": {func(ctx context.Context, c *websocket.Conn) error {
			return c.Write(ctx, websocket.MessageBinary, make([]byte, 101))
		}, muster.ReasonPacketTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := land(t, 100).dial(t)
			if err := client.Write(t.Context(), websocket.MessageBinary, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			if err := c.send(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			b, read := make([]byte, 64), 0
			var err error
			for err == nil {
				var n int
				n, err = s.Read(b)
				read += n
			}
			if !errors.Is(err, c.want) || read > 100+64 {
				t.Errorf("after %d bytes: %v", read, err)
			}
			// The client can still be told why, and what it sends meanwhile is thrown away.
			if err := client.Write(t.Context(), websocket.MessageText, make([]byte, 5000)); err != nil {
				t.Fatal(err)
			}
			if n, err := s.Read(b); n == 0 || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			if _, err := s.Write([]byte("goodbye")); err != nil {
				t.Fatal(err)
			}
			if _, got, err := client.Read(t.Context()); err != nil || string(got) != "goodbye" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestEndsOfAWebSocket(t *testing.T) {
	l := land(t, 0)
	b := make([]byte, 10)
	t.Run("a client that says goodbye", func(t *testing.T) {
		s, client := l.dial(t)
		go func() { _ = client.Close(websocket.StatusNormalClosure, "") }()
		if n, err := s.Read(b); n > 0 || err != io.EOF {
			t.Error(n, err)
		}
	})
	t.Run("a client that goes away", func(t *testing.T) {
		s, client := l.dial(t)
		_ = client.CloseNow()
		if n, err := s.Read(b); n > 0 || err == nil || muster.ReasonOf(err) != muster.ReasonInternal {
			t.Error(n, err)
		}
	})
	t.Run("a client that goes away in a message", func(t *testing.T) {
		s, client := l.raw(t, begun)
		_ = client.Close()
		var err error
		for err == nil {
			_, err = s.Read(b)
		}
		if muster.ReasonOf(err) != muster.ReasonInternal {
			t.Error(err)
		}
	})
	t.Run("a deadline", func(t *testing.T) {
		s, _ := l.dial(t)
		_ = s.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if err := s.Await(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("the server says goodbye while it reads", func(t *testing.T) {
		s, client := l.dial(t)
		_ = s.CloseWrite()
		go func() { _, _, _ = client.Read(context.Background()) }() // which answers
		if _, err := s.Read(b); err == nil {
			t.Error("the connection goes on")
		}
	})
	t.Run("the server closes it while it reads", func(t *testing.T) {
		s, _ := l.dial(t)
		go func() { _ = s.Close() }()
		if _, err := s.Read(b); err == nil {
			t.Error("the connection goes on")
		}
		if err := s.Close(); err == nil {
			t.Error("it was not closed yet")
		}
	})
}

func TestMalformedFramesAreRefused(t *testing.T) {
	for name, frame := range map[string][]byte{
		"a frame that is not masked":              {0x82, 1, 'x'},
		"a frame with a reserved bit":             {0xc2, 0x80, 0, 0, 0, 0},
		"a frame of a kind that does not exist":   {0x83, 0x80, 0, 0, 0, 0},
		"a ping of two frames":                    {0x09, 0x80, 0, 0, 0, 0},
		"a ping that is too long":                 {0x89, 0xfe, 0, 200, 0, 0, 0, 0},
		"a continuation of nothing":               {0x80, 0x80, 0, 0, 0, 0},
		"a frame of a length that is less than 0": {0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := land(t, 0).raw(t, frame)
			if n, err := s.Read(make([]byte, 10)); n > 0 || !errors.Is(err, muster.ReasonPacketMalformed) {
				t.Error(n, err)
			}
		})
	}
}

func TestHandshakesAreCounted(t *testing.T) {
	metrics := prometheus.NewPedanticRegistry()
	h := newHandler(&script{}, func(muster.Attempt) {}, Options{
		Registerer: metrics,
		MQTT:       func(s *WebSocket, _ *tls.ConnectionState) { _ = s.Close() },
	})
	server := httptest.NewServer(h)
	defer server.Close()
	for _, protocol := range []string{"mqtt", "amqp"} {
		if c, _, err := websocket.Dial(t.Context(), server.URL+MQTTPath, &websocket.DialOptions{Subprotocols: []string{protocol}}); err == nil {
			_ = c.CloseNow()
		}
	}
	counted := func() map[string]float64 {
		families, err := metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		counted := map[string]float64{}
		for _, f := range families {
			for _, m := range f.Metric {
				for _, label := range m.Label {
					counted[label.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
		return counted
	}
	// A client may have its answer before that is counted.
	end := time.Now().Add(10 * time.Second)
	for counted()["101"] != 1 || counted()["400"] != 1 {
		if time.Now().After(end) {
			t.Fatalf("counted %v", counted())
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTheTLSOfTheConnectionComesAlong(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "TLS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			below := make(chan *tls.ConnectionState, 1)
			server := start(newHandler(&script{}, func(muster.Attempt) {}, Options{MQTT: func(s *WebSocket, state *tls.ConnectionState) {
				_ = s.Close()
				below <- state
			}}))
			defer server.Close()
			c, _, err := websocket.Dial(t.Context(), server.URL+MQTTPath, &websocket.DialOptions{Subprotocols: []string{"mqtt"}, HTTPClient: server.Client()})
			if err != nil {
				t.Fatal(err)
			}
			_ = c.CloseNow()
			if state := <-below; (state != nil) != (name == "TLS") {
				t.Errorf("%+v", state)
			}
		})
	}
}
