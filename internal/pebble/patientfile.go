package pebble

import (
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A patientFS is a file system whose files have patience.
type patientFS struct {
	vfs.FS
	patience *patience
}

// Unwrap returns what the file system is made of.
func (f *patientFS) Unwrap() vfs.FS { return f.FS }

// Create waits until the file can be made.
func (f *patientFS) Create(name string, category vfs.DiskWriteCategory) (file vfs.File, err error) {
	create := func() error {
		file, err = f.FS.Create(name, category)
		return err
	}
	if err := create(); err != nil {
		if err := f.patience.insist("create a file of readings", err, create); err != nil {
			return nil, err
		}
	}
	return f.file(name, file), nil
}

// ReuseForWrite waits until the file can be used again.
func (f *patientFS) ReuseForWrite(from, name string, category vfs.DiskWriteCategory) (file vfs.File, err error) {
	reuse := func() error {
		file, err = f.FS.ReuseForWrite(from, name, category)
		return err
	}
	if err := reuse(); err != nil {
		if err := f.patience.insist("use a file of readings again", err, reuse); err != nil {
			return nil, err
		}
	}
	return f.file(name, file), nil
}

// OpenDir opens a directory whose sync waits until it succeeds.
func (f *patientFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &patientDir{dir, f.patience}, nil
}

func (f *patientFS) file(name string, file vfs.File) vfs.File {
	base := f.PathBase(name)
	return &patientFile{
		File: file, patience: f.patience,
		keeps: strings.HasSuffix(base, ".log") || strings.HasPrefix(base, "MANIFEST-"),
	}
}

type patientDir struct {
	vfs.File
	patience *patience
}

// Sync waits until it succeeds.
func (d *patientDir) Sync() error {
	if err := d.File.Sync(); err != nil {
		return d.patience.insist("sync the directory of readings", err, d.File.Sync)
	}
	return nil
}

// A patientFile is a file that is written from its beginning to its end by one goroutine at a time.
//
// After a sync that failed, one that succeeds proves nothing: the system may have dropped what it could not write. So the
// log and the manifest keep what they have not synced yet, and write it once more before they sync again. Any other file
// fails then, and the database writes another in its stead.
type patientFile struct {
	vfs.File
	patience *patience
	keeps    bool
	synced   int64  // how much of the file is synced
	tail     []byte // and what was written after that; empty unless keeps is set
}

// keepTail is the largest tail whose memory is used again.
const keepTail = 4 << 20

// Write waits until all of b is written.
func (f *patientFile) Write(b []byte) (int, error) {
	before := len(f.tail)
	if f.keeps {
		f.tail = append(f.tail, b...) // now, because a file may change what it was given
	}
	n, err := f.File.Write(b)
	if err != nil {
		err = f.patience.insist("write readings", err, func() error {
			more, err := f.File.Write(b[n:]) // what was written so far is in its place
			n += more
			return err
		})
	}
	if f.keeps {
		f.tail = f.tail[:before+n]
	}
	return n, err
}

// Sync waits until everything that was written is on the disk.
func (f *patientFile) Sync() error { return f.settle(f.File.Sync) }

// SyncData is Sync.
func (f *patientFile) SyncData() error { return f.settle(f.File.SyncData) }

// SyncTo may do more than it must.
func (f *patientFile) SyncTo(length int64) (full bool, err error) {
	if full, err = f.File.SyncTo(length); err == nil {
		return full, nil
	}
	return true, f.repair(err, f.File.SyncData)
}

func (f *patientFile) settle(sync func() error) error {
	if err := sync(); err != nil {
		return f.repair(err, sync)
	}
	f.forget()
	return nil
}

// repair writes once more what a sync that failed may have lost, and syncs it.
func (f *patientFile) repair(err error, sync func() error) error {
	if !f.keeps {
		time.Sleep(askAgain) // the database tries again at once
		return err
	}
	err = f.patience.insist("sync readings", err, func() error {
		if _, err := f.File.WriteAt(f.tail, f.synced); err != nil {
			return err
		}
		return sync()
	})
	if err == nil {
		f.forget()
	}
	return err
}

func (f *patientFile) forget() {
	f.synced += int64(len(f.tail))
	if f.tail = f.tail[:0]; cap(f.tail) > keepTail {
		f.tail = nil
	}
}
