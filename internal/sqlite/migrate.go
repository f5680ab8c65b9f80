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

// A migration is one change of the database.
type migration struct {
	number int
	name   string
	script string
	sum    [sha256.Size]byte
}

// migrate applies the files migration/NNNN_*.sql of source that the database has not seen, in the order of their numbers,
// which need not follow on each other, each in a transaction of its own. There is no way back, so first is called before
// the first of them with the number of the last one that was seen; if it fails nothing is applied. It refuses a database
// that knows a number that source has not, and a file that is not what it was when it was applied.
func migrate(c *conn, source fs.FS, first func(seen int) error) error {
	due, seen, err := dueMigrations(c, source)
	if err != nil || len(due) == 0 {
		return err
	}
	if err := first(seen); err != nil {
		return err
	}
	for _, m := range due {
		if err := applyMigration(c, &m); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

// dueMigrations returns those that the database has not seen, and the highest number that it has.
func dueMigrations(c *conn, source fs.FS) (due []migration, seen int, err error) {
	files, err := fs.Glob(source, "migration/*.sql")
	if err != nil {
		return nil, 0, err
	}
	slices.Sort(files)
	applied, err := appliedMigrations(c)
	if err != nil {
		return nil, 0, err
	}
	known := make(map[int]string, len(files))
	for _, file := range files {
		known[numberOf(file)] = file
	}
	for number := range applied {
		if known[number] == "" {
			return nil, 0, muster.Refuse(muster.ReasonDatabaseNewer, "the database has seen change %d, which this program does not know", number)
		}
		seen = max(seen, number)
	}
	for _, file := range files {
		script, err := fs.ReadFile(source, file)
		if err != nil {
			return nil, 0, err
		}
		m := migration{numberOf(file), path.Base(file), string(script), sha256.Sum256(script)}
		switch before, is := applied[m.number]; {
		case !is:
			due = append(due, m)
		case !bytes.Equal(before, m.sum[:]):
			return nil, 0, fmt.Errorf("migration %s is not the one that this database was made with", m.name)
		}
	}
	return due, seen, nil
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

func applyMigration(c *conn, m *migration) error {
	if err := c.script("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := c.script(m.script)
	if err == nil {
		_, err = c.exec(`INSERT INTO migration (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)`,
			number(m.number), text(m.name), blob(m.sum[:]), millis(time.Now()))
	}
	if err == nil {
		err = c.script("COMMIT")
	}
	if err != nil {
		return errors.Join(err, c.rollback())
	}
	return nil
}
