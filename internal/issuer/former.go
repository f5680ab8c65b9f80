package issuer

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster"
)

// formerPrefix begins the names of intermediates that sign no certificates any more.
const formerPrefix = "former-"

// openFormers reads the intermediates that were replaced and have not expired: what they have issued is still good, and
// somebody has to say what of it is revoked.
func (i *Issuer) openFormers() error {
	files, err := filepath.Glob(filepath.Join(i.dir, formerPrefix+"*"+sealedSuffix))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), sealedSuffix)
		p, err := readPair(i.dir, name, i.o.Keys)
		if err != nil {
			i.o.Logger.Warn("a former intermediate cannot be read: it signs no CRL any more", "error", err)
			continue
		}
		i.formers = append(i.formers, p)
	}
	return nil
}

// retire keeps an intermediate that is replaced. The caller holds mu.
func (i *Issuer) retire(p *pair) error {
	if err := writePair(i.dir, formerPrefix+p.id().String(), i.o.Keys, p); err != nil {
		return err
	}
	if !slices.ContainsFunc(i.formers, p.is) { // a crash may have come between
		i.formers = append(i.formers, p)
	}
	return nil
}

// dropExpired forgets replaced intermediates under which nothing can be good any more. The caller holds mu.
func (i *Issuer) dropExpired(now time.Time) error {
	kept := i.formers[:0:0]
	for _, p := range i.formers {
		if unset(now) || !now.After(p.leaf.NotAfter) {
			kept = append(kept, p)
			continue
		}
		if err := os.Remove(filepath.Join(i.dir, formerPrefix+p.id().String()+sealedSuffix)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	i.formers = kept
	return nil
}

// Rotate makes a new intermediate under the same root, which signs from now on, and a server certificate with it. The one
// before is kept for as long as what it has issued may be good: it signs CRLs and OCSP answers, and nothing else.
func (i *Issuer) Rotate() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.o.Now()
	if err := i.replaceIntermediate(now); err != nil {
		return err
	}
	if i.own != nil {
		return nil
	}
	return i.checkServer(now)
}

// signers returns the root and all intermediates, the one that signs now first.
func (i *Issuer) signers() (root *pair, intermediates []*pair) {
	i.mu.Lock()
	defer i.mu.Unlock()
	intermediates = []*pair{i.intermediate}
	for _, p := range i.formers {
		if !p.is(i.intermediate) {
			intermediates = append(intermediates, p)
		}
	}
	return i.root, intermediates
}

func (p *pair) is(other *pair) bool { return bytes.Equal(p.leaf.Raw, other.leaf.Raw) }

// id returns what names the pair's key.
func (p *pair) id() (id muster.AuthorityID) {
	sum := sha256.Sum256(subjectPublicKey(p.leaf.RawSubjectPublicKeyInfo))
	copy(id[:], sum[:])
	return id
}
