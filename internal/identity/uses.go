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
	useInterval = time.Hour // how often a credential's use is noted, after the first
	maxUses     = 10_000    // uses that wait to be written; more are noted the next time
	retryUses   = time.Second
)

// uses gathers when credentials opened the door. It has no timer: whoever writes takes what waits.
type uses struct {
	mu      sync.Mutex // guards waiting
	waiting map[muster.CredentialID]time.Time
	some    chan struct{} // something waits
}

func (u *uses) init() {
	u.waiting = make(map[muster.CredentialID]time.Time)
	u.some = make(chan struct{}, 1)
}

// note remembers a use unless one was noted within the hour. It never waits.
func (u *uses) note(r *record, now time.Time) {
	last := r.used.Load()
	if last != 0 && now.Unix()-last < int64(useInterval/time.Second) || !r.used.CompareAndSwap(last, now.Unix()) {
		return
	}
	u.mu.Lock()
	room := len(u.waiting) < maxUses
	if room {
		u.waiting[r.who.Credential] = now
	}
	u.mu.Unlock()
	if !room {
		r.used.Store(last)
		return
	}
	select {
	case u.some <- struct{}{}:
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

// Run writes when credentials were used, the first use of each at once, and drops what is remembered for too long, until
// ctx ends.
func (s *Service) Run(ctx context.Context) {
	sweep := time.NewTicker(maxAge)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			s.credentials.sweep(s.now())
		case <-s.uses.some:
			if err := s.flush(ctx); err != nil && ctx.Err() == nil {
				s.log.LogAttrs(ctx, slog.LevelWarn, "the use of credentials could not be noted yet", slog.Any("error", err))
				s.pause(ctx)
			}
		}
	}
}

// pause waits before what failed is tried again.
func (s *Service) pause(ctx context.Context) {
	select {
	case <-time.After(retryUses):
	case <-ctx.Done():
	}
	select {
	case s.uses.some <- struct{}{}:
	default:
	}
}

// Close writes what Run has not written. It is called when Run has returned.
func (s *Service) Close(ctx context.Context) error { return s.flush(ctx) }

func (s *Service) flush(ctx context.Context) error {
	all := s.uses.take()
	if len(all) == 0 {
		return nil
	}
	if err := s.store.Used(ctx, all); err != nil {
		s.uses.putBack(all)
		return fmt.Errorf("note the use of %d credentials: %w", len(all), err)
	}
	return nil
}
