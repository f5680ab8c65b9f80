package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
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

	// maxAnswers bounds what is remembered, in certificates.
	maxAnswers = 1 << 16
)

// An answer is what a responder says of a certificate: at first nothing, and later perhaps something else.
type answer struct {
	certificate [sha256.Size]byte
	ends        time.Time // the certificate does
	said        atomic.Pointer[said]
	wanted      atomic.Int64 // when somebody asked for it last, Unix nanoseconds

	mu     sync.Mutex // guards what follows
	asks   *question  // nil: nobody has shown the certificate since the start
	asking chan struct{}
}

// answers are those that are remembered.
type answers struct {
	mu sync.Mutex // guards of
	of map[[sha256.Size]byte]*answer
}

// get returns the answer about a certificate, which is made where there is none. When there are too many, another one goes.
func (k *answers) get(c *x509.Certificate) *answer {
	id := sha256.Sum256(c.Raw)
	k.mu.Lock()
	defer k.mu.Unlock()
	if a := k.of[id]; a != nil {
		return a
	}
	if len(k.of) >= maxAnswers {
		k.makeRoom()
	}
	a := &answer{certificate: id, ends: c.NotAfter}
	k.of[id] = a
	return a
}

// makeRoom forgets an answer, rather one that does not say that its certificate is revoked. The caller holds mu.
func (k *answers) makeRoom() {
	looked := 0
	for id, other := range k.of { // in no order
		looked++
		if known := other.said.Load(); looked == 64 || known == nil || known.status != statusRevoked {
			delete(k.of, id)
			return
		}
	}
}

// all returns the answers in no order.
func (k *answers) all() []*answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]*answer, 0, len(k.of))
	for _, a := range k.of {
		all = append(all, a)
	}
	return all
}

func (k *answers) size() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.of)
}

func (k *answers) drop(a *answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.of, a.certificate)
}

// loadAnswers reads the answers that are kept.
func (s *Service) loadAnswers(ctx context.Context) error {
	kept, err := s.store.RevocationAnswers(ctx, s.o.Now(), maxAnswers)
	if err != nil {
		return err
	}
	for _, k := range kept {
		a := &answer{certificate: k.Certificate, ends: k.Until}
		was := &said{status: statusGood, thisUpdate: k.ThisUpdate, nextUpdate: k.NextUpdate}
		if k.Revoked {
			was.status = statusRevoked
		}
		was.due = k.NextUpdate
		a.said.Store(was)
		s.answers.of[k.Certificate] = a
	}
	return nil
}

// consult sees that there is an answer about a certificate if there can be one in time. An answer that still counts is
// renewed in nobody's time.
func (s *Service) consult(ctx context.Context, a *answer, chain []*x509.Certificate, profile muster.ProfileID) {
	now := s.o.Now()
	a.wanted.Store(now.UnixNano())
	known := a.said.Load()
	if known != nil && now.Before(known.due) {
		return
	}
	q, err := s.questionOf(ctx, a, chain, profile, now)
	if err != nil {
		s.o.Logger.DebugContext(ctx, "nobody can be asked about a certificate", "subject", chain[0].Subject.String(), "error", err)
		a.later(known, now.Add(askRest))
		return
	}
	done := s.ask(a, q)
	if done == nil {
		a.later(known, now.Add(askLeast))
		return
	}
	if known.at(now) == statusGood {
		return
	}
	late := time.NewTimer(askWait)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	case <-ctx.Done():
	}
}

// later has nothing asked before a time, unless there is another answer by now.
func (a *answer) later(known *said, due time.Time) {
	next := said{}
	if known != nil {
		next = *known
	}
	next.due = due
	a.said.CompareAndSwap(known, &next)
}

