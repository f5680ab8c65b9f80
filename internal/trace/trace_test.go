package trace_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/trace"
)

// An audit knows what it was told.
type audit struct{ entries []string }

func (a *audit) TraceSwitched(_ context.Context, device string, until time.Time) error {
	a.entries = append(a.entries, fmt.Sprint(device, " ", !until.IsZero()))
	return nil
}

func device(name string) *muster.Device {
	return &muster.Device{ID: muster.NewID[muster.Device](), Name: name}
}

func TestATraceEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &audit{}
		tracer, pump := trace.New(a, slog.New(slog.DiscardHandler)), device("pump")
		if tracer.Trail(pump.ID, "pump") != nil {
			t.Error("it is traced from the first")
		}
		for range 2 { // the second makes it longer
			if _, err := tracer.Start(t.Context(), pump, time.Minute); err != nil {
				t.Fatal(err)
			}
			time.Sleep(40 * time.Second)
			if tracer.Trail(muster.DeviceID{}, "pump") == nil {
				t.Fatal("it is over too soon")
			}
		}
		trail := tracer.Trail(pump.ID, "")
		trail.Tell("message", slog.String("keys", "a b"), slog.Int("bytes", 3))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		trail.Tell("message") // by whoever has asked before
		if tracer.Trail(pump.ID, "pump") != nil {
			t.Error("it does not end")
		}
		seen, known := tracer.Trace(pump.ID, 0, 10)
		if !known || seen.On || len(seen.Lines) != 1 || seen.Lines[0].Text != `keys="a b" bytes=3` {
			t.Errorf("left is %+v, %v", seen, known)
		}
		if err := tracer.Stop(t.Context(), pump); err != nil {
			t.Fatal(err)
		}
		if _, known := tracer.Trace(pump.ID, 0, 10); known || fmt.Sprint(a.entries) != "[pump true pump true pump false]" {
			t.Errorf("after the end: %v, %v", known, a.entries)
		}
	})
}

func TestATraceIsNotCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer, pump := trace.New(&audit{}, slog.New(slog.DiscardHandler)), device("pump")
		long, err := tracer.Start(t.Context(), pump, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		again, err := tracer.Start(t.Context(), pump, time.Minute)
		if err != nil || !again.Until.Equal(long.Until) {
			t.Errorf("asked for a minute, it ends at %v and not at %v; %v", again.Until, long.Until, err)
		}
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if tracer.Trail(pump.ID, "") == nil {
			t.Error("it is over too soon")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if tracer.Trail(pump.ID, "") != nil {
			t.Error("it does not end")
		}
	})
}

func TestAFewDevicesAreTracedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := trace.New(&audit{}, slog.New(slog.DiscardHandler))
		for i := range trace.Most {
			if _, err := tracer.Start(t.Context(), device(fmt.Sprint(i)), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tracer.Start(t.Context(), device("more"), time.Minute); muster.ReasonOf(err) != muster.ReasonTracesFull {
			t.Errorf("one more: %v", err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if _, err := tracer.Start(t.Context(), device("more"), time.Minute); err != nil {
			t.Error(err)
		}
		if all := tracer.Traces(); len(all) != trace.Most || !all[trace.Most-1].On || all[0].Name != "1" {
			t.Errorf("there are %+v", all)
		}
		for _, length := range []time.Duration{0, time.Millisecond, trace.Longest + 1} {
			if _, err := tracer.Start(t.Context(), device("x"), length); muster.ReasonOf(err) != muster.ReasonRequestInvalid {
				t.Errorf("for %v: %v", length, err)
			}
		}
		for _, tr := range tracer.Traces() {
			_ = tracer.Stop(t.Context(), &muster.Device{ID: tr.Device, Name: tr.Name})
		}
	})
}

func TestTheNewestLinesAreKept(t *testing.T) {
	tracer, pump := trace.New(&audit{}, slog.New(slog.DiscardHandler)), device("pump")
	if _, err := tracer.Start(t.Context(), pump, time.Minute); err != nil {
		t.Fatal(err)
	}
	for i := range 2500 {
		tracer.Trail(pump.ID, "").Tell(fmt.Sprint(i+1), slog.String("long", strings.Repeat("é", 400)))
	}
	seen, _ := tracer.Trace(pump.ID, 0, 5000)
	if seen.Lost != 1500 || len(seen.Lines) != 1000 || seen.Lines[0].Event != "1501" || seen.Lines[999].Number != 2500 || len(seen.Lines[0].Text) > 520 {
		t.Errorf("%d lost, %d lines from %+v", seen.Lost, len(seen.Lines), seen.Lines[0])
	}
	if seen, _ = tracer.Trace(pump.ID, 2490, 4); len(seen.Lines) != 4 || seen.Lines[0].Number != 2491 {
		t.Errorf("behind 2490: %+v", seen.Lines)
	}
	_ = tracer.Stop(t.Context(), pump)
}

func TestLinesAreLoggedForWhoIsTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		tracer, pump := trace.New(&audit{}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))), device("pump")
		go tracer.Run(ctx)
		if _, err := tracer.Start(t.Context(), pump, time.Minute); err != nil {
			t.Fatal(err)
		}
		tracer.Trail(pump.ID, "").Tell("message", slog.Int("bytes", 3))
		synctest.Wait()
		stop()
		synctest.Wait()
		if got := log.String(); !strings.Contains(got, `level=DEBUG msg=trace device=pump`) || !strings.Contains(got, "event=message text=") {
			t.Errorf("logged is %s", got)
		}
		_ = tracer.Stop(t.Context(), pump)
	})
}

func TestAskingForATraceCostsNothingWhileThereIsNone(t *testing.T) {
	tracer, pump := trace.New(&audit{}, slog.New(slog.DiscardHandler)), device("pump")
	if n := testing.AllocsPerRun(1000, func() {
		if tracer.Trail(pump.ID, pump.Name) != nil {
			t.Error("it is traced")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNobodyIsTraced(b *testing.B) {
	tracer, pump := trace.New(&audit{}, slog.New(slog.DiscardHandler)), device("pump")
	for b.Loop() {
		if tracer.Trail(pump.ID, pump.Name) != nil {
			b.Fatal("it is traced")
		}
	}
}
