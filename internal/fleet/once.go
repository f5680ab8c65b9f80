package fleet

import (
	"context"
	"sync"
	"time"

	"muster"
)

// OnceFor is how long a request with a key is remembered.
const OnceFor = 24 * time.Hour

// A running is a request that is under way.
type running struct {
	mu  sync.Mutex // guards the map
	all map[muster.LookupKey]chan struct{}
}

// enter returns nil where nobody runs key, who runs it from then on; else what is closed when that is over.
func (r *running) enter(key muster.LookupKey) (busy chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if busy = r.all[key]; busy != nil {
		return busy
	}
	if r.all == nil {
		r.all = make(map[muster.LookupKey]chan struct{})
	}
	r.all[key] = make(chan struct{})
	return nil
}

func (r *running) leave(key muster.LookupKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.all[key])
	delete(r.all, key)
}

// Once carries do out, or returns what it returned when who asked with that key before, within OnceFor. Two at once wait for
// each other. What do returns is kept sealed; nothing is kept if that is empty, and the key may be used again then. A key
// that came with another request is refused with ReasonKeyReused, and one whose request was cut off by a crash, so that
// nobody knows how far it came, with ReasonKeyUnfinished.
func (s *Service) Once(ctx context.Context, who, key, request string, do func() []byte) (answer []byte, again bool, err error) {
	o := muster.Once{Key: s.keys.Digest("once", who+" "+key), Request: s.keys.Digest("once request", request), At: s.now()}
	for busy := s.running.enter(o.Key); busy != nil; busy = s.running.enter(o.Key) {
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, false, muster.Because(muster.ReasonServerBusy, ctx.Err())
		}
	}
	defer s.running.leave(o.Key)
	before, begun, err := s.store.BeginOnce(ctx, o, o.At.Add(-OnceFor))
	switch {
	case err != nil:
		return nil, false, err
	case begun:
		return s.first(context.WithoutCancel(ctx), &o, do)
	case before.Request != o.Request:
		return nil, false, muster.Refuse(muster.ReasonKeyReused, "")
	case len(before.Answer) == 0:
		return nil, false, muster.Refuse(muster.ReasonKeyUnfinished, "")
	}
	kept, err := s.keys.Open(before.Answer, before.OncePurpose())
	return []byte(kept.Reveal()), true, err
}

// first carries do out and files its answer. Should that fail, the answer is given all the same: what was asked for is done.
func (s *Service) first(ctx context.Context, o *muster.Once, do func() []byte) (answer []byte, again bool, err error) {
	finished := false
	defer func() {
		if !finished {
			_ = s.store.EndOnce(ctx, o.Key, nil) // do has panicked
		}
	}()
	answer = do()
	finished = true
	var sealed muster.Sealed
	if len(answer) > 0 {
		sealed = s.keys.Seal(muster.Secret(answer), o.OncePurpose())
	}
	_ = s.store.EndOnce(ctx, o.Key, sealed) // the key then stands for a request that was cut off
	return answer, false, nil
}
