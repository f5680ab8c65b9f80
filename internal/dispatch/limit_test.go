package dispatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/telemetry"
	"muster/internal/thingsboard"
)

// A standstill is a disk that does not answer before it goes on.
type standstill struct {
	telemetry.Store
	on chan struct{}
}

func (s standstill) Commit(*muster.Batch) error {
	<-s.on
	return nil
}

func TestNobodyWaitsForeverForADiskThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := standstill{on: make(chan struct{})}
		d := New(Options{Intake: telemetry.New(disk, telemetry.Options{MaxMessages: 1}), Platform: &thingsboard.Dialect{}})
		report := func(ctx context.Context) error {
			limited := newLimit(ctx)
			defer limited.release()
			_, err := d.serveRequest(limited, &muster.Identity{}, &muster.Telemetry{Samples: make([]muster.Sample, 1)})
			return err
		}
		first := make(chan error)
		go func() { first <- report(t.Context()) }()
		synctest.Wait()
		for name, want := range map[string]error{
			"one whose readings wait for the disk": context.DeadlineExceeded,
			"one for whose readings is no room":    context.DeadlineExceeded,
		} {
			start := time.Now()
			if err := report(t.Context()); !errors.Is(err, want) || !errors.Is(err, muster.ReasonServerBusy) || time.Since(start) != answerWithin {
				t.Errorf("%s is told %v after %v", name, err, time.Since(start))
			}
		}
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the first is told %v", err)
		}
		gone, goes := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, goes)
		if err := report(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("one that goes away is told %v", err)
		}
		close(disk.on)
		if err := report(t.Context()); err != nil {
			t.Errorf("when the disk goes on: %v", err)
		}
		if err := d.o.Intake.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestALimitEndsForWhoeverWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, goes := context.WithCancel(t.Context())
		l := newLimit(transport)
		defer l.release()
		if end, ok := l.Deadline(); !ok || time.Until(end) != answerWithin {
			t.Errorf("it ends in %v", time.Until(end))
		}
		<-l.Done()
		if err := l.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with its time: %v", err)
		}
		l = newLimit(transport)
		defer l.release()
		below, stop := context.WithCancel(l)
		defer stop()
		goes()
		<-below.Done()
		if err := l.Err(); !errors.Is(err, context.Canceled) || !errors.Is(below.Err(), context.Canceled) {
			t.Errorf("with the transport: %v", err)
		}
	})
}
