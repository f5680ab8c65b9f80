package coapd

import (
	"math/rand/v2"
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
