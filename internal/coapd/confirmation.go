package coapd

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
)

// The patience with a peer that does not acknowledge. [RFC 7252, 4.8]
const (
	ackTimeout    = 2 * time.Second
	maxRetransmit = 4
)

// A confirmation is an answer that is sent until the peer acknowledges it.
type confirmation struct {
	datagram []byte
	sent     int
	wait     time.Duration
	timer    *time.Timer
	of       *observation // nil: it is of none
}

// nextID returns a message id that no awaited answer has, nor the last message of an observation. The caller holds mu.
func (p *peer) nextID() uint16 {
	for {
		p.lastID++
		if _, taken := p.awaiting[p.lastID]; !taken && !p.isLast(p.lastID) {
			return p.lastID
		}
	}
}

// isLast reports whether the last message of an observation has that id. The caller holds mu.
func (p *peer) isLast(id uint16) bool {
	return slices.ContainsFunc(p.observations, func(o *observation) bool { return o.last == id })
}

// await makes a confirmable message of a and sees to it that it is sent again until it is acknowledged. The caller holds
// mu and sends it the first time.
func (p *peer) await(a answer, token message.Token) []byte {
	id := p.nextID()
	c := &confirmation{
		datagram: encode(a.message(message.Confirmable, id, token)),
		wait:     ackTimeout + rand.N(ackTimeout/2), // [RFC 7252, 4.2]
		of:       a.observation,
	}
	if c.of != nil {
		c.of.last, c.of.awaited = id, true
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
		if c.of != nil {
			c.of.confirmed(false)
		}
		p.mu.Unlock()
		return
	}
	c.wait *= 2
	c.timer.Reset(c.wait)
	p.mu.Unlock()
	p.send(c.datagram)
}

// settle ends the wait for an acknowledgement: the peer has the answer, or does not want it.
func (p *peer) settle(id uint16, has bool) {
	p.mu.Lock()
	var due [][]byte
	if c := p.awaiting[id]; c != nil {
		c.timer.Stop()
		delete(p.awaiting, id)
		if c.of != nil {
			due = c.of.confirmed(has)
		}
	}
	if !has {
		p.rejected(id)
	}
	p.mu.Unlock()
	p.sendAll(due)
}
