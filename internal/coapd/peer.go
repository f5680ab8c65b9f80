package coapd

import (
	"crypto/x509"
	"hash/maphash"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
)

// The message layer. [RFC 7252, 4.8]
const (
	ackTimeout    = 2 * time.Second
	maxRetransmit = 4
	// piggybackWindow is how long a request may take before its acknowledgement goes ahead of the answer.
	piggybackWindow = 500 * time.Millisecond
)

// What is remembered of one peer. The first is more than the second, so that no request in work is forgotten.
const (
	maxRecent   = 64 // exchanges, to recognise requests that come twice
	maxInWork   = 32 // requests
	maxAwaiting = 16 // answers whose acknowledgement is awaited
)

// A peer is who speaks from one address, or through one DTLS session.
type peer struct {
	server *Server
	remote netip.AddrPort // when it was first heard; a DTLS session may move
	secure bool
	chain  []*x509.Certificate
	send   func(datagram []byte)                  // from any goroutine; datagrams may be lost
	hangUp func()                                 // ends the session; over plain UDP there is none
	local  atomic.Pointer[coapnet.ControlMessage] // where answers leave from; nil in a session

	heard atomic.Int64 // time since epoch

	mu       sync.Mutex // guards what follows
	gone     bool
	inWork   int
	recent   []*exchange // a ring
	oldest   int         // in recent, once it is full
	awaiting map[uint16]*confirmation
	lastID   uint16
	upload   *upload
	download *download
}

// An exchange is one request of a peer and what became of it. The peer's mu guards it.
type exchange struct {
	id           uint16
	sum          uint64 // of the datagram
	confirmable  bool
	begun        time.Time
	acknowledged bool   // by an empty message; the answer follows on its own
	concluded    bool   // it has an answer
	reply        []byte // what the request is answered with when it comes again
}

// A confirmation is an answer that is sent until the peer acknowledges it.
type confirmation struct {
	datagram []byte
	sent     int
	wait     time.Duration
	timer    *time.Timer
}

func (s *Server) newPeer(remote netip.AddrPort) *peer {
	p := &peer{server: s, remote: remote, hangUp: func() {}, lastID: uint16(rand.Uint32())}
	p.hear()
	return p
}

// hear notes that the peer was heard now; the time is one that no change of the clock moves.
func (p *peer) hear() { p.heard.Store(int64(time.Since(p.server.epoch))) }

func (p *peer) lastHeard() time.Time { return p.server.epoch.Add(time.Duration(p.heard.Load())) }

func (p *peer) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inWork > 0
}

// open begins an exchange. A request that came before, byte for byte, is answered as it was, or is still in work: then e
// is nil. When the peer has too much in work, room is false. The message id alone would not do: a device that was switched
// off and on begins with the same ids, and a stranger could fetch a long answer again with a short datagram.
func (p *peer) open(id uint16, confirmable bool, datagram []byte, now time.Time) (e *exchange, room bool) {
	sum := maphash.Bytes(p.server.seed, datagram)
	p.mu.Lock()
	if known := p.find(id, sum, now); known != nil {
		reply := known.reply
		p.mu.Unlock()
		if reply != nil {
			p.send(reply)
		}
		return nil, false
	}
	defer p.mu.Unlock()
	e = &exchange{id: id, sum: sum, confirmable: confirmable, begun: now}
	p.remember(e)
	if p.inWork == maxInWork {
		return e, false
	}
	p.inWork++
	return e, true
}

// remember keeps e, once there are many in the place of the oldest that is concluded. The caller holds mu.
func (p *peer) remember(e *exchange) {
	if len(p.recent) < maxRecent {
		p.recent = append(p.recent, e)
		return
	}
	for !p.recent[p.oldest].concluded { // as most are, or too many would be in work
		p.oldest = (p.oldest + 1) % maxRecent
	}
	p.recent[p.oldest] = e
	p.oldest = (p.oldest + 1) % maxRecent
}

// find returns the exchange that a datagram with that id and sum belongs to, unless that is so long ago that it begins
// another. The caller holds mu.
func (p *peer) find(id uint16, sum uint64, now time.Time) *exchange {
	for _, e := range p.recent {
		if e.id == id && e.sum == sum && now.Sub(e.begun) < exchangeLifetime {
			return e
		}
	}
	return nil
}

