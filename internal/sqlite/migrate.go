package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
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
func migrate(ctx context.Context, w *writer, source fs.FS) error {
	files, err := fs.Glob(source, "migration/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(files)
	applied, err := appliedMigrations(ctx, w.statements)
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
			if err := applyMigration(ctx, w.conn, i+1, path.Base(file), string(script), sum); err != nil {
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
func appliedMigrations(ctx context.Context, s *statements) ([][]byte, error) {
	number := func(n *int64) []any { return []any{n} }
	tables, err := one(ctx, s, number, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'`)
	if err != nil {
		return nil, err
	}
	if tables == 0 {
		return nil, errForeign
	}
	checksum := func(sum *[]byte) []any { return []any{sum} }
	return all(ctx, s, checksum, `SELECT checksum FROM migration ORDER BY number`)
}

func applyMigration(ctx context.Context, conn *sql.Conn, number int, name, script string, sum [sha256.Size]byte) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	const record = `INSERT INTO migration (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)`
	if _, err := tx.ExecContext(ctx, record, number, name, sum[:], time.Now().UnixMilli()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
