package pebble

import (
	"errors"
	"log/slog"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"muster"
)

// A badDisk refuses some operations while it is broken.
type badDisk struct {
	vfs.FS
	refuses func(errorfs.Op) bool
	broken  atomic.Bool
	hits    atomic.Int64
}

func newBadDisk(on vfs.FS, err error, refuses func(errorfs.Op) bool) *badDisk {
	d := &badDisk{refuses: refuses}
	d.FS = errorfs.Wrap(on, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if d.broken.Load() && d.refuses(op) {
			d.hits.Add(1)
			return err
		}
		return nil
	}))
	return d
}

// A quietLog may be read while it is written.
type quietLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *quietLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *quietLog) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

// values returns what is kept of a device, in order.
func values(t *testing.T, r *Readings, d muster.DeviceID) (all []int64) {
	t.Helper()
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 1 << 40, Limit: muster.MaxRangeLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, reading := range got {
		all = append(all, reading.Value.Long())
	}
	return all
}

func TestADiskThatRefusesIsWaitedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		err     error
		refuses func(errorfs.Op) bool
		rotates bool // the trouble comes when the log is replaced
		reason  muster.Reason
	}{
		"the log cannot be written": {
			syscall.EIO, func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite && path.Ext(op.Path) == ".log" },
			false, muster.ReasonStorageUnavailable,
		},
		"the log cannot be synced": {
			syscall.EIO, func(op errorfs.Op) bool {
				return (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) && path.Ext(op.Path) == ".log"
			},
			false, muster.ReasonStorageUnavailable,
		},
		"there is no room": {
			syscall.ENOSPC, func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate },
			false, muster.ReasonStorageFull,
		},
		"no file can be made": {
			syscall.EMFILE, func(op errorfs.Op) bool {
				return op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite
			},
			true, muster.ReasonStorageUnavailable,
		},
		"the manifest cannot be written": {
			syscall.EIO, func(op errorfs.Op) bool {
				return strings.Contains(op.Path, "MANIFEST") && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSync)
			},
			true, muster.ReasonStorageUnavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			crashable := vfs.NewCrashableMem()
			disk, log := newBadDisk(crashable, tc.err, tc.refuses), &quietLog{}
			r := opened(t, "readings", Options{FS: disk, Logger: slog.New(slog.NewTextHandler(log, nil)), Fatal: func(err error) {
				t.Errorf("the end of the process: %v", err)
				select {}
			}})
			d := muster.NewID[muster.Device]()
			commit(t, r, sample(d, 1, 1))
			disk.broken.Store(true)
			if tc.rotates {
				go func() { _, _ = r.db.AsyncFlush() }()
				eventually(t, "the trouble begins", func() bool { return r.Healthy() != nil })
			}
			for range 3 { // what was refused may be there later
				if err := r.Commit(&muster.Batch{Entries: []muster.Entry{sample(d, 2, 2)}}); !errors.Is(err, tc.reason) {
					t.Fatalf("a commit: %v, want %s", err, tc.reason)
				}
			}
			if err := r.Commit(new(muster.Batch)); !errors.Is(err, tc.reason) || !errors.Is(r.Healthy(), tc.reason) {
				t.Errorf("whether one would be taken: %v", err)
			}
			if err := r.Forget(t.Context(), d); !errors.Is(err, tc.reason) {
				t.Errorf("Forget: %v", err)
			}
			if got := values(t, r, d); got[0] != 1 {
				t.Errorf("read meanwhile: %v", got)
			}
			disk.broken.Store(false)
			eventually(t, "the disk is asked again", func() bool { return r.Healthy() == nil })
			commit(t, r, sample(d, 3, 3))
			if disk.hits.Load() == 0 || log.count("level=WARN") != 1 || log.count("level=INFO") != 1 {
				t.Errorf("%d operations were refused; the log: %s", disk.hits.Load(), &log.text)
			}
			after := opened(t, "readings", Options{FS: crashable.CrashClone(vfs.CrashCloneCfg{})})
			defer after.Close()
			if got := values(t, after, d); got[0] != 1 || got[len(got)-1] != 3 || len(got) > 3 {
				t.Errorf("after a power cut: %v", got)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A forgetfulFile loses what a sync that failed was to write, although the next sync succeeds.
type forgetfulFile struct {
	vfs.File
	fails           *atomic.Bool
	written, synced int64
}

func (f *forgetfulFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	f.written += int64(n)
	return n, err
}

func (f *forgetfulFile) SyncData() error { return f.Sync() }

func (f *forgetfulFile) Sync() error {
	if f.fails.CompareAndSwap(true, false) {
		_, _ = f.File.WriteAt(make([]byte, f.written-f.synced), f.synced)
		return syscall.EIO
	}
	err := f.File.Sync()
	f.synced = f.written
	return err
}

// A forgetfulDisk has logs that are forgetful.
type forgetfulDisk struct {
	vfs.FS
	fails atomic.Bool
}

func (d *forgetfulDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, category)
	if err == nil && path.Ext(name) == ".log" {
		f = &forgetfulFile{File: f, fails: &d.fails}
	}
	return f, err
}

