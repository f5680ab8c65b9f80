package mqttd

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"muster"
	"muster/internal/dispatch"
	"muster/internal/mqtt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A house stands in for dispatch: it lets in whom judge lets in, and answers what answer says.
type house struct {
	judge  func(h *muster.Hello) (*guest, error)                              // nil: everybody may come in
	answer func(g *guest, topic, body string, to muster.Answerer, tag uint64) // nil: yes, at once

	mu       sync.Mutex // guards what follows
	hellos   []muster.Hello
	handed   []string
	hangup   func(error)
	attempts []muster.Attempt
	notes    []muster.Reason
	left     int

	subscribed []string
	client     dispatch.Client
}

func (h *house) Connect(_ context.Context, hello *muster.Hello) (peer, error) {
	h.mu.Lock()
	h.hellos = append(h.hellos, *hello)
	h.mu.Unlock()
	g := &guest{}
	if h.judge != nil {
		var err error
		if g, err = h.judge(hello); err != nil {
			return nil, err
		}
	}
	g.house = h
	return g, nil
}

func (h *house) Note(a muster.Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attempts = append(h.attempts, a)
}

func (h *house) messages() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.handed)
}

func (h *house) noted() []muster.Reason {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.notes)
}

// A guest is a peer in a house.
type guest struct {
	house   *house
	joining bool
	who     muster.Identity
	grants  []string
	out     error // what Listen answers
}

func (g *guest) Provisioning() bool         { return g.joining }
func (g *guest) Identity() *muster.Identity { return &g.who }
func (g *guest) Grants(filter string) bool  { return slices.Contains(g.grants, filter) }

func (g *guest) Subscribed(filters iter.Seq[string], to dispatch.Client) {
	g.house.mu.Lock()
	defer g.house.mu.Unlock()
	g.house.subscribed, g.house.client = slices.Collect(filters), to
}

func (g *guest) Handle(_ context.Context, address, body []byte, to muster.Answerer, tag uint64) {
	h := g.house
	h.mu.Lock()
	h.handed = append(h.handed, string(address)+" "+string(body))
	h.mu.Unlock()
	if h.answer != nil {
		h.answer(g, string(address), string(body), to, tag)
		return
	}
	to.Answer(tag, muster.Message{}, nil)
	to.Flush()
}

func (g *guest) Listen(hangup func(error)) (func(), error) {
	h := g.house
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hangup = hangup
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.left++
	}, g.out
}

func (g *guest) Note(_ muster.Action, err error) {
	g.house.mu.Lock()
	defer g.house.mu.Unlock()
	g.house.notes = append(g.house.notes, muster.ReasonOf(err))
}

// answering makes a house answer every publish at once.
func answering(m muster.Message, err error) func(*guest, string, string, muster.Answerer, uint64) {
	return func(_ *guest, _, _ string, to muster.Answerer, tag uint64) {
		to.Answer(tag, m, err)
		to.Flush()
	}
}

// tick is a second where time passes faster: long enough for a busy machine to connect within five of them. Such a machine moves the
// clock late, and then by several ticks at once.
const tick = 25 * time.Millisecond

