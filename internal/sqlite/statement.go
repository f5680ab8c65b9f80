package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements runs queries, each of which it prepares once. The queries are the constants of this package and the few
// that Devices puts together, so their number is bounded. It is as safe for concurrent use as what it prepares on.
type statements struct {
	on interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
	prepared sync.Map // query → *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if known, ok := s.prepared.Load(query); ok {
		return known.(*sql.Stmt), nil
	}
	stmt, err := s.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if known, raced := s.prepared.LoadOrStore(query, stmt); raced {
		return known.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

// close frees what was prepared. A connection with statements left would keep its file and its log open.
func (s *statements) close() (err error) {
	for query, stmt := range s.prepared.Range {
		err = errors.Join(err, stmt.(*sql.Stmt).Close())
		s.prepared.Delete(query)
	}
	return err
}

// exec runs a query that returns nothing and reports how many rows it changed.
func (s *statements) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one returns the single row that the query finds, or sql.ErrNoRows. columns names the places that a T is read into, in
// the order of the query's columns.
func one[T any](ctx context.Context, s *statements, columns func(*T) []any, query string, args ...any) (row T, err error) {
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return row, err
	}
	err = stmt.QueryRowContext(ctx, args...).Scan(columns(&row)...)
	return row, err
}

// all returns the rows that the query finds.
func all[T any](ctx context.Context, s *statements, columns func(*T) []any, query string, args ...any) ([]T, error) {
	stmt, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	found, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close() //nolint:errcheck // Err tells what went wrong
	var rows []T
	for found.Next() {
		var row T
		if err := found.Scan(columns(&row)...); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, found.Err()
}
