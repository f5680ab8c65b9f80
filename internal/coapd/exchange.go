package coapd

import (
	"hash/maphash"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// piggybackWindow is how long a request may take before its acknowledgement goes ahead of the answer.
const piggybackWindow = 500 * time.Millisecond

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
	p.sendAll(p.compose(e, token, a))
	if a.observation != nil {
		a.observation.answered()
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
	if o := a.observation; o != nil {
		o.composed = !o.over
		if o.over {
			a.observation = nil
		}
	}
	mayAwait := !p.gone && len(p.awaiting) < maxAwaiting
	switch {
	case !e.confirmable && a.code == codes.BadOption:
		return [][]byte{empty(message.Reset, e.id)}
	case !e.confirmable, e.acknowledged && !mayAwait:
		id := p.nextID()
		if a.observation != nil {
			a.observation.last = id
		}
		return [][]byte{encode(a.message(message.NonConfirmable, id, token))}
	case e.acknowledged:
		return [][]byte{p.await(a, token)}
	case a.success() && !a.provisions() && a.block2 == nil && mayAwait:
		e.acknowledged, e.reply = true, empty(message.Acknowledgement, e.id)
		return [][]byte{e.reply, p.await(a, token)}
	}
	e.reply = encode(a.message(message.Acknowledgement, e.id, token))
	return [][]byte{e.reply}
}
