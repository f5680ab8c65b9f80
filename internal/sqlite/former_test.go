package sqlite

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster"
)

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestARegistryIsCopiedBeforeItIsChanged(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "registry.db")
	w := older(t, path, 11)
	if _, err := w.conn.exec(`INSERT INTO setting (name, value) VALUES ('kept', 'yes')`); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing is due, and nothing copied
		r, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{"registry.db", "registry.db.schema-0010"}) {
		t.Fatalf("there are %q", got)
	}
	former := path + ".schema-0010"
	if info, err := os.Stat(former); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	back, err := openWriter(former, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer back.close() //nolint:errcheck // nothing was written
	if due, seen, err := dueMigrations(back.conn, before(t, 11)); err != nil || len(due) != 0 || seen != 10 {
		t.Errorf("to the older version the copy is not as it was: %d, %v", seen, err)
	}
	if kept, err := one(back.conn, (*row).text, `SELECT value FROM setting WHERE name = 'kept'`); err != nil || kept != "yes" {
		t.Errorf("%q, %v", kept, err)
	}
}

func TestARegistryIsNotChangedWhereThereIsNoRoomForACopy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "registry.db")
	if err := older(t, path, 11).close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), path, Options{Free: func() (uint64, error) { return 64 << 10, nil }})
	if muster.ReasonOf(err) != muster.ReasonStorageFull {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"registry.db"}) {
		t.Errorf("there are %q", got)
	}
	if err := os.Mkdir(path+".schema-0010", 0o700); err != nil { // where the copy should be
		t.Fatal(err)
	}
	if r, err := Open(t.Context(), path, Options{}); err == nil {
		t.Error("without a copy it was changed")
		r.Close()
	}
	c, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close() //nolint:errcheck // nothing was written
	if _, seen, err := dueMigrations(c, migrations); err != nil || seen != 10 {
		t.Errorf("it has seen change %d, %v", seen, err)
	}
}

func TestOnlyTheNewestCopiesStay(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "registry.db")
	for _, name := range []string{"registry.db.schema-0001", "registry.db.schema-0003", "registry.db.schema-0003.new", "registry.db.schema-0010", "elsewhere.schema-0001"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
	}
	w := older(t, path, 31)
	defer w.close() //nolint:errcheck // it is copied
	if err := keepFormer(w.conn, path, 30, nil, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Contains(got, "registry.db.schema-0003") || slices.Contains(got, "registry.db.schema-0003.new") ||
		slices.Contains(got, "registry.db.schema-0001") || !slices.Contains(got, "elsewhere.schema-0001") {
		t.Errorf("there are %q", got)
	}
}

func TestAnOldCopyThatStaysKeepsNobodyFromStarting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "registry.db")
	if err := older(t, path, 11).close(); err != nil {
		t.Fatal(err)
	}
	stays := path + ".schema-0001.new"
	if err := os.MkdirAll(filepath.Join(stays, "full"), 0o700); err != nil { // a folder with something in it is no file that can be removed
		t.Fatal(err)
	}
	var log bytes.Buffer
	r, err := Open(t.Context(), path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "level=WARN msg=\"an older copy of the registry stays\"") {
		t.Errorf("the log says %s", log.String())
	}
}
