package coapd

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// large is a body of n bytes in which no two blocks are alike.
func large(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 7))
		b.WriteString(strings.Repeat(string(rune('0'+i%10)), i%5))
	}
	return b.String()[:n]
}

func TestARealClientSendsAndReadsInBlocks(t *testing.T) {
	reply := large(3000)
	s := says(muster.Message{Body: []byte(reply)}, nil)
	_, address := serveUDP(t, s, Options{})
	c := dialClient(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	body := large(5000)
	code, _, got := result(t)(c.Post(ctx, "/api/v1/provision", message.AppJSON, strings.NewReader(body)))
	if code != codes.Created || got != reply {
		t.Errorf("answered %v with %d bytes", code, len(got))
	}
	if asked := s.requests(); len(asked) != 1 || string(asked[0].Body) != body {
		t.Errorf("%d requests were served", len(asked))
	}
	code, _, got = result(t)(c.Get(ctx, "/api/v1/T/attributes"))
	if code != codes.Content || got != reply {
		t.Errorf("answered %v with %d bytes", code, len(got))
	}
}

// upload sends a body in blocks, as libcoap and aiocoap do: each with a token of its own.
func (w *wire) upload(body string, size uint8, options ...message.Option) message.Message {
	w.t.Helper()
	step := 16 << size
	for number := 0; ; number++ {
		from := number * step
		to := min(from+step, len(body))
		more := to < len(body)
		w.write(w.next(call{
			path: telemetry("T"), token: string(rune('a' + number%26)), body: body[from:to],
			options: append(message.Options{option(message.Block1, blockOf(uint32(number), more, size))}, options...),
		}))
		got := w.answer()
		if !more || got.Code != codes.Continue {
			return got
		}
		if v, err := got.Options.GetUint32(message.Block1); err != nil || v != blockOf(uint32(number), true, size) {
			w.t.Errorf("block %d is asked on with %d, %v", number, v, err)
		}
	}
}

func TestBlocksBelongTogetherByAddressAndNotByToken(t *testing.T) {
	for _, size := range []uint8{0, 2, 6} {
		s := &script{}
		_, address := serveUDP(t, s, Options{})
		w := dial(t, address)
		body := large(2500)
		if got := w.upload(body, size); got.Code != codes.Created || !got.Options.HasOption(message.Block1) {
			t.Errorf("blocks of %d bytes: answered %v", 16<<size, got.Code)
		}
		if asked := s.requests(); len(asked) != 1 || string(asked[0].Body) != body {
			t.Errorf("blocks of %d bytes: %d requests were served", 16<<size, len(asked))
		}
	}
}

func TestBodiesInBlocksThatAreRefused(t *testing.T) {
	block1 := func(number uint32, more bool, body string, further ...message.Option) call {
		return call{
			path: telemetry("T"), body: body,
			options: append(message.Options{option(message.Block1, blockOf(number, more, 0))}, further...),
		}
	}
	const full = "0123456789abcdef"
	for name, c := range map[string]struct {
		calls []call
		code  codes.Code // of the last
	}{
		"the first block is missing":   {[]call{block1(1, false, "x")}, codes.RequestEntityIncomplete},
		"a block is missing":           {[]call{block1(0, true, full), block1(2, false, "x")}, codes.RequestEntityIncomplete},
		"a block is too short":         {[]call{block1(0, true, "short")}, codes.BadRequest},
		"the whole is too large":       {[]call{block1(0, true, full), block1(1, true, full), block1(2, true, full)}, codes.RequestEntityTooLarge},
		"it says that it is too large": {[]call{block1(0, true, full, option(message.Size1, 41))}, codes.RequestEntityTooLarge},
		"blocks of another address": {[]call{block1(0, true, full), {
			path: telemetry("U"), body: "x",
			options: message.Options{option(message.Block1, blockOf(1, false, 0))},
		}}, codes.RequestEntityIncomplete},
		"the end comes before what has come": {[]call{block1(0, true, full), block1(1, true, full), block1(1, false, "x")}, codes.RequestEntityIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			server, address := serveUDP(t, s, Options{MaxBody: 40})
			w := dial(t, address)
			var got message.Message
			for _, call := range c.calls {
				w.write(w.next(call))
				got = w.answer()
			}
			if got.Code != c.code || len(s.requests()) != 0 {
				t.Errorf("answered %v, served %d", got.Code, len(s.requests()))
			}
			if size, err := got.Options.GetUint32(message.Size1); c.code == codes.RequestEntityTooLarge && (err != nil || size != 40) {
				t.Errorf("the limit is said to be %d, %v", size, err)
			}
			if held := server.uploading.Load(); held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
		})
	}
}