// rest says that a request is no longer in work.
func (p *peer) rest() {
	p.mu.Lock()
	p.inWork--
	p.mu.Unlock()
}

// acknowledge tells the peer that its request has come, because the answer takes a while.
func (p *peer) acknowledge(e *exchange) {
	p.mu.Lock()
	if e.acknowledged || e.concluded {
		p.mu.Unlock()
		return
	}
	acknowledgement := empty(message.Acknowledgement, e.id)
	e.acknowledged, e.reply = true, acknowledgement
	p.mu.Unlock()
	p.send(acknowledgement)
}

// conclude answers a request.
func (p *peer) conclude(e *exchange, token message.Token, a answer) {
	p.server.metrics.count(a.code)
	for _, datagram := range p.compose(e, token, a) {
		p.send(datagram)
	}
}

// compose returns the messages that answer a request. A confirmable request that succeeds is acknowledged and answered
// by a confirmable message of its own, as ThingsBoard does (ThingsBoard device API 5.2). What rides on the acknowledgement
// is an answer to a provision request, as there; a refusal, so that a stranger is not sent anything twice; and an answer in
// blocks, because there are clients that ask for the next block in their acknowledgement of a confirmable one. A request
// that need not be confirmed and has an option that must be understood and is not is rejected. [RFC 7252, 5.4.1]
func (p *peer) compose(e *exchange, token message.Token, a answer) [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.concluded = true
	mayAwait := !p.gone && len(p.awaiting) < maxAwaiting
	switch {
	case !e.confirmable && a.code == codes.BadOption:
		return [][]byte{empty(message.Reset, e.id)}
	case !e.confirmable, e.acknowledged && !mayAwait:
		return [][]byte{encode(a.message(message.NonConfirmable, p.nextID(), token))}
	case e.acknowledged:
		return [][]byte{p.await(a, token)}
	case a.success() && !a.provisions() && a.block2 == nil && mayAwait:
		e.acknowledged, e.reply = true, empty(message.Acknowledgement, e.id)
		return [][]byte{e.reply, p.await(a, token)}
	}
	e.reply = encode(a.message(message.Acknowledgement, e.id, token))
	return [][]byte{e.reply}
}

// nextID returns a message id that no awaited answer has. The caller holds mu.
func (p *peer) nextID() uint16 {
	for {
		p.lastID++
		if _, taken := p.awaiting[p.lastID]; !taken {
			return p.lastID
		}
	}
}

// await makes a confirmable message of a and sees to it that it is sent again until it is acknowledged. The caller holds
// mu and sends it the first time.
func (p *peer) await(a answer, token message.Token) []byte {
	id := p.nextID()
	c := &confirmation{
		datagram: encode(a.message(message.Confirmable, id, token)),
		wait:     ackTimeout + rand.N(ackTimeout/2), // [RFC 7252, 4.2]
	}
	c.timer = time.AfterFunc(c.wait, func() { p.repeat(id, c) })
	if p.awaiting == nil {
		p.awaiting = make(map[uint16]*confirmation)
	}
	p.awaiting[id] = c
	return c.datagram
}

// repeat sends an answer once more, after twice the time, until that is no use any more.
func (p *peer) repeat(id uint16, c *confirmation) {
	p.mu.Lock()
	if p.awaiting[id] != c {
		p.mu.Unlock()
		return
	}
	if c.sent++; c.sent > maxRetransmit {
		delete(p.awaiting, id)
		p.mu.Unlock()
		return
	}
	c.wait *= 2
	c.timer.Reset(c.wait)
	p.mu.Unlock()
	p.send(c.datagram)
}

// settle ends the wait for an acknowledgement: the peer has the answer, or does not want it.
func (p *peer) settle(id uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.awaiting[id]; c != nil {
		c.timer.Stop()
		delete(p.awaiting, id)
	}
}

// forget ends all waiting: the peer is not remembered any more.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for _, c := range p.awaiting {
		c.timer.Stop()
	}
	p.awaiting, p.download = nil, nil
	p.dropUpload()
}
