package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/journal"
	"muster/internal/sqlite"
)

// A shelf is a store that keeps batches as they came and may fail or block.
type shelf struct {
	mu      sync.Mutex
	batches [][]muster.Attempt
	keep    int
	since   time.Time
	filed   int64
	failing error
	gate    chan struct{} // where set, a batch waits for it
}

func (s *shelf) AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int, since time.Time) error {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.failing == nil {
		for i := range attempts {
			s.filed++
			attempts[i].Number = s.filed
		}
		s.batches, s.keep, s.since = append(s.batches, attempts), keep, since
	}
	return s.failing
}

// fail lets what is filed from now on fail.
func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = err
}

func (s *shelf) Attempts(context.Context, muster.AttemptQuery) ([]muster.Attempt, error) {
	return s.all(), nil
}

func (s *shelf) CountAttempts(context.Context, time.Time, time.Time) ([]muster.ReasonCount, error) {
	return nil, nil
}

// all returns what was filed, the newest batch first.
func (s *shelf) all() []muster.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []muster.Attempt
	for _, b := range slices.Backward(s.batches) {
		all = append(all, b...)
	}
	return all
}

func (s *shelf) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.batches)
}

func attempt(name string) muster.Attempt {
	return muster.Attempt{
		Action: muster.ActionConnect, Transport: muster.MQTT, Remote: netip.MustParseAddr("192.0.2.1"),
		Name: name, Reason: muster.ReasonTokenUnknown,
	}
}

// open returns a journal that is closed before the test's bubble ends.
func open(t *testing.T, s journal.Store, o journal.Options) (*journal.Journal, func()) {
	j := journal.New(s, o)
	return j, func() {
		if err := j.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestAttemptsAlikeAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{Keep: 7})
		defer done()
		for i := range 100 {
			a := attempt("a")
			a.Detail = fmt.Sprint(i)
			j.Note(a)
			time.Sleep(time.Millisecond)
		}
		for _, change := range []func(*muster.Attempt){
			func(a *muster.Attempt) { a.Action = muster.ActionProvision },
			func(a *muster.Attempt) { a.Transport = muster.HTTP },
			func(a *muster.Attempt) { a.Remote = netip.MustParseAddr("192.0.2.2") },
			func(a *muster.Attempt) { a.Device = muster.NewID[muster.Device]() },
			func(a *muster.Attempt) { a.Name = "b" },
			func(a *muster.Attempt) { a.Reason = "" },
		} {
			a := attempt("a")
			change(&a)
			j.Note(a)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(s.batches) != 1 || len(s.batches[0]) != 7 || s.keep != 7 {
			t.Fatalf("%d batches, keep %d: %v", len(s.batches), s.keep, s.batches)
		}
		if a := s.batches[0][0]; a.Count != 100 || a.Detail != "99" || !a.At.Equal(time.Date(2000, 1, 1, 0, 0, 0, int(99*time.Millisecond), time.UTC)) {
			t.Errorf("kept %+v, want the last of 100", a)
		}
		j.Note(attempt("a")) // beyond the window it is another
		time.Sleep(time.Second)
		synctest.Wait()
		if s.count() != 2 {
			t.Errorf("%d batches", s.count())
		}
	})
}

func TestAttemptsThatGoOnAndOnDoNotFillTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{})
		defer done()
		for range 3600 * 10 { // ten a second, for an hour
			j.Note(attempt("war"))
			time.Sleep(100 * time.Millisecond)
		}
		j.Note(attempt("bystander"))
		time.Sleep(300 * time.Millisecond)
		entries, counted, bystander := 0, 0, false
		for _, a := range s.all() {
			bystander = bystander || a.Name == "bystander"
			if a.Name == "war" {
				entries++
				counted += a.Count
			}
		}
		if entries < 60 || entries > 70 || !bystander {
			t.Errorf("%d entries, and of the bystander: %v", entries, bystander)
		}
		all, _ := j.Attempts(t.Context(), muster.AttemptQuery{})
		if a := all[0]; a.Name != "war" || counted+a.Count != 36_000 {
			t.Errorf("a reader sees %+v, and %d are counted", a, counted)
		}
		time.Sleep(3 * time.Minute) // it is over and begins again
		before := s.count()
		j.Note(attempt("war"))
		time.Sleep(300 * time.Millisecond)
		if s.count() != before+1 {
			t.Error("what begins again is not filed at once")
		}
	})
}

// Attempts that are held back leave room for others.
func TestWhatIsHeldBackTakesHalfOfTheRoomAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		metrics := prometheus.NewRegistry()
		j, done := open(t, s, journal.Options{Registerer: metrics})
		defer done()
		noted := 0
		for round := range 40 {
			for i := range 3000 + round {
				j.Note(elsewhere(i))
				noted++
			}
			time.Sleep(300 * time.Millisecond)
		}
		if n := counter(t, metrics, "muster_journal_lost_total"); n != 0 {
			t.Errorf("%v are lost", n)
		}
		done()
		filed := 0
		for _, a := range s.all() {
			filed += a.Count
		}
		if filed != noted {
			t.Errorf("%d of %d are filed", filed, noted)
		}
	})
}

func TestABatchIsFiledWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		j, done := open(t, s, journal.Options{})
		defer done()
		j.Note(attempt("first"))
		synctest.Wait()
		if s.count() != 0 {
			t.Error("one attempt does not wait for others")
		}
		for i := range 1023 {
			j.Note(elsewhere(i))
		}
		synctest.Wait() // no time passes
		if s.count() != 1 {
			t.Errorf("%d batches after 1024 attempts", s.count())
		}
	})
}

func TestNoteNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{gate: make(chan struct{})}
		metrics := prometheus.NewRegistry()
		j, done := open(t, s, journal.Options{Registerer: metrics})
		defer done()
		const n = 10_000
		start := time.Now()
		for i := range n {
			j.Note(elsewhere(i))
			if i == 1100 {
				synctest.Wait() // a batch is on its way and does not get through
			}
		}
		if time.Since(start) != 0 {
			t.Error("Note waited")
		}
		close(s.gate)
		time.Sleep(time.Second)
		synctest.Wait()
		kept := 0
		for _, b := range s.batches {
			kept += len(b)
		}
		lost := int(counter(t, metrics, "muster_journal_lost_total"))
		if kept+lost != n || lost == 0 || kept > 1101+4096 {
			t.Errorf("%d kept and %d counted as lost, of %d", kept, lost, n)
		}
	})
}

func counter(t *testing.T, r *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func TestAStoreThatFailsLosesAttemptsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{failing: errors.New("disk full")}
		metrics := prometheus.NewRegistry()
		var log strings.Builder
		j, done := open(t, s, journal.Options{Registerer: metrics, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		defer done()
		j.Note(attempt("a"))
		j.Note(attempt("a"))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := counter(t, metrics, "muster_journal_lost_total"); n != 2 || !strings.Contains(log.String(), "disk full") {
			t.Errorf("%v lost, log %q", n, log.String())
		}
		j.Note(attempt("b"))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("a failure that lasts is told %d times", n)
		}
		s.fail(nil)
		j.Note(attempt("c"))
		time.Sleep(time.Second)
		synctest.Wait()
		if !strings.Contains(log.String(), "level=INFO") {
			t.Errorf("nobody hears that it is over: %q", log.String())
		}
	})
}

// Who asks why devices are refused asks when something is wrong.
func TestAReaderSeesWhatIsKeptWhenNothingMoreCanBe(t *testing.T) {
	s := &shelf{}
	j := journal.New(s, journal.Options{})
	j.Note(attempt("a"))
	if _, err := j.Attempts(t.Context(), muster.AttemptQuery{}); err != nil {
		t.Fatal(err)
	}
	s.fail(errors.New("disk full"))
	j.Note(attempt("b"))
	got, err := j.Attempts(t.Context(), muster.AttemptQuery{})
	if err != nil || len(got) != 1 || got[0].Name != "a" {
		t.Errorf("%v, %v", got, err)
	}
	j.Note(attempt("c"))
	if err := j.Close(t.Context()); !errors.Is(err, s.failing) {
		t.Errorf("closed with %v", err)
	}
}

func TestAReaderWhoGoesAwayLosesNothing(t *testing.T) {
	s := &shelf{}
	j, done := open(t, s, journal.Options{})
	j.Note(attempt("a"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = j.Attempts(gone, muster.AttemptQuery{})
	done()
	if s.count() != 1 {
		t.Errorf("%d batches", s.count())
	}
}

func TestTextsAreBoundedAndHarmless(t *testing.T) {
	s := &shelf{}
	j, done := open(t, s, journal.Options{})
	long := strings.Repeat("ü", 1000)
	device := "Wärmepumpe 👩‍🔧 " + strings.Repeat("ä", 200)
	j.Note(muster.Attempt{Name: "a\x1b[2J\r\nb\x00\xff", Shown: long, Detail: long})
	j.Note(muster.Attempt{Name: device})
	j.Note(muster.Attempt{Name: strings.Repeat("\U0001F600", 300)})
	done()
	got := s.batches[0]
	if want := "a\uFFFD[2J\uFFFD\uFFFDb\uFFFD\uFFFD"; got[0].Name != want {
		t.Errorf("name %q, want %q", got[0].Name, want)
	}
	if got[0].Shown != long[:2*128] || got[0].Detail != long[:2*256] || got[0].At.IsZero() || got[0].Count != 1 {
		t.Errorf("kept %d and %d bytes at %v, count %d", len(got[0].Shown), len(got[0].Detail), got[0].At, got[0].Count)
	}
	if got[1].Name != device {
		t.Errorf("the name of a device is changed to %q", got[1].Name)
	}
	if n := len([]rune(got[2].Name)); n != 255 {
		t.Errorf("a name of %d characters", n)
	}
}

func TestADigestShowsNoSecret(t *testing.T) {
	one, _ := muster.NewKeyring(make([]byte, 32))
	other, _ := muster.NewKeyring([]byte(strings.Repeat("k", 32)))
	d := journal.Digest(one, "hunter2")
	if len(d) != 8 || d != journal.Digest(one, "hunter2") || d == journal.Digest(one, "hunter3") || d == journal.Digest(other, "hunter2") {
		t.Errorf("digest %q", d)
	}
}

func TestAReaderSeesWhatJustHappened(t *testing.T) {
	r, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "registry.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	metrics := prometheus.NewRegistry()
	j, done := open(t, r, journal.Options{Keep: 50, Registerer: metrics})
	defer done()
	for i := range 300 {
		j.Note(attempt(fmt.Sprint("device-", i)))
	}
	all, err := j.Attempts(t.Context(), muster.AttemptQuery{})
	if err != nil || len(all) != 50 || all[0].Name != "device-299" {
		t.Errorf("%d attempts, %v", len(all), err)
	}
	one, err := j.Attempts(t.Context(), muster.AttemptQuery{Name: "device-290", Limit: 10})
	if err != nil || len(one) != 1 || one[0].Reason != muster.ReasonTokenUnknown || one[0].Remote.String() != "192.0.2.1" {
		t.Errorf("got %+v, %v", one, err)
	}
	if n := counter(t, metrics, "muster_attempts_total"); n != 300 {
		t.Errorf("%v attempts counted", n)
	}
}
