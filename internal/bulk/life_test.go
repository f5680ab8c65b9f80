package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/bulk"
)

func TestADryRunFilesNothing(t *testing.T) {
	f := newFixture(t)
	i := f.file("name,token,telemetry.t\na,t-1,5\nb,t-1,6\n", muster.ImportOptions{DryRun: true})
	f.wants(i, 1, 0, 0, 1)
	if len(f.readings) > 0 {
		t.Error("readings were filed")
	}
	if _, err := f.registry.Device(t.Context(), "a"); !errors.Is(err, muster.NotFound) {
		t.Errorf("a device was filed: %v", err)
	}
}

func TestADryRunFailsWhatAnImportWould(t *testing.T) {
	f := newFixture(t)
	var file strings.Builder
	file.WriteString("name,token\n")
	for n := range 3000 {
		token := n
		if n%1000 == 999 {
			token = n - 999 // of a row that was filed long before
		}
		fmt.Fprintf(&file, "device-%d,token-%d\n", n, token)
	}
	dry := f.file(file.String(), muster.ImportOptions{DryRun: true})
	f.wants(dry, 2997, 0, 0, 3)
	actual := f.file(file.String(), muster.ImportOptions{})
	f.wants(actual, 2997, 0, 0, 3)
	if f.failed(dry) != f.failed(actual) {
		t.Errorf("the dry run says\n%s\nand the import\n%s", f.failed(dry), f.failed(actual))
	}
}

func TestAKeptFileShowsNoSecret(t *testing.T) {
	f := newFixture(t)
	i := f.hand("name,token\npump,canary-token-0123456789\n", muster.ImportOptions{})
	kept := filepath.Join(f.dir, "imports", i.ID.String())
	text, err := os.ReadFile(kept)
	if err != nil || len(text) == 0 || bytes.Contains(text, []byte("canary")) || bytes.Contains(text, []byte("pump")) {
		t.Errorf("kept: %q, %v", text, err)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	f.wants(f.await(i.ID), 1, 0, 0, 0)
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("the file of an import that is done stays: %v", err)
	}
}

func TestAFailedRowIsKeptSealed(t *testing.T) {
	f := newFixture(t)
	i := f.file("name,token\n,canary-token-0123456789\n", muster.ImportOptions{})
	if !strings.Contains(f.failed(i), "canary-token-0123456789") {
		t.Error("the row does not come back")
	}
	for _, name := range []string{"registry.db", "registry.db-wal"} {
		if text, err := os.ReadFile(filepath.Join(f.dir, name)); err != nil || bytes.Contains(text, []byte("canary")) {
			t.Errorf("%s shows the token, or %v", name, err)
		}
	}
}

func TestADamagedFileEndsItsImport(t *testing.T) {
	f := newFixture(t)
	i := f.hand("name\npump\n", muster.ImportOptions{})
	kept := filepath.Join(f.dir, "imports", i.ID.String())
	text, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	if err := os.WriteFile(kept, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if i = f.await(i.ID); i.State != muster.ImportFailed || i.Progress.Rows != 0 {
		t.Errorf("it is %s with %+v", i.State, i.Progress)
	}
}

// A stumbling store of readings refuses what comes after so many commits, and stops the service.
type stumbling struct {
	left int
	stop context.CancelFunc
	kept map[string]int
}

func (s *stumbling) Commit(b *muster.Batch) error {
	if s.left == 0 {
		s.stop()
		return errors.New("the disk is gone")
	}
	s.left--
	for _, e := range b.Entries {
		for key, v := range e.Values.All() {
			s.kept[fmt.Sprintf("%s %d %s=%s", e.Device, e.TS, key, v.AppendJSON(nil))]++
		}
	}
	return nil
}

func TestAnImportThatIsCutOffGoesOnAndLosesNothing(t *testing.T) {
	const count = 6543
	f := newFixture(t)
	var file strings.Builder
	file.WriteString("name,token,telemetry.n\n")
	for n := range count {
		token := n
		if n%100 == 99 {
			token = n - 1 // in use
		}
		fmt.Fprintf(&file, "device-%d,token-%d,%d\n", n, token, n)
	}
	i := f.hand(file.String(), muster.ImportOptions{})
	readings := &stumbling{kept: map[string]int{}}
	cuts := 0
	for ; !i.State.Ended(); cuts++ {
		ctx, stop := context.WithCancel(t.Context())
		readings.left, readings.stop = 1, stop
		s := bulk.New(f.registry, f.keys, bulk.Options{Dir: filepath.Join(f.dir, "imports"), Readings: readings, Now: func() time.Time { return f.now }})
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx)
		}()
		for {
			var err error
			if i, err = f.Import(t.Context(), i.ID); err != nil {
				t.Fatal(err)
			}
			if i.State.Ended() || ctx.Err() != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		stop()
		<-done
	}
	if cuts < 2 {
		t.Errorf("it was cut off %d times", cuts)
	}
	f.wants(i, count-count/100, 0, 0, count/100)
	if len(readings.kept) != count-count/100 {
		t.Errorf("%d readings were kept", len(readings.kept))
	}
}

