package people

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster"
)

func TestAHashIsThatOfOnePassword(t *testing.T) {
	h := newHasher(Cost{Memory: 8, Passes: 1})
	text, err := h.hash(t.Context(), "a password")
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.hash(t.Context(), "a password")
	if err != nil || other == text {
		t.Errorf("two hashes of one password are alike (%v)", err)
	}
	for password, want := range map[muster.Secret]bool{"a password": true, "a passworD": false, "": false} {
		if same, err := h.same(t.Context(), h.known, text, password); err != nil || same != want {
			t.Errorf("%v, %v, want %v", same, err, want)
		}
	}
	// Hashes say what they cost, so that those that are kept stay good when the usual cost changes.
	if same, err := newHasher(Cost{Memory: 16, Passes: 2}).same(t.Context(), h.known, text, "a password"); err != nil || !same {
		t.Errorf("with another cost: %v, %v", same, err)
	}
	for _, bad := range []string{"", "$", "$argon2id$v=18$m=8,t=1,p=1$AAAA$AAAA", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=1,p=1$!$AAAA"} {
		if _, err := h.same(t.Context(), h.known, bad, "a password"); err == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
}

func TestTheUsualCostIsPaid(t *testing.T) {
	h := newHasher(Cost{})
	if h.cost != DefaultCost() || h.cost.Memory < 64<<10 || h.cost.Passes < 3 {
		t.Errorf("a hash costs %+v", h.cost)
	}
	if cost, _, sum, err := decodeHash(h.decoy); err != nil || cost != h.cost || len(sum) != hashLength {
		t.Errorf("nobody's hash costs %+v, %v", cost, err)
	}
}

func TestATurnIsTakenByOneAtATimeAndWaitedForByFew(t *testing.T) {
	turn := newTurn()
	begun, release := make(chan struct{}), make(chan struct{})
	var working, most, done atomic.Int32
	var all sync.WaitGroup
	work := func() {
		most.Store(max(most.Load(), working.Add(1)))
		begun <- struct{}{}
		<-release
		working.Add(-1)
		done.Add(1)
	}
	for range 1 + hashWaiting {
		all.Go(func() {
			if err := turn.take(t.Context(), work); err != nil {
				t.Error(err)
			}
		})
	}
	<-begun
	for len(turn.waiting) < 1+hashWaiting {
		time.Sleep(time.Millisecond)
	}
	if err := turn.take(t.Context(), work); muster.ReasonOf(err) != muster.ReasonServerBusy {
		t.Errorf("one too many: %v", err)
	}
	release <- struct{}{}
	for range hashWaiting {
		<-begun
		release <- struct{}{}
	}
	all.Wait()
	if most.Load() != 1 || done.Load() != 1+hashWaiting {
		t.Errorf("%d worked at once, %d were done", most.Load(), done.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	turn.working <- struct{}{}
	if err := turn.take(gone, work); err == nil {
		t.Error("who has gone gets a turn")
	}
}

func TestAFloodOfStrangersTakesNobodysTurn(t *testing.T) {
	s := New(nil, nil, Options{Cost: Cost{Memory: 8, Passes: 1}})
	hash, err := s.hasher.hash(t.Context(), "a password")
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	var flood sync.WaitGroup
	for range 1 + hashWaiting {
		flood.Go(func() {
			if err := s.hasher.stranger.take(t.Context(), func() { <-release }); err != nil {
				t.Error(err)
			}
		})
	}
	for len(s.hasher.stranger.waiting) < 1+hashWaiting {
		time.Sleep(time.Millisecond)
	}
	if same, err := s.hasher.same(t.Context(), s.hasher.known, hash, "a password"); err != nil || !same {
		t.Errorf("who is known: %v, %v", same, err)
	}
	if _, err := s.hasher.same(t.Context(), s.hasher.stranger, hash, "a password"); muster.ReasonOf(err) != muster.ReasonServerBusy {
		t.Errorf("one stranger more: %v", err)
	}
	close(release)
	flood.Wait()
}
