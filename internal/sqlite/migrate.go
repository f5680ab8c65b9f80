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
	"strconv"
	"strings"
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

// migrate applies the files migration/NNNN_*.sql of source that the database has not seen, in the order of their numbers,
// which need not follow on each other, each in a transaction of its own. There is no way back. It refuses a database that
// knows a number that source has not, and a file that is not what it was when it was applied.
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
	known := make(map[int]string, len(files))
	for _, file := range files {
		known[numberOf(file)] = file
	}
	for number := range applied {
		if known[number] == "" {
			return muster.Refuse(muster.ReasonDatabaseNewer, "the database has seen change %d, which this program does not know", number)
		}
	}
	for _, file := range files {
		script, err := fs.ReadFile(source, file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(script)
		switch before, seen := applied[numberOf(file)]; {
		case !seen:
			if err := applyMigration(c, numberOf(file), path.Base(file), string(script), sum); err != nil {
				return fmt.Errorf("migration %s: %w", path.Base(file), err)
			}
		case !bytes.Equal(before, sum[:]):
			return fmt.Errorf("migration %s is not the one that this database was made with", path.Base(file))
		}
	}
	return nil
}

// numberOf returns the number that the name of a file begins with.
func numberOf(file string) int {
	digits, _, _ := strings.Cut(path.Base(file), "_")
	n, _ := strconv.Atoi(digits) // a name without a number counts as 0, once
	return n
}

// errForeign is what is wrong with a file that some other program made.
var errForeign = errors.New("it is a database, but not a registry")

// appliedMigrations returns the checksums of what was applied, by number.
func appliedMigrations(c *conn) (map[int][]byte, error) {
	tables, err := one(c, integer[int], `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'`)
	if err != nil {
		return nil, err
	}
	if tables == 0 {
		return nil, errForeign
	}
	type entry struct {
		number   int
		checksum []byte
	}
	entries, err := all(c, func(r *row) entry { return entry{integer[int](r), r.blob()} }, `SELECT number, checksum FROM migration`)
	if err != nil {
		return nil, err
	}
	applied := make(map[int][]byte, len(entries))
	for _, e := range entries {
		applied[e.number] = e.checksum
	}
	return applied, nil
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
