// Package sqlite keeps the registry in one SQLite file: profiles, provision keys, devices, credentials, attributes,
// the journal, people and what they have changed.
package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
)

// Options say how a registry is opened. The zero Options work.
type Options struct {
	// Logger hears of what no caller is told; nil: nobody does.
	Logger *slog.Logger
	// Fingerprint is that of the master key which the secrets are sealed with. The database remembers the first one and
	// opens with no other.
	Fingerprint string
	// Free returns how many bytes are free on the disk; nil: it is not asked before the registry is copied.
	Free func() (uint64, error)
}

// A Registry is an open database. It satisfies the stores of identity, provision, fleet, people and journal, and the attribute
// store of telemetry. It is safe for concurrent use.
//
// A method that writes returns nil only when its change is synced to disk. If it returns an error nothing has changed,
// unless the error came from the sync itself. Writes that wait at the same time are committed together, and each is
// granted or refused by itself. A context that ends takes back a write that is still waiting, and no other.
type Registry struct {
	writer  *writer
	readers *readers
	known   atomic.Pointer[known]
}

// Open opens the registry at path. If there is no file it makes one, which nobody but the owner may read. One of an older
// version is changed; before that it is copied into a file beside it, path.schema-NNNN, of which the newest three stay.
// Open fails with ReasonDatabaseDamaged, ReasonDatabaseNewer, ReasonMasterKeyWrong, or ReasonStorageFull where there is no
// room for the copy, and then takes nothing away. To keep a second process out is the caller's business.
func Open(ctx context.Context, path string, o Options) (*Registry, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open registry: %w", err)
	}
	if err := createMissing(path); err != nil {
		return nil, fmt.Errorf("make registry: %w", openFailure(path, err))
	}
	crashed := leftLog(path)
	w, err := openWriter(path, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("open registry: %w", openFailure(path, err))
	}
	if err := prepare(ctx, w.conn, path, crashed, &o); err != nil {
		return nil, fmt.Errorf("open registry: %w", openFailure(path, errors.Join(err, w.close())))
	}
	readers, err := openReaders(path)
	if err != nil {
		return nil, fmt.Errorf("open registry: %w", errors.Join(err, w.close()))
	}
	go w.run()
	return newRegistry(w, readers), nil
}

func newRegistry(w *writer, readers *readers) *Registry {
	r := &Registry{writer: w, readers: readers}
	w.readers, w.forget = readers, r.forget
	r.forget()
	return r
}

// prepare brings the database to where this version of the program expects it. After a crash it looks through the whole
// of it first, which takes about four seconds for a million devices.
func prepare(ctx context.Context, c *conn, path string, crashed bool, o *Options) error {
	stop := c.watch(ctx)
	defer stop()
	if crashed {
		if err := checkWhole(c); err != nil {
			return cmp.Or(ctx.Err(), err)
		}
	}
	keep := func(seen int) error { return keepFormer(c, path, seen, o.Free, o.Logger) }
	if err := migrate(c, migrations, keep); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	if err := carryAnchors(c); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	return rememberKey(c, o.Fingerprint)
}

// Healthy returns why nothing can be written, or nil.
func (r *Registry) Healthy() error { return r.writer.healthy() }

// Close finishes the writes that were handed in, refuses later ones with ReasonStopping, and closes the file.
func (r *Registry) Close() error {
	r.writer.stop()
	return errors.Join(r.readers.close(), r.writer.close())
}

// write runs do inside a transaction and returns when it is synced to disk, or has failed and changed nothing.
func (r *Registry) write(ctx context.Context, do func(*conn) error) error {
	return r.writer.write(ctx, &pending{do: do})
}

// writeKnown is write for what changes or removes a profile or a provision key, but for the count of its devices.
func (r *Registry) writeKnown(ctx context.Context, do func(*conn) error) error {
	return r.writer.write(ctx, &pending{do: do, after: r.forget})
}
