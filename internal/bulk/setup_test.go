package bulk_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/bulk"
	"muster/internal/sqlite"
)

// A fixture is a service over a real registry with a clock that stands still. It keeps whose sessions ended, and the
// readings that were filed.
type fixture struct {
	*bulk.Service
	t        testing.TB
	registry *sqlite.Registry
	keys     *muster.Keyring
	dir      string
	now      time.Time
	profiles map[string]muster.Profile

	mu       sync.Mutex // guards what follows
	ended    []string
	readings []muster.Entry
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, keys: keys, dir: t.TempDir(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), profiles: map[string]muster.Profile{}}
	if f.registry, err = sqlite.Open(t.Context(), filepath.Join(f.dir, "registry.db"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.registry.Close(); err != nil {
			t.Error(err)
		}
	})
	f.Service = bulk.New(f.registry, keys, bulk.Options{
		Dir: filepath.Join(f.dir, "imports"), Readings: f, Now: func() time.Time { return f.now },
		Changed: func(device muster.DeviceID, why error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.ended = append(f.ended, string(muster.ReasonOf(why)))
		},
	})
	f.profile("default", muster.StrategyAllowCreate)
	f.profile("listed", muster.StrategyCheckPreProvisioned)
	return f
}

// Commit keeps readings, as a store of them would.
func (f *fixture) Commit(b *muster.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readings = append(f.readings, b.Entries...)
	return nil
}

func (f *fixture) profile(name string, s muster.Strategy) {
	f.t.Helper()
	p := muster.Profile{ID: muster.NewID[muster.Profile](), Name: name, Strategy: s, CreatedAt: f.now}
	if err := f.registry.CreateProfile(f.t.Context(), p); err != nil {
		f.t.Fatal(err)
	}
	f.profiles[name] = p
}

// hand hands in a file, and fails the test where it is not taken.
func (f *fixture) hand(text string, o muster.ImportOptions) muster.Import {
	f.t.Helper()
	i, err := f.CreateImport(f.t.Context(), "devices.csv", o, strings.NewReader(text))
	if err != nil {
		f.t.Fatal(err)
	}
	return i
}

// file hands in a file and waits until its import has ended.
func (f *fixture) file(text string, o muster.ImportOptions) muster.Import {
	f.t.Helper()
	return f.await(f.hand(text, o).ID)
}

// await runs the service until the import has ended.
func (f *fixture) await(id muster.ImportID) muster.Import {
	f.t.Helper()
	ctx, stop := context.WithCancel(f.t.Context())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx) })
	defer work.Wait()
	defer stop()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		i, err := f.Import(f.t.Context(), id)
		if err != nil {
			f.t.Fatal(err)
		}
		if i.State.Ended() {
			return i
		}
		if time.Now().After(end) {
			f.t.Fatalf("the import does not end: %+v", i)
		}
	}
}

// wants fails the test unless the import is done with those counts.
func (f *fixture) wants(i muster.Import, created, updated, unchanged, failed int) {
	f.t.Helper()
	p := i.Progress
	if i.State != muster.ImportDone || p.Created != created || p.Updated != updated || p.Unchanged != unchanged || p.Failed != failed ||
		p.Rows != created+updated+unchanged+failed {
		f.t.Errorf("it is %s (%s) with %+v, want %d created, %d updated, %d unchanged, %d failed\n%s",
			i.State, i.Detail, p, created, updated, unchanged, failed, f.failed(i))
	}
}

// failed returns the file of failed rows.
func (f *fixture) failed(i muster.Import) string {
	f.t.Helper()
	var b strings.Builder
	if err := f.WriteFailed(f.t.Context(), i, &b); err != nil {
		f.t.Fatal(err)
	}
	return b.String()
}

// record returns all that is kept of a device.
func (f *fixture) record(name string) (r muster.DeviceRecord) {
	f.t.Helper()
	var err error
	if r.Device, err = f.registry.Device(f.t.Context(), name); err != nil {
		f.t.Fatalf("%s: %v", name, err)
	}
	if r.Credentials, err = f.registry.Credentials(f.t.Context(), r.Device.ID); err != nil {
		f.t.Fatal(err)
	}
	if r.Attributes, err = f.registry.Attributes(f.t.Context(), r.Device.ID); err != nil {
		f.t.Fatal(err)
	}
	return r
}

// shows returns what the live credentials of a device are made of.
func (f *fixture) shows(name string) (all []muster.Evidence) {
	f.t.Helper()
	for _, c := range f.record(name).Credentials {
		if c.State == muster.CredentialRevoked {
			continue
		}
		e, err := c.Open(f.keys)
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func refused(t testing.TB, err error, want muster.Reason) {
	t.Helper()
	if got := muster.ReasonOf(err); got != want {
		t.Errorf("got reason %q (%v), want %q", got, err, want)
	}
}
