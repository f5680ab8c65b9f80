package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster"
)

// formersKept is how many copies of former states stay.
const formersKept = 3

// A copy of the registry as it was before it was changed has the registry's name and this, and the number of the last
// change that it has seen.
const formerSuffix = ".schema-"

// IsFormer reports whether the file of that name is a copy that Open has made of the registry of that name.
func IsFormer(name, registry string) bool { return strings.HasPrefix(name, registry+formerSuffix) }

// keepFormer copies the database at path, which has seen the changes up to version, into a file beside it, and removes the
// oldest of such copies; one that cannot be removed stays. The copy is synced when keepFormer returns. It is refused with ReasonStorageFull where free says
// that there is no room for it and for as much again, which the changes may need.
func keepFormer(c *conn, path string, version int, free func() (uint64, error), log *slog.Logger) error {
	began := time.Now()
	size, err := one(c, integer[int64], `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`)
	if err != nil {
		return err
	}
	if err := roomFor(uint64(2*size), free); err != nil {
		return err
	}
	former := fmt.Sprintf("%s%s%04d", path, formerSuffix, version)
	if err := copyInto(c, former+".new"); err != nil {
		return errors.Join(err, removeFile(former+".new"))
	}
	if err := os.Rename(former+".new", former); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	log.Info("the registry was copied before it is changed", "file", former, "bytes", size, "took", time.Since(began).Round(time.Millisecond))
	if err := removeFormers(path); err != nil {
		log.Warn("an older copy of the registry stays", "error", err)
	}
	return nil
}

// roomFor refuses if fewer bytes than these are free.
func roomFor(bytes uint64, free func() (uint64, error)) error {
	if free == nil {
		return nil
	}
	has, err := free()
	if err != nil {
		return fmt.Errorf("look for free space: %w", err)
	}
	if has < bytes {
		return muster.Refuse(muster.ReasonStorageFull,
			"before the registry is changed for this version it is copied, which needs %d MB of free space; there are %d MB", bytes>>20+1, has>>20)
	}
	return nil
}

// copyInto copies the database into a new file that nobody but the owner may read.
func copyInto(c *conn, path string) error {
	if err := removeFile(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = c.exec(`VACUUM INTO ?`, text(path))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// removeFormers removes all copies but the newest, and what a crash has left of one.
func removeFormers(path string) error {
	dir, name := filepath.Split(path)
	entries, err := os.ReadDir(dir) // sorted by name, and so by version
	if err != nil {
		return err
	}
	var whole, old []string
	for _, e := range entries {
		switch {
		case !IsFormer(e.Name(), name):
		case strings.HasSuffix(e.Name(), ".new"):
			old = append(old, e.Name())
		default:
			whole = append(whole, e.Name())
		}
	}
	for _, name := range append(old, whole[:max(0, len(whole)-formersKept)]...) {
		if err := removeFile(dir + name); err != nil {
			return err
		}
	}
	return nil
}

// removeFile removes a file that need not be there.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