// open starts a server in front of h and returns its address. A second that is shorter makes time pass faster. Below
// TestOverAStream its connections are no sockets.
func open(t testing.TB, h *house, o Options, length time.Duration) (*Server, string) {
	t.Helper()
	o.Registerer = prometheus.NewPedanticRegistry()
	s := newServer(h, o)
	s.tick = length / second
	l := listen(t)
	served, serve := make(chan error, 1), s.Serve
	if strings.HasPrefix(t.Name(), "TestOverAStream/") {
		serve = s.serveStreams
	}
	go func() { served <- serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		_ = l.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A device is the client's end of a connection, in raw bytes.
type device struct {
	t testing.TB
	net.Conn
}

func dial(t testing.TB, address string) *device {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t, c}
	t.Cleanup(func() { _ = c.Close() })
	return d
}

// enter connects as v and reads past the CONNACK.
func enter(t testing.TB, address string, v mqtt.Version, props ...byte) *device {
	t.Helper()
	d := dial(t, address)
	d.send(connectPacket(v, "c", "user", 60, props...))
	if got := d.packet(); got[0] != 0x20 || got[3] != 0 {
		t.Fatalf("CONNACK % x", got)
	}
	return d
}

func (d *device) send(b ...[]byte) {
	d.t.Helper()
	if _, err := d.Write(slices.Concat(b...)); err != nil {
		d.t.Fatal(err)
	}
}

// packet reads one packet.
func (d *device) packet() []byte {
	d.t.Helper()
	_ = d.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2, 64)
	if _, err := io.ReadFull(d, b); err != nil {
		d.t.Fatalf("no packet: %v", err)
	}
	for b[len(b)-1] >= 0x80 {
		b = append(b, 0)
		if _, err := io.ReadFull(d, b[len(b)-1:]); err != nil {
			d.t.Fatal(err)
		}
	}
	n := 0
	for i, c := range b[1:] {
		n |= int(c&0x7f) << (7 * i)
	}
	b = append(b, make([]byte, n)...)
	if _, err := io.ReadFull(d, b[len(b)-n:]); err != nil {
		d.t.Fatalf("packet ends early: %v", err)
	}
	return b
}

// expect reads packets and compares them.
func (d *device) expect(want ...[]byte) {
	d.t.Helper()
	for _, w := range want {
		if got := d.packet(); !bytes.Equal(got, w) {
			d.t.Fatalf("got  % x\nwant % x", got, w)
		}
	}
}

// expectClosed asks that the server closes the connection without another word.
func (d *device) expectClosed() {
	d.t.Helper()
	_ = d.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, err := io.ReadAll(d)
	if len(b) > 0 || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		d.t.Fatalf("got % x, %v; want the end", b, err)
	}
}

// expectSilence asks that the server says nothing for a while.
func (d *device) expectSilence(while time.Duration) {
	d.t.Helper()
	_ = d.SetReadDeadline(time.Now().Add(while))
	var b [1]byte
	if n, err := d.Read(b[:]); n > 0 || !isTimeout(err) {
		d.t.Fatalf("got %x, %v; want silence", b[:n], err)
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// What clients send.

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

func frame(first byte, body ...[]byte) []byte {
	all := slices.Concat(body...)
	b := []byte{first}
	for n := len(all); ; n >>= 7 {
		if n < 0x80 {
			b = append(b, byte(n))
			break
		}
		b = append(b, byte(n)|0x80)
	}
	return append(b, all...)
}

func connectPacket(v mqtt.Version, clientID, username string, keepAlive uint16, props ...byte) []byte {
	name, flags, user := "MQTT", byte(0x02), []byte(nil)
	if v == mqtt.V31 {
		name = "MQIsdp"
	}
	if username != "" {
		flags, user = 0x82, text(username)
	}
	head := append(text(name), byte(v), flags, byte(keepAlive>>8), byte(keepAlive))
	if v == mqtt.V5 {
		head = append(append(head, byte(len(props))), props...)
	}
	return frame(0x10, head, text(clientID), user)
}

func publishPacket(v mqtt.Version, topic, payload string, qos byte, id uint16) []byte {
	return mqtt.AppendPublish(nil, v, &mqtt.Publish{Topic: []byte(topic), Payload: []byte(payload), QoS: qos, ID: id})
}

func subscribePacket(v mqtt.Version, id uint16, qos byte, filters ...string) []byte {
	body := []byte{byte(id >> 8), byte(id)}
	if v == mqtt.V5 {
		body = append(body, 0)
	}
	for _, f := range filters {
		body = append(append(body, text(f)...), qos)
	}
	return frame(0x82, body)
}

func puback(id uint16) []byte { return []byte{0x40, 2, byte(id >> 8), byte(id)} }

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// count reads a counter.
func count(t testing.TB, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}
