package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"muster"
	"muster/internal/sqlite"
)

// TokenFile is the file of a data directory that holds the API token of its first start, for commands on the same machine.
const TokenFile = "api-token"

// The other files of a data directory.
const (
	registryFile = "registry.db"
	readingsDir  = "readings"
	authorityDir = "ca"
	importsDir   = "imports" // there while files wait to be filed
	lockFile     = "lock"
	formatFile   = "format" // written last: without it the directory is not finished
	format       = "1\n"
)

// A directory is a data directory that this process holds alone.
type directory struct {
	path  string
	fresh bool // it was not finished when it was opened
	lock  *os.File
}

// openDirectory makes the directory where needed and takes its lock, which ends with the process.
func openDirectory(path string) (*directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, muster.Refuse(muster.ReasonSettingInvalid, "cannot make the data directory: %v", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, muster.Refuse(muster.ReasonSettingInvalid, "cannot lock the data directory: %v", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, muster.Refuse(muster.ReasonDataDirectoryInUse, "another process uses %s", path)
	}
	finished, err := isFinished(path)
	if err != nil {
		lock.Close()
		return nil, err
	}
	d := &directory{path: path, fresh: !finished, lock: lock}
	if d.fresh {
		if err = d.refuseStrangers(); err == nil {
			_ = os.Chmod(path, 0o700) // it is empty; where it is another's, what it allows counts
		}
	}
	if err == nil {
		err = refuseExposed(path, 0o002)
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// finish marks the directory as complete.
func (d *directory) finish() error {
	d.fresh = false
	return writeFile(d.file(formatFile), []byte(format), 0o600)
}

func (d *directory) close() error { return d.lock.Close() }

// refuseStrangers keeps a typing error from filling somebody else's directory: only what a first start leaves behind may
// be in a directory that is not finished.
func (d *directory) refuseStrangers() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	for _, e := range entries {
		switch strings.TrimSuffix(e.Name(), ".new") {
		case lockFile, keyFile, registryFile, registryFile + "-wal", registryFile + "-shm", readingsDir, authorityDir, TokenFile, formatFile, "lost+found":
		default:
			if sqlite.IsFormer(e.Name(), registryFile) {
				continue
			}
			return muster.Refuse(muster.ReasonSettingInvalid, "%s is not empty and not a data directory: it holds %q", d.path, e.Name())
		}
	}
	return nil
}

// refuseExposed refuses a file or a directory with which everybody may do one of these things.
func refuseExposed(path string, may fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if mode := info.Mode().Perm(); mode&may != 0 {
		return muster.Refuse(muster.ReasonDataExposed, "%s has mode %04o: others on this machine can get at the master key", path, mode)
	}
	return nil
}

// isFinished reports whether the data directory was completed by this or an older version.
func isFinished(path string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(path, formatFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, syscall.ENOTDIR):
		return false, muster.Refuse(muster.ReasonSettingInvalid, "data: %s is not a directory", path)
	case err != nil:
		return false, fmt.Errorf("data directory: %w", err)
	case string(text) != format:
		return false, muster.Refuse(muster.ReasonDatabaseNewer, "%s has the format %.20q, this version knows %q", path, text, format)
	}
	return true, nil
}

// writeFile writes a file so that after a crash it is there whole or not at all.
func writeFile(path string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
