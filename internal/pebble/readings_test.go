package pebble

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"muster"
	"muster/internal/storetest"
)

func TestReadingsAreWhatTelemetryNeeds(t *testing.T) {
	storetest.Readings(t, func(dir string) (storetest.OpenReadings, error) {
		r, err := Open(dir, Options{})
		return flushing{r}, err
	})
}

// flushing moves readings from memory to tables now and then, as a busy day would, and merges the tables.
type flushing struct{ *Readings }

func (f flushing) Commit(b *muster.Batch) error {
	err := f.Readings.Commit(b)
	switch rand.IntN(32) {
	case 0:
		err = errors.Join(err, f.db.Flush())
	case 1:
		err = errors.Join(err, f.db.Flush(), f.db.Compact(context.Background(), []byte{0}, []byte{0xff}, false))
	}
	return err
}

func TestOpeningRefuses(t *testing.T) {
	t.Run("a directory that is open", func(t *testing.T) {
		dir := t.TempDir()
		r := opened(t, dir, Options{})
		if _, err := Open(dir, Options{}); !errors.Is(err, muster.ReasonDataDirectoryInUse) {
			t.Errorf("got %v", err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if r, err := Open(dir, Options{}); err != nil || r.Close() != nil {
			t.Errorf("after closing: %v", err)
		}
	})
	t.Run("a directory that cannot be made", func(t *testing.T) {
		if _, err := Open("/dev/null/readings", Options{}); !errors.Is(err, muster.ReasonStorageUnavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a newer layout", func(t *testing.T) {
		dir := t.TempDir()
		r := opened(t, dir, Options{})
		if err := r.db.Set([]byte{kindVersion}, []byte{0, 0, 0, 0, 0, 0, 0, layoutVersion + 1}, nil); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, muster.ReasonDatabaseNewer) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSequencesGoOnAfterTheirCounterRanOver(t *testing.T) {
	dir := t.TempDir()
	d := muster.NewID[muster.Device]()
	r := opened(t, dir, Options{})
	epoch := r.writer.sequence >> counterBits
	r.writer.sequence |= 1<<counterBits - 2
	for n := range 4 {
		commit(t, r, sample(d, 7, n), sample(d, 7, n))
	}
	if got := r.writer.sequence >> counterBits; got != epoch+1 {
		t.Errorf("epoch %d, want %d", got, epoch+1)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = opened(t, dir, Options{})
	defer r.Close()
	if got := r.writer.sequence >> counterBits; got != epoch+2 {
		t.Errorf("epoch after opening again %d, want %d", got, epoch+2)
	}
	commit(t, r, sample(d, 7, 4), sample(d, 7, 4))
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 10, Limit: 100})
	if err != nil || len(got) != 10 {
		t.Fatalf("%d readings, %v", len(got), err)
	}
	for i, reading := range got {
		if reading.Value.Long() != int64(i/2) {
			t.Errorf("reading %d is %d", i, reading.Value.Long())
		}
	}
}

func TestOperandsOfABusyDeviceAreSummedUp(t *testing.T) {
	r := opened(t, t.TempDir(), Options{})
	defer r.Close()
	d := muster.NewID[muster.Device]()
	commit(t, r, muster.Entry{Device: d, TS: 1, Values: muster.Values(nil).Add("rare", muster.LongValue(9))})
	for n := range 2*collapseAfter + 10 {
		commit(t, r, sample(d, int64(n), n))
		if i := r.writer.devices[d]; r.writer.slots[i].operands >= collapseAfter {
			t.Fatalf("%d operands", r.writer.slots[i].operands)
		}
	}
	got, err := r.Latest(t.Context(), d)
	if err != nil || len(got) != 2 || got[0].Value.Long() != 2*collapseAfter+9 || got[1].Value.Long() != 9 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAWriterForgetsDevicesBeforeTheyFillItsMemory(t *testing.T) {
	r := opened(t, t.TempDir(), Options{})
	defer r.Close()
	for range 3 {
		var b muster.Batch
		for range maxDevices/2 + 1 {
			b.Add(muster.NewID[muster.Device](), 0, muster.Sample{})
		}
		if err := r.Commit(&b); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(r.writer.slots); n > maxDevices {
		t.Errorf("%d devices are remembered", n)
	}
}

func opened(t testing.TB, dir string, o Options) *Readings {
	t.Helper()
	r, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sample(d muster.DeviceID, ts int64, n int) muster.Entry {
	return muster.Entry{Device: d, TS: ts, Values: muster.Values(nil).Add("a", muster.LongValue(int64(n)))}
}

func commit(t testing.TB, r *Readings, entries ...muster.Entry) {
	t.Helper()
	if err := r.Commit(&muster.Batch{Entries: entries}); err != nil {
		t.Fatal(err)
	}
}
