package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
)

// A listening way is one to hear of changed attributes.
type listeningWay struct {
	name string
	// listen hears in the name of the device until the test ends; each thing that is heard is one text, and so is the end.
	listen func(t *testing.T, s *server, token string) <-chan string
	waits  bool   // a request waits, and is counted
	first  string // what is heard at once
	topic  string // before each thing that is heard
	ended  string // what is heard when the device is suspended
}

var listeningWays = []listeningWay{
	{name: "mqtt3", listen: listen3, topic: "v1/devices/me/attributes ", ended: "ended"},
	{name: "mqtt5", listen: listen5, topic: "v2/a ", ended: "DISCONNECT 0x98"},
	{name: "http", listen: listenHTTP, waits: true, ended: "403"},
	{name: "coap", listen: observing(dialUDP), waits: true, first: "{}", ended: "Forbidden"},
	{name: "coaps", listen: observing(func(s *server) (*udpclient.Conn, error) { return dialDTLS(s) }), waits: true, first: "{}", ended: "Forbidden"},
}

func listen3(t *testing.T, s *server, token string) <-chan string {
	heard := make(chan string, 100)
	l, err := connect3(patience(t), s, proof{token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	hear := func(_ paho3.Client, m paho3.Message) { heard <- m.Topic() + " " + string(m.Payload()) }
	if err := done3(patience(t), l.(*link3).client.Subscribe("v1/devices/me/attributes", 1, hear)); err != nil {
		t.Fatal(err)
	}
	go func() {
		<-l.ended()
		heard <- "ended"
	}()
	return heard
}

func listen5(t *testing.T, s *server, token string) <-chan string {
	heard := make(chan string, 100)
	l, err := open5(patience(t), s, proof{token: token}, func(r paho5.PublishReceived) (bool, error) {
		heard <- r.Packet.Topic + " " + string(r.Packet.Payload)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	if _, err := l.client.Subscribe(patience(t), &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: "v2/a", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	go func() { heard <- (<-l.lost).Error() }()
	return heard
}

// listenHTTP asks again after each answer.
func listenHTTP(t *testing.T, s *server, token string) <-chan string {
	heard := make(chan string, 100)
	go func() {
		for {
			code, body, err := pollHTTP(t.Context(), s, token, 60_000)
			switch {
			case err != nil:
				return // the test is over
			case code != http.StatusOK:
				heard <- fmt.Sprint(code)
				return
			}
			heard <- body
		}
	}()
	return heard
}

func pollHTTP(ctx context.Context, s *server, token string, milliseconds int) (code int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/%s/attributes/updates?timeout=%d", s.url(), token, milliseconds), nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func observing(dial dialer) func(t *testing.T, s *server, token string) <-chan string {
	return func(t *testing.T, s *server, token string) <-chan string {
		heard := make(chan string, 100)
		c, err := dial(s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_, err = c.Observe(patience(t), "/api/v1/"+token+"/attributes", func(m *pool.Message) {
			if m.Code() != codes.Content {
				heard <- m.Code().String()
				return
			}
			text, _ := m.ReadBody()
			heard <- string(text)
		})
		if err != nil {
			t.Fatal(err)
		}
		return heard
	}
}

// listening waits until n requests wait to be told.
func (s *server) listening(n int) {
	s.t.Helper()
	within(s.t, 10*time.Second, fmt.Sprintf("%d requests wait", n), func() bool {
		r, err := http.Get(s.url() + "/metrics")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return strings.Contains(string(text), fmt.Sprintf("\nmuster_attribute_listeners %d\n", n))
	})
}

func TestDevicesHearOfTheirAttributes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, way := range listeningWays {
		t.Run(way.name, func(t *testing.T) {
			name := "listener-" + way.name
			s.must("device", "create", name, "--token", name)
			heard := way.listen(t, s, name)
			want := func(want string, within time.Duration) {
				t.Helper()
				select {
				case got := <-heard:
					if got != want {
						t.Errorf("heard %s, want %s", got, want)
					}
				case <-time.After(within):
					t.Fatalf("not heard within %v: %s", within, want)
				}
			}
			ready := func() {
				t.Helper()
				if way.waits {
					s.listening(1)
				}
			}
			if way.first != "" {
				want(way.first, 10*time.Second)
			}
			ready()
			s.must("device", "attributes", "set", name, "interval=30", "--scope", "shared")
			want(way.topic+`{"interval":30}`, 10*time.Second)
			ready()
			s.must("device", "attributes", "remove", name, "interval", "--scope", "shared")
			want(way.topic+`{"deleted":["interval"]}`, 10*time.Second)
			ready()
			s.must("device", "suspend", name)
			want(way.ended, second)
			s.listening(0)
		})
	}
	t.Run("an import is heard of as well", func(t *testing.T) {
		s.must("device", "create", "imported", "--token", "imported")
		heard := listen3(t, s, "imported")
		file := t.TempDir() + "/devices.csv"
		if err := os.WriteFile(file, []byte("name,shared.mode\nimported,eco\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.must("import", file)
		select {
		case got := <-heard:
			if got != `v1/devices/me/attributes {"mode":"eco"}` {
				t.Errorf("heard %s", got)
			}
		case <-time.After(10 * time.Second):
			t.Error("nothing is heard")
		}
	})
	t.Run("a request that hears of nothing ends, also when the server does", func(t *testing.T) {
		s.must("device", "create", "patient", "--token", "patient")
		if code, body, err := pollHTTP(patience(t), s, "patient", 50); code != http.StatusRequestTimeout || body != "" {
			t.Errorf("%d %q, %v", code, body, err)
		}
		answered := make(chan int, 1)
		go func() {
			code, _, _ := pollHTTP(t.Context(), s, "patient", 60_000)
			answered <- code
		}()
		s.listening(1)
		if err := s.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if code := <-answered; code != http.StatusServiceUnavailable { // 0 if the server had cut it off
			t.Errorf("answered with %d", code)
		}
	})
}
