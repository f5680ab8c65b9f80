package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	registry "muster/internal/sqlite"
)

// bareTogether is how many rows SQLite alone commits together.
const bareTogether = 16_000

// bareRows returns how long SQLite takes to write the rows of so many devices with tokens, in the tables that Muster keeps them in
// and as durable, when nothing is read, checked, sealed or answered, and how long to read them again.
func bareRows(ctx context.Context, path string, devices int) (written, read time.Duration, err error) {
	empty, err := registry.Open(ctx, path, registry.Options{})
	if err != nil {
		return 0, 0, err
	}
	if err := empty.Close(); err != nil {
		return 0, 0, err
	}
	db, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range []string{
		"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", "PRAGMA wal_autocheckpoint = 16000",
		"PRAGMA cache_size = -32768",
		`INSERT INTO profile (id, name, description, strategy, created_at, settings) VALUES (x'01', 'p', '', 1, 0, '{}')`,
	} {
		if err := sqlitex.ExecuteTransient(db, statement, nil); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", statement, err)
		}
	}
	began := time.Now()
	for i := 0; i < devices; i += bareTogether {
		if err := bareBatch(db, i, min(i+bareTogether, devices)); err != nil {
			return 0, 0, err
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
	}
	written, began = time.Since(began), time.Now()
	rows := 0
	err = sqlitex.ExecuteTransient(db, `SELECT d.name, d.label, d.tags, c.kind, c.value FROM device d JOIN credential c ON c.device = d.id ORDER BY d.id`,
		&sqlitex.ExecOptions{ResultFunc: func(*sqlite.Stmt) error {
			rows++
			return nil
		}})
	if err == nil && rows != devices {
		err = fmt.Errorf("read %d devices of %d", rows, devices)
	}
	return written, time.Since(began), err
}

// bareBatch commits some devices. Their ids go up, and their digests do not, as is so with Muster's.
func bareBatch(db *sqlite.Conn, from, to int) (err error) {
	defer sqlitex.Transaction(db)(&err)
	device, err := db.Prepare(`INSERT INTO device (id, profile, name, folded, state, gateway, label, tags, created_at)
		VALUES (?, x'01', ?, ?, 1, 0, '', '{}', 1700000000000)`)
	if err != nil {
		return err
	}
	credential, err := db.Prepare(`INSERT INTO credential (id, device, kind, lookup, value, hint, state, created_at)
		VALUES (?, ?, 0, ?, ?, '', 1, 1700000000000)`)
	if err != nil {
		return err
	}
	sealed := make([]byte, 48) // a token of twenty characters
	for i := from; i < to; i++ {
		id := make([]byte, 16)
		binary.BigEndian.PutUint64(id, uint64(i)) //nolint:gosec // small
		digest := sha256.Sum256(id)
		device.BindBytes(1, id)
		device.BindText(2, deviceName(i))
		device.BindText(3, deviceName(i))
		credential.BindBytes(1, id)
		credential.BindBytes(2, id)
		credential.BindBytes(3, digest[:])
		credential.BindBytes(4, sealed)
		for _, stmt := range []*sqlite.Stmt{device, credential} {
			if _, err := stmt.Step(); err != nil {
				return fmt.Errorf("insert: %w", err)
			}
			if err := stmt.Reset(); err != nil {
				return err
			}
		}
	}
	return nil
}
