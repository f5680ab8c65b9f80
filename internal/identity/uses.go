package identity

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"muster"
)

const (
	useInterval = time.Hour       // how often a credential's use is noted, after the first
	firstUse    = time.Second / 2 // how long the first waits for others to be written with it
	manyUses    = 50_000          // are written without waiting longer
	maxUses     = 2 * manyUses    // wait to be written; more are noted the next time
	retryUses   = time.Second
)

// uses gathers when credentials opened the door, so that many are written together: after a first use soon, else twice a
// minute.
type uses struct {
	writing sync.Mutex // guards what is being written

	mu      sync.Mutex // guards waiting
	waiting map[muster.CredentialID]time.Time
	first   chan struct{} // one that was never used before waits
	many    chan struct{} // manyUses wait
}

func (u *uses) init() {
	u.waiting = make(map[muster.CredentialID]time.Time)
	u.first, u.many = make(chan struct{}, 1), make(chan struct{}, 1)
}

// note remembers a use unless one was noted within the hour. It never waits.
func (u *uses) note(r *record, now time.Time) {
	last := r.used.Load()
	if last != 0 && now.Unix()-last < int64(useInterval/time.Second) || !r.used.CompareAndSwap(last, now.Unix()) {
		return
	}
	waiting, ok := u.add(r.who.Credential, now)
	switch {
	case !ok:
		r.used.Store(last)
	case waiting >= manyUses:
		wake(u.many)
	case last == 0:
		wake(u.first)
	}
}

// add reports how many uses wait now, and whether there was room for this one.
func (u *uses) add(c muster.CredentialID, now time.Time) (waiting int, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ok = len(u.waiting) < maxUses; ok {
		u.waiting[c] = now
	}
	return len(u.waiting), ok
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take returns what waits.
func (u *uses) take() map[muster.CredentialID]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := u.waiting
	u.waiting = make(map[muster.CredentialID]time.Time)
	return all
}

// putBack returns what could not be written, before what came meanwhile.
func (u *uses) putBack(all map[muster.CredentialID]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.Copy(all, u.waiting)
	u.waiting = all
}

// Run writes when credentials were used, the first use of each within a second, and drops what is remembered for too long,
// until ctx ends.
func (s *Service) Run(ctx context.Context) {
	sweep := time.NewTicker(maxAge)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			s.credentials.sweep(s.now())
		case <-s.uses.many:
		case <-s.uses.first:
			pause(ctx, firstUse, s.uses.many)
		}
		if err := s.flush(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "the use of credentials could not be noted yet", slog.Any("error", err))
			pause(ctx, retryUses, nil)
			wake(s.uses.first)
		}
	}
}

// pause waits, unless enough is heard of before.
func pause(ctx context.Context, d time.Duration, enough <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-enough:
	case <-ctx.Done():
	}
}

// Settle writes what Run has not written yet.
func (s *Service) Settle(ctx context.Context) error { return s.flush(ctx) }

// Close writes what Run has not written. It is called when Run has returned.
func (s *Service) Close(ctx context.Context) error { return s.flush(ctx) }

// flush returns when what had been noted before it was called is written, also what another flush had taken.
func (s *Service) flush(ctx context.Context) error {
	s.uses.writing.Lock()
	defer s.uses.writing.Unlock()
	all := s.uses.take()
	if len(all) == 0 {
		return nil
	}
	succeeded, err := s.store.Used(ctx, all)
	for _, was := range succeeded {
		s.Forget(was.Device) // its old credential may be remembered
		s.replaced(was)
	}
	if err != nil {
		s.uses.putBack(all)
		return fmt.Errorf("note the use of %d credentials: %w", len(all), err)
	}
	return nil
}
