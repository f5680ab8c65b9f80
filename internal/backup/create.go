package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"muster"
)

// The entries of a backup, in this order: what it is, what is kept, and the digest of each entry before.
const (
	manifestEntry = "manifest.json"
	keysEntry     = "keys.json"
	registryEntry = "registry.db"
	readingsEntry = "readings"
	authorityDir  = "ca"
	digestsEntry  = "digests.json" // without it the file is cut off
)

// layout is what this version writes, and the highest that it reads.
const layout = 1

// A Manifest says what a backup is.
type Manifest struct {
	Layout  int       `json:"layout"`
	MadeAt  time.Time `json:"madeAt"`
	Version string    `json:"version"` // of the server
	Format  string    `json:"format"`  // of the data directory
	Keys    bool      `json:"keys"`    // the master key is in it, sealed under a passphrase
}

// Keys are what a data directory holds and a backup leaves out unless it is sealed under a passphrase.
type Keys struct {
	MasterKey muster.Secret // as it stands in its file
	APIToken  muster.Secret // likewise; empty: there is none
}

// Options are what a Service makes backups of.
type Options struct {
	Dir      string // the data directory
	Registry Registry
	Readings Readings
	Keys     func() (Keys, error)
	Version  string // of the server
	Format   string // of the data directory
	Now      func() time.Time
}

// WorkDir is where in a data directory a backup is gathered. What a crash leaves there may be removed.
const WorkDir = "backup.new"

// A Service makes backups, one at a time.
type Service struct {
	o    Options
	busy sync.Mutex // held while a backup is made
}

// New returns a Service.
func New(o Options) *Service { return &Service{o: o} }

// Create returns what writes a backup. Readings are copied first and the registry after them, so that there are none of a device
// that is not in it. Without a passphrase the master key and the first API token are left out. Refused with
// ReasonServerBusy while another backup is made. What it returns has to be called, once.
func (s *Service) Create(ctx context.Context, passphrase muster.Secret) (write func(io.Writer) error, err error) {
	if !s.busy.TryLock() {
		return nil, muster.Refuse(muster.ReasonServerBusy, "another backup is being made")
	}
	work := filepath.Join(s.o.Dir, WorkDir)
	done := func() error {
		defer s.busy.Unlock()
		return os.RemoveAll(work)
	}
	if err := s.gather(ctx, work); err != nil {
		return nil, errors.Join(err, done())
	}
	var keys *sealedKeys
	if passphrase != "" {
		if keys, err = s.sealKeys(passphrase); err != nil {
			return nil, errors.Join(err, done())
		}
	}
	return func(w io.Writer) (err error) {
		defer func() { err = errors.Join(err, done()) }()
		return s.write(ctx, w, work, keys)
	}, nil
}

// gather copies what changes into work, in a moment each.
func (s *Service) gather(ctx context.Context, work string) error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	if err := s.o.Readings.CopyTo(filepath.Join(work, readingsEntry)); err != nil {
		return fmt.Errorf("copy the readings: %w", err)
	}
	if err := s.o.Registry.CopyTo(ctx, filepath.Join(work, registryEntry)); err != nil {
		return fmt.Errorf("copy the registry: %w", err)
	}
	return nil
}

func (s *Service) sealKeys(passphrase muster.Secret) (*sealedKeys, error) {
	keys, err := s.o.Keys()
	if err != nil {
		return nil, err
	}
	return seal(keys, passphrase)
}

func (s *Service) write(ctx context.Context, w io.Writer, work string, keys *sealedKeys) error {
	a := &archive{tar: tar.NewWriter(w), digests: map[string]string{}, now: s.o.Now()}
	manifest := Manifest{Layout: layout, MadeAt: a.now.UTC(), Version: s.o.Version, Format: s.o.Format, Keys: keys != nil}
	if err := a.addJSON(manifestEntry, manifest); err != nil {
		return err
	}
	if keys != nil {
		if err := a.addJSON(keysEntry, keys); err != nil {
			return err
		}
	}
	for _, part := range []struct{ from, to string }{
		{filepath.Join(s.o.Dir, authorityDir), authorityDir},
		{filepath.Join(work, registryEntry), registryEntry},
		{filepath.Join(work, readingsEntry), readingsEntry},
	} {
		if err := a.addTree(ctx, part.from, part.to); err != nil {
			return err
		}
	}
	if err := a.addJSON(digestsEntry, a.digests); err != nil {
		return err
	}
	return a.tar.Close()
}

// An archive is a backup that is being written.
type archive struct {
	tar     *tar.Writer
	digests map[string]string // of what is in it, in hexadecimal SHA-256
	now     time.Time
}

func (a *archive) addJSON(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return a.add(name, int64(len(text)), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// unfinished ends the names of files that are still being written: it is temporarySuffix of package issuer.
const unfinished = ".tmp"

// addTree adds the file at from, or all files of the directory that is there.
func (a *archive) addTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !d.Type().IsRegular() || strings.HasSuffix(file, unfinished) {
			return nil
		}
		rest, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		return a.addFile(file, path.Join(to, filepath.ToSlash(rest)))
	})
}

func (a *archive) addFile(file, name string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return a.add(name, info.Size(), func(w io.Writer) error {
		_, err := io.CopyN(w, f, info.Size())
		return err
	})
}

func (a *archive) add(name string, size int64, write func(io.Writer) error) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: a.now, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(a.tar, sum)); err != nil {
		return err
	}
	a.digests[name] = digest(sum)
	return nil
}

func digest(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }
