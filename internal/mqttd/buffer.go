package mqttd

import (
	"sync"
	"sync/atomic"
)

// A buffer is borrowed memory.
type buffer struct{ b []byte }

// buffers lends the memory that connections need while they are busy.
type buffers struct {
	large               int
	small, medium, full sync.Pool
	senders             sync.Pool
	queued              atomic.Int64 // bytes that wait to be written to all peers
}

const (
	smallBuffer  = 8 << 10                               // holds what a device usually sends or is sent at once
	mediumBuffer = max(connectLimit, provisionLimit) + 5 // the largest packet of a client that is not recognised
)

// newBuffers returns buffers for packets up to a remaining length.
func newBuffers(maxPacket int) *buffers {
	b := &buffers{large: max(maxPacket, connectLimit) + 5}
	b.small.New = func() any { return &buffer{make([]byte, smallBuffer)} }
	b.medium.New = func() any { return &buffer{make([]byte, mediumBuffer)} }
	b.full.New = func() any { return &buffer{make([]byte, b.large)} }
	b.senders.New = func() any { return newSender() }
	return b
}

// get lends a buffer of at least n bytes, n being no more than the largest packet. What is in it is anything.
func (p *buffers) get(n int) *buffer {
	switch {
	case n <= smallBuffer:
		return p.small.Get().(*buffer)
	case n <= mediumBuffer:
		return p.medium.Get().(*buffer)
	}
	return p.full.Get().(*buffer)
}

// put takes a buffer back. One that has grown past what is lent is left to the garbage collector.
func (p *buffers) put(b *buffer) {
	switch b.b = b.b[:cap(b.b)]; len(b.b) {
	case smallBuffer:
		p.small.Put(b)
	case mediumBuffer:
		p.medium.Put(b)
	case p.large:
		p.full.Put(b)
	}
}
