// Package expiry says which credentials end soon, before they do.
package expiry

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

const (
	day       = 24 * time.Hour
	lookEvery = 10 * time.Minute
	pageSize  = 1000

	// MaxDays bounds a forecast.
	MaxDays = 3660
)

// warnings are how many days before its end a credential is told of.
var warnings = [...]int{30, 14, 3}

// A Watcher hears of each credential when it ends in less than so many days: once, or again after a crash or while nothing can be
// noted.
type Watcher interface {
	Expiring(h muster.Holder, days int)
}

// Options are what a Service may be given.
type Options struct {
	Watcher    Watcher               // nil: nobody hears
	Registerer prometheus.Registerer // nil: nothing is shown
	Logger     *slog.Logger          // nil means silence
	Now        func() time.Time      // nil means time.Now
}

// A Service looks ahead. It is safe for concurrent use.
type Service struct {
	store  Store
	o      Options
	within *prometheus.GaugeVec
	room   chan struct{} // holds a token while a forecast is made: it may look at many credentials
}

// New returns a Service over store.
func New(store Store, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{store: store, o: o, room: make(chan struct{}, 1), within: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "muster_credentials_expiring",
		Help: "Credentials that open the door and end within 3, 14 or 30 days, as counted in the last ten minutes.",
	}, []string{"within"})}
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.within)
	}
	return s
}

// Forecast counts the credentials that open the door and end within so many days, today included, by day in UTC.
func (s *Service) Forecast(ctx context.Context, days int) ([]muster.Expiring, error) {
	if days < 1 || days > MaxDays {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a forecast is for 1 to %d days", MaxDays)
	}
	select {
	case s.room <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.room }()
	now := s.o.Now()
	from, end := now, now.UTC().Truncate(day)
	var all []muster.Expiring
	for range days { // a read for each day, so that none is long
		end = end.Add(day)
		some, err := s.store.Expiring(ctx, from, end)
		if err != nil {
			return nil, err
		}
		all, from = append(all, some...), end
	}
	return all, nil
}

// Run counts and tells what ends soon, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.WarnContext(ctx, "it is not known which credentials end soon", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Service) look(ctx context.Context) error {
	now := s.o.Now()
	if err := s.count(ctx, now); err != nil {
		return err
	}
	for _, days := range warnings {
		if err := s.warn(ctx, days, now); err != nil {
			return err
		}
	}
	return nil
}

// count sets the gauges, so that reading them costs nothing.
func (s *Service) count(ctx context.Context, now time.Time) error {
	total, from := 0, now
	for i := range warnings {
		days := warnings[len(warnings)-1-i]
		until := now.Add(time.Duration(days) * day)
		n, err := s.store.CountExpiring(ctx, from, until)
		if err != nil {
			return err
		}
		total += n
		s.within.WithLabelValues(strconv.Itoa(days) + "d").Set(float64(total))
		from = until
	}
	return nil
}

// warn tells of the credentials that have come so near to their end since the last time. Of those that were so near when
// they were made, or when this was looked at for the first time, their makers knew. How far it has come is noted after it was
// told, page by page, so that none is missed: what a crash comes in between of is told again.
func (s *Service) warn(ctx context.Context, days int, now time.Time) error {
	told, err := s.store.Foretold(ctx, days)
	if err != nil {
		return err
	}
	until := now.Add(time.Duration(days) * day).Truncate(time.Millisecond)
	switch {
	case told.IsZero():
		return s.store.Foretell(ctx, days, until)
	case !told.Before(until):
		return nil // the clock was set back
	}
	q := muster.CredentialQuery{
		Sort: muster.CredentialsByExpiry, ExpiresBefore: until.Add(time.Millisecond), Now: now, Limit: pageSize,
		After: &muster.CredentialMark{At: told.Add(time.Millisecond)}, // before every id
	}
	count := 0
	for q.After != nil {
		page, err := s.store.FleetCredentials(ctx, q)
		if err != nil {
			return err
		}
		count += s.tell(page.Credentials, days, now)
		reached := until
		if q.After = page.Next; q.After != nil {
			reached = q.After.At.Add(-time.Millisecond) // others on the next page may end with the last of this one
		}
		if err := s.store.Foretell(ctx, days, reached); err != nil {
			return err
		}
	}
	if count > 0 {
		s.o.Logger.WarnContext(ctx, "credentials end soon", "count", count, "withinDays", days)
	}
	return nil
}

func (s *Service) tell(all []muster.Holder, days int, now time.Time) (count int) {
	for _, h := range all {
		if h.Credential.Live(now) != nil {
			continue
		}
		count++
		if s.o.Watcher != nil {
			s.o.Watcher.Expiring(h, days)
		}
	}
	return count
}
