package sqlite

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"zombiezen.com/go/sqlite"

	"muster"
)

// A row is what a query has found. Its columns are read once each, from the left; each method knows one form of the
// schema, and NULL is the zero value of all of them.
type row struct {
	conn *conn
	stmt *sqlite.Stmt
	next int   // the column that is read next
	err  error // the first of the row
}

// column moves on by one column and reports whether there is something in it, of that form.
func (r *row) column(form sqlite.ColumnType) (column int, ok bool) {
	column = r.next
	r.next++
	switch found := r.stmt.ColumnType(column); found {
	case form:
		return column, true
	case sqlite.TypeNull:
		return column, false
	default:
		r.unreadable(form.String())
		return column, false
	}
}

// unreadable says what a column should hold, and not what was found: it may be secret.
func (r *row) unreadable(what string) {
	r.fail(fmt.Errorf("column %d does not hold the %s it should", r.next, what))
}

func (r *row) fail(err error) { r.err = cmp.Or(r.err, err) }

func (r *row) text() string {
	column, ok := r.column(sqlite.TypeText)
	if !ok {
		return ""
	}
	return r.stmt.ColumnText(column)
}

func (r *row) blob() []byte {
	column, ok := r.column(sqlite.TypeBlob)
	if !ok {
		return nil
	}
	b := make([]byte, r.stmt.ColumnLen(column))
	r.stmt.ColumnBytes(column, b)
	return b
}

// fill reads a blob that is exactly as long as b.
func (r *row) fill(b []byte, what string) {
	column, ok := r.column(sqlite.TypeBlob)
	switch {
	case !ok:
	case r.stmt.ColumnLen(column) != len(b):
		r.unreadable(what)
	default:
		r.stmt.ColumnBytes(column, b)
	}
}

func id[T any](r *row) (id muster.ID[T]) {
	r.fill(id[:], "id")
	return id
}

func (r *row) digest() (d muster.LookupKey) {
	r.fill(d[:], "digest")
	return d
}

func integer[T ~uint8 | ~int | ~int64](r *row) T {
	column, ok := r.column(sqlite.TypeInteger)
	if !ok {
		return 0
	}
	n := r.stmt.ColumnInt64(column)
	if int64(T(n)) != n {
		r.unreadable("number")
	}
	return T(n)
}

func (r *row) flag() bool { return integer[int64](r) != 0 }

func (r *row) time() time.Time {
	column, ok := r.column(sqlite.TypeInteger)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(r.stmt.ColumnInt64(column)).UTC()
}

// json reads a column of JSON; two bytes are an empty object or array, which leaves the zero value.
func (r *row) json(to any) {
	column, ok := r.column(sqlite.TypeText)
	if !ok || r.stmt.ColumnLen(column) <= len("{}") {
		return
	}
	if err := json.Unmarshal([]byte(r.stmt.ColumnText(column)), to); err != nil {
		r.unreadable("JSON")
	}
}

func (r *row) value() muster.Value {
	v, rest, ok := muster.DecodeValue(r.blob())
	if !ok || len(rest) > 0 {
		r.unreadable("value")
	}
	return v
}

// addr reads an address; empty text is none.
func (r *row) addr() netip.Addr {
	var a netip.Addr
	if err := a.UnmarshalText([]byte(r.text())); err != nil {
		r.unreadable("address")
	}
	return a
}
