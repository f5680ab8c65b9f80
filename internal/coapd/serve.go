package coapd

import (
	"context"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// receive takes a datagram that p sent from an address. It does not wait; the datagram is its own from now on.
func (s *Server) receive(ctx context.Context, p *peer, from netip.AddrPort, datagram []byte) {
	if s.isStopping() {
		return
	}
	p.hear()
	m, err := decode(datagram)
	if err != nil {
		s.metrics.malformed.Inc()
		return // without an answer, as any sender's address may be forged
	}
	id, confirmable := uint16(m.MessageID), m.Type == message.Confirmable
	switch {
	case m.Type == message.Acknowledgement || m.Type == message.Reset:
		p.settle(id)
	case m.Code != codes.Empty && m.Code>>5 == 0:
		s.accept(ctx, p, from, m, datagram)
	case confirmable: // a ping, or an answer that nobody asked for [RFC 7252, 4.3]
		p.send(empty(message.Reset, id))
	}
}

// accept has a request worked on, unless it came before or there is no room.
func (s *Server) accept(ctx context.Context, p *peer, from netip.AddrPort, m message.Message, datagram []byte) {
	e, room := p.open(uint16(m.MessageID), m.Type == message.Confirmable, datagram, time.Now())
	switch {
	case e == nil:
	case !room:
		p.conclude(e, m.Token, refusal(codes.ServiceUnavailable))
	case !s.begin():
		p.rest()
		p.conclude(e, m.Token, refusal(codes.ServiceUnavailable))
	default:
		go s.work(ctx, p, from, m, len(datagram), e)
	}
}

// farewell is how long a session lasts after its certificate was refused. Whatever comes in it is refused as well.
const farewell = 500 * time.Millisecond

// work answers one request.
func (s *Server) work(ctx context.Context, p *peer, from netip.AddrPort, m message.Message, size int, e *exchange) {
	defer s.end()
	defer p.rest()
	if e.confirmable {
		early := time.AfterFunc(piggybackWindow, func() { p.acknowledge(e) })
		defer early.Stop()
	}
	a := s.answer(ctx, p, from, &m, size)
	p.conclude(e, m.Token, a)
	if len(p.chain) > 0 && (a.code == codes.Unauthorized || a.code == codes.Forbidden) {
		// The certificate does not open the door any more. The client reads why before its session is over.
		time.AfterFunc(farewell, p.hangUp)
	}
}

// answer finds the answer to a request, also when that panics.
func (s *Server) answer(ctx context.Context, p *peer, from netip.AddrPort, m *message.Message, size int) (a answer) {
	defer func() {
		if caught := recover(); caught != nil {
			s.metrics.panics.Inc()
			s.log.Error("a request panicked", "panic", caught, "stack", string(debug.Stack()))
			a = refusal(codes.InternalServerError)
		}
	}()
	q, wrong := readRequest(m)
	if wrong != codes.Empty {
		return refusal(wrong)
	}
	key, now := q.key(), time.Now()
	asked := block{size: largestBlock}
	if q.block2 != nil {
		asked = *q.block2
		asked.more = false
	}
	if asked.number > 0 {
		if part, ok := p.fetch(key, asked); ok {
			return part
		}
		if m.Code != codes.GET {
			return refusal(codes.RequestEntityIncomplete)
		}
	}
	body := m.Payload
	if q.block1 != nil {
		whole, reply, done := p.takeBlock(key, *q.block1, body, q.announced, now)
		if !done {
			return reply
		}
		defer s.release(len(whole))
		body = whole
	}
	a = s.ask(ctx, p, from, &q, body, size)
	a.block1 = q.block1
	return p.cut(key, a, asked, now)
}

// ask takes a request to the dispatcher. size is that of its datagram.
func (s *Server) ask(ctx context.Context, p *peer, from netip.AddrPort, q *request, body []byte, size int) answer {
	if len(body) > s.o.MaxBody {
		a := refusal(codes.RequestEntityTooLarge)
		a.size1 = s.o.MaxBody
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	hello := muster.Hello{Transport: muster.CoAP, Secure: p.secure, Remote: from.Addr(), Chain: p.chain}
	m, err := s.do.Do(ctx, &hello, &muster.Request{
		Transport: muster.CoAP, Method: q.method.String(), Path: q.path, Query: q.query, Body: body,
	})
	if err != nil && muster.KindOf(err) == muster.Internal {
		s.log.Error("a request failed", "error", err)
	}
	a := answer{code: code(q.method, m, err), payload: m.Body, format: noFormat}
	switch {
	case len(m.Body) == 0 && err != nil:
		a.payload = diagnostic(err, size)
	case len(m.Body) == 0 || m.Binary:
	case a.code != codes.Content: // as Californium answers with a text
		a.format = int(message.TextPlain)
	case q.format != noFormat:
		a.format = q.format
	default:
		a.format = int(message.AppJSON)
	}
	return a
}

// overhead is what an answer has besides token and payload: the header and the payload's marker.
const overhead = 4 + message.MaxTokenSize + 1

// diagnostic says why a request was refused, if the answer is at most three times as long as the request: nobody can use
// the server to flood another with it.
func diagnostic(err error, size int) []byte {
	refusal := muster.Public(err)
	if refusal.Quiet || overhead+len(refusal.Reason) > 3*size {
		return nil
	}
	return []byte(refusal.Reason)
}

// A request is what the options of a message say.
type request struct {
	method    codes.Code
	path      []string
	query     []string
	format    int // of the body; noFormat: it is not said
	block1    *block
	block2    *block
	announced int // bytes of the whole body; 0: it is not said
}

// key names what is asked for, among the requests of a peer.
func (q *request) key() string {
	return q.method.String() + " " + strings.Join(q.path, "/") + "?" + strings.Join(q.query, "&")
}

// readRequest reads the options. The code is that of the refusal where one must be understood and is not.
func readRequest(m *message.Message) (request, codes.Code) {
	q := request{method: m.Code, format: noFormat}
	if m.Code > codes.DELETE {
		return q, codes.MethodNotAllowed
	}
	for _, o := range m.Options {
		switch o.ID {
		case message.URIPath:
			q.path = append(q.path, string(o.Value))
		case message.URIQuery:
			q.query = append(q.query, string(o.Value))
		case message.ContentFormat:
			q.format = int(uintOption(o.Value))
		case message.Size1:
			q.announced = int(uintOption(o.Value))
		case message.Block1, message.Block2:
			b, ok := readBlock(o.Value)
			if !ok {
				return q, codes.BadRequest // [RFC 7959, 2.2]
			}
			if o.ID == message.Block1 {
				q.block1 = &b
			} else {
				q.block2 = &b
			}
		case message.URIHost, message.URIPort, message.Accept:
		case message.ProxyURI, message.ProxyScheme:
			return q, codes.ProxyingNotSupported // [RFC 7252, 5.10.2]
		default:
			if o.ID%2 == 1 {
				return q, codes.BadOption // a critical option [RFC 7252, 5.4.1]
			}
		}
	}
	q.path = split(q.path)
	return q, codes.Empty
}

// split takes apart a path that some clients send whole in one option (ThingsBoard device API 5.1).
func split(path []string) []string {
	if len(path) != 1 || !strings.Contains(path[0], "/") {
		return path
	}
	return slices.Collect(strings.SplitSeq(strings.Trim(path[0], "/"), "/"))
}
