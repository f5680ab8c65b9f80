package telemetry_test

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster"
	"muster/internal/pebble"
	"muster/internal/telemetry"
)

// A windowed sender has at most 16 messages under way, as the devices of the big benchmark do.
type windowed struct {
	answered atomic.Uint64
	wake     chan struct{}
	failed   atomic.Bool
}

func (w *windowed) Answer(_ uint64, _ muster.Message, err error) {
	if err != nil {
		w.failed.Store(true)
	}
	w.answered.Add(1)
}

// Flush takes as long as writing to a socket does.
func (w *windowed) Flush() {
	for start := time.Now(); time.Since(start) < 3*time.Microsecond; {
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// BenchmarkSubmit tells what a message of three values costs from its sender to the disk and back.
func BenchmarkSubmit(b *testing.B) {
	store, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	in := telemetry.New(store, telemetry.Options{})
	const senders, window = 100, 16
	var next atomic.Int64
	var group sync.WaitGroup
	cpu := cpuTime(b)
	b.ResetTimer()
	for range senders {
		group.Go(func() {
			me := &muster.Identity{Device: muster.NewID[muster.Device](), Retention: 30}
			w := &windowed{wake: make(chan struct{}, 1)}
			m := &muster.Telemetry{Samples: []muster.Sample{{Values: muster.Values(nil).
				Add("temperature", muster.DoubleValue(21.5)).Add("humidity", muster.LongValue(40)).Add("ok", muster.BoolValue(true))}}}
			sent := uint64(0)
			for next.Add(1) <= int64(b.N) {
				for sent-w.answered.Load() >= window {
					<-w.wake
				}
				m.Samples[0].TS = time.Now().UnixMilli()
				if err := in.Submit(b.Context(), me, m, w, sent); err != nil {
					b.Error(err)
					return
				}
				sent++
			}
			for w.answered.Load() < sent {
				<-w.wake
			}
			if w.failed.Load() {
				b.Error("a message was lost")
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64(cpuTime(b)-cpu)/float64(b.N), "cpu-ns/msg")
	if err := in.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
