package revocation

import (
	"context"
	"errors"
	"time"

	"golang.org/x/crypto/ocsp"
)

// How responders are asked.
const (
	askTime  = 5 * time.Second  // one exchange
	askWait  = 2 * time.Second  // how long a device waits for it
	askRest  = 30 * time.Second // nothing is asked of a responder that has failed
	askMost  = 32               // at once
	askQueue = 1024             // those that wait for a place among these, too
	askLeast = 2 * time.Second  // between two questions about a certificate
	askRound = 2 * time.Second  // answers are looked at that are to be renewed
)

// ask begins to ask, and returns what is closed when that has ended; nil: nothing is asked now.
func (s *Service) ask(a *answer, q *question) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.asking != nil:
		return a.asking
	case s.o.Ask == nil || s.asks.Err() != nil || !s.responders.free(q.url, s.o.Now()):
		return nil
	}
	select {
	case s.queue <- struct{}{}:
	default:
		return nil
	}
	done := make(chan struct{})
	a.asking = done
	s.asked.Go(func() {
		if s.place(q.url) {
			s.exchange(a, q)
			<-s.places
		} else {
			a.later(a.said.Load(), s.o.Now().Add(askLeast))
		}
		<-s.queue
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asking = nil
		close(done)
	})
	return done
}

// place takes a place for a question, for which it waits as long as a device does. It reports whether there is one, and the
// responder has not failed meanwhile.
func (s *Service) place(responder string) bool {
	late := time.NewTimer(askWait)
	defer late.Stop()
	select {
	case s.places <- struct{}{}:
	case <-late.C:
		return false
	case <-s.asks.Done():
		return false
	}
	if !s.responders.free(responder, s.o.Now()) {
		<-s.places
		return false
	}
	return true
}

// exchange asks once, and notes what comes of it.
func (s *Service) exchange(a *answer, q *question) {
	ctx, cancel := context.WithTimeout(s.asks, askTime)
	defer cancel()
	known := a.said.Load()
	says, err := s.hear(ctx, q, known)
	now := s.o.Now()
	if err != nil {
		s.metrics.asked.WithLabelValues("none").Inc()
		a.later(known, now.Add(askRest))
		s.unanswered(q, err, now)
		return
	}
	s.responders.note(q.url, nil, now, now)
	s.metrics.asked.WithLabelValues(says.status.String()).Inc()
	if says.status == statusUnknown && known.at(now) == statusRevoked {
		a.later(known, now.Add(askRest))
		return
	}
	a.said.Store(says)
	if says.status == statusRevoked && known.at(now) != statusRevoked {
		s.o.Changed()
	}
	s.keep(a, says, now)
}

// unanswered notes of a responder that a question to it has got no answer that is believed. One that says why it gives none works, and
// so does one whose answer is merely older. One that is not believed of an authority above a device says nothing: perhaps devices are all
// that it answers for.
func (s *Service) unanswered(q *question, err error, now time.Time) {
	_, saysWhy := errors.AsType[ocsp.ResponseError](err)
	_, unbelieved := errors.AsType[useless](err)
	if unbelieved && q.above {
		return
	}
	if saysWhy || errors.Is(err, errOlder) {
		s.responders.note(q.url, nil, now, now)
		return
	}
	rests := now.Add(askRest)
	if unbelieved {
		rests = now // others may be answered well
	}
	if s.responders.note(q.url, err, now, rests) && s.asks.Err() == nil {
		s.o.Logger.Warn("an OCSP responder gives no answer that can be used; profiles with the hard rule refuse certificates of which it has said nothing",
			"responder", q.url, "error", err)
	}
}

// errOlder is that a responder repeats what it said before the answer that is held: of several that answer at one address, each
// has its own.
var errOlder = errors.New("the answer is older than the one that is held")

// hear asks, and returns what is believed.
func (s *Service) hear(ctx context.Context, q *question, known *said) (*said, error) {
	nonce := newNonce()
	sent, err := q.write(nonce)
	if err != nil {
		return nil, err
	}
	text, err := s.o.Ask(ctx, q.url, sent, maxOCSP)
	if err != nil {
		return nil, err
	}
	says, by, err := q.read(text, nonce, s.o.Now())
	switch {
	case err != nil:
		return nil, err
	case known != nil && says.thisUpdate.Before(known.thisUpdate):
		return nil, errOlder
	case by != nil && s.index.Load().names(markOf(by), false):
		return nil, errors.New("the certificate of the responder is revoked")
	}
	return says, nil
}
