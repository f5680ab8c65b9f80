package issuer

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// listSuffix ends the names of files that hold the newest CRL of a key, DER, for the time after a restart in which nobody signs
// another one.
const listSuffix = ".crl"

// maxListFile bounds such a file: some two million certificates.
const maxListFile = 128 << 20

// keepList keeps a list that was made.
func (i *Issuer) keepList(p *pair, l *CRL) error {
	if err := writeFile(i.dir, p.id().String()+listSuffix, l.DER, 0o644); err != nil {
		return fmt.Errorf("keep a CRL: %w", err)
	}
	return nil
}

// keptList returns the list of a key that was kept, if the key has signed it; nil: there is none. Nobody knows whether something was
// revoked since.
func (i *Issuer) keptList(p *pair) (*CRL, error) {
	read, err := readList(filepath.Join(i.dir, p.id().String()+listSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = read.CheckSignatureFrom(p.leaf)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a CRL: %w", err)
	case read.Number == nil || !read.Number.IsInt64():
		return nil, errors.New("a CRL has no number")
	}
	return &CRL{
		DER: read.Raw, Number: read.Number.Int64(), ThisUpdate: read.ThisUpdate, NextUpdate: read.NextUpdate,
		Entries: len(read.RevokedCertificateEntries), revision: revisionUnknown,
	}, nil
}

// readList reads a list that was kept, whoever has signed it.
func readList(file string) (*x509.RevocationList, error) {
	der, err := readFile(file, maxListFile)
	if err != nil {
		return nil, err
	}
	return x509.ParseRevocationList(der)
}

// dropList removes the list of a key that signs no more.
func (i *Issuer) dropList(p *pair) error {
	return removeFile(filepath.Join(i.dir, p.id().String()+listSuffix))
}

// A ListAge says how old the newest CRL of a key of the authority is.
type ListAge struct {
	ID         string    // of the key, as CRL takes it
	Role       string    // of the key, as Signer has it; empty: nobody has said
	ThisUpdate time.Time // zero: there is none
	NextUpdate time.Time
	Failure    string // why a newer one could not be made; empty: it could
}

// Old reports whether the list should have been made again by now.
func (l *ListAge) Old(now time.Time) bool {
	return l.Failure != "" || !now.Before(l.ThisUpdate.Add(2*listAge))
}

// ListAges returns those of all keys that were asked for their lists since the start, as Run does with those that are here.
func (a *Authority) ListAges() []ListAge {
	var all []ListAge
	for _, s := range a.Signers() {
		a.lists.mu.Lock()
		l := a.lists.of[s.ID]
		if l != nil && (l.newest != nil || l.failure != "") {
			age := ListAge{ID: s.ID.String(), Role: s.Role, Failure: l.failure}
			if l.newest != nil {
				age.ThisUpdate, age.NextUpdate = l.newest.ThisUpdate, l.newest.NextUpdate
			}
			all = append(all, age)
		}
		a.lists.mu.Unlock()
	}
	return all
}

// KeptListAges returns those of the lists that are kept in the directory of an authority, for somebody who can only look at that. One
// that cannot be read has failed.
func KeptListAges(dir string) ([]ListAge, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []ListAge
	for _, file := range files {
		id, ok := strings.CutSuffix(file.Name(), listSuffix)
		if !ok {
			continue
		}
		age := ListAge{ID: id}
		if read, err := readList(filepath.Join(dir, file.Name())); err != nil {
			age.Failure = err.Error()
		} else {
			age.ThisUpdate, age.NextUpdate = read.ThisUpdate, read.NextUpdate
		}
		all = append(all, age)
	}
	return all, err
}
