package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"muster"
)

const (
	writesWaiting  = 1024 // so many writes may wait; whoever comes then waits to wait
	writesTogether = 512  // so many are committed together at most
)

// A writer is the one goroutine that changes the database. It takes whatever writes are waiting, runs them one after
// the other in one transaction, syncs it to disk once, tells everyone, and begins again.
type writer struct {
	path     string
	conn     *conn // nil while the registry cannot be begun again
	log      *slog.Logger
	readers  *readers  // whose connections are closed, too, when the registry is begun again
	forget   func()    // drops what is remembered of the database
	mended   time.Time // when it was last tried
	queue    chan *pending
	stopping chan struct{}         // closed when no more writes are taken
	stopped  chan struct{}         // closed when the last one is answered
	broken   atomic.Pointer[error] // why nothing can be written; nil: it can
	together int                   // writes of the transaction that is under way; the goroutine alone uses it and roomy
	roomy    bool                  // the connection has the larger cache and log
}

// How much of the database the writer keeps in memory and how long the log grows, 16 MB, and how much and how long, 64 MB,
// while rows are filed by the thousand: their credentials go to random places of an index, whose pages are then copied from
// the log into the file less often.
const (
	modest = "cache_size = -2048; PRAGMA wal_autocheckpoint = 4000"
	roomy  = "cache_size = -32768; PRAGMA wal_autocheckpoint = 16000"
)

// keep sets how much of the database is kept in memory and in the log. It is called inside a transaction.
func (w *writer) keep(much bool) error {
	if w.roomy == much {
		return nil
	}
	w.roomy = much
	if much {
		return w.conn.script("PRAGMA " + roomy)
	}
	return w.conn.script("PRAGMA " + modest + "; PRAGMA shrink_memory")
}

// awaited reports whether others wait for the transaction that is under way, or for the next one. It is called inside a
// transaction.
func (w *writer) awaited() bool { return w.together > 1 || len(w.queue) > 0 }

// A pending write is one that somebody waits for.
type pending struct {
	do       func(*conn) error
	tidy     bool         // refused, do undoes by itself what it has written, which is cheaper than a savepoint
	after    func()       // called before the answer, however the write has gone; nil: nothing is
	gone     func() error // what the caller's context says
	err      error        // set, like panicked, before done is closed
	panicked any          // what do panicked with
	done     chan struct{}
}

// openWriter opens the connection that writes.
func openWriter(path string, log *slog.Logger) (*writer, error) {
	c, err := connectWriter(path)
	if err != nil {
		return nil, err
	}
	return &writer{
		path: path, conn: c, log: log,
		queue: make(chan *pending, writesWaiting), stopping: make(chan struct{}), stopped: make(chan struct{}),
	}, nil
}

// connectWriter returns a connection that syncs the log at every commit.
func connectWriter(path string) (*conn, error) {
	return connect(path, "journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 67108864", modest)
}

// close closes the connection; the last one to close copies the log into the file. The goroutine, if there was one, has
// stopped.
func (w *writer) close() error {
	if w.conn == nil {
		return w.healthy()
	}
	return w.conn.close()
}

// stop takes no more writes and returns when those that were taken are answered.
func (w *writer) stop() {
	close(w.stopping)
	<-w.stopped
}

// write hands in a write and returns when it is synced to disk, or has failed and changed nothing. A panic in p.do comes
// up here.
func (w *writer) write(ctx context.Context, p *pending) error {
	p.gone, p.done = ctx.Err, make(chan struct{})
	select {
	case <-w.stopping:
		return muster.Refuse(muster.ReasonStopping, "")
	default:
	}
	select {
	case w.queue <- p:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopping:
		return muster.Refuse(muster.ReasonStopping, "")
	}
	select {
	case <-p.done:
	case <-w.stopped:
		select {
		case <-p.done:
		default: // it came when the last was through
			return muster.Refuse(muster.ReasonStopping, "")
		}
	}
	if p.panicked != nil {
		panic(p.panicked)
	}
	return p.err
}

// run is the goroutine. It ends when it was told to stop and nobody waits.
func (w *writer) run() {
	defer close(w.stopped)
	group := make([]*pending, 0, writesTogether)
	for {
		var again <-chan time.Time
		if w.healthy() != nil {
			if time.Since(w.mended) >= askAgain {
				w.mend()
			}
			again = time.After(askAgain)
		}
		select {
		case p := <-w.queue:
			group = append(group, p)
		case <-again:
			continue
		case <-w.stopping:
			if group = w.gather(group); len(group) == 0 {
				return
			}
		}
		group = w.gather(group)
		w.commit(group)
		clear(group)
		group = group[:0]
	}
}

// gather adds to the group what is waiting already.
func (w *writer) gather(group []*pending) []*pending {
	for len(group) < writesTogether {
		select {
		case p := <-w.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit runs the writes of a group in one transaction and answers them all. If it cannot be committed, they all hear
// so: a refusal may rest on what another one of the group has written.
func (w *writer) commit(group []*pending) {
	err := w.transact(group)
	for _, p := range group {
		if p.after != nil {
			p.after()
		}
	}
	for _, p := range group {
		if err != nil {
			p.err = err
		}
		close(p.done)
	}
}

func (w *writer) transact(group []*pending) error {
	if err := w.healthy(); err != nil {
		return err
	}
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return failure(err)
	}
	w.together = len(group)
	for _, p := range group {
		if err := w.attempt(p); err != nil {
			return failure(errors.Join(err, w.conn.rollback()))
		}
	}
	if len(group) == 1 && group[0].err != nil {
		return failure(w.conn.rollback())
	}
	err := w.exec("COMMIT")
	if err == nil {
		return nil
	}
	if c := extendedCode(err); c == sqlite.ResultIOErrFsync || c == sqlite.ResultIOErrDirFsync {
		w.giveUp(err)
	}
	return failure(errors.Join(err, w.conn.rollback()))
}

// healthy returns why nothing can be written, or nil.
func (w *writer) healthy() error {
	if err := w.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// attempt runs one write so that, refused, it undoes itself alone. It fails if the whole transaction is in doubt.
func (w *writer) attempt(p *pending) error {
	if p.err = p.gone(); p.err != nil {
		return nil
	}
	if p.tidy || w.together == 1 { // alone, it is undone with its transaction: a savepoint would copy each page that it changes
		p.try(w.conn)
		return p.settle()
	}
	if err := w.exec("SAVEPOINT pending"); err != nil {
		return err
	}
	p.try(w.conn)
	if p.err != nil {
		if err := p.settle(); err != nil {
			return err
		}
		if err := w.exec("ROLLBACK TO pending"); err != nil {
			return err
		}
	}
	return w.exec("RELEASE pending")
}

// try runs the write. The caller's context does not reach it: a statement that was interrupted would take the whole
// transaction with it.
func (p *pending) try(tx *conn) {
	defer func() {
		if p.panicked = recover(); p.panicked != nil {
			p.err = errPanicked
		}
	}()
	p.err = p.do(tx)
}

// settle makes of the write's error what its caller is told. It returns the error if the whole transaction is in doubt.
func (p *pending) settle() error {
	if undoesAll(p.err) || p.tidy && p.panicked != nil {
		return p.err
	}
	p.err = failure(p.err)
	return nil
}

var errPanicked = errors.New("a write panicked")

func (w *writer) exec(query string) error {
	_, err := w.conn.exec(query)
	return err
}
