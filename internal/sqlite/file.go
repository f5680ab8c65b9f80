package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"muster"
)

// createMissing makes the database if there is none. It is made under another name and moved into place whole, so that
// a file that is empty, or only a log, is always what is left of a damaged one.
func createMissing(path string) error {
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
	if err := create(unborn); err != nil {
		return err
	}
	if err := os.Rename(unborn, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// create makes a database and brings it up to date. Closing it leaves no log behind.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	w, err := openWriter(path, nil)
	if err != nil {
		return err
	}
	if err = w.conn.script(ledger); err == nil {
		err = migrate(w.conn, migrations, keepNothing)
	}
	return errors.Join(err, w.close())
}

// keepNothing is for a database in which there is nothing yet.
func keepNothing(int) error { return nil }

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
func checkWhole(c *conn) error {
	finding, err := one(c, (*row).text, `PRAGMA quick_check(1)`)
	if err == nil && finding != "ok" {
		return fmt.Errorf("%w: %s", errBroken, finding)
	}
	return err
}

// rememberKey refuses a master key that is not the one the database was made with, and remembers the first.
func rememberKey(c *conn, fingerprint string) error {
	remembered, err := one(c, (*row).text, `SELECT value FROM setting WHERE name = 'master-key'`)
	switch {
	case errors.Is(err, errNoRow) && fingerprint == "":
		return nil
	case errors.Is(err, errNoRow):
		_, err = c.exec(`INSERT INTO setting (name, value) VALUES ('master-key', ?)`, text(fingerprint))
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
	if c == sqlite.ResultCorrupt || c == sqlite.ResultNotADB || errors.Is(err, errForeign) || errors.Is(err, errBroken) {
		return damaged(path, err)
	}
	return failure(err)
}
