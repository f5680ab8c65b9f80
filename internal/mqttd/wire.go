package mqttd

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"muster"
)

// lingerTimeout is how long a peer has to take the last words.
const lingerTimeout = time.Second

// What waits to be written, in bytes.
const (
	maxQueue  = 256 << 10 // to one peer
	maxQueues = 64 << 20  // to all peers; while there is more, none may have more than fairQueue
	fairQueue = 4 << 10
)

// socket is what an accepted connection must be able to do.
type socket interface {
	duplex
	syscall.Conn
}

// duplex is a connection of which one direction can end before the other.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// A wire is the socket of a connection, below TLS if there is any. Writing never waits: what the socket does not take at
// once is queued, and a goroutine that lives as long as the queue writes it. Reading waits like any net.Conn while the
// client is being greeted; once the wire is live it returns wouldBlock instead, and may then be called from within
// the callback of raw.Read alone, with fd set.
//
// A wire may also be a Stream. Then all that is written is queued, and reading waits, always.
type wire struct {
	duplex
	raw      syscall.RawConn // nil if the wire is a Stream
	buffers  *buffers
	patience time.Duration // for each writing of the queue
	fd       int
	live     bool
	turn     turn // of the TLS handshake, while there is one

	mu      sync.Mutex // guards what follows
	queue   []byte
	writing bool  // somebody writes the queue
	leaving bool  // when the queue is empty nothing more follows
	err     error // why nothing can be written any more
}

// wouldBlock says that there is nothing to read now. It is temporary, so crypto/tls passes it on and stays usable.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "nothing to read now" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

func (w *wire) attach(c net.Conn, b *buffers, patience time.Duration) (err error) {
	s, ok := c.(socket)
	if !ok {
		return errors.New("the listener's connections are not sockets")
	}
	w.duplex, w.buffers, w.patience = s, b, patience
	w.raw, err = s.SyscallConn()
	return err
}

// SetWriteDeadline does nothing: writing never waits. crypto/tls sets one when it says goodbye, and it must not cut off
// what is still queued.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// await waits until something can be read, holding no buffer meanwhile.
func (w *wire) await() error {
	if w.raw == nil {
		return w.duplex.(Stream).Await()
	}
	return w.raw.Read(arrived)
}

// arrived reports whether there is something to read from a socket.
func arrived(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return !errors.Is(err, syscall.EAGAIN)
}

// Read reads what has arrived.
func (w *wire) Read(b []byte) (int, error) {
	switch {
	case w.live:
	case w.turn.of != nil:
		return w.turn.read(w, b)
	default:
		return w.duplex.Read(b)
	}
	for {
		n, err := syscall.Read(w.fd, b)
		switch {
		case n > 0:
			return n, nil
		case err == syscall.EAGAIN:
			return 0, wouldBlock{}
		case err == nil:
			return 0, io.EOF
		case err != syscall.EINTR:
			return 0, err
		}
	}
}

// Write sends b, or queues what the socket does not take. ReasonQueueFull if that is too much.
func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	sent := 0
	if !w.writing && w.raw != nil {
		var err error
		if sent, err = w.buffers.send(w.raw, b); err != nil {
			w.err = err
			return sent, err
		}
	}
	if rest := b[sent:]; len(rest) > 0 {
		if !w.mayQueue(len(rest)) {
			w.err = muster.Refuse(muster.ReasonQueueFull, "")
			return sent, w.err
		}
		w.queue = append(w.queue, rest...)
		w.buffers.queued.Add(int64(len(rest)))
		if !w.writing {
			w.writing = true
			go w.drain()
		}
	}
	return len(b), nil
}

// mayQueue reports whether there is room for n more bytes. The caller holds mu.
func (w *wire) mayQueue(n int) bool {
	n += len(w.queue)
	return n <= fairQueue || n <= maxQueue && w.buffers.queued.Load() < maxQueues
}

// drain writes the queue until it is empty, or until the peer takes too long.
func (w *wire) drain() {
	for {
		b := w.dequeue()
		if b == nil {
			return
		}
		_, err := w.duplex.Write(b)
		w.buffers.queued.Add(-int64(len(b)))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = muster.Because(muster.ReasonQueueFull, err)
		}
		if err != nil {
			w.drop(err)
			w.clearQueue()
			return
		}
	}
}

// clearQueue forgets what is never written: nothing is queued after drop.
func (w *wire) clearQueue() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buffers.queued.Add(-int64(len(w.queue)))
	w.queue = nil
}

// dequeue returns what is to be written next, with the deadline for it set; nil when nothing is left.
func (w *wire) dequeue() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.queue
	w.queue = nil
	switch {
	case len(b) == 0:
		w.writing = false
		_ = w.duplex.SetWriteDeadline(time.Time{})
		if w.leaving {
			_ = w.CloseWrite()
		}
		return nil
	case !w.leaving:
		_ = w.duplex.SetWriteDeadline(time.Now().Add(w.patience))
	}
	return b
}

// drop gives the socket up: reading and writing end at once; err says why. Closing is left to the goroutine of the
// connection: Close waits for it.
func (w *wire) drop(err error) {
	w.mu.Lock()
	if w.err == nil {
		w.err = err
	}
	w.mu.Unlock()
	_ = w.SetDeadline(time.Unix(1, 0))
}

// failure returns why nothing can be written any more, nil if something can.
func (w *wire) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// finish is the last of writing: the peer reads what is queued and then the end, and has lingerTimeout for it. Closing
// at once could throw away what it has not read yet.
func (w *wire) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leaving = true
	_ = w.SetDeadline(time.Now().Add(lingerTimeout))
	if !w.writing {
		_ = w.CloseWrite()
	}
}

// discard throws away what the peer still sends, up to a bound, and reports whether it has sent its last. It may be
// called where Read may; until the wire is live it waits for the last, or for the deadline.
func (w *wire) discard() bool {
	b := w.buffers.get(smallBuffer)
	defer w.buffers.put(b)
	for range maxQueue / smallBuffer {
		if _, err := w.Read(b.b); err != nil {
			return err != error(wouldBlock{})
		}
	}
	return false
}
