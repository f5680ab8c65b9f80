package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
)

// readers are the connections that cannot write. Each read sees one committed state of the database.
type readers struct {
	db         *sql.DB
	statements *statements // on db
}

func openReaders(path string) (*readers, error) {
	db, err := open(address(path, "query_only(ON)", "cache_size(-512)"), max(4, 2*runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, err
	}
	return &readers{db: db, statements: &statements{on: db}}, nil
}

func (r *readers) close() error { return errors.Join(r.statements.close(), r.db.Close()) }

// find returns the row that an indexed query finds, or ReasonNotFound. It is over before a watch over the context would
// be set up, so that there is none.
func find[T any](ctx context.Context, r *readers, columns func(*T) []any, query string, args ...any) (T, error) {
	if err := ctx.Err(); err != nil {
		return *new(T), err
	}
	row, err := one(context.WithoutCancel(ctx), r.statements, columns, query, args...)
	return row, failure(err)
}

// list returns the rows that a query finds.
func list[T any](ctx context.Context, r *readers, columns func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := all(ctx, r.statements, columns, query, args...)
	return rows, failure(err)
}
