package issuer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"muster"
)

// formerPrefix begins the names of intermediates that sign no certificates any more.
const formerPrefix = "former-"

// openFormers reads the intermediates and the roots that were replaced and have not expired: what they have issued is still
// good, and somebody has to say what of it is revoked.
func (i *Issuer) openFormers() (err error) {
	if i.formers, err = i.keptPairs(formerPrefix); err != nil {
		return err
	}
	i.retired, err = i.keptPairs(retiredPrefix)
	i.retired = slices.DeleteFunc(i.retired, i.root.is) // a crash came before the other one had taken over
	return err
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

// dropExpired forgets replaced intermediates under which nothing can be good any more, and the roots of these. The caller holds mu.
func (i *Issuer) dropExpired(now time.Time) (err error) {
	i.formers, err = i.drop(i.formers, formerPrefix, func(p *pair) bool { return !unset(now) && now.After(p.leaf.NotAfter) })
	if err != nil {
		return err
	}
	i.retired, err = i.drop(i.retired, retiredPrefix, func(root *pair) bool {
		return !slices.ContainsFunc(i.formers, func(p *pair) bool { return p.leadsTo(root) })
	})
	return err
}

// drop removes the files of those that are over, and returns the others.
func (i *Issuer) drop(all []*pair, prefix string, over func(*pair) bool) ([]*pair, error) {
	kept := all[:0:0]
	for _, p := range all {
		if !over(p) {
			kept = append(kept, p)
		} else if err := errors.Join(i.dropList(p), removeFile(filepath.Join(i.dir, prefix+p.id().String()+sealedSuffix))); err != nil {
			return all, err
		}
	}
	return kept, nil
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

// A hierarchy is who signs, and who did, at one moment.
type hierarchy struct {
	root          *pair
	next          *pair   // nil: there is none
	intermediates []*pair // the one that signs now first
	retired       []*pair // roots that were
}

func (i *Issuer) hierarchy() hierarchy {
	i.mu.Lock()
	defer i.mu.Unlock()
	h := hierarchy{root: i.root, next: i.next, intermediates: []*pair{i.intermediate}, retired: slices.Clone(i.retired)}
	for _, p := range i.formers {
		if !p.is(i.intermediate) {
			h.intermediates = append(h.intermediates, p)
		}
	}
	return h
}

// roots returns the root, the one to come and those that were.
func (h *hierarchy) roots() []*pair {
	all := []*pair{h.root}
	if h.next != nil {
		all = append(all, h.next)
	}
	return append(all, h.retired...)
}

// all returns the intermediates and then the roots.
func (h *hierarchy) all() []*pair { return append(slices.Clone(h.intermediates), h.roots()...) }

// certificates returns what is published of all of them, each once: intermediates, roots, and what joins one root to another.
func (h *hierarchy) certificates() [][]byte {
	var all [][]byte
	for _, p := range h.all() {
		for _, der := range p.chain {
			if !slices.ContainsFunc(all, func(other []byte) bool { return bytes.Equal(der, other) }) {
				all = append(all, der)
			}
		}
	}
	return all
}

// above returns what stands above an intermediate: those between it and its root, and the roots that it leads to.
func (h *hierarchy) above(p *pair) [][]byte {
	chain := slices.Clone(p.chain)
	for _, root := range h.roots() {
		if p.leadsTo(root) {
			chain = append(chain, root.leaf.Raw)
		}
	}
	if h.next != nil && p.leadsTo(h.root) {
		chain = append(chain, h.next.leaf.Raw)
	}
	return chain
}

func (p *pair) is(other *pair) bool { return bytes.Equal(p.leaf.Raw, other.leaf.Raw) }

// id returns what names the pair's key.
func (p *pair) id() (id muster.AuthorityID) {
	sum := sha256.Sum256(subjectPublicKey(p.leaf.RawSubjectPublicKeyInfo))
	copy(id[:], sum[:])
	return id
}
