package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	cockroach "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"muster"
)

// layoutVersion is what this code writes under kindVersion, and the highest it can read.
const layoutVersion = 1

// Options say how readings are kept. The zero Options are good ones.
type Options struct {
	Logger *slog.Logger // nil: nobody is told
	// Fatal is called when the database can no longer promise anything, after that was logged. It must not return. Nil
	// ends the process with exit code 1.
	Fatal func(error)
	// Reserve is how many bytes of the disk must be free for a commit to be taken, so that the database never meets the
	// end of the disk halfway. 0 means DefaultReserve.
	Reserve uint64
	// Cache is the size of the block cache in bytes. 0 means 64 MB.
	Cache int64
	// Tables is how many files are held open at once, as far as the database gets on with so few. 0 means 1000.
	Tables int
	FS     vfs.FS // nil: the operating system's
}

// DefaultReserve is room for what is in memory, for the log and for a compaction.
const DefaultReserve = 256 << 20

// Readings keeps what devices measured. Its methods may be called from any goroutine.
type Readings struct {
	db       *cockroach.DB
	lock     *cockroach.Lock
	patience *patience
	room     room

	// classes are the retention classes that have readings, ascending. A new slice for each change.
	classes atomic.Pointer[[]uint16]

	// mu is held while something is written, up to the point where its place in the log is settled: the order of
	// sequences is the order of commits, and what was read under it is not changed by another before it is written.
	mu      sync.Mutex
	writer  writer
	batches chan *cockroach.Batch // commits that may use their memory again

	removing sync.Mutex // held by Remove, which reads packs and writes them again
}

// Open opens the readings in dir, which is made if need be. Refused with ReasonDataDirectoryInUse, ReasonDatabaseNewer,
// ReasonDatabaseDamaged, ReasonStorageFull or ReasonStorageUnavailable.
func Open(dir string, o Options) (*Readings, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		o.Fatal = exit
	}
	if o.Reserve == 0 {
		o.Reserve = DefaultReserve
	}
	disk := o.FS
	if disk == nil {
		disk = vfs.Default
	}
	p := newPatience(o.Logger)
	lock, err := lockDirectory(dir, disk)
	if err != nil {
		return nil, err
	}
	if err := roomToOpen(disk, dir, o.Reserve); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	tuned := tune(o, p)
	tuned.FS, tuned.Lock = &patientFS{disk, p}, lock
	db, err := cockroach.Open(dir, tuned)
	if err != nil {
		return nil, errors.Join(broken("open readings", err), lock.Close())
	}
	r := &Readings{db: db, lock: lock, patience: p, batches: make(chan *cockroach.Batch, 2)}
	r.room = room{fs: disk, dir: dir, reserve: o.Reserve}
	if err := r.begin(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	p.set(patient)
	return r, nil
}

// Healthy returns why commits are refused: the disk is full or takes nothing. Nil: they are not.
func (r *Readings) Healthy() error {
	if err := r.patience.healthy(); err != nil {
		return err
	}
	return r.room.check()
}

// Close closes the database. Every other call must have returned, and none may follow. While the disk refuses to be
// written, the database is left as a crash would leave it, and the error says so: nothing in it that is not on the disk was
// acknowledged.
func (r *Readings) Close() error {
	if trouble := r.patience.healthy(); !r.patience.close() {
		return fmt.Errorf("close readings: %w", errors.Join(trouble, r.lock.Close()))
	}
	for len(r.batches) > 0 {
		_ = (<-r.batches).Close() // an empty one
	}
	if err := errors.Join(r.db.Close(), r.lock.Close()); err != nil {
		return fmt.Errorf("close readings: %w", err)
	}
	return nil
}

// begin checks the layout, starts a new epoch of sequences and learns which classes there are.
func (r *Readings) begin() error {
	version, err := r.number(kindVersion)
	if err != nil {
		return err
	}
	if version > layoutVersion {
		return muster.Refuse(muster.ReasonDatabaseNewer, "the readings have layout %d and this version knows up to %d", version, layoutVersion)
	}
	epoch, err := r.number(kindEpoch)
	if err != nil {
		return err
	}
	r.writer = newWriter(r.db, epoch+1)
	b := r.db.NewBatch()
	defer b.Close()
	// Writing to an open batch of ours cannot fail.
	_ = b.Set([]byte{kindVersion}, binary.BigEndian.AppendUint64(nil, layoutVersion), nil)
	_ = b.Set([]byte{kindEpoch}, binary.BigEndian.AppendUint64(nil, epoch+1), nil)
	if err := b.Commit(cockroach.Sync); err != nil {
		return broken("begin an epoch of readings", err)
	}
	return r.loadClasses()
}

// number reads what is filed under a one-letter key, 0 if nothing is.
func (r *Readings) number(kind byte) (uint64, error) {
	value, closer, err := r.db.Get([]byte{kind})
	if errors.Is(err, cockroach.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, broken("open readings", err)
	}
	defer closer.Close()
	if len(value) != 8 {
		return 0, muster.Refuse(muster.ReasonDatabaseDamaged, "the readings' %c entry is damaged", kind)
	}
	return binary.BigEndian.Uint64(value), nil
}

func (r *Readings) loadClasses() error {
	it, err := r.db.NewIter(&cockroach.IterOptions{LowerBound: []byte{kindClass}, UpperBound: []byte{kindClass + 1}})
	if err != nil {
		return broken("open readings", err)
	}
	var classes []uint16
	for ok := it.First(); ok; ok = it.Next() {
		if k := it.Key(); len(k) == classEnd {
			classes = append(classes, binary.BigEndian.Uint16(k[1:]))
		}
	}
	if err := it.Close(); err != nil {
		return broken("open readings", err)
	}
	r.classes.Store(&classes)
	return nil
}

// addClasses makes new classes known to readers. r.mu is held.
func (r *Readings) addClasses(more []uint16) {
	if len(more) > 0 {
		classes := slices.Concat(*r.classes.Load(), more)
		slices.Sort(classes)
		r.classes.Store(&classes)
	}
}

func lockDirectory(dir string, in vfs.FS) (*cockroach.Lock, error) {
	if err := in.MkdirAll(dir, 0o700); err != nil {
		return nil, broken("open readings", err)
	}
	lock, err := cockroach.LockDirectory(dir, in)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, broken("open readings", err)
	}
	if err != nil {
		return nil, muster.Because(muster.ReasonDataDirectoryInUse, err)
	}
	return lock, nil
}

// broken says what went wrong while doing what.
func broken(doing string, err error) error {
	reason := muster.ReasonStorageUnavailable
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		reason = muster.ReasonStorageFull
	case cockroach.IsCorruptionError(err):
		reason = muster.ReasonDatabaseDamaged
	}
	return muster.Because(reason, fmt.Errorf("%s: %w", doing, err))
}