func TestASyncThatFailedIsNotBelievedWhenItSucceedsLater(t *testing.T) {
	crashable := vfs.NewCrashableMem()
	disk := &forgetfulDisk{FS: crashable}
	r := opened(t, "readings", Options{FS: disk})
	d := muster.NewID[muster.Device]()
	for n := range int64(20) {
		if n%5 == 4 {
			disk.fails.Store(true)
			if err := r.Commit(&muster.Batch{Entries: []muster.Entry{sample(d, n, int(n))}}); !errors.Is(err, muster.ReasonStorageUnavailable) {
				t.Fatalf("a commit whose sync failed: %v", err)
			}
			eventually(t, "the log is written again", func() bool { return r.Healthy() == nil })
			continue
		}
		commit(t, r, sample(d, n, int(n)))
		after := opened(t, "readings", Options{FS: crashable.CrashClone(vfs.CrashCloneCfg{})})
		if got := values(t, after, d); len(got) != int(n)+1 {
			t.Errorf("after commit %d and a power cut: %v", n, got)
		}
		after.Close()
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatTheDiskRefusesCanBeLeft(t *testing.T) {
	disk := newBadDisk(vfs.NewMem(), syscall.ENOSPC, func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite })
	r := opened(t, "readings", Options{FS: disk})
	d := muster.NewID[muster.Device]()
	commit(t, r, sample(d, 1, 1))
	disk.broken.Store(true)
	if err := r.Commit(&muster.Batch{Entries: []muster.Entry{sample(d, 2, 2)}}); err == nil {
		t.Fatal("acknowledged")
	}
	if err := r.Close(); !errors.Is(err, muster.ReasonStorageFull) {
		t.Errorf("closed with %v", err)
	}
}

// A crowdedDisk has so many bytes free.
type crowdedDisk struct {
	vfs.FS
	free uint64
}

func (d *crowdedDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free}, nil
}

func TestAFullDiskIsNotOpened(t *testing.T) {
	disk := &crowdedDisk{FS: vfs.NewMem(), free: 24 << 20}
	if _, err := Open("readings", Options{FS: disk, Reserve: 100 << 20}); !errors.Is(err, muster.ReasonStorageFull) {
		t.Errorf("got %v", err)
	}
	disk.free = 25 << 20
	opened(t, "readings", Options{FS: disk, Reserve: 100 << 20})
}

func TestOpeningEndsWhenTheDiskRefusesForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatience(slog.New(slog.DiscardHandler))
		start := time.Now()
		for n := 1; !p.isHopeless(); n++ {
			if n == mostFailures {
				t.Fatal("it is never hopeless")
			}
		}
		if took := time.Since(start); took != mostFailures*askAgain {
			t.Errorf("it is hopeless after %v", took)
		}
		p.set(patient)
		if p.isHopeless() {
			t.Error("it is hopeless while writes wait")
		}
	})
}
