package expiry

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// A shelf keeps the ends of credentials, in memory. What the real store promises is tested with it.
type shelf struct {
	held   []muster.Holder // by their ends
	told   map[int]time.Time
	broken error
}

func (s *shelf) Expiring(_ context.Context, from, until time.Time) (all []muster.Expiring, _ error) {
	for _, h := range s.held {
		if end := h.Credential.ExpiresAt; !end.Before(from) && end.Before(until) {
			all = append(all, muster.Expiring{Day: end.Truncate(day), Count: 1})
		}
	}
	return all, nil
}

func (s *shelf) CountExpiring(ctx context.Context, from, until time.Time) (int, error) {
	all, err := s.Expiring(ctx, from, until)
	return len(all), err
}

// FleetCredentials has one credential on a page.
func (s *shelf) FleetCredentials(_ context.Context, q muster.CredentialQuery) (p muster.CredentialPage, _ error) {
	for _, h := range s.held {
		c := h.Credential
		behind := c.ExpiresAt.After(q.After.At) || c.ExpiresAt.Equal(q.After.At) && c.ID.String() > q.After.ID.String()
		if behind && c.ExpiresAt.Before(q.ExpiresBefore) {
			return muster.CredentialPage{Credentials: []muster.Holder{h}, Next: &muster.CredentialMark{At: c.ExpiresAt, ID: c.ID}}, nil
		}
	}
	return p, nil
}

func (s *shelf) Foretold(_ context.Context, days int) (time.Time, error) { return s.told[days], nil }

func (s *shelf) Foretell(_ context.Context, days int, until time.Time) error {
	if s.broken == nil {
		s.told[days] = until
	}
	return s.broken
}

// A listener hears of credentials, by the hint that they have.
type listener struct{ heard []string }

func (l *listener) Expiring(h muster.Holder, days int) {
	l.heard = append(l.heard, h.Credential.Hint+" "+time.Duration(days).String())
}

func (l *listener) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.heard, want) {
		t.Errorf("heard %q, not %q", l.heard, want)
	}
	l.heard = nil
}

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func ending(hint string, state muster.CredentialState, in time.Duration) muster.Holder {
	return muster.Holder{Credential: muster.Credential{ID: muster.NewID[muster.Credential](), Hint: hint, State: state, ExpiresAt: noon.Add(in)}}
}