// questionOf returns what is asked of a certificate. Its issuer is above it on a path to an authority of the profile.
func (s *Service) questionOf(ctx context.Context, a *answer, chain []*x509.Certificate, profile muster.ProfileID, now time.Time) (*question, error) {
	p, err := s.store.ProfileByID(ctx, profile)
	if err != nil {
		return nil, err
	}
	rule := p.Settings.Chain
	if rule == nil || rule.OCSP == "" {
		return nil, errors.New("the profile has nobody asked")
	}
	authority, err := rule.Read()
	if err != nil {
		return nil, err
	}
	at := now
	if at.After(chain[0].NotAfter) {
		at = chain[0].NotAfter // one that has expired is renewed, if it was not revoked before
	}
	path, err := authority.Verify(chain, at)
	if err != nil {
		return nil, err
	}
	if len(path) < 2 {
		return nil, errors.New("the certificate is trusted by itself")
	}
	q, err := newQuestion(path[0], s.above.same(path[1]), rule.OCSP)
	if err != nil {
		return nil, err
	}
	q.profile = profile
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asks = q
	return q, nil
}

// instead has another question asked, or none, in the place of one, if that is still asked, and returns which one is.
func (a *answer) instead(q, other *question) *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asks == q {
		a.asks = other
	}
	return a.asks
}

// above are issuers of certificates that are asked about, each once.
type above struct {
	mu sync.Mutex // guards of
	of map[[sha256.Size]byte]*x509.Certificate
}

// same returns the certificate, or one that is the same.
func (k *above) same(c *x509.Certificate) *x509.Certificate {
	id := sha256.Sum256(c.Raw)
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.of[id]; known != nil {
		return known
	}
	if len(k.of) >= maxResponders {
		clear(k.of)
	}
	k.of[id] = c
	return c
}

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
	says, err := s.hear(ctx, a, q, known)
	now := s.o.Now()
	if err != nil {
		s.metrics.asked.WithLabelValues("none").Inc()
		a.later(known, now.Add(askRest))
		if _, answers := errors.AsType[ocsp.ResponseError](err); answers || errors.Is(err, errOlder) {
			err = nil // of this certificate it does not know, has no time, or has told more lately; it is there
		}
		if s.responders.note(q.url, err, now) && ctx.Err() == nil {
			s.o.Logger.Warn("an OCSP responder gives no answer that can be used; profiles with the hard rule refuse certificates of which it has said nothing",
				"responder", q.url, "error", err)
		}
		return
	}
	s.responders.note(q.url, nil, now)
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

// errOlder is that a responder repeats what it said before the answer that is held: of several that answer at one address, each
// has its own.
var errOlder = errors.New("the answer is older than the one that is held")

// hear asks, and returns what is believed.
func (s *Service) hear(ctx context.Context, a *answer, q *question, known *said) (*said, error) {
	text, err := s.o.Ask(ctx, q.url, q.sent, maxOCSP)
	if err != nil {
		return nil, err
	}
	says, by, err := q.read(text, s.o.Now())
	switch {
	case err != nil:
		return nil, err
	case known != nil && says.thisUpdate.Before(known.thisUpdate):
		return nil, errOlder
	case by != nil && s.judgeLists(Marks([]*x509.Certificate{by})) != nil:
		return nil, errors.New("the certificate of the responder is revoked")
	}
	return says, nil
}

// keep files an answer, so that a restart without a network knows it.
func (s *Service) keep(a *answer, says *said, now time.Time) {
	if says.status == statusUnknown {
		return
	}
	kept := muster.RevocationAnswer{
		Certificate: a.certificate, Revoked: says.status == statusRevoked, ThisUpdate: says.thisUpdate, NextUpdate: says.nextUpdate, Until: says.nextUpdate,
	}
	if kept.Revoked {
		kept.Until = later(a.ends, says.nextUpdate)
	}
	if err := s.store.KeepRevocationAnswer(context.WithoutCancel(s.asks), kept, now); err != nil {
		s.o.Logger.Error("an answer of an OCSP responder could not be kept", "error", err)
	}
}
