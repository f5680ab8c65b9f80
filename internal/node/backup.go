package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster"
	"muster/internal/backup"
)

// newBackups returns what makes backups of the node.
func (n *Node) newBackups() *backup.Service {
	return backup.New(backup.Options{
		Dir: n.dir.path, Registry: n.registry, Readings: n.readings, Version: n.version, Format: format, Now: time.Now,
		Keys: func() (backup.Keys, error) {
			key, source, err := findKey(n.dir.path)
			if err != nil {
				return backup.Keys{}, err
			}
			if _, err := parseKey(key, source); err != nil {
				return backup.Keys{}, err
			}
			token, err := os.ReadFile(n.dir.file(TokenFile))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return backup.Keys{}, fmt.Errorf("read the API token: %w", err)
			}
			return backup.Keys{MasterKey: muster.Secret(strings.TrimSpace(string(key))), APIToken: muster.Secret(strings.TrimSpace(string(token)))}, nil
		},
	})
}

// VerifyBackup reads a whole backup and returns what it is.
func VerifyBackup(from io.Reader) (backup.Manifest, error) { return backup.Verify(from) }

// RestoreBackup makes a data directory of a backup; dir is missing or empty. It reports whether the master key is in
// place: with its passphrase it is written beside the rest, else it has to be put there before the directory is served.
func RestoreBackup(from io.Reader, dir string, passphrase muster.Secret) (m backup.Manifest, keyInPlace bool, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return m, false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, false, muster.Refuse(muster.ReasonSettingInvalid, "cannot make the data directory: %v", err)
	}
	r, err := backup.Restore(from, dir, passphrase)
	if err != nil {
		return r.Manifest, false, err
	}
	if r.Format != format {
		return r.Manifest, false, muster.Refuse(muster.ReasonDatabaseNewer, "the backup is of a data directory of format %.20q, this version knows %q", r.Format, format)
	}
	if k := r.Secrets; k != nil {
		if err := writeFile(filepath.Join(dir, keyFile), []byte(k.MasterKey.Reveal()+"\n"), 0o600); err != nil {
			return r.Manifest, false, err
		}
		if k.APIToken != "" {
			if err := writeFile(filepath.Join(dir, TokenFile), []byte(k.APIToken.Reveal()+"\n"), 0o600); err != nil {
				return r.Manifest, false, err
			}
		}
	}
	return r.Manifest, r.Secrets != nil, writeFile(filepath.Join(dir, formatFile), []byte(format), 0o600)
}
