package telemetry

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// Defaults of Options.
const (
	DefaultMaxBytes    = 16 << 20
	DefaultMaxMessages = 1 << 16
)

const (
	sampleOverhead = 64              // bytes that a waiting sample takes besides its values
	askAgainAfter  = 1 * time.Second // whether a store that failed would take a commit
)

// Options are what an Intake may be given. The zero Options are good ones.
type Options struct {
	MaxBytes    int                   // of samples that may wait for the next commit; 0 means DefaultMaxBytes
	MaxMessages int                   // that may wait for the next commit; 0 means DefaultMaxMessages
	Watcher     Watcher               // nil: nobody is told
	Logger      *slog.Logger          // nil discards
	Registerer  prometheus.Registerer // of the metrics; nil: nobody reads them
}

// An Intake gathers the readings of many messages, makes them durable together and tells each sender. There is no timer:
// what waits while one commit is under way is the next commit. So a busy house makes large commits and a quiet one makes
// nobody wait. It is safe for concurrent use.
type Intake struct {
	store       Store
	watcher     Watcher // nil: nobody
	log         *slog.Logger
	metrics     *metrics
	maxMessages int
	wake        chan struct{} // holds one token while messages wait
	done        chan struct{} // closed when the last message is answered

	mu       sync.Mutex
	waiting  *load         // guarded by mu
	room     chan struct{} // guarded by mu; closed when waiting is taken
	maxBytes int           // guarded by mu
	closed   bool          // guarded by mu

	failing atomic.Pointer[error] // how the last commit failed; nil: it did not
}

// A load is what one commit makes durable, and whom to tell.
type load struct {
	batch   muster.Batch
	senders []sender
}

type sender struct {
	to  muster.Answerer
	tag uint64
}

// New returns an Intake that commits to store until it is closed.
func New(store Store, o Options) *Intake {
	in := &Intake{
		store: store, watcher: o.Watcher, log: o.Logger, maxMessages: o.MaxMessages,
		wake: make(chan struct{}, 1), done: make(chan struct{}), waiting: new(load), room: make(chan struct{}),
	}
	if in.log == nil {
		in.log = slog.New(slog.DiscardHandler)
	}
	in.SetMaxBytes(o.MaxBytes)
	if in.maxMessages <= 0 {
		in.maxMessages = DefaultMaxMessages
	}
	in.metrics = newMetrics(o.Registerer, in)
	go in.run()
	return in
}

// Submit hands in the readings of one message of who. It copies them and returns; while too many wait already it waits
// too, which is how a transport slows its devices down. If it returns nil, to.Answer is called exactly once with tag: with
// nil when the readings are durable, with an error when they are lost. Messages of one sender are answered in the order
// in which they were submitted, one without readings too. The error is that of ctx, or ReasonStopping.
func (in *Intake) Submit(ctx context.Context, who *muster.Identity, t *muster.Telemetry, to muster.Answerer, tag uint64) error {
	in.mu.Lock()
	for in.full(in.waiting) && !in.closed {
		room := in.room
		in.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return muster.Because(muster.ReasonServerBusy, ctx.Err())
		}
		in.mu.Lock()
	}
	if in.closed {
		in.mu.Unlock()
		return muster.Refuse(muster.ReasonStopping, "")
	}
	l := in.waiting
	for i := range t.Samples {
		l.batch.Add(who.Device, who.Retention, t.Samples[i])
	}
	l.senders = append(l.senders, sender{to, tag})
	if len(l.senders) == 1 {
		in.wake <- struct{}{} // never blocks: the last token was taken before this load began
	}
	in.mu.Unlock()
	if ackBeforeCommit {
		to.Answer(tag, muster.Message{}, nil)
		to.Flush()
	}
	return nil
}

// full reports whether a load takes no further message. An empty load takes any.
func (in *Intake) full(l *load) bool {
	return l.size() >= in.maxBytes || len(l.senders) >= in.maxMessages
}

func (l *load) size() int { return l.batch.Size() + len(l.batch.Entries)*sampleOverhead }

// run commits whatever waits, again and again, until the intake is closed and empty. Two loads take turns: one gathers
// while the other is committed and answered. While the store fails, run asks now and then whether it would take a commit:
// senders that are told nothing may send nothing either.
func (in *Intake) run() {
	defer close(in.done)
	spare := new(load)
	for {
		var askAgain <-chan time.Time
		if in.failing.Load() != nil {
			askAgain = time.After(askAgainAfter)
		}
		select {
		case _, more := <-in.wake:
			if !more {
				return
			}
			runtime.Gosched() // who is about to hand something in does: a commit of many costs as much as one of one
			l := in.take(spare)
			err := in.commit(l)
			l.tell(err)
			if err == nil && in.watcher != nil {
				in.watcher.Stored(&l.batch)
			}
			l.reset()
			spare = l
		case <-askAgain:
			in.note(in.store.Commit(new(muster.Batch)))
		}
	}
}

// take returns what waits and lets next gather from now on.
func (in *Intake) take(next *load) *load {
	in.mu.Lock()
	defer in.mu.Unlock()
	l := in.waiting
	in.waiting = next
	close(in.room)
	in.room = make(chan struct{})
	return l
}

func (in *Intake) commit(l *load) error {
	if ackBeforeCommit {
		time.Sleep(ackBeforeBy)
	}
	if len(l.batch.Entries) == 0 {
		return nil
	}
	start := time.Now()
	err := in.store.Commit(&l.batch)
	in.metrics.committed(l, time.Since(start), err)
	in.note(err)
	return err
}

// note logs when commits begin to fail and when they succeed again.
func (in *Intake) note(err error) {
	switch before := in.failing.Load(); {
	case err != nil:
		in.failing.Store(&err)
		if before == nil {
			in.log.Error("readings cannot be made durable; nothing is acknowledged", "reason", muster.ReasonOf(err), "error", err)
		}
	case before != nil:
		in.failing.Store(nil)
		in.log.Info("readings are made durable again")
	}
}

// tell answers every sender and then lets each write out what it was answered, once for messages that came in a row.
func (l *load) tell(err error) {
	if ackBeforeCommit {
		return
	}
	for _, s := range l.senders {
		s.to.Answer(s.tag, muster.Message{}, err)
	}
	for i, s := range l.senders {
		if i == 0 || s.to != l.senders[i-1].to {
			s.to.Flush()
		}
	}
}

func (l *load) reset() {
	l.batch.Reset()
	clear(l.senders)
	l.senders = l.senders[:0]
}

// Healthy returns how the last commit failed, or nil.
func (in *Intake) Healthy() error {
	if err := in.failing.Load(); err != nil {
		return *err
	}
	return nil
}

// Close takes in nothing more and returns when everything that came in is answered, or when ctx ends.
func (in *Intake) Close(ctx context.Context) error {
	in.mu.Lock()
	if !in.closed {
		in.closed = true
		close(in.room)
		in.room = make(chan struct{})
		close(in.wake) // what waits has left its token in it
	}
	in.mu.Unlock()
	select {
	case <-in.done:
		return nil
	case <-ctx.Done():
		return muster.Because(muster.ReasonStorageUnavailable, ctx.Err())
	}
}

// SetMaxBytes changes MaxBytes of the Options, from the next message on.
func (in *Intake) SetMaxBytes(n int) {
	if n <= 0 {
		n = DefaultMaxBytes
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.maxBytes = n
}

// Queued returns how many bytes of samples wait for the next commit, and how many may.
func (in *Intake) Queued() (bytes, most int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.waiting.size(), in.maxBytes
}
