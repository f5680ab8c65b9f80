package coapd

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"

	"muster"
	"muster/internal/dispatch"
)

// A script stands in for the dispatcher: it keeps what it was asked and answers what it was told to.
type script struct {
	mu      sync.Mutex
	hellos  []muster.Hello
	asked   []muster.Request
	respond func(r *muster.Request) (muster.Message, error)
	// observed has an observer, and returns how it leaves; nil: nothing is told.
	observed func(o dispatch.Observer) (leave func())
}

func (s *script) Do(_ context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error) {
	kept := *r
	kept.Body = bytes.Clone(r.Body)
	s.mu.Lock()
	s.hellos, s.asked = append(s.hellos, *h), append(s.asked, kept)
	s.mu.Unlock()
	if s.respond == nil {
		return muster.Message{}, nil
	}
	return s.respond(&kept)
}

func (s *script) Observe(ctx context.Context, h *muster.Hello, r *muster.Request, o dispatch.Observer) (muster.Message, func(), error) {
	m, err := s.Do(ctx, h, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.observed == nil || err != nil {
		return m, nil, err
	}
	return m, s.observed(o), nil
}

func (s *script) requests() []muster.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *script) lastHello() muster.Hello {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hellos[len(s.hellos)-1]
}

// says returns a script that always gives the same answer.
func says(m muster.Message, err error) *script {
	return &script{respond: func(*muster.Request) (muster.Message, error) { return m, err }}
}

// serveUDP runs a server on a port of its own until the test ends.
func serveUDP(t *testing.T, s *script, o Options) (*Server, string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(s, o)
	stopped := make(chan error, 1)
	go func() { stopped <- server.ServeUDP(context.Background(), conn) }()
	t.Cleanup(func() {
		shutdown(t, server)
		if err := <-stopped; err != nil {
			t.Errorf("ServeUDP: %v", err)
		}
	})
	return server, conn.LocalAddr().String()
}

func shutdown(t *testing.T, server *Server) {
	t.Helper()
	if server.isStopping() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// A wire is a client that writes and reads single messages.
type wire struct {
	t    *testing.T
	conn net.Conn
	id   uint16
}

func dial(t *testing.T, address string) *wire {
	t.Helper()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &wire{t: t, conn: conn, id: 100}
}

func (w *wire) write(datagram []byte) {
	w.t.Helper()
	if _, err := w.conn.Write(datagram); err != nil {
		w.t.Fatal(err)
	}
}

// read returns the next message, or false if none comes soon.
func (w *wire) read() (message.Message, bool) {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	b := make([]byte, 2048)
	n, err := w.conn.Read(b)
	if err != nil {
		return message.Message{}, false
	}
	return parse(w.t, b[:n]), true
}

func (w *wire) must() message.Message {
	w.t.Helper()
	for range 20 {
		if m, ok := w.read(); ok {
			return m
		}
	}
	w.t.Fatal("no message came")
	return message.Message{}
}

// answer reads the answer to a request in whatever messages it comes, and acknowledges it where that is due.
func (w *wire) answer() message.Message {
	w.t.Helper()
	m := w.must()
	if m.Type == message.Acknowledgement && m.Code == codes.Empty {
		m = w.must()
	}
	if m.Type == message.Confirmable {
		w.write(empty(message.Acknowledgement, uint16(m.MessageID)))
	}
	return m
}

func parse(t *testing.T, b []byte) message.Message {
	t.Helper()
	m := message.Message{Options: make(message.Options, 0, 16)}
	if _, err := coder.DefaultCoder.Decode(b, &m); err != nil {
		t.Fatalf("the server sent %x: %v", b, err)
	}
	return m
}

// A call is a request as a test writes it down.
type call struct {
	typ     message.Type
	code    codes.Code
	path    []string
	token   string
	options message.Options // in the order of their numbers, behind the path
	body    string
}

// next returns the call as a datagram with a fresh message id.
func (w *wire) next(c call) []byte {
	w.id++
	return c.datagram(w.id)
}

func (c call) datagram(id uint16) []byte {
	var options message.Options
	for _, segment := range c.path {
		options = append(options, message.Option{ID: message.URIPath, Value: []byte(segment)})
	}
	options = append(options, c.options...)
	slices.SortStableFunc(options, func(a, b message.Option) int { return int(a.ID) - int(b.ID) })
	if c.code == 0 {
		c.code = codes.POST
	}
	return encode(message.Message{
		Type: c.typ, Code: c.code, MessageID: int32(id), Token: []byte(c.token), Options: options, Payload: []byte(c.body),
	})
}

func telemetry(token string) []string { return []string{"api", "v1", token, "telemetry"} }

func option(id message.OptionID, value uint32) message.Option {
	return message.Option{ID: id, Value: optionUint(value)}
}

func blockOf(number uint32, more bool, size uint8) uint32 {
	return block{number: number, more: more, size: size}.value()
}
