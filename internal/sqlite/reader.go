package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// readers are the connections that cannot write. Each read sees one committed state of the database.
type readers struct {
	path string
	room chan struct{} // a token for each connection that is in use

	mu   sync.Mutex // guards idle
	idle []*conn    // the last one was used last and remembers most
}

func openReaders(path string) (*readers, error) {
	r := &readers{path: path, room: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0)))}
	c, err := r.open()
	if err != nil {
		return nil, err
	}
	r.idle = append(r.idle, c)
	return r, nil
}

func (r *readers) open() (*conn, error) {
	return connect(r.path, "query_only = ON", "cache_size = -512")
}

// close closes the connections, once the reads that have begun are over. Nobody may begin another.
func (r *readers) close() error {
	_, err := r.pause()
	return err
}

// pause closes the connections, once the reads that have begun are over. Whoever begins another waits for resume.
func (r *readers) pause() (resume func(), err error) {
	for range cap(r.room) {
		r.room <- struct{}{}
	}
	var errs []error
	for c := r.pop(); c != nil; c = r.pop() {
		errs = append(errs, c.close())
	}
	resume = func() {
		for range cap(r.room) {
			<-r.room
		}
	}
	return resume, errors.Join(errs...)
}

// take returns a connection for the caller alone, who gives it back. It waits while all are in use.
func (r *readers) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r.room <- struct{}{}:
	default: // asking the context as well costs more than most reads wait
		select {
		case r.room <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if c := r.pop(); c != nil {
		return c, nil
	}
	c, err := r.open()
	if err != nil {
		<-r.room
		return nil, failure(err)
	}
	return c, nil
}

func (r *readers) pop() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.idle) - 1
	if last < 0 {
		return nil
	}
	c := r.idle[last]
	r.idle = r.idle[:last]
	return c
}

func (r *readers) giveBack(c *conn) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	<-r.room
}

// find returns the row that an indexed query finds, or ReasonNotFound. It is over before a watch over the context would
// be set up, so that there is none.
func find[T any](ctx context.Context, r *readers, read func(*row) T, query string, args ...value) (found T, err error) {
	c, err := r.take(ctx)
	if err != nil {
		return found, err
	}
	defer r.giveBack(c)
	found, err = one(c, read, query, args...)
	return found, failure(err)
}

// list returns the rows that a query finds, unless the context ends before.
func list[T any](ctx context.Context, r *readers, read func(*row) T, query string, args ...value) ([]T, error) {
	c, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	defer r.giveBack(c)
	stop := c.watch(ctx)
	defer stop()
	found, err := all(c, read, query, args...)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return found, failure(err)
}
