package mqttd

import (
	"sync"
	"sync/atomic"
)

// A roster lists the connections of a server, in shards so that those who come and go seldom wait for each other.
type roster struct {
	turn   atomic.Uint32
	shards [64]shard
}

type shard struct {
	mu    sync.Mutex // guards the list
	first *conn
}

func (r *roster) add(c *conn) {
	c.shard = uint8(r.turn.Add(1) % uint32(len(r.shards)))
	s := &r.shards[c.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.next = s.first; c.next != nil {
		c.next.prev = c
	}
	s.first = c
}

func (r *roster) remove(c *conn) {
	s := &r.shards[c.shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
}

// each calls f with every connection. f must neither wait nor touch the roster.
func (r *roster) each(f func(*conn)) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for c := s.first; c != nil; c = c.next {
			f(c)
		}
		s.mu.Unlock()
	}
}
