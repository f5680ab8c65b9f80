package sqlite

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"muster"
)

//go:embed migration/*.sql
var migrations embed.FS

// ledger lists the migrations that a database has seen. It is the one table that none of them makes.
const ledger = `CREATE TABLE migration (
	number     INTEGER PRIMARY KEY,
	name       TEXT NOT NULL,
	checksum   BLOB NOT NULL,
	applied_at INTEGER NOT NULL
) STRICT`

// migrate applies the files migration/NNNN_*.sql of source that the database has not seen, in the order of their names,
// each in a transaction of its own. There is no way back. It refuses a database that knows more files than source has,
// and a file that is not what it was when it was applied.
func migrate(c *conn, source fs.FS) error {
	files, err := fs.Glob(source, "migration/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(files)
	applied, err := appliedMigrations(c)
	if err != nil {
		return err
	}
	if len(applied) > len(files) {
		return muster.Refuse(muster.ReasonDatabaseNewer, "the database is at version %d, and this program knows %d", len(applied), len(files))
	}
	for i, file := range files {
		script, err := fs.ReadFile(source, file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(script)
		switch {
		case i >= len(applied):
			if err := applyMigration(c, i+1, path.Base(file), string(script), sum); err != nil {
				return fmt.Errorf("migration %s: %w", path.Base(file), err)
			}
		case !bytes.Equal(applied[i], sum[:]):
			return fmt.Errorf("migration %s is not the one that this database was made with", path.Base(file))
		}
	}
	return nil
}

// errForeign is what is wrong with a file that some other program made.
var errForeign = errors.New("it is a database, but not a registry")

// appliedMigrations returns the checksums of what was applied, in order.
func appliedMigrations(c *conn) ([][]byte, error) {
	tables, err := one(c, integer[int], `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'`)
	if err != nil {
		return nil, err
	}
	if tables == 0 {
		return nil, errForeign
	}
	return all(c, (*row).blob, `SELECT checksum FROM migration ORDER BY number`)
}

func applyMigration(c *conn, place int, name, script string, sum [sha256.Size]byte) error {
	if err := c.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := c.script(script)
	if err == nil {
		_, err = c.exec(`INSERT INTO migration (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)`,
			number(place), text(name), blob(sum[:]), millis(time.Now()))
	}
	if err == nil {
		err = c.script("COMMIT")
	}
	if err != nil {
		return errors.Join(err, c.rollback())
	}
	return nil
}
