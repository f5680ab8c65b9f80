package pebble

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"muster"
)

// What was acknowledged before the power went is there afterwards, whatever part of the rest reached the disk.
func TestACrashLosesNothingThatWasCommitted(t *testing.T) {
	const writers, perWriter = 4, 100
	disk := vfs.NewCrashableMem()
	r := opened(t, "readings", Options{FS: disk})
	ids := make([]muster.DeviceID, writers)
	var acknowledged [writers]atomic.Int64
	done := make(chan struct{})
	for w := range writers {
		ids[w] = muster.NewID[muster.Device]()
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range perWriter {
				if err := r.Commit(&muster.Batch{Entries: []muster.Entry{sample(ids[w], int64(n), n), sample(ids[w], int64(n), n)}}); err != nil {
					t.Error(err)
					return
				}
				acknowledged[w].Store(int64(n + 1))
				if n%40 == 39 {
					_ = r.db.Flush()
				}
			}
		}()
	}
	for running := writers; running > 0; {
		select {
		case <-done:
			running--
		default:
		}
		var before [writers]int64
		for w := range writers {
			before[w] = acknowledged[w].Load()
		}
		crashed := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rand.IntN(101), RNG: rand.New(rand.NewPCG(rand.Uint64(), 0))})
		for w, n := range before {
			afterCrash(t, crashed, ids[w], n)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func afterCrash(t *testing.T, disk vfs.FS, d muster.DeviceID, acknowledged int64) {
	t.Helper()
	r := opened(t, "readings", Options{FS: disk})
	defer r.Close()
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 1 << 40, Limit: muster.MaxRangeLimit})
	if err != nil || len(got)%2 != 0 || int64(len(got)) < 2*acknowledged {
		t.Fatalf("%d readings of %d commits, %v", len(got), acknowledged, err)
	}
	for i, reading := range got {
		if reading.Value.Long() != int64(i/2) {
			t.Fatalf("reading %d is %d", i, reading.Value.Long())
		}
	}
	latest, err := r.Latest(t.Context(), d)
	if err != nil || len(got) > 0 && (len(latest) != 1 || latest[0].Value.Long() != int64(len(got)/2-1)) {
		t.Fatalf("latest of %d is %v, %v", len(got), latest, err)
	}
}

// A log that cannot be written is the end of the process: Commit does not return, so nothing is acknowledged.
func TestAFailingLogIsFatalAndAcknowledgesNothing(t *testing.T) {
	hits := 0
	for _, kind := range []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileSyncData, errorfs.OpFileSync} {
		var broken, hit atomic.Bool
		disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if broken.Load() && op.Kind == kind && strings.HasSuffix(op.Path, ".log") {
				hit.Store(true)
				return errors.New("input/output error")
			}
			return nil
		}))
		fatal := make(chan error, 1)
		var log strings.Builder
		r := opened(t, "readings", Options{FS: disk, Logger: slog.New(slog.NewTextHandler(&log, nil)), Fatal: func(err error) {
			fatal <- err
			runtime.Goexit()
		}})
		d := muster.NewID[muster.Device]()
		commit(t, r, sample(d, 1, 1))
		broken.Store(true)
		acknowledged, gone := false, make(chan struct{})
		go func() {
			defer close(gone)
			_ = r.Commit(&muster.Batch{Entries: []muster.Entry{sample(d, 2, 2)}})
			acknowledged = true
		}()
		<-gone
		if !hit.Load() {
			continue // the log is not synced in this way
		}
		hits++
		if err := <-fatal; acknowledged || !errors.Is(err, muster.ReasonStorageUnavailable) {
			t.Errorf("%v: acknowledged: %v, fatal: %v", kind, acknowledged, err)
		}
		if !strings.Contains(log.String(), "stopping at once") {
			t.Errorf("%v: the log says %q", kind, log.String())
		}
	}
	if hits < 2 {
		t.Errorf("only %d ways to fail were met: writing and syncing must be", hits)
	}
}

func TestAFullDiskRefusesUntilThereIsRoom(t *testing.T) {
	disk := vfs.NewMem()
	r := opened(t, "readings", Options{FS: disk, Reserve: 100 << 20})
	defer r.Close()
	d := muster.NewID[muster.Device]()
	free := func(mb uint64) {
		disk.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: mb << 20, TotalBytes: 1 << 40})
		r.room.looked.Store(0)
	}
	free(100)
	commit(t, r, sample(d, 1, 1))
	free(99)
	for _, b := range []*muster.Batch{{}, {Entries: []muster.Entry{sample(d, 2, 2)}}} {
		if err := r.Commit(b); !errors.Is(err, muster.ReasonStorageFull) || !errors.Is(err, muster.Overloaded) {
			t.Errorf("got %v", err)
		}
	}
	if err := r.Forget(t.Context(), d); err != nil {
		t.Errorf("nothing can be removed from a full disk: %v", err)
	}
	free(100)
	commit(t, r, sample(d, 3, 3))
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 10, Limit: 10})
	if err != nil || len(got) != 1 || got[0].Value.Long() != 3 {
		t.Errorf("%v, %v", got, err)
	}
}