func TestACredentialIsToldOfOnceThirtyFourteenAndThreeDaysBeforeItEnds(t *testing.T) {
	store := &shelf{told: map[int]time.Time{}, held: []muster.Holder{
		ending("early", muster.CredentialActive, 2*day),
		ending("first", muster.CredentialActive, 31*day), ending("revoked", muster.CredentialRevoked, 31*day),
		ending("second", muster.CredentialRetiring, 31*day), ending("late", muster.CredentialActive, 33*day),
	}}
	var l listener
	now := noon
	look := func() {
		t.Helper()
		// Each time after a restart.
		if err := New(store, Options{Watcher: &l, Now: func() time.Time { return now }}).look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look()
	l.expect(t) // it ended soon before anybody looked
	now = noon.Add(day)
	look()
	l.expect(t, "first 30ns", "second 30ns")
	look()
	l.expect(t)
	now = noon.Add(17 * day)
	look()
	l.expect(t, "late 30ns", "first 14ns", "second 14ns")
	now = noon
	look()
	l.expect(t) // the clock was set back
	now = noon.Add(30 * day)
	look()
	l.expect(t, "late 14ns", "first 3ns", "second 3ns", "late 3ns")
}

func TestWhatCannotBeNotedIsToldAgain(t *testing.T) {
	store := &shelf{told: map[int]time.Time{30: noon}, held: []muster.Holder{ending("first", muster.CredentialActive, day)}, broken: errors.New("disk on fire")}
	var l listener
	look := func(want error) {
		t.Helper()
		if err := New(store, Options{Watcher: &l, Now: func() time.Time { return noon }}).look(t.Context()); !errors.Is(err, want) {
			t.Error(err)
		}
	}
	look(store.broken)
	l.expect(t, "first 30ns")
	store.broken = nil
	look(nil)
	l.expect(t, "first 30ns")
	look(nil)
	l.expect(t)
}

// A fuse kills what runs when it has come to its end.
type fuse struct{ left int }

func (f *fuse) burn() {
	if f.left--; f.left == 0 {
		panic(f)
	}
}

// A mortal is a store and a watcher of which each call may be the last one of the process, before it has done anything.
type mortal struct {
	*shelf
	*listener
	fuse
}

func (m *mortal) FleetCredentials(ctx context.Context, q muster.CredentialQuery) (muster.CredentialPage, error) {
	m.burn()
	return m.shelf.FleetCredentials(ctx, q)
}

func (m *mortal) Foretell(ctx context.Context, days int, until time.Time) error {
	m.burn()
	return m.shelf.Foretell(ctx, days, until)
}

func (m *mortal) Expiring(h muster.Holder, days int) {
	m.burn()
	m.listener.Expiring(h, days)
}

// A book is the store of a mortal: both of them have a method of the name of Expiring.
type book struct{ *mortal }

func (b book) Expiring(ctx context.Context, from, until time.Time) ([]muster.Expiring, error) {
	return b.shelf.Expiring(ctx, from, until)
}

// live looks, and reports whether it has come to an end by itself.
func (m *mortal) live(t *testing.T) (ended bool) {
	t.Helper()
	defer func() {
		if at := recover(); at != nil && at != &m.fuse {
			panic(at)
		}
	}()
	if err := New(book{m}, Options{Watcher: m, Now: func() time.Time { return noon }}).look(t.Context()); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestNoCredentialIsMissedWhereverACrashComesBetween(t *testing.T) {
	for last, ended := 1, false; !ended; last++ {
		store := &shelf{told: map[int]time.Time{30: noon, 14: noon, 3: noon}}
		for _, hint := range []string{"a", "b", "c", "d"} { // each on a page of its own
			store.held = append(store.held, ending(hint, muster.CredentialActive, day))
		}
		store.held = append(store.held, ending("e", muster.CredentialActive, 2*day))
		m := &mortal{shelf: store, listener: &listener{}, fuse: fuse{left: last}}
		if ended = m.live(t); !ended {
			m.left = 0
			m.live(t)
		}
		slices.Sort(m.heard)
		told := slices.Compact(m.heard)
		if len(told) != 3*len(store.held) {
			t.Errorf("killed at the %dth call, after the restart all that was told is %q", last, told)
		}
		m.heard = nil
		m.live(t)
		m.expect(t)
	}
}

func TestAForecastBeginsNowAndGoesByDay(t *testing.T) {
	store := &shelf{held: []muster.Holder{
		ending("over", 0, -time.Hour), ending("today", 0, time.Hour), ending("tomorrow", 0, 12*time.Hour), ending("then", 0, 60*time.Hour),
	}}
	s := New(store, Options{Now: func() time.Time { return noon }})
	for days, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3} {
		got, err := s.Forecast(t.Context(), days)
		if err != nil || len(got) != want || !got[0].Day.Equal(noon.Truncate(day)) {
			t.Errorf("%d days: %+v, %v", days, got, err)
		}
	}
	for _, days := range []int{0, MaxDays + 1} {
		if _, err := s.Forecast(t.Context(), days); !errors.Is(err, muster.ReasonRequestInvalid) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func TestTheGaugesCountWithin(t *testing.T) {
	store := &shelf{told: map[int]time.Time{}, held: []muster.Holder{ending("", 0, day), ending("", 0, 13*day), ending("", 0, 29*day), ending("", 0, 31*day)}}
	metrics := prometheus.NewRegistry()
	if err := New(store, Options{Registerer: metrics, Now: func() time.Time { return noon }}).look(t.Context()); err != nil {
		t.Fatal(err)
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range families[0].Metric {
		got[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
	}
	if got["3d"] != 1 || got["14d"] != 2 || got["30d"] != 3 {
		t.Errorf("counted %v", got)
	}
}
