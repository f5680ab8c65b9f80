package mqttd

import "sync"

// A buffer is borrowed memory.
type buffer struct{ b []byte }

// buffers lends the memory that connections need while they are busy.
type buffers struct {
	large       int
	small, full sync.Pool
	senders     sync.Pool
}

// smallBuffer holds what a device usually sends or is sent at once.
const smallBuffer = 8 << 10

// newBuffers returns buffers for packets up to a remaining length.
func newBuffers(maxPacket int) *buffers {
	b := &buffers{large: max(maxPacket, connectLimit) + 5}
	b.small.New = func() any { return &buffer{make([]byte, smallBuffer)} }
	b.full.New = func() any { return &buffer{make([]byte, b.large)} }
	b.senders.New = func() any { return newSender() }
	return b
}

// get lends a buffer of at least n bytes, n being no more than the largest packet. What is in it is anything.
func (p *buffers) get(n int) *buffer {
	if n <= smallBuffer {
		return p.small.Get().(*buffer)
	}
	return p.full.Get().(*buffer)
}

// put takes a buffer back. One that has grown past what is lent is left to the garbage collector.
func (p *buffers) put(b *buffer) {
	switch b.b = b.b[:cap(b.b)]; len(b.b) {
	case smallBuffer:
		p.small.Put(b)
	case p.large:
		p.full.Put(b)
	}
}