func TestACancelledImportGoesOnWhereItStopped(t *testing.T) {
	const rows = 8000
	f := newFixture(t)
	var file strings.Builder
	file.WriteString("name\n")
	for n := range rows {
		fmt.Fprintf(&file, "device-%d\n", n)
	}
	i := f.hand(file.String(), muster.ImportOptions{})
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { f.Run(ctx) })
	for i.Progress.Rows == 0 {
		var err error
		if i, err = f.Import(t.Context(), i.ID); err != nil {
			t.Fatal(err)
		}
	}
	i, err := f.CancelImport(t.Context(), i.ID)
	if err != nil || i.State != muster.ImportCancelled {
		t.Fatalf("%+v, %v", i, err)
	}
	_, err = f.CancelImport(t.Context(), i.ID)
	refused(t, err, muster.ReasonImportStopped)
	stop()
	work.Wait()
	if i, err = f.ResumeImport(t.Context(), i.ID); err != nil || i.State != muster.ImportWaiting {
		t.Fatalf("%+v, %v", i, err)
	}
	f.wants(f.await(i.ID), rows, 0, 0, 0)
	_, err = f.ResumeImport(t.Context(), i.ID)
	refused(t, err, muster.ReasonImportStopped)
}

func TestTheWrongFileEndsByItself(t *testing.T) {
	f := newFixture(t)
	i := f.file("name,gateway\n"+strings.Repeat("x,perhaps\n", 60_000), muster.ImportOptions{})
	if i.State != muster.ImportFailed || i.Reason != muster.ReasonImportFailures || i.Progress.Failed > 60_000 {
		t.Errorf("it is %s (%s) with %+v", i.State, i.Reason, i.Progress)
	}
}

func TestOnlySoManyImportsWait(t *testing.T) {
	f := newFixture(t)
	for range 16 {
		f.hand("name\nx\n", muster.ImportOptions{})
	}
	_, err := f.CreateImport(t.Context(), "", muster.ImportOptions{}, strings.NewReader("name\nx\n"))
	refused(t, err, muster.ReasonServerBusy)
	if kept, err := os.ReadDir(filepath.Join(f.dir, "imports")); err != nil || len(kept) != 16 {
		t.Errorf("%d files are kept, %v", len(kept), err)
	}
}

func TestAFileThatIsTooLargeOrBreaksOffIsNotKept(t *testing.T) {
	f := newFixture(t)
	f.MaxFile = 1 << 20
	_, err := f.CreateImport(t.Context(), "", muster.ImportOptions{}, strings.NewReader("name\n"+strings.Repeat("device\n", 1<<18)))
	refused(t, err, muster.ReasonPayloadTooLarge)
	broken := errors.New("the connection is gone")
	_, err = f.CreateImport(t.Context(), "", muster.ImportOptions{}, &breaking{broken})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if kept, err := os.ReadDir(filepath.Join(f.dir, "imports")); err != nil || len(kept) != 0 {
		t.Errorf("%d files are kept, %v", len(kept), err)
	}
}

