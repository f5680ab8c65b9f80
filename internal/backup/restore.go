package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"muster"
)

// maxJSON bounds the entries that are read into memory.
const maxJSON = 64 << 20

func damaged(format string, args ...any) error {
	return muster.Refuse(muster.ReasonBackupDamaged, format, args...)
}

// Verify reads a whole backup and returns what it is, or ReasonBackupDamaged.
func Verify(from io.Reader) (Manifest, error) {
	r := reader{}
	err := r.read(from, func(string, io.Reader) error { return nil })
	return r.manifest, err
}

// Restored is what was restored.
type Restored struct {
	Manifest
	Secrets *Keys // nil: they are not in the backup, or no passphrase was given
}

// Restore writes what is in a backup into dir, which is there and empty. It is synced to disk when Restore returns. After
// an error dir is empty again.
func Restore(from io.Reader, dir string, passphrase muster.Secret) (restored Restored, err error) {
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		return restored, errors.Join(err, muster.Refuse(muster.ReasonSettingInvalid, "%s is not an empty directory", dir))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, empty(dir))
		}
	}()
	r := reader{}
	if err := r.read(from, func(name string, body io.Reader) error { return extract(dir, name, body) }); err != nil {
		return restored, err
	}
	restored.Manifest = r.manifest
	if passphrase != "" {
		if r.keys == nil {
			return restored, muster.Refuse(muster.ReasonRequestInvalid, "the backup has no keys in it; leave the passphrase out")
		}
		keys, err := r.keys.open(passphrase)
		if err != nil {
			return restored, err
		}
		restored.Secrets = &keys
	}
	return restored, nil
}

// A reader reads a backup once, from its beginning to its end.
type reader struct {
	manifest Manifest
	keys     *sealedKeys
	digests  map[string]string // of what was read
}

// read hands each file of a backup to take.
func (r *reader) read(from io.Reader, take func(name string, body io.Reader) error) error {
	r.digests = map[string]string{}
	entries := tar.NewReader(from)
	for first := true; ; first = false {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return damaged("the backup is cut off")
		}
		if err != nil {
			return damaged("the backup cannot be read")
		}
		if first != (header.Name == manifestEntry) || header.Typeflag != tar.TypeReg {
			return damaged("this is no backup")
		}
		if header.Name == digestsEntry {
			return r.compare(entries)
		}
		sum := sha256.New()
		if err := r.entry(header.Name, io.TeeReader(entries, sum), take); err != nil {
			return err
		}
		if _, twice := r.digests[header.Name]; twice {
			return damaged("%s comes twice", header.Name)
		}
		r.digests[header.Name] = digest(sum)
	}
}

func (r *reader) entry(name string, body io.Reader, take func(name string, body io.Reader) error) error {
	switch name {
	case manifestEntry:
		if err := readJSON(body, &r.manifest); err != nil {
			return err
		}
		if r.manifest.Layout != layout {
			return muster.Refuse(muster.ReasonDatabaseNewer, "the backup has layout %d, and this version knows %d", r.manifest.Layout, layout)
		}
		return nil
	case keysEntry:
		r.keys = &sealedKeys{}
		return readJSON(body, r.keys)
	}
	if !known(name) {
		return damaged("the backup has a file %.100q in it", name)
	}
	if err := take(name, body); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return damaged("%s is cut off", name)
	}
	return nil
}

// known reports whether a backup may have a file of that name: a name never leads out of the directory.
func known(name string) bool {
	if name == registryEntry {
		return true
	}
	dir, file, _ := strings.Cut(name, "/")
	return (dir == readingsEntry || dir == authorityDir) && file != "" && filepath.IsLocal(file) && !strings.ContainsAny(file, `/\`)
}

// compare reads the last entry, which has the digests of all others.
func (r *reader) compare(body io.Reader) error {
	var want map[string]string
	if err := readJSON(body, &want); err != nil {
		return err
	}
	for name, sum := range want {
		if r.digests[name] != sum {
			return damaged("%.100s is not what it was", name)
		}
	}
	if !maps.Equal(want, r.digests) {
		return damaged("the backup has more in it than was put there")
	}
	return nil
}

func readJSON(body io.Reader, to any) error {
	text, err := io.ReadAll(io.LimitReader(body, maxJSON+1))
	if err != nil || len(text) > maxJSON || json.Unmarshal(text, to) != nil {
		return damaged("the backup cannot be read")
	}
	return nil
}

// extract writes a file and syncs it.
func extract(dir, name string, body io.Reader) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = damaged("%s is cut off", name)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// empty removes what is in dir.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}
