package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// A conn is one connection to the database, and the queries that it has prepared, each once. The queries are the
// constants of this package and the few that Devices and AuditEntries put together, so their number is bounded. One
// goroutine at a time may use it.
type conn struct {
	db       *sqlite.Conn
	prepared map[string]*sqlite.Stmt
}

// busyTime is how long a connection gives way to others.
const busyTime = 5 * time.Second

// connect opens a connection to the file at path, which must be there. It takes no text in double quotes for a string.
// (It is not made defensive: the driver's SetDefensive hands SQLite one argument where it takes two, and SQLite then
// writes through whatever lies behind it.)
func connect(path string, pragmas ...string) (*conn, error) {
	db, err := sqlite.OpenConn(address(path), sqlite.OpenReadWrite, sqlite.OpenURI)
	if err != nil {
		return nil, told(err)
	}
	db.SetBusyTimeout(busyTime)
	c := &conn{db: db, prepared: make(map[string]*sqlite.Stmt)}
	for _, pragma := range append([]string{"foreign_keys = ON", "temp_store = MEMORY", "trusted_schema = OFF"}, pragmas...) {
		if err := c.script("PRAGMA " + pragma); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// address returns the name under which SQLite opens the file: for this process alone, which saves two system calls a read.
// Windows knows no such way.
func address(path string) string {
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if runtime.GOOS != "windows" {
		file.RawQuery = "vfs=unix-excl"
	}
	return file.String()
}

// close frees what was prepared and closes the connection.
func (c *conn) close() error { return told(c.db.Close()) }

// watch makes what runs on the connection fail once ctx ends, until stop.
func (c *conn) watch(ctx context.Context) (stop func()) {
	c.db.SetInterrupt(ctx.Done())
	return func() { c.db.SetInterrupt(nil) }
}

// script runs statements that are needed once, until one fails.
func (c *conn) script(statements string) error {
	for statements = strings.TrimSpace(statements); statements != ""; {
		stmt, left, err := c.db.PrepareTransient(statements)
		if err != nil {
			return told(err)
		}
		statements = strings.TrimSpace(statements[len(statements)-left:])
		_, err = stmt.Step()
		if err := cmp.Or(err, stmt.Finalize()); err != nil {
			return told(err)
		}
	}
	return nil
}

// rollback ends the transaction if SQLite has not done so by itself.
func (c *conn) rollback() error {
	if c.db.AutocommitEnabled() {
		return nil
	}
	if _, err := c.exec("ROLLBACK"); err != nil {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// prepare returns the query, ready to run with args.
func (c *conn) prepare(query string, args []value) (*sqlite.Stmt, error) {
	stmt, ok := c.prepared[query]
	if !ok {
		var err error
		if stmt, err = c.db.Prepare(query); err != nil {
			return nil, told(err)
		}
		c.prepared[query] = stmt
	}
	if n := stmt.BindParamCount(); n != len(args) {
		return nil, fmt.Errorf("a query of %d parameters has %d arguments: %s", n, len(args), query)
	}
	for i := range args {
		args[i].bind(stmt, i+1)
	}
	return stmt, nil
}

// exec runs a query that returns nothing and reports how many rows it changed.
func (c *conn) exec(query string, args ...value) (int, error) {
	stmt, err := c.prepare(query, args)
	if err != nil {
		return 0, err
	}
	if _, err := stmt.Step(); err != nil {
		return 0, told(err)
	}
	return c.db.Changes(), told(stmt.Reset())
}

// errNoRow is what one returns when a query finds nothing.
var errNoRow = errors.New("no row")

// one returns the single row that the query finds, or errNoRow. What read asks of the
// row's connection besides is answered from the same state of the database.
func one[T any](c *conn, read func(*row) T, query string, args ...value) (found T, err error) {
	stmt, err := c.prepare(query, args)
	if err != nil {
		return found, err
	}
	some, err := stmt.Step()
	switch {
	case err != nil:
		return found, told(err)
	case !some:
		return found, cmp.Or(told(stmt.Reset()), errNoRow)
	}
	r := row{conn: c, stmt: stmt}
	found = read(&r)
	return found, cmp.Or(r.err, told(stmt.Reset()))
}

// all returns the rows that the query finds.
func all[T any](c *conn, read func(*row) T, query string, args ...value) (found []T, err error) {
	stmt, err := c.prepare(query, args)
	if err != nil {
		return nil, err
	}
	for {
		some, err := stmt.Step()
		switch {
		case err != nil:
			return nil, told(err)
		case !some:
			return found, told(stmt.Reset())
		}
		r := row{conn: c, stmt: stmt}
		found = append(found, read(&r))
		if r.err != nil {
			return nil, errors.Join(r.err, told(stmt.Reset()))
		}
	}
}
