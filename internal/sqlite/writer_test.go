package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"muster"
)

// waiting opens a new registry whose writer has not begun, so that a test decides what waits together.
func waiting(t *testing.T) *Registry {
	t.Helper()
	path := filepath.Join(t.TempDir(), "registry.db")
	if err := createMissing(path); err != nil {
		t.Fatal(err)
	}
	w, err := openWriter(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	readers, err := openReaders(path)
	if err != nil {
		t.Fatal(err)
	}
	return newRegistry(w, readers)
}

// begin lets the writer begin once n writes wait, for the length of the test.
func (r *Registry) begin(t *testing.T, n int) {
	t.Helper()
	for len(r.writer.queue) < n {
		runtime.Gosched()
	}
	go r.writer.run()
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}

func createProfile(ctx context.Context, r *Registry, name string) error {
	return r.CreateProfile(ctx, muster.Profile{ID: muster.NewID[muster.Profile](), Name: name})
}

func TestARefusedWriteUndoesItselfAlone(t *testing.T) {
	r := waiting(t)
	results := make(chan error, 10)
	for i := range 10 {
		go func() { results <- createProfile(t.Context(), r, fmt.Sprintf("profile-%d", i%5)) }()
	}
	r.begin(t, 10)
	refused := 0
	for range 10 {
		if err := <-results; muster.ReasonOf(err) == muster.ReasonProfileNameTaken {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	profiles, err := r.Profiles(t.Context())
	if refused != 5 || len(profiles) != 5 || err != nil {
		t.Errorf("%d refused, %d filed (%v), want 5 of each", refused, len(profiles), err)
	}
}

func TestAWriteThatIsAloneIsUndoneWithItsTransaction(t *testing.T) {
	r, _, _, _ := furnished(t)
	for name, end := range map[string]func() error{
		"it is refused": func() error { return muster.NotFound },
		"it panics":     func() error { panic("a mistake") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				_ = recover()
				if _, err := r.Profile(t.Context(), "half"); !errors.Is(err, muster.NotFound) {
					t.Errorf("what it wrote before is there: %v", err)
				}
				if err := createProfile(t.Context(), r, name); err != nil {
					t.Error(err)
				}
			}()
			err := r.write(t.Context(), func(tx *conn) error {
				_, err := tx.exec(`INSERT INTO profile (id, name, description, strategy, settings) VALUES (x'01', 'half', '', 0, '{}')`)
				if err != nil {
					t.Error(err)
				}
				return end()
			})
			if !errors.Is(err, muster.NotFound) {
				t.Errorf("told %v", err)
			}
		})
	}
}

func TestAPanicComesBackToWhoWroteAndHurtsNobodyElse(t *testing.T) {
	r := waiting(t)
	panicked, result := make(chan any), make(chan error)
	go func() {
		defer func() { panicked <- recover() }()
		_ = r.write(t.Context(), func(tx *conn) error {
			if _, err := tx.exec(`DELETE FROM migration`); err != nil {
				t.Error(err)
			}
			panic("oh")
		})
	}()
	go func() { result <- createProfile(t.Context(), r, "default") }()
	r.begin(t, 2)
	if got := <-panicked; got != "oh" {
		t.Errorf("got the panic %v", got)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	sums, err := appliedMigrations(r.readers.idle[0])
	if err != nil || len(sums) == 0 {
		t.Errorf("the write that panicked was kept (%v)", err)
	}
}

func TestAFullDiskRefusesTheWholeGroupAndIsGotOver(t *testing.T) {
	r := waiting(t)
	limit := func(pages int) {
		t.Helper()
		if err := r.writer.conn.script(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // no less than it has
	large := muster.Profile{ID: muster.NewID[muster.Profile](), Name: "large", Description: string(make([]byte, 1<<20))}
	results := make(chan error, 2)
	go func() { results <- createProfile(t.Context(), r, "small") }()
	go func() { results <- r.CreateProfile(t.Context(), large) }()
	r.begin(t, 2)
	for range 2 {
		if err := <-results; muster.ReasonOf(err) != muster.ReasonStorageFull {
			t.Errorf("got error %v, want %s", err, muster.ReasonStorageFull)
		}
	}
	limit(1 << 20)
	for _, name := range []string{"small", "large"} {
		if err := createProfile(t.Context(), r, name); err != nil {
			t.Error(err)
		}
	}
}

func TestAfterAFailedSyncNothingIsWrittenUntilTheRegistryIsBegunAgain(t *testing.T) {
	r := waiting(t)
	r.begin(t, 0)
	if err := errors.Join(r.Healthy(), createProfile(t.Context(), r, "before")); err != nil {
		t.Fatal(err)
	}
	path := r.writer.path
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(path, path+".away") // so that it cannot be begun again
	r.writer.giveUp(errors.New("disk I/O error"))
	for range 3 {
		for _, err := range []error{createProfile(t.Context(), r, "refused"), r.Healthy()} {
			if muster.ReasonOf(err) != muster.ReasonStorageUnavailable {
				t.Fatalf("got error %v, want %s", err, muster.ReasonStorageUnavailable)
			}
		}
		time.Sleep(askAgain / 2)
	}
	move(path+".away", path)
	for deadline := time.Now().Add(10 * askAgain); r.Healthy() != nil; time.Sleep(askAgain / 20) {
		if time.Now().After(deadline) {
			t.Fatal(r.Healthy())
		}
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() > 0 {
		t.Errorf("the log is not empty: %v, %v", info, err)
	}
	if err := createProfile(t.Context(), r, "after"); err != nil {
		t.Error(err)
	}
	all, err := r.Profiles(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "after" || all[1].Name != "before" {
		t.Errorf("there are %v, %v", all, err)
	}
}

func TestWhoReadsWaitsWhileTheRegistryIsBegunAgain(t *testing.T) {
	r := waiting(t)
	r.begin(t, 0)
	if err := createProfile(t.Context(), r, "default"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*askAgain)
	defer stop()
	var all sync.WaitGroup
	for range 2 * cap(r.readers.room) {
		all.Go(func() {
			for ctx.Err() == nil {
				if _, err := r.Profile(t.Context(), "default"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for ctx.Err() == nil {
		r.writer.giveUp(errors.New("disk I/O error"))
		time.Sleep(askAgain / 10)
	}
	all.Wait()
}

func TestAFullQueueIsWaitedForAsLongAsTheCallerLikes(t *testing.T) {
	r := waiting(t)
	results := make(chan error, writesWaiting)
	for range writesWaiting {
		go func() { results <- r.DeleteDevice(t.Context(), muster.NewID[muster.Device]()) }()
	}
	for len(r.writer.queue) < writesWaiting {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(t.Context())
	late := make(chan error)
	go func() { late <- createProfile(ctx, r, "default") }()
	cancel()
	if err := <-late; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	r.begin(t, writesWaiting)
	for range writesWaiting {
		if err := <-results; muster.KindOf(err) != muster.NotFound {
			t.Errorf("got error %v, want %v", err, muster.NotFound)
		}
	}
}

func TestMigrations(t *testing.T) {
	first := &fstest.MapFile{Data: []byte("CREATE TABLE a (b INTEGER) STRICT;\nCREATE TABLE c (d INTEGER) STRICT;")}
	second := &fstest.MapFile{Data: []byte("INSERT INTO a (b) VALUES (1)")}
	broken := &fstest.MapFile{Data: []byte("CREATE TABLE e (f INTEGER) STRICT; INSERT INTO nowhere (b) VALUES (1)")}
	path := filepath.Join(t.TempDir(), "registry.db")
	if err := createMissing(path); err != nil {
		t.Fatal(err)
	}
	w, err := openWriter(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close() //nolint:errcheck // nothing was written that matters
	if _, err := w.conn.exec(`DELETE FROM migration`); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		says  string
		files fstest.MapFS
		fails bool
		why   muster.Reason
		rows  int
	}{
		{"the first is applied", fstest.MapFS{"migration/0001_a.sql": first}, false, "", 0},
		{"the second follows", fstest.MapFS{"migration/0001_a.sql": first, "migration/0002_b.sql": second}, false, "", 1},
		{"none is applied twice", fstest.MapFS{"migration/0001_a.sql": first, "migration/0002_b.sql": second}, false, "", 1},
		{"one that was altered is an error", fstest.MapFS{"migration/0001_a.sql": second, "migration/0002_b.sql": second}, true, muster.ReasonInternal, 1},
		{"a broken one leaves nothing", fstest.MapFS{"migration/0001_a.sql": first, "migration/0002_b.sql": second, "migration/0003_c.sql": broken}, true, muster.ReasonInternal, 1},
		{"a newer database is refused", fstest.MapFS{"migration/0001_a.sql": first}, true, muster.ReasonDatabaseNewer, 1},
		{"numbers may be left out", fstest.MapFS{"migration/0001_a.sql": first, "migration/0002_b.sql": second, "migration/0010_d.sql": second}, false, "", 2},
		{"and used later", fstest.MapFS{"migration/0001_a.sql": first, "migration/0002_b.sql": second, "migration/0005_c.sql": second, "migration/0010_d.sql": second}, false, "", 3},
	} {
		t.Run(step.says, func(t *testing.T) {
			err := migrate(w.conn, step.files, keepNothing)
			if (err != nil) != step.fails || step.fails && muster.ReasonOf(err) != step.why {
				t.Errorf("got error %v, want the reason %q", err, step.why)
			}
			rows, err := one(w.conn, integer[int], `SELECT count(*) FROM a`)
			if err != nil || rows != step.rows {
				t.Errorf("%d rows (%v), want %d", rows, err, step.rows)
			}
			tables, err := one(w.conn, integer[int], `SELECT count(*) FROM sqlite_schema WHERE name = 'e'`)
			if err != nil || tables != 0 {
				t.Errorf("half a migration is there (%v)", err)
			}
		})
	}
}
