package coapd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"muster"
)

func dialClient(t *testing.T, address string) *client.Conn {
	t.Helper()
	c, err := udp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestARealClientProvisionsReportsAndReads(t *testing.T) {
	s := &script{respond: func(r *muster.Request) (muster.Message, error) {
		switch r.Path[len(r.Path)-1] {
		case "provision":
			return muster.Message{Body: []byte(`{"status":"SUCCESS"}`)}, nil
		case "attributes":
			return muster.Message{Body: []byte(`{"client":{"a":42.0}}`)}, nil
		}
		return muster.Message{}, nil
	}}
	_, address := serveUDP(t, s, Options{})
	c := dialClient(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, step := range []struct {
		name   string
		do     func() (code codes.Code, format message.MediaType, body string)
		code   codes.Code
		format message.MediaType
		body   string
	}{
		{"provision", func() (codes.Code, message.MediaType, string) {
			return result(t)(c.Post(ctx, "/api/v1/provision", message.AppJSON, strings.NewReader(`{}`)))
		}, codes.Created, message.TextPlain, `{"status":"SUCCESS"}`},
		{"telemetry", func() (codes.Code, message.MediaType, string) {
			return result(t)(c.Post(ctx, "/api/v1/T0/telemetry", message.AppJSON, strings.NewReader(`{temperature:25}`)))
		}, codes.Created, 0xffff, ""},
		{"attributes", func() (codes.Code, message.MediaType, string) {
			return result(t)(c.Get(ctx, "/api/v1/T0/attributes", message.Option{ID: message.URIQuery, Value: []byte("clientKeys=a,b")}))
		}, codes.Content, message.AppJSON, `{"client":{"a":42.0}}`},
	} {
		if code, format, body := step.do(); code != step.code || format != step.format || body != step.body {
			t.Errorf("%s: %v %v %q", step.name, code, format, body)
		}
	}
	asked := s.requests()
	if got := asked[1]; string(got.Body) != `{temperature:25}` || got.Method != "POST" || !slices.Equal(got.Path, telemetry("T0")) {
		t.Errorf("telemetry is understood as %+v", got)
	}
	if got := asked[2]; got.Method != "GET" || !slices.Equal(got.Query, []string{"clientKeys=a,b"}) || got.Transport != muster.CoAP {
		t.Errorf("the read is understood as %+v", got)
	}
	if h := s.lastHello(); h.Secure || !h.Remote.IsLoopback() || h.Transport != muster.CoAP {
		t.Errorf("introduced as %+v", h)
	}
}

// result reads an answer of the client library. A format that is not given is 0xffff.
func result(t *testing.T) func(interface {
	Code() codes.Code
	ContentFormat() (message.MediaType, error)
	ReadBody() ([]byte, error)
}, error) (codes.Code, message.MediaType, string) {
	return func(m interface {
		Code() codes.Code
		ContentFormat() (message.MediaType, error)
		ReadBody() ([]byte, error)
	}, err error,
	) (codes.Code, message.MediaType, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		body, err := m.ReadBody()
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		format, err := m.ContentFormat()
		if err != nil {
			format = 0xffff
		}
		return m.Code(), format, string(body)
	}
}

func TestAConfirmableRequestIsAnsweredByAConfirmableMessage(t *testing.T) {
	_, address := serveUDP(t, &script{}, Options{})
	w := dial(t, address)
	w.write(w.next(call{typ: message.Confirmable, path: telemetry("T"), token: "tok", body: "{}"}))
	ack := w.must()
	if ack.Type != message.Acknowledgement || ack.Code != codes.Empty || ack.MessageID != int32(w.id) || len(ack.Token) != 0 {
		t.Errorf("acknowledged by %v", &ack)
	}
	got := w.must()
	if got.Type != message.Confirmable || got.Code != codes.Created || string(got.Token) != "tok" || len(got.Payload) != 0 || len(got.Options) != 0 {
		t.Errorf("answered by %v", &got)
	}
	w.write(empty(message.Acknowledgement, uint16(got.MessageID)))
	if m, ok := w.read(); ok {
		t.Errorf("an acknowledged answer comes again: %v", &m)
	}
}

func TestANonConfirmableRequestIsAnsweredByANonConfirmableMessage(t *testing.T) {
	_, address := serveUDP(t, &script{}, Options{})
	w := dial(t, address)
	w.write(w.next(call{typ: message.NonConfirmable, path: telemetry("T"), token: "tok"}))
	if got := w.must(); got.Type != message.NonConfirmable || got.Code != codes.Created || string(got.Token) != "tok" {
		t.Errorf("answered by %v", &got)
	}
}

func TestAProvisioningAnswerRidesOnTheAcknowledgement(t *testing.T) {
	_, address := serveUDP(t, says(muster.Message{Body: []byte(`{"status":"SUCCESS"}`)}, nil), Options{})
	w := dial(t, address)
	w.write(w.next(call{typ: message.Confirmable, path: []string{"api", "v1", "provision"}, token: "tok", body: "{}"}))
	got := w.must()
	if got.Type != message.Acknowledgement || got.Code != codes.Created || got.MessageID != int32(w.id) || string(got.Payload) != `{"status":"SUCCESS"}` {
		t.Errorf("answered by %v %q", &got, got.Payload)
	}
	if m, ok := w.read(); ok {
		t.Errorf("then comes %v", &m)
	}
}

func TestANonConfirmableRequestWithAnUnknownCriticalOptionIsReset(t *testing.T) {
	_, address := serveUDP(t, &script{}, Options{})
	w := dial(t, address)
	w.write(w.next(call{typ: message.NonConfirmable, path: telemetry("T"), token: "tok", options: message.Options{option(2049, 1)}}))
	if got := w.must(); got.Type != message.Reset || got.MessageID != int32(w.id) || got.Code != codes.Empty {
		t.Errorf("answered by %v", &got)
	}
}

func TestARefusalRidesOnTheAcknowledgement(t *testing.T) {
	_, address := serveUDP(t, says(muster.Message{}, muster.Refuse(muster.ReasonTokenUnknown, "")), Options{})
	w := dial(t, address)
	w.write(w.next(call{typ: message.Confirmable, path: telemetry("T"), token: "tok"}))
	got := w.must()
	if got.Type != message.Acknowledgement || got.Code != codes.Unauthorized || got.MessageID != int32(w.id) || string(got.Payload) != "token-unknown" {
		t.Errorf("answered by %v %q", &got, got.Payload)
	}
}

func TestARequestThatComesAgainIsServedOnce(t *testing.T) {
	s := says(muster.Message{Code: 0x80, Body: []byte(`{"status":"FAILURE"}`)}, muster.Refuse(muster.ReasonDeviceNameTaken, ""))
	_, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	request := w.next(call{typ: message.Confirmable, path: []string{"api", "v1", "provision"}, token: "tok", body: "{}"})
	var first message.Message
	for i := range 3 {
		w.write(request)
		got := w.must()
		if i == 0 {
			first = got
		}
		if got.MessageID != first.MessageID || got.Code != codes.BadRequest || !bytes.Equal(got.Payload, first.Payload) {
			t.Errorf("repetition %d is answered by %v", i, &got)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("served %d times", n)
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	s := &script{}
	_, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	for name, c := range map[string]struct {
		datagram []byte
		reset    bool
	}{
		"a ping":                      {[]byte{0x40, 0, 1, 1}, true},
		"an answer nobody asked for":  {[]byte{0x40, 0x45, 1, 2}, true},
		"a non-confirmable answer":    {[]byte{0x50, 0x45, 1, 3}, false},
		"an acknowledgement":          {[]byte{0x60, 0, 1, 4}, false},
		"nothing":                     {nil, false},
		"a wrong version":             {[]byte{0x80, 1, 1, 5}, false},
		"a token that is cut off":     {[]byte{0x48, 1, 1, 6, 'a'}, false},
		"an option that is cut off":   {[]byte{0x40, 1, 1, 7, 0xbd}, false},
		"more options than are taken": {append([]byte{0x40, 1, 1, 8, 0xb0}, bytes.Repeat([]byte{0x00}, 100)...), false},
	} {
		w.write(c.datagram)
		got, ok := w.read()
		if ok != c.reset || ok && got.Type != message.Reset {
			t.Errorf("%s: answered %v with %v", name, ok, &got)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d were served", n)
	}
}

func TestWhatARequestMaySay(t *testing.T) {
	for name, c := range map[string]struct {
		call call
		path []string // nil: it is not served
		code codes.Code
	}{
		"the path in one option": {call{path: []string{"/api/v1/T/telemetry"}}, telemetry("T"), codes.Created},
		"a token with a slash":   {call{path: telemetry("a/b")}, telemetry("a/b"), codes.Created},
		"no path":                {call{}, nil, codes.Created},
		"an elective option that nobody knows": {
			call{path: telemetry("T"), options: message.Options{option(2048, 1)}},
			telemetry("T"), codes.Created,
		},
		"a critical option that nobody knows": {call{path: telemetry("T"), options: message.Options{option(2049, 1)}}, nil, codes.BadOption},
		"a proxy":                             {call{path: telemetry("T"), options: message.Options{{ID: message.ProxyScheme, Value: []byte("coap")}}}, nil, codes.ProxyingNotSupported},
		"a block size that is reserved":       {call{path: telemetry("T"), options: message.Options{option(message.Block1, 7)}}, nil, codes.BadRequest},
		"PATCH":                               {call{code: 6, path: telemetry("T")}, nil, codes.MethodNotAllowed},
		"PUT is the dispatcher's matter":      {call{code: codes.PUT, path: telemetry("T")}, telemetry("T"), codes.Created},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			_, address := serveUDP(t, s, Options{})
			w := dial(t, address)
			w.write(w.next(c.call))
			if got := w.answer(); got.Code != c.code {
				t.Errorf("answered %v", got.Code)
			}
			asked := s.requests()
			if c.path != nil && (len(asked) != 1 || !slices.Equal(asked[0].Path, c.path)) {
				t.Errorf("understood as %+v", asked)
			}
		})
	}
}

func TestCodesFollowTheKindUnlessTheDialectSaysOtherwise(t *testing.T) {
	for _, c := range []struct {
		method codes.Code
		m      muster.Message
		err    error
		want   codes.Code
	}{
		{codes.POST, muster.Message{}, nil, codes.Created},
		{codes.GET, muster.Message{}, nil, codes.Content},
		{codes.GET, muster.Message{Code: 0x84}, nil, codes.NotFound},
		{codes.POST, muster.Message{Code: 0xa0}, muster.Refuse(muster.ReasonPayloadInvalid, ""), codes.InternalServerError},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonPayloadInvalid, ""), codes.BadRequest},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonMethodNotAllowed, ""), codes.MethodNotAllowed},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonPayloadTooLarge, ""), codes.RequestEntityTooLarge},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonCertificateUnknown, ""), codes.Unauthorized},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonDeviceSuspended, ""), codes.Forbidden},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonTopicUnknown, ""), codes.NotFound},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonDeviceNameTaken, ""), 0x89},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonServerUnreachable, ""), codes.GatewayTimeout},
		{codes.POST, muster.Message{}, muster.Refuse(muster.ReasonStorageFull, ""), codes.ServiceUnavailable},
		{codes.POST, muster.Message{}, errors.New("x"), codes.InternalServerError},
	} {
		if got := code(c.method, c.m, c.err); got != c.want {
			t.Errorf("%v, %+v, %v: %v, not %v", c.method, c.m, c.err, got, c.want)
		}
	}
}