func TestABodyWithoutBlocksIsBoundedToo(t *testing.T) {
	s := &script{}
	_, address := serveUDP(t, s, Options{MaxBody: 40})
	w := dial(t, address)
	w.write(w.next(call{path: telemetry("T"), body: large(41)}))
	if got := w.answer(); got.Code != codes.RequestEntityTooLarge || len(s.requests()) != 0 {
		t.Errorf("answered %v", got.Code)
	}
}

func TestABlockThatComesTwiceCountsOnce(t *testing.T) {
	s := &script{}
	_, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	body := large(40)
	for _, number := range []uint32{0, 1, 1, 2} {
		from := int(number) * 16
		w.write(w.next(call{
			path: telemetry("T"), body: body[from:min(from+16, 40)],
			options: message.Options{option(message.Block1, blockOf(number, number < 2, 0))},
		}))
		w.answer()
	}
	if asked := s.requests(); len(asked) != 1 || string(asked[0].Body) != body {
		t.Errorf("served %v", asked)
	}
}

func TestAClientMayAskForSmallBlocks(t *testing.T) {
	reply := large(100)
	s := says(muster.Message{Body: []byte(reply)}, nil)
	_, address := serveUDP(t, s, Options{})
	w := dial(t, address)
	var got bytes.Buffer
	for number := uint32(0); ; number++ {
		w.write(w.next(call{
			code: codes.GET, path: telemetry("T"),
			options: message.Options{option(message.Block2, blockOf(number, false, 1))},
		}))
		m := w.answer()
		got.Write(m.Payload)
		v, err := m.Options.GetUint32(message.Block2)
		if err != nil || m.Code != codes.Content {
			t.Fatalf("block %d: %v, %v", number, m.Code, err)
		}
		if v == blockOf(number, false, 1) {
			break
		}
	}
	if got.String() != reply || len(s.requests()) != 1 {
		t.Errorf("got %q after %d requests", got.String(), len(s.requests()))
	}
	w.write(w.next(call{code: codes.GET, path: telemetry("T"), options: message.Options{option(message.Block2, blockOf(99, false, 1))}}))
	if m := w.answer(); m.Code != codes.BadRequest {
		t.Errorf("a block behind the end is answered %v", m.Code)
	}
	w.write(w.next(call{path: telemetry("T"), options: message.Options{option(message.Block2, blockOf(3, false, 1))}}))
	if m := w.answer(); m.Code != codes.RequestEntityIncomplete {
		t.Errorf("a block of an answer that is not kept is answered %v", m.Code)
	}
}

func TestUnfinishedBodiesAreBoundedAndGivenUp(t *testing.T) {
	server := newServer(&script{}, Options{})
	p, _ := fakePeer(server, "192.0.2.1:1000")
	server.uploading.Store(maxUploading - 20)
	now := time.Now()
	if _, reply, _ := p.takeBlock("k", block{number: 0, more: true}, []byte(large(16)), 0, now); reply.code != codes.Continue {
		t.Errorf("the last that fits is answered %v", reply.code)
	}
	q, _ := fakePeer(server, "192.0.2.2:1000")
	if _, reply, _ := q.takeBlock("k", block{number: 0, more: true}, []byte(large(16)), 0, now); reply.code != codes.ServiceUnavailable {
		t.Errorf("one too many is answered %v", reply.code)
	}
	p.giveUpBody(now.Add(bodyPatience + time.Second))
	if held := server.uploading.Load(); held != maxUploading-20 {
		t.Errorf("%d bytes are held after giving up", held-(maxUploading-20))
	}
}

func TestAPeerThatIsForgottenMeanwhileHoldsNoBody(t *testing.T) {
	server := newServer(&script{}, Options{})
	p, _ := fakePeer(server, "192.0.2.1:1000")
	p.forget()
	_, reply, done := p.takeBlock("k", block{number: 0, more: true}, []byte(large(16)), 0, time.Now())
	if done || reply.code != codes.ServiceUnavailable {
		t.Errorf("its block is answered %v", reply.code)
	}
	if held := server.uploading.Load(); held != 0 {
		t.Errorf("%d bytes are held for ever", held)
	}
}
