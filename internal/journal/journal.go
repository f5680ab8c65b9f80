package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

const (
	defaultKeep = 100_000
	defaultAge  = 90 * 24 * time.Hour
	window      = 250 * time.Millisecond // how long an attempt waits for others before it is filed
	batch       = 1024                   // attempts that are filed without waiting longer
	writeTime   = 5 * time.Second        // how long filing a batch may take
	defaultPage = 100
	maxPage     = 1000
)

// Options are what a Journal may be given.
type Options struct {
	Keep       int                   // how many attempts of devices are kept, and as many of strangers; 0 means 100,000
	Age        time.Duration         // how long they are kept; 0 means 90 days
	Watcher    Watcher               // nil: nobody is told
	Now        func() time.Time      // nil means time.Now
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // of the metrics; nil: nobody reads them
}

// A Journal keeps attempts. It is safe for concurrent use.
type Journal struct {
	store   Store
	watcher Watcher // nil: nobody
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	mu    sync.Mutex // guards these
	queue queue
	shown certificates
	keep  int
	age   time.Duration
	lost  int64     // attempts
	last  time.Time // when one was lost

	writing chan struct{} // holds one token: whoever has it may file
	failing bool          // guarded by writing; how the last filing went
	first   chan struct{} // something waits
	full    chan struct{} // a batch waits
	stop    chan struct{}
	once    sync.Once // closes stop
	stopped chan struct{}
}

// New returns a Journal over store. It must be closed.
func New(store Store, o Options) *Journal {
	j := &Journal{
		store: store, watcher: o.Watcher, now: o.Now, log: o.Logger, metrics: newMetrics(o.Registerer),
		queue: newQueue(), writing: make(chan struct{}, 1),
		first: make(chan struct{}, 1), full: make(chan struct{}, 1),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	j.SetBounds(o.Keep, o.Age)
	if j.now == nil {
		j.now = time.Now
	}
	if j.log == nil {
		j.log = slog.New(slog.DiscardHandler)
	}
	go j.run()
	return j
}

// SetBounds changes Keep and Age of the Options, from the next filing on.
func (j *Journal) SetBounds(keep int, age time.Duration) {
	if keep <= 0 {
		keep = defaultKeep
	}
	if age <= 0 {
		age = defaultAge
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keep, j.age = keep, age
}

// Lost returns how many attempts could not be kept since the start, and when that happened last.
func (j *Journal) Lost() (attempts int64, last time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lost, j.last
}

// lose counts attempts that cannot be kept.
func (j *Journal) lose(attempts int) {
	j.metrics.lost.Add(float64(attempts))
	now := j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lost += int64(attempts)
	j.last = now
}

// Note keeps an attempt. Attempts alike that come within a quarter of a second are kept as one with their count, and those
// that go on and on are filed ever more seldom. Note never waits: when too many attempts wait to be filed, this one is
// counted and lost.
func (j *Journal) Note(a muster.Attempt) {
	j.metrics.count(&a)
	tidy(&a, j.now)
	j.mu.Lock()
	n := j.queue.add(&a)
	j.mu.Unlock()
	switch n {
	case 0:
		j.lose(a.Count)
	case 1:
		wake(j.first)
	case batch:
		wake(j.full)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run files what waits until stop.
func (j *Journal) run() {
	defer close(j.stopped)
	for {
		select {
		case <-j.first:
		case <-j.stop:
			return
		}
		for more := true; more; more = j.waits() {
			if !j.pause() {
				return
			}
			_ = j.flush(context.Background(), false) // which tells how it goes
		}
	}
}

// pause lasts until it is time to file. It is false when the journal stops.
func (j *Journal) pause() bool {
	timer := time.NewTimer(window)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.full:
	case <-j.stop:
		return false
	}
	return true
}

// waits reports whether something is held back still.
func (j *Journal) waits() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.queue.waiting) > 0
}

// flush files what waits, all of it or what is due; ctx bounds the wait for another flush alone, so that a reader who goes
// away loses nothing. What cannot be filed is counted and lost: a journal that grows while the disk is full would take the
// server with it.
func (j *Journal) flush(ctx context.Context, all bool) error {
	select {
	case j.writing <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for the journal: %w", ctx.Err())
	}
	defer func() { <-j.writing }()
	j.mu.Lock()
	attempts := j.queue.take(j.now(), all)
	keep, age := j.keep, j.age
	j.mu.Unlock()
	if len(attempts) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	shown := takeCertificates(attempts)
	err := j.store.AppendAttempts(ctx, attempts, keep, j.now().Add(-age))
	j.tell(err)
	if err != nil {
		lost := 0
		for i := range attempts {
			lost += attempts[i].Count
		}
		j.lose(lost)
		return fmt.Errorf("file %d attempts: %w", len(attempts), err)
	}
	j.mu.Lock()
	for _, s := range shown {
		j.shown.put(attempts[s.index].Number, s.der)
	}
	j.mu.Unlock()
	if j.watcher != nil {
		j.watcher.Filed(attempts)
	}
	return nil
}

// tell logs when filing begins to fail and when it succeeds again.
func (j *Journal) tell(err error) {
	switch {
	case err != nil && !j.failing:
		j.log.Error("attempts cannot be filed; the journal loses them", "reason", muster.ReasonOf(err), "error", err)
	case err == nil && j.failing:
		j.log.Info("attempts are filed again")
	}
	j.failing = err != nil
}

// Attempts returns the newest attempts first, those that were noted before it was called included: at most 1000, and 100
// where no limit is given. While attempts cannot be filed, it returns those that were filed before.
func (j *Journal) Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error) {
	if err := j.flush(ctx, true); err != nil && ctx.Err() != nil {
		return nil, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultPage
	}
	q.Limit = min(q.Limit, maxPage)
	return j.store.Attempts(ctx, q)
}

// Attempt returns the attempt of that number, or ReasonNotFound: there never was one, or it is no longer kept.
func (j *Journal) Attempt(ctx context.Context, number int64) (muster.Attempt, error) {
	all, err := j.Attempts(ctx, muster.AttemptQuery{Since: number - 1, Before: number + 1, Limit: 1})
	if err == nil && len(all) == 0 {
		err = muster.Refuse(muster.ReasonNotFound, "the journal has no attempt %d", number)
	}
	if err != nil {
		return muster.Attempt{}, err
	}
	return all[0], nil
}

// Certificate returns the certificate, in DER, that nobody had when it was shown in the attempt of that number: of the newest
// 256 such attempts since the start, and nil of all others.
func (j *Journal) Certificate(number int64) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.shown.of(number)
}

// Count returns how often attempts ended with each reason from one time on and before another, the most frequent first.
func (j *Journal) Count(ctx context.Context, from, to time.Time) ([]muster.ReasonCount, error) {
	if err := j.flush(ctx, true); err != nil && ctx.Err() != nil {
		return nil, err
	}
	return j.store.CountAttempts(ctx, from, to)
}

// Close files what waits. Nothing may be noted after it.
func (j *Journal) Close(ctx context.Context) error {
	j.once.Do(func() { close(j.stop) })
	select {
	case <-j.stopped:
	case <-ctx.Done():
		return fmt.Errorf("close the journal: %w", ctx.Err())
	}
	return j.flush(ctx, true)
}
