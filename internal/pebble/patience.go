package pebble

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"muster"
)

// askAgain is how long a write that the disk refused waits until it is tried again.
const askAgain = 200 * time.Millisecond

// Patience is what writing does when the disk refuses it. A database that is told of it cannot go on, although the disk
// may take the very same bytes a minute later; so it is not told, and only finds that writing takes long. Meanwhile
// commits are refused. Nothing is acknowledged that is not on the disk: what waits here has not been synced.
type patience struct {
	log     *slog.Logger
	trouble atomic.Pointer[trouble] // nil: the disk takes everything

	mu      sync.Mutex // guards what follows, and changes of trouble
	mood    mood
	waiting int           // writes that the disk refuses
	failed  int           // how often background work has failed while the database is opened and closed
	halt    chan struct{} // closed when there is trouble
}

// A mood says what becomes of a write that the disk refuses.
type mood int

const (
	impatient mood = iota // it fails, while the database is opened and closed
	patient               // it waits
	abandoned             // it never returns: the database was given up
)

// A trouble is why the disk refuses to be written.
type trouble struct{ err error }

func newPatience(log *slog.Logger) *patience {
	return &patience{log: log, halt: make(chan struct{})}
}

func (p *patience) set(m mood) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mood = m
}

// healthy returns why the disk refuses to be written, or nil.
func (p *patience) healthy() error {
	if t := p.trouble.Load(); t != nil {
		return t.err
	}
	return nil
}

// halted returns a channel that is closed once there is trouble.
func (p *patience) halted() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.halt
}

// refusal says why what was being done when the trouble began is not known to be durable.
func (p *patience) refusal(doing string) error {
	if err := p.healthy(); err != nil {
		return err
	}
	return muster.Because(muster.ReasonStorageUnavailable, fmt.Errorf("%s: the disk refused it for a while", doing))
}

// insist calls write until the disk takes it. What write returns is what it has failed with before; an error that waiting
// does not mend is returned.
func (p *patience) insist(doing string, err error, write func() error) error {
	if !p.begin(doing, err) {
		return err
	}
	for err != nil && passing(err) {
		time.Sleep(askAgain)
		if p.isAbandoned() {
			select {}
		}
		err = write()
	}
	p.end()
	return err
}

// passing reports whether err may be over when the same is tried again.
func passing(err error) bool {
	for _, lasting := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrClosed, fs.ErrInvalid, vfs.ErrUnsupported} {
		if errors.Is(err, lasting) {
			return false
		}
	}
	return true
}

// begin reports whether a write that failed is to be tried again.
func (p *patience) begin(doing string, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mood == impatient || !passing(err) {
		return false
	}
	if p.waiting++; p.waiting == 1 {
		err = broken(doing, err)
		p.trouble.Store(&trouble{err})
		close(p.halt)
		p.log.Warn("the disk refuses readings; it is asked again until it takes them", "reason", muster.ReasonOf(err), "error", err)
	}
	return true
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting--; p.waiting == 0 {
		p.trouble.Store(nil)
		p.halt = make(chan struct{})
		p.log.Info("the disk takes readings again")
	}
}

func (p *patience) isAbandoned() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mood == abandoned
}

// mostFailures is how often background work may fail while nobody is patient.
const mostFailures = 25

// isHopeless is asked each time that background work has failed, and makes what tries again at once wait. It is true when
// opening or closing would never end.
func (p *patience) isHopeless() bool {
	p.mu.Lock()
	if p.mood != impatient {
		p.mu.Unlock()
		return false
	}
	p.failed++
	hopeless := p.failed >= mostFailures
	p.mu.Unlock()
	time.Sleep(askAgain)
	return hopeless
}

// close makes writes fail rather than wait, so that closing ends. It is false if some wait already: then they are
// abandoned, and the database must not be touched any more.
func (p *patience) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mood = impatient; p.waiting > 0 {
		p.mood = abandoned
	}
	return p.mood != abandoned
}
