package pebble

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"muster"
)

// lookEvery is how long a look at the free space is good for. At full speed some 10 MB are written in that time, far
// less than the reserve.
const lookEvery = 100 * time.Millisecond

// A room watches the free space of the disk. A database that meets the end of the disk in its log cannot go on, so
// commits are refused before that, and taken again as soon as there is room.
type room struct {
	fs      vfs.FS
	dir     string
	reserve uint64
	looked  atomic.Int64 // nanoseconds since the epoch; when there was room last
}

// roomToOpen refuses with ReasonStorageFull if less than a quarter of the reserve is free: opening writes what the log has,
// and a database that cannot is neither open nor closed.
func roomToOpen(in vfs.FS, dir string, reserve uint64) error {
	usage, err := in.GetDiskUsage(dir)
	if err != nil {
		return nil // nobody can tell; opening will
	}
	if usage.AvailBytes < reserve/4 {
		return muster.Refuse(muster.ReasonStorageFull, "%d MB are free on the disk and %d MB must be to open the readings",
			usage.AvailBytes>>20, reserve/4>>20)
	}
	return nil
}

// check refuses with ReasonStorageFull while less than the reserve is free. Where nobody can tell, there is room.
func (r *room) check() error {
	now := time.Now().UnixNano()
	if since := now - r.looked.Load(); since >= 0 && since < int64(lookEvery) {
		return nil
	}
	usage, err := r.fs.GetDiskUsage(r.dir)
	if errors.Is(err, vfs.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return broken("look for free space", err)
	}
	if usage.AvailBytes < r.reserve {
		return muster.Refuse(muster.ReasonStorageFull, "%d MB are free on the disk and %d MB must be; nothing was kept",
			usage.AvailBytes>>20, r.reserve>>20)
	}
	r.looked.Store(now)
	return nil
}
