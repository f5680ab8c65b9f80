package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"
)

// lostVariable says how many answers are lost, a tenth of them with the server killed.
const lostVariable = "MUSTER_LOST"

const (
	asksAtOnce    = 20
	askedPerDeath = 50 // requests that are under way when the server is killed
)

func TestALostAnswerLeavesOneIdentity(t *testing.T) {
	t.Parallel()
	total := 200
	if text := os.Getenv(lostVariable); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil || total < 10*askedPerDeath {
			t.Fatalf("%s=%q is no number of at least %d", lostVariable, text, 10*askedPerDeath)
		}
	}
	s := startServer(t)
	p := s.profile("lossy", "create")
	l := &loser{t: t, s: s, p: p}
	quiet := total - total/10
	l.lose(0, quiet)
	got := l.letIn()
	t.Logf("%d answers lost: %d devices were let in by then", quiet, got)
	if got == 0 {
		t.Error("no request came as far as an answer")
	}
	l.askAgain(0, quiet)
	for first := quiet; first < total; first += askedPerDeath {
		last := min(first+askedPerDeath, total)
		var all sync.WaitGroup
		all.Go(func() { l.lose(first, last) })
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		s.kill()
		all.Wait()
		s.start()
		l.askAgain(first, last)
	}
	if n := l.letIn(); n != total {
		t.Errorf("%d requests made %d devices", total, n)
	}
}

// A loser asks for devices that are called by numbers and does not wait for the answers.
type loser struct {
	t *testing.T
	s *server
	p profile
}

// each does something for every number, many at once.
func (l *loser) each(first, last int, do func(n int)) {
	var all sync.WaitGroup
	numbers := make(chan int)
	for range asksAtOnce {
		all.Go(func() {
			for n := range numbers {
				do(n)
			}
		})
	}
	for n := first; n < last; n++ {
		numbers <- n
	}
	close(numbers)
	all.Wait()
}

// body is the request of a number; half of the devices leave their name to the server.
func (l *loser) body(n int) string {
	name := ""
	if n%2 == 0 {
		name = fmt.Sprint("lost-", n)
	}
	return request(l.p, name, fmt.Sprintf(`"requestId":"request-%d"`, n))
}

// lose asks over MQTT, HTTP and CoAP in turn and resets the connection soon after. While the server is killed, it may not
// even come so far.
func (l *loser) lose(first, last int) {
	ways := []func(s *server, body string) error{loseMQTT, loseHTTP, loseCoAP}
	l.each(first, last, func(n int) { _ = ways[n%3](l.s, l.body(n)) })
}

// askAgain asks twice for each device: both answers are the same, over whatever protocols, and when the device has come
// in, none is given any more.
func (l *loser) askAgain(first, last int) {
	ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Minute)
	defer cancel()
	ways := []transport{overHTTP, overCoAP, overMQTT5}
	l.each(first, last, func(n int) {
		one, err := l.ask(ctx, ways[n/3%3], n)
		if err != nil {
			l.t.Errorf("request %d: %v", n, err)
			return
		}
		other, err := l.ask(ctx, overHTTP, n)
		if err != nil || one.Status != "SUCCESS" || one.token() == "" || other.token() != one.token() || other.DeviceID != one.DeviceID {
			l.t.Errorf("request %d is answered %+v and then %+v, %v", n, one, other, err)
			return
		}
		if n%20 != 0 {
			return
		}
		come(l.t, ctx, l.s, overHTTP, proof{token: one.token()}).close()
		within(l.t, 3*second, "the answer is not given again", func() bool {
			late, err := l.ask(ctx, overHTTP, n)
			return err == nil && late.Status == "FAILURE"
		})
	})
}

func (l *loser) ask(ctx context.Context, over transport, n int) (a answer, err error) {
	text, err := over.provision(ctx, l.s, l.body(n))
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(text), &a)
}

// letIn returns how many devices the key has let in.
func (l *loser) letIn() int {
	l.t.Helper()
	var k struct{ Devices int }
	l.s.json(&k, "provision-key", "show", l.p.key)
	return k.Devices
}

// reset ends a connection without a farewell, at some time while its request is served.
func reset(c net.Conn) error {
	time.Sleep(time.Duration(rand.IntN(8000)) * time.Microsecond)
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return c.Close()
}

func loseHTTP(s *server, body string) error {
	c, err := net.Dial("tcp", s.ports.http)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c, "%s /api/v1/provision HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		http.MethodPost, len(body), body)
	_ = reset(c)
	return err
}

func loseMQTT(s *server, body string) error {
	c, err := net.Dial("tcp", s.ports.mqtt)
	if err != nil {
		return err
	}
	defer reset(c)
	connect := "\x10\x15\x00\x04MQTT\x04\x82\x00\x3c\x00\x00\x00\x09provision"
	if _, err := io.WriteString(c, connect); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		return err
	}
	const topic = "/provision/request"
	rest := append([]byte{0, byte(len(topic))}, topic...)
	rest = append(append(rest, 0, 1), body...)
	_, err = c.Write(append([]byte{0x32, byte(len(rest)&0x7f | 0x80), byte(len(rest) >> 7)}, rest...))
	return err
}

func loseCoAP(s *server, body string) error {
	c, err := net.Dial("udp", s.ports.coap)
	if err != nil {
		return err
	}
	defer reset(c)
	m := message.Message{
		Code: codes.POST, Type: message.Confirmable, MessageID: int32(rand.IntN(1 << 16)), Token: message.Token("lost"), Payload: []byte(body),
	}
	for _, segment := range []string{"api", "v1", "provision"} {
		m.Options = append(m.Options, message.Option{ID: message.URIPath, Value: []byte(segment)})
	}
	size, err := coder.DefaultCoder.Size(m)
	if err != nil {
		return err
	}
	datagram := make([]byte, size)
	if _, err := coder.DefaultCoder.Encode(m, datagram); err != nil {
		return err
	}
	_, err = c.Write(datagram)
	return err
}
