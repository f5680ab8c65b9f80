package mqttd

import (
	"net"
	"runtime"
	"sync"
)

// halfOpen is how many TLS handshakes may wait for their client's second word at once. Each holds some 60 kB. A client that
// means it answers within its round trip.
const halfOpen = 2048

// Turns bound what strangers take who begin TLS handshakes. At most half of the processors compute for them at once, so that
// devices that are in are served while any number of others come; and when too many have begun and do not go on, the one
// that has waited longest is given up for the newest.
type turns struct {
	compute chan struct{}

	mu      sync.Mutex // guards what follows
	next    int
	waiting [halfOpen]*wire // nil: over, or it was never used
}

func newTurns() *turns { return &turns{compute: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))} }

// A turn is that of one handshake, of whose goroutine alone it is.
type turn struct {
	of    *turns // nil: none is asked for
	has   bool
	began bool // the client's first word was read
	slot  int  // of of.waiting, if it began
}

// read reads what the client sends, without a turn while it waits for that and with one when it returns.
func (t *turn) read(w *wire, b []byte) (int, error) {
	t.rest()
	err := w.await()
	t.of.compute <- struct{}{}
	if t.has = true; err != nil {
		return 0, err
	}
	if !t.began {
		t.began = true
		t.slot = t.of.begin(w)
	}
	return w.duplex.Read(b)
}

// rest gives the turn to another handshake.
func (t *turn) rest() {
	if t.has {
		t.has = false
		<-t.of.compute
	}
}

// end is the end of the handshake.
func (t *turn) end(w *wire) {
	t.rest()
	if t.began {
		t.of.end(w, t.slot)
	}
	t.of = nil
}

// begin counts a handshake, in place of the oldest.
func (t *turns) begin(w *wire) (slot int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slot = t.next
	t.next = (slot + 1) % halfOpen
	if old := t.waiting[slot]; old != nil {
		old.drop(net.ErrClosed)
	}
	t.waiting[slot] = w
	return slot
}

// end counts a handshake no more.
func (t *turns) end(w *wire, slot int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[slot] == w {
		t.waiting[slot] = nil
	}
}
