package mqttd

import (
	"sync"
	"sync/atomic"
)

// round is after how many ticks a connection is looked at again at the latest.
const round = 128

// A roster lists the connections of a server by the tick at which they are to be looked at, in shards so that those who
// come and go seldom wait for each other.
type roster struct {
	turn   atomic.Uint32
	shards [64]shard
}

// A shard is a wheel. What is to be looked at in a tick hangs in its slot, and whatever is further ahead than a round comes by
// earlier.
type shard struct {
	mu    sync.Mutex // guards what follows, and the links of the connections in it
	now   uint32     // tick up to which everything due has been looked at
	slots [round]*conn
}

func (r *roster) add(c *conn) {
	c.shard = uint8(r.turn.Add(1) % uint32(len(r.shards)))
	s := &r.shards[c.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang(c, s.now+1)
}

func (r *roster) remove(c *conn) {
	s := &r.shards[c.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unhang(c)
}

// hang puts a connection into the slot of a tick.
func (s *shard) hang(c *conn, tick uint32) {
	c.slot = uint8(tick % round)
	first := &s.slots[c.slot]
	if c.next = *first; c.next != nil {
		c.next.prev = c
	}
	*first = c
}

func (s *shard) unhang(c *conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.slots[c.slot] = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
}

// look calls f with every connection that is to be looked at up to now. f returns the tick, after now, at which to look
// again, and must neither wait nor touch the roster.
func (r *roster) look(now uint32, f func(*conn) (next uint32)) {
	for i := range r.shards {
		r.shards[i].look(now, f)
	}
}

func (s *shard) look(now uint32, f func(*conn) (next uint32)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.now = max(s.now, now-min(now, round)); s.now < now; s.now++ {
		for c := s.slots[(s.now+1)%round]; c != nil; {
			next := c.next
			s.unhang(c)
			s.hang(c, f(c))
			c = next
		}
	}
}

// each calls f with every connection. f must neither wait nor touch the roster.
func (r *roster) each(f func(*conn)) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for _, c := range s.slots {
			for ; c != nil; c = c.next {
				f(c)
			}
		}
		s.mu.Unlock()
	}
}
