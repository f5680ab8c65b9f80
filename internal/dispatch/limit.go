package dispatch

import (
	"context"
	"sync"
	"time"
)

// answerWithin is how long a request may wait for its answer: while the disk stands still, it is told so.
const answerWithin = 30 * time.Second

// A limit is the context of one request. It ends with that of the transport, and when the request has waited long enough.
// Most requests never ask for Done, so the timer is set by whoever does so first.
type limit struct {
	context.Context // the transport's
	until           time.Time

	mu    sync.Mutex // guards timed and stop
	timed context.Context
	stop  context.CancelFunc
}

func newLimit(ctx context.Context) *limit {
	return &limit{Context: ctx, until: time.Now().Add(answerWithin)}
}

// Deadline returns when the request has waited long enough.
func (l *limit) Deadline() (time.Time, bool) { return l.until, true }

// Done returns a channel that is closed when the limit ends.
func (l *limit) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		l.timed, l.stop = context.WithDeadline(l.Context, l.until)
	}
	return l.timed.Done()
}

// Err returns why the limit has ended, or nil.
func (l *limit) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timed == nil {
		return l.Context.Err()
	}
	return l.timed.Err()
}

// release frees the timer. The request is answered.
func (l *limit) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop()
	}
}
