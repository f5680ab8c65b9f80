// Package revocation knows which certificates of other authorities are revoked, from the lists that these publish and from those
// who answer for them.
package revocation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// When lists are fetched.
const (
	lookEvery  = time.Second
	fetchEvery = time.Hour // or when half of the time until the next one is over
	fetchAgain = time.Minute
	fetchMost  = 4 // at once: who answers slowly keeps the others waiting no longer than that
)

// MaxLists bounds the lists.
const MaxLists = 256

// Options are what a Service may be given.
type Options struct {
	// Fetch reads what is at a URL, if it is no longer than so many bytes; nil: nothing is fetched.
	Fetch func(ctx context.Context, url string, most int) ([]byte, error)
	// Ask posts a question to a URL that profiles or certificates name, and returns the answer, if it is no longer than so many
	// bytes; nil: nobody is asked.
	Ask func(ctx context.Context, url string, question []byte, most int) ([]byte, error)
	// Changed is called when lists name other certificates than before: sessions are to be judged again. It must not block
	// for long. nil: nobody needs to know.
	Changed func()
	// Own reports whether an issuer, a subject in DER and the name of a key, is our own authority. nil: none is.
	Own     func(issuer, keyID string) bool
	Watcher Watcher // nil: nobody hears

	Registerer prometheus.Registerer // nil: nothing is shown
	Logger     *slog.Logger          // nil means silence
	Now        func() time.Time      // nil means time.Now
}

// A Watcher hears of lists that are past their date, once for each date.
type Watcher interface {
	Outdated(list string, since time.Time)
}

// A Service judges certificates by lists. It is safe for concurrent use.
type Service struct {
	store Store
	o     Options
	index atomic.Pointer[index]

	changing sync.Mutex // held while lists are read and filed, so that of two the newer one stays

	mu       sync.Mutex // guards these
	held     map[muster.RevocationListID]*held
	fetching map[muster.RevocationListID]struct{}
	anchors  map[muster.ProfileID]anchors
	fetches  sync.WaitGroup

	answers     answers
	responders  responders
	authorities authorities
	renewed     time.Time // answers were looked at
	reread      time.Time // profiles were
	metrics     *metrics

	asks   context.Context // of questions that are under way; it ends with Run
	stop   context.CancelFunc
	places chan struct{} // one for each question
	queue  chan struct{} // and for each that waits for one of these
	asked  sync.WaitGroup
}

// held is a list as it is known here.
type held struct {
	muster.RevocationList        // without DER
	crl                   *crl   // nil: that of the store is not believed any more
	failure               string // of the last fetch; empty: it did not fail
	due                   time.Time
	warned                time.Time // nextUpdate that was told of
}

// New returns a Service that knows no lists before Load.
func New(store Store, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Own == nil {
		o.Own = func(string, string) bool { return false }
	}
	s := &Service{store: store, o: o, held: map[muster.RevocationListID]*held{}, fetching: map[muster.RevocationListID]struct{}{}}
	s.index.Store(&index{})
	s.answers.of, s.responders.of = map[[sha256.Size]byte]*answer{}, map[string]*responder{}
	s.authorities.of = map[[sha256.Size]byte]*x509.Certificate{}
	s.asks, s.stop = context.WithCancel(context.Background())
	s.places, s.queue = make(chan struct{}, askMost), make(chan struct{}, askQueue)
	s.metrics = newMetrics(s)
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.metrics)
	}
	return s
}

// Load reads the lists that are kept. One that is not believed any more is logged and not used.
func (s *Service) Load(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	all, err := s.store.RevocationLists(ctx)
	if err != nil {
		return fmt.Errorf("read the revocation lists: %w", err)
	}
	for _, l := range all {
		h := &held{RevocationList: l}
		issuers, err := s.issuers(ctx, l.Issuer)
		if err == nil {
			h.crl, _, err = readCRL(l.DER, issuers, s.o.Now())
		}
		if err != nil {
			h.failure = muster.MessageOf(err)
			s.o.Logger.ErrorContext(ctx, "a revocation list is not used", "list", l.Name, "error", err)
		}
		h.DER = nil
		s.held[h.ID] = h // nobody else is here yet
	}
	s.mu.Lock()
	s.reindex()
	s.mu.Unlock()
	if err := s.loadAnswers(ctx); err != nil {
		return fmt.Errorf("read the answers of responders: %w", err)
	}
	return nil
}

// put files a list and makes the index anew.
func (s *Service) put(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.DER = nil
	s.held[h.ID] = h
	s.reindex()
}

// Run fetches lists when they are due, warns of those that are past their date, and renews answers of responders, until ctx
// ends. Nobody is asked then.
func (s *Service) Run(ctx context.Context) {
	defer s.asked.Wait()
	defer s.stop()
	defer s.fetches.Wait()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Service) look(ctx context.Context) {
	now := s.o.Now()
	if since := now.Sub(s.renewed); since >= askRound || since < 0 {
		s.renewed = now
		s.renew(ctx, now)
	}
	if since := now.Sub(s.reread); since >= trustEvery || since < 0 {
		s.reread = now
		s.lookAtProfiles(ctx)
	}
	s.fetchDue(ctx, now)
	for _, h := range s.snapshot() {
		if h.crl == nil || now.Before(h.crl.nextUpdate) || h.warned.Equal(h.crl.nextUpdate) || h.isDue(now) { // it may come any moment
			continue
		}
		s.o.Logger.ErrorContext(ctx, "a revocation list is past its date; profiles with the hard rule refuse its certificates",
			"list", h.Name, "since", h.crl.nextUpdate)
		if s.o.Watcher != nil {
			s.o.Watcher.Outdated(h.Name, h.crl.nextUpdate)
		}
		s.change(h.ID, func(h *held) { h.warned = h.crl.nextUpdate })
	}
}

// isDue reports whether the list is to be fetched, or is about to be.
func (h *held) isDue(now time.Time) bool { return h.URL != "" && !now.Before(h.due) }

// fetchDue begins to fetch lists that are due, a few at once, those first that have waited longest.
func (s *Service) fetchDue(ctx context.Context, now time.Time) {
	due := slices.DeleteFunc(s.snapshot(), func(h held) bool { return !h.isDue(now) })
	slices.SortStableFunc(due, func(a, b held) int { return a.due.Compare(b.due) })
	for _, h := range due {
		if !s.beginFetch(h.ID) {
			continue
		}
		s.fetches.Go(func() {
			defer s.endFetch(h.ID)
			if _, err := s.refetch(ctx, &h); err != nil && ctx.Err() == nil {
				s.o.Logger.WarnContext(ctx, "a revocation list cannot be fetched", "list", h.Name, "error", err)
			}
		})
	}
}

// beginFetch reports whether a list may be fetched now: it is not being fetched, nor are too many others.
func (s *Service) beginFetch(id muster.RevocationListID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, is := s.fetching[id]; is || len(s.fetching) >= fetchMost {
		return false
	}
	s.fetching[id] = struct{}{}
	return true
}

func (s *Service) endFetch(id muster.RevocationListID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fetching, id)
}

// snapshot returns what is held, by name. Nobody changes what it points to.
func (s *Service) snapshot() []held {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]held, 0, len(s.held))
	for h := range maps.Values(s.held) {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b held) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// change changes what is noted of a list that is still held.
func (s *Service) change(id muster.RevocationListID, change func(*held)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.held[id]; h != nil {
		change(h)
	}
}
