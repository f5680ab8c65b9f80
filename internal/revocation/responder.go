package revocation

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	maxResponders  = 256            // that are remembered
	respondersKept = 2 * fetchEvery // those whom nobody has asked for longer are not: perhaps nobody will any more
)

// A Responder is somebody who is asked whether certificates are revoked.
type Responder struct {
	URL     string
	Failure string    // why it gave no answer that could be used; empty: it did
	Since   time.Time // it fails
}

// responders knows who does not answer, so that not every device waits for it.
type responders struct {
	mu sync.Mutex // guards of
	of map[string]*responder
}

type responder struct {
	failure string
	since   time.Time // it fails
	rests   time.Time // until then nothing is asked of it
	asked   time.Time // at last
}

// free reports whether a responder may be asked now.
func (k *responders) free(url string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.of[url]
	return r == nil || !now.Before(r.rests)
}

// note remembers how it went, and until when a responder that has failed rests, and reports whether it has begun to fail.
func (k *responders) note(url string, err error, now, rests time.Time) (began bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.of[url]
	if r == nil {
		for other := range k.of { // in no order
			if len(k.of) < maxResponders {
				break
			}
			delete(k.of, other)
		}
		r = &responder{}
		k.of[url] = r
	}
	if err == nil {
		*r = responder{asked: now}
		return false
	}
	if began = r.failure == ""; began {
		r.since = now
	}
	r.failure, r.rests, r.asked = err.Error(), rests, now
	return began
}

// Responders returns who was asked within two hours, by URL.
func (s *Service) Responders() []Responder {
	since := s.o.Now().Add(-respondersKept)
	s.responders.mu.Lock()
	defer s.responders.mu.Unlock()
	maps.DeleteFunc(s.responders.of, func(_ string, r *responder) bool { return r.asked.Before(since) })
	all := make([]Responder, 0, len(s.responders.of))
	for url, r := range s.responders.of {
		all = append(all, Responder{url, r.failure, r.since})
	}
	slices.SortFunc(all, func(a, b Responder) int { return cmp.Compare(a.URL, b.URL) })
	return all
}