func TestContentFormats(t *testing.T) {
	format := func(f message.MediaType) message.Options {
		return message.Options{option(message.ContentFormat, uint32(f))}
	}
	for name, c := range map[string]struct {
		call   call
		answer muster.Message
		want   int
	}{
		"JSON when the request says nothing": {call{code: codes.GET, path: telemetry("T")}, muster.Message{Body: []byte("{}")}, 50},
		"the request's own":                  {call{code: codes.GET, path: telemetry("T"), options: format(message.AppCBOR)}, muster.Message{Body: []byte("{}")}, 60},
		"text for a grant":                   {call{path: []string{"api", "v1", "provision"}, options: format(message.AppJSON)}, muster.Message{Body: []byte("{}")}, 0},
		"none for protobuf":                  {call{path: []string{"api", "v1", "provision"}}, muster.Message{Body: []byte{8, 1}, Binary: true}, noFormat},
		"none without a body":                {call{path: telemetry("T"), options: format(message.AppJSON)}, muster.Message{}, noFormat},
	} {
		_, address := serveUDP(t, says(c.answer, nil), Options{})
		w := dial(t, address)
		w.write(w.next(c.call))
		m := w.answer()
		got := noFormat
		if f, err := m.Options.ContentFormat(); err == nil {
			got = int(f)
		}
		if got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}

func TestNoAnswerToAStrangerIsThreeTimesAsLongAsTheRequest(t *testing.T) {
	_, address := serveUDP(t, says(muster.Message{}, muster.Refuse(muster.ReasonProvisionNeedsChain, "")), Options{})
	w := dial(t, address)
	b := make([]byte, 2048)
	for _, c := range []call{
		{code: codes.GET},
		{code: codes.GET, path: []string{".well-known", "core"}},
		{},
		{path: telemetry("T"), token: "12345678"},
		{code: codes.GET, token: "1"},
		{path: telemetry("T"), options: message.Options{option(message.Block1, blockOf(0, true, 6))}},
	} {
		request := w.next(c)
		w.write(request)
		_ = w.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := w.conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if n > 3*len(request) {
			t.Errorf("%d bytes are answered by %d: %q", len(request), n, b[:n])
		}
	}
}

func TestRequestsOfManyPeersAreWorkedOnTogether(t *testing.T) {
	const peers = 50
	var together sync.WaitGroup
	together.Add(peers)
	s := &script{respond: func(*muster.Request) (muster.Message, error) {
		together.Done()
		together.Wait() // as all wait for one commit
		return muster.Message{}, nil
	}}
	_, address := serveUDP(t, s, Options{})
	wires := make([]*wire, peers)
	for i := range wires {
		wires[i] = dial(t, address)
		wires[i].write(wires[i].next(call{path: telemetry("T")}))
	}
	for _, w := range wires {
		if got := w.answer(); got.Code != codes.Created {
			t.Errorf("answered %v", got.Code)
		}
	}
}

func TestMoreThanCanBeWorkedOnIsRefusedAndNotQueued(t *testing.T) {
	release := make(chan struct{})
	s := &script{respond: func(*muster.Request) (muster.Message, error) {
		<-release
		return muster.Message{}, nil
	}}
	_, address := serveUDP(t, s, Options{MaxWorking: 1})
	first, second := dial(t, address), dial(t, address)
	first.write(first.next(call{path: telemetry("T")}))
	for len(s.requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	second.write(second.next(call{path: telemetry("T")}))
	if got := second.answer(); got.Code != codes.ServiceUnavailable {
		t.Errorf("answered %v", got.Code)
	}
	close(release)
	if got := first.answer(); got.Code != codes.Created {
		t.Errorf("answered %v", got.Code)
	}
}

func TestAPanicIsAnsweredAndTheNextRequestServed(t *testing.T) {
	s := &script{respond: func(r *muster.Request) (muster.Message, error) {
		if r.Path[2] == "bad" {
			panic("boom")
		}
		return muster.Message{}, nil
	}}
	_, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	for token, want := range map[string]codes.Code{"bad": codes.InternalServerError, "good": codes.Created} {
		w.write(w.next(call{path: telemetry(token)}))
		if got := w.answer(); got.Code != want {
			t.Errorf("%s: answered %v", token, got.Code)
		}
	}
}

func TestShutdownAnswersWhatCameIn(t *testing.T) {
	release := make(chan struct{})
	s := &script{respond: func(*muster.Request) (muster.Message, error) {
		<-release
		return muster.Message{}, nil
	}}
	server, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	w.write(w.next(call{path: telemetry("T")}))
	for len(s.requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	stopped := make(chan struct{})
	go func() {
		shutdown(t, server)
		close(stopped)
	}()
	<-server.stopping
	close(release)
	if got := w.answer(); got.Code != codes.Created {
		t.Errorf("answered %v", got.Code)
	}
	<-stopped
}
