package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/telemetry"
)

// A gate is a store that commits when it is told to, and as it is told.
type gate struct {
	telemetry.Store
	begun   chan muster.Batch // a copy of each batch whose commit begins
	outcome chan error
}

func newGate() *gate {
	return &gate{begun: make(chan muster.Batch), outcome: make(chan error)}
}

func (g *gate) Commit(b *muster.Batch) error {
	var own muster.Batch
	for _, e := range b.Entries {
		own.Add(e.Device, e.Retention, muster.Sample{TS: e.TS, Stamped: e.Stamped, Values: e.Values})
	}
	g.begun <- own
	return <-g.outcome
}

// A sender notes what it is told.
type sender struct {
	mu      sync.Mutex
	tags    []uint64
	errs    []error
	flushes int
	pending int // answers since the last flush
}

func (s *sender) Answer(tag uint64, m muster.Message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tags, s.errs = append(s.tags, tag), append(s.errs, err)
	s.pending++
}

func (s *sender) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushes++
	s.pending = 0
}

func (s *sender) told(t *testing.T, tags ...uint64) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.tags, tags) {
		t.Errorf("answered %v, want %v", s.tags, tags)
	}
	if s.pending > 0 {
		t.Errorf("%d answers were not flushed", s.pending)
	}
}

var who = &muster.Identity{Device: muster.NewID[muster.Device](), Retention: 30}

// message makes a message of one reading, or of none for n < 0.
func message(n int) *muster.Telemetry {
	m := &muster.Telemetry{}
	if n >= 0 {
		m.Samples = []muster.Sample{{TS: int64(n), Values: muster.Values(nil).Add("n", muster.LongValue(int64(n)))}}
	}
	return m
}

func submit(t *testing.T, in *telemetry.Intake, to muster.Answerer, tag uint64, n int) {
	t.Helper()
	if err := in.Submit(t.Context(), who, message(n), to, tag); err != nil {
		t.Fatalf("submit %d: %v", tag, err)
	}
}

func closed(t *testing.T, in *telemetry.Intake) {
	t.Helper()
	if err := in.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestNobodyIsAnsweredBeforeTheCommitReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGate(), &sender{}
		in := telemetry.New(g, telemetry.Options{})
		submit(t, in, s, 1, 7)
		b := <-g.begun
		synctest.Wait()
		s.told(t)
		if e := b.Entries[0]; len(b.Entries) != 1 || e.Device != who.Device || e.Retention != 30 || e.TS != 7 {
			t.Errorf("committed %+v", b.Entries)
		}
		g.outcome <- nil
		synctest.Wait()
		s.told(t, 1)
		closed(t, in)
	})
}

func TestWhatWaitsDuringACommitIsTheNextCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a, b := newGate(), &sender{}, &sender{}
		in := telemetry.New(g, telemetry.Options{})
		submit(t, in, a, 0, 0)
		<-g.begun
		for tag := range uint64(50) {
			submit(t, in, a, tag+1, int(tag))
			submit(t, in, b, tag+1, int(tag))
		}
		submit(t, in, b, 99, -1)
		g.outcome <- nil
		if next := <-g.begun; len(next.Entries) != 100 {
			t.Errorf("the second commit has %d entries", len(next.Entries))
		}
		synctest.Wait()
		a.told(t, 0)
		b.told(t)
		g.outcome <- nil
		synctest.Wait()
		var want []uint64
		for tag := range uint64(51) {
			want = append(want, tag)
		}
		a.told(t, want...)
		b.told(t, append(want[1:], 99)...)
		closed(t, in)
	})
}

func TestAMessageWithoutReadingsIsAnsweredInOrderAndNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGate(), &sender{}
		in := telemetry.New(g, telemetry.Options{})
		submit(t, in, s, 1, -1)
		synctest.Wait()
		s.told(t, 1)
		submit(t, in, s, 2, 2)
		<-g.begun
		submit(t, in, s, 3, -1)
		synctest.Wait()
		s.told(t, 1)
		g.outcome <- nil
		synctest.Wait()
		s.told(t, 1, 2, 3)
		closed(t, in)
	})
}

func TestASenderMayUseItsMemoryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		in := telemetry.New(g, telemetry.Options{})
		m := message(5)
		if err := in.Submit(t.Context(), who, m, &sender{}, 1); err != nil {
			t.Fatal(err)
		}
		clear(m.Samples[0].Values)
		b := <-g.begun
		for key, value := range b.Entries[0].Values.All() {
			if key != "n" || value.Long() != 5 {
				t.Errorf("%s is %d", key, value.Long())
			}
		}
		g.outcome <- nil
		closed(t, in)
	})
}