func TestAFileThatIsBeingHandedInIsNotTidiedAway(t *testing.T) {
	f := newFixture(t)
	body, hand := io.Pipe()
	handed := make(chan error, 1)
	go func() {
		_, err := f.CreateImport(context.WithoutCancel(t.Context()), "slow", muster.ImportOptions{}, body)
		handed <- err
	}()
	if _, err := hand.Write([]byte("name\nslow\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "imports", muster.NewID[muster.Import]().String()), nil, 0o600); err != nil {
		t.Fatal(err) // what a crash has left
	}
	f.wants(f.file("name\nquick\n", muster.ImportOptions{}), 1, 0, 0, 0)
	if kept, err := os.ReadDir(filepath.Join(f.dir, "imports")); err != nil || len(kept) != 1 {
		t.Errorf("%d files are kept, %v", len(kept), err)
	}
	if err := hand.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-handed; err != nil {
		t.Fatal(err)
	}
	all, err := f.Imports(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	f.wants(f.await(all[1].ID), 1, 0, 0, 0)
}

type breaking struct{ err error }

func (b *breaking) Read([]byte) (int, error) { return 0, b.err }

func TestFailedLinesAreMendedAndRunAgain(t *testing.T) {
	f := newFixture(t)
	i := f.file("{\"name\":\"good\"}\n{ \"name\":\"pump\",\"profile\":\"nowhere\",\"server\":{\"n\":5}}\n[]\n", muster.ImportOptions{})
	f.wants(i, 1, 0, 0, 2)
	got := f.failed(i)
	want := `{"import_error":{"column":"profile","line":2,"message":"there is no such profile","reason":"not-found"}, "name":"pump","profile":"nowhere","server":{"n":5}}
{"import_error":{"column":"","line":3,"message":"the line is not a JSON object","reason":"import-row-invalid"},"import_line":"[]"}
`
	if got != want {
		t.Errorf("the failed rows are\n%s", got)
	}
	line, _, _ := strings.Cut(strings.ReplaceAll(got, "nowhere", "default"), "\n")
	f.wants(f.file(line, muster.ImportOptions{}), 1, 0, 0, 0)
}

func TestAnImportThatHasEndedIsForgotten(t *testing.T) {
	f := newFixture(t)
	first, second := f.hand("name\na\n", muster.ImportOptions{}), f.hand("name\nb\n", muster.ImportOptions{})
	refused(t, f.DeleteImport(t.Context(), first.ID), muster.ReasonImportStopped)
	if _, err := f.CancelImport(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.DeleteImport(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "imports", first.ID.String())); !os.IsNotExist(err) {
		t.Errorf("its file stays: %v", err)
	}
	_, err := f.ResumeImport(t.Context(), first.ID)
	refused(t, err, muster.ReasonNotFound)
	refused(t, f.DeleteImport(t.Context(), first.ID), muster.ReasonNotFound)
	f.wants(f.await(second.ID), 1, 0, 0, 0)
}

// A diary is told of imports.
type diary struct {
	mu       sync.Mutex
	states   []string
	readings int
}

func (d *diary) Progressed(i muster.Import) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.states = append(d.states, fmt.Sprintf("%s %d/%d", i.State, i.Progress.Rows, i.Progress.Failed))
}

func (d *diary) Stored(b *muster.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readings += len(b.Entries)
}

func TestAnImportIsToldOfFromItsBeginningToItsEnd(t *testing.T) {
	f := newFixture(t)
	d := &diary{}
	f.Watcher = d
	f.file("name,telemetry.n\na,1\n,2\nb,3\n", muster.ImportOptions{})
	second := f.hand("name\na\n", muster.ImportOptions{})
	if _, err := f.CancelImport(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	want := "[waiting 0/0 running 0/0 running 3/1 done 3/1 waiting 0/0 cancelled 0/0]"
	if got := fmt.Sprint(d.states); got != want || d.readings != 2 {
		t.Errorf("told of %s and of %d readings, want %s and 2", got, d.readings, want)
	}
}
