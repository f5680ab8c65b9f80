package coapd

import (
	"context"
	"net/netip"
	"runtime/debug"
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
		p.settle(id, m.Type == message.Acknowledgement)
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
		p.conclude(e, m.Token, bare(codes.ServiceUnavailable))
	case !s.begin():
		p.rest()
		p.conclude(e, m.Token, bare(codes.ServiceUnavailable))
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
			a = bare(codes.InternalServerError)
		}
	}()
	q, wrong := readRequest(m)
	if wrong != codes.Empty {
		return bare(wrong)
	}
	if q.wanted().number > 0 {
		if part, ok := p.fetch(q.key(), q.wanted()); ok {
			return part
		}
		if q.method != codes.GET {
			return bare(codes.RequestEntityIncomplete)
		}
	}
	return s.serve(ctx, p, from, &q, m.Payload, size)
}

// serve answers a request once its body is whole, with the part of the answer that is wanted.
func (s *Server) serve(ctx context.Context, p *peer, from netip.AddrPort, q *request, body []byte, size int) answer {
	key, now := q.key(), time.Now()
	if q.block1 != nil {
		whole, reply, done := p.takeBlock(key, *q.block1, body, q.announced, now)
		if !done {
			return reply
		}
		defer s.release(len(whole))
		body = whole
	}
	a := s.ask(ctx, p, from, q, body, size)
	a.block1 = q.block1
	return p.cut(key, a, q.wanted(), now)
}

// ask takes a request to the dispatcher. size is that of its datagram.
func (s *Server) ask(ctx context.Context, p *peer, from netip.AddrPort, q *request, body []byte, size int) answer {
	if len(body) > s.o.MaxBody {
		return tooLarge(s.o.MaxBody)
	}
	m, o, err := s.hand(ctx, p, from, q, body)
	if err != nil && muster.KindOf(err) == muster.Internal {
		s.log.Error("a request failed", "error", err)
	}
	a := answer{code: code(q.method, m, err), payload: m.Body, format: noFormat, maxAge: m.RetryAfter, fresh: m.Fresh, observation: o}
	switch {
	case len(m.Body) == 0 && err != nil:
		a.payload = diagnostic(err, size)
	case m.Type != "":
		a.format = formats[m.Type]
	case len(m.Body) == 0 || m.Binary:
	case a.code != codes.Content: // as Californium answers with a text
		a.format = int(message.TextPlain)
	default:
		a.format = q.contentFormat()
	}
	return a
}

// hand hands a request in. The observation is one that goes on; nil: there is none. [RFC 7641, 4.1]
func (s *Server) hand(ctx context.Context, p *peer, from netip.AddrPort, q *request, body []byte) (muster.Message, *observation, error) {
	hello := muster.Hello{Transport: muster.CoAP, Secure: p.secure, Remote: from.Addr(), Chain: p.chain}
	r := muster.Request{
		Transport: muster.CoAP, Method: q.method.String(), Path: q.path, Query: q.query, Body: body, Accept: q.accept,
		Observe: q.observe == register && q.wanted().number == 0,
	}
	if q.format != noFormat {
		r.Format = mediaType(uint32(q.format))
	}
	if q.observe == deregister {
		p.cancel(q.token)
	}
	if !r.Observe {
		m, err := s.do.Do(ctx, &hello, &r)
		return m, nil, err
	}
	o := p.observe(q)
	m, leave, err := s.do.Observe(ctx, &hello, &r, o)
	switch {
	case leave == nil:
		o.refused()
	case o.granted(leave):
		return m, o, err
	}
	return m, nil, err
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
