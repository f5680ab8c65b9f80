package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"

	"muster"
)

// address returns the name under which the driver opens the file. Every connection gives way to others for a while,
// never makes a file, takes no text in double quotes for a string, and lets no SQL touch what SQLite itself keeps.
func address(path string, pragmas ...string) string {
	query := url.Values{
		"mode":       {"rw"},
		"_dqs":       {"0"},
		"_defensive": {"1"},
		"_error_rc":  {"1"},
		"_pragma":    append([]string{"busy_timeout(5000)", "foreign_keys(ON)", "temp_store(MEMORY)", "trusted_schema(OFF)"}, pragmas...),
	}
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return file.String()
}

// open returns a pool of at most n connections.
func open(address string, n int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// createMissing makes the database if there is none. It is made under another name and moved into place whole, so that
// a file that is empty, or only a log, is always what is left of a damaged one.
func createMissing(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && info.Size() == 0:
		return damaged(path, errors.New("the file is empty"))
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return damaged(path, errors.New("its log is there and the file is not"))
	}
	unborn := path + ".new"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(unborn + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := create(ctx, unborn); err != nil {
		return err
	}
	if err := os.Rename(unborn, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// create makes a database and brings it up to date. Closing it leaves no log behind.
func create(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	w, err := openWriter(ctx, path, nil)
	if err != nil {
		return err
	}
	if _, err = w.conn.ExecContext(ctx, ledger); err == nil {
		err = migrate(ctx, w, migrations)
	}
	return errors.Join(err, w.close())
}

// syncDir makes the names in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// leftLog reports whether the registry at path was not closed.
func leftLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// errBroken is what is wrong with a file whose parts do not fit together.
var errBroken = errors.New("its pages do not fit together")

// checkWhole looks at every page of the database.
func checkWhole(ctx context.Context, s *statements) error {
	text := func(t *string) []any { return []any{t} }
	finding, err := one(ctx, s, text, `PRAGMA quick_check(1)`)
	if err == nil && finding != "ok" {
		return fmt.Errorf("%w: %s", errBroken, finding)
	}
	return err
}

// rememberKey refuses a master key that is not the one the database was made with, and remembers the first.
func rememberKey(ctx context.Context, s *statements, fingerprint string) error {
	text := func(t *string) []any { return []any{t} }
	remembered, err := one(ctx, s, text, `SELECT value FROM setting WHERE name = 'master-key'`)
	switch {
	case errors.Is(err, sql.ErrNoRows) && fingerprint == "":
		return nil
	case errors.Is(err, sql.ErrNoRows):
		_, err = s.exec(ctx, `INSERT INTO setting (name, value) VALUES ('master-key', ?)`, fingerprint)
		return err
	case err == nil && remembered != fingerprint:
		return muster.Refuse(muster.ReasonMasterKeyWrong, "")
	}
	return err
}

// damaged says that the file cannot be used, and why.
func damaged(path string, why error) error {
	return &muster.Error{Reason: muster.ReasonDatabaseDamaged, Message: fmt.Sprintf("the database file %s is damaged", path), Err: why}
}

// openFailure returns err with the reason that an operator is told when the database at path does not open.
func openFailure(path string, err error) error {
	if _, ok := errors.AsType[*muster.Error](err); ok {
		return err
	}
	c := code(err)
	if c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB || errors.Is(err, errForeign) || errors.Is(err, errBroken) {
		return damaged(path, err)
	}
	return failure(err)
}