func TestSubmitWaitsWhileTheQueueIsFull(t *testing.T) {
	for _, c := range []struct {
		name string
		o    telemetry.Options
	}{
		{"of messages", telemetry.Options{MaxMessages: 3}},
		{"of bytes", telemetry.Options{MaxBytes: 3 * 66}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, s := newGate(), &sender{}
				in := telemetry.New(g, c.o)
				submit(t, in, s, 0, 0)
				<-g.begun
				for tag := range uint64(3) {
					submit(t, in, s, tag+1, 0)
				}
				submitted := make(chan error)
				go func() { submitted <- in.Submit(t.Context(), who, message(0), s, 4) }()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := in.Submit(ctx, who, message(0), s, 5); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("submitting to a full queue: %v", err)
				}
				select {
				case <-submitted:
					t.Error("a full queue took a message")
				default:
				}
				g.outcome <- nil
				if err := <-submitted; err != nil {
					t.Error(err)
				}
				for range 2 {
					<-g.begun
					g.outcome <- nil
				}
				closed(t, in)
				s.told(t, 0, 1, 2, 3, 4)
			})
		})
	}
}

func TestAFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGate(), &sender{}
		var log strings.Builder
		registry := prometheus.NewRegistry()
		in := telemetry.New(g, telemetry.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Registerer: registry})
		full := muster.Refuse(muster.ReasonStorageFull, "")
		for tag := range uint64(3) {
			submit(t, in, s, tag, 0)
			<-g.begun
			g.outcome <- full
			synctest.Wait()
		}
		s.told(t, 0, 1, 2)
		for _, err := range s.errs {
			if !errors.Is(err, muster.ReasonStorageFull) || !errors.Is(err, muster.Overloaded) {
				t.Errorf("answered %v", err)
			}
		}
		if err := in.Healthy(); !errors.Is(err, muster.ReasonStorageFull) {
			t.Errorf("healthy: %v", err)
		}
		if n := strings.Count(log.String(), "cannot be made durable"); n != 1 {
			t.Errorf("the failure is logged %d times:\n%s", n, log.String())
		}
		// Nobody sends, and still it notices that the store is back.
		if ask := <-g.begun; len(ask.Entries) != 0 {
			t.Errorf("it asks with %d entries", len(ask.Entries))
		}
		g.outcome <- full
		<-g.begun
		g.outcome <- nil
		synctest.Wait()
		if err := in.Healthy(); err != nil {
			t.Errorf("healthy: %v", err)
		}
		if n := strings.Count(log.String(), "durable again"); n != 1 {
			t.Errorf("the recovery is logged %d times:\n%s", n, log.String())
		}
		submit(t, in, s, 3, 0)
		<-g.begun
		g.outcome <- nil
		closed(t, in)
		s.told(t, 0, 1, 2, 3)
		if s.errs[3] != nil {
			t.Error(s.errs[3])
		}
		if metrics, err := registry.Gather(); err != nil || len(metrics) != 7 {
			t.Errorf("%d metrics, %v", len(metrics), err)
		}
	})
}

func TestClosingAnswersEverythingThatCameIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, s := newGate(), &sender{}
		in := telemetry.New(g, telemetry.Options{MaxMessages: 2})
		for tag := range uint64(3) {
			submit(t, in, s, tag, 0)
			synctest.Wait()
		}
		late := make(chan error)
		go func() { late <- in.Submit(t.Context(), who, message(0), s, 3) }() // waits for room
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := in.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closing while a commit hangs: %v", err)
		}
		if err := <-late; !errors.Is(err, muster.ReasonStopping) {
			t.Errorf("who waited for room is told %v", err)
		}
		if err := in.Submit(t.Context(), who, message(0), s, 4); !errors.Is(err, muster.ReasonStopping) {
			t.Errorf("who came later is told %v", err)
		}
		for range 2 {
			<-g.begun
			g.outcome <- nil
		}
		closed(t, in)
		closed(t, in)
		s.told(t, 0, 1, 2)
	})
}

func TestEveryMessageOfAHundredSendersIsAnsweredOnceInOrder(t *testing.T) {
	const senders, each = 100, 200
	in := telemetry.New(counted{}, telemetry.Options{MaxMessages: 64})
	all := make([]sender, senders)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			for tag := range uint64(each) {
				if err := in.Submit(t.Context(), who, message(int(tag)), &all[i], tag); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	closed(t, in)
	want := make([]uint64, each)
	for i := range want {
		want[i] = uint64(i)
	}
	for i := range all {
		all[i].told(t, want...)
	}
}

// counted is a store that takes everything.
type counted struct{ telemetry.Store }

func (counted) Commit(*muster.Batch) error { return nil }
