package pebble

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

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
