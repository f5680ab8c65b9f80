package issuer

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster"
)

const (
	// nextName is the file of a root that is to take over. Its chain is the root itself and, as RFC 4210, 4.4 calls them,
	// NewWithOld and OldWithNew.
	nextName = "next-root"

	// retiredPrefix begins the names of roots that were. Their chain is the root itself, and the two that join it to its successor.
	retiredPrefix = "retired-root-"
)

// newWithOld and oldWithNew are what joins a new root to the one before: each is the one's key, certified by the other.
func newWithOld(next *pair) []byte { return next.chain[1] }
func oldWithNew(next *pair) []byte { return next.chain[2] }

// openRoots reads the root or makes it, and those before and after it, and sees that the public file shows who is to be trusted.
func (i *Issuer) openRoots() error {
	var err error
	if i.root, err = readPair(i.dir, "root", i.o.Keys); err != nil {
		return err
	}
	if i.root == nil {
		if i.root, err = newRoot(i.o.Now()); err != nil {
			return err
		}
		if err := writePair(i.dir, "root", i.o.Keys, i.root); err != nil {
			return err
		}
		i.o.Logger.Info("made a root certificate", "fingerprint", fingerprint(i.root.leaf.Raw))
	}
	if i.next, err = readPair(i.dir, nextName, i.o.Keys); err != nil {
		return err
	}
	if i.next != nil && (i.next.is(i.root) || len(i.next.chain) != 3) { // a crash came when it had taken over
		if err := i.forgetNext(); err != nil {
			return err
		}
	}
	return i.showRoots()
}

func (i *Issuer) forgetNext() error {
	i.next = nil
	return removeFile(filepath.Join(i.dir, nextName+sealedSuffix))
}

// showRoots writes the public file. The caller holds mu, or nobody else knows the Issuer.
func (i *Issuer) showRoots() error { return writePublic(i.dir, RootName, i.trusted()) }

func removeFile(file string) error {
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// RotateRoot makes a new root, and has the old one and the new one certify each other. The old one goes on signing until
// RetireRoot: whoever trusts one of the two trusts the server meanwhile. Refused with ReasonAuthorityOverlap if one is to take
// over already, and with ReasonAuthorityKeyAbsent.
func (i *Issuer) RotateRoot() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	made, err := newRoot(i.o.Now())
	if err != nil {
		return err
	}
	return i.join(made)
}

// join keeps a root that is to take over. The caller holds mu.
func (i *Issuer) join(next *pair) error {
	if i.next != nil {
		return muster.Refuse(muster.ReasonAuthorityOverlap, "a new root has been waiting to take over since %s", i.next.leaf.NotBefore.Format(time.DateOnly))
	}
	withOld, err := certifyRoot(next, i.root)
	if err != nil {
		return err
	}
	withNew, err := certifyRoot(i.root, next)
	if err != nil {
		return err
	}
	next.chain = [][]byte{next.leaf.Raw, withOld, withNew}
	if err := writePair(i.dir, nextName, i.o.Keys, next); err != nil {
		return err
	}
	i.next = next
	return i.settle()
}

// settle has everybody see which roots there are now. The caller holds mu.
func (i *Issuer) settle() error {
	if err := i.showRoots(); err != nil {
		return err
	}
	return i.checkAll()
}

// certifyRoot returns a certificate for the key of one root, signed by another.
func certifyRoot(root, by *pair) ([]byte, error) {
	if by.key == nil {
		return nil, muster.Refuse(muster.ReasonAuthorityKeyAbsent, "")
	}
	serial := muster.NewSerial()
	t := &x509.Certificate{
		SerialNumber: serial.Number(), RawSubject: root.leaf.RawSubject, SubjectKeyId: root.leaf.SubjectKeyId,
		NotBefore: laterOf(root.leaf.NotBefore, by.leaf.NotBefore), NotAfter: earlierOf(root.leaf.NotAfter, by.leaf.NotAfter),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLen: 1,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, by.leaf, root.leaf.PublicKey, by.key)
	if err != nil {
		return nil, fmt.Errorf("have one root certify another: %w", err)
	}
	return der, nil
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlierOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// RetireRoot has the new root take over: it signs an intermediate, which signs from then on. Whoever trusts the old one alone
// trusts the server no more. What was issued under the old one stays good here, and for whoever follows the new one by what joins
// the two. Refused with ReasonAuthorityOverlap if there is none to take over.
func (i *Issuer) RetireRoot() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.next == nil {
		return muster.Refuse(muster.ReasonAuthorityOverlap, "no root is waiting to take over")
	}
	old := &pair{chain: append([][]byte{i.root.leaf.Raw}, i.next.chain[1:]...), leaf: i.root.leaf, key: i.root.key}
	if err := i.retireRoot(old); err != nil {
		return err
	}
	root := &pair{chain: i.next.chain[:1], leaf: i.next.leaf, key: i.next.key}
	if err := writePair(i.dir, "root", i.o.Keys, root); err != nil {
		return err
	}
	i.root = root
	if err := i.forgetNext(); err != nil {
		return err
	}
	return i.settle()
}

// retireRoot keeps a root that is replaced. The caller holds mu.
func (i *Issuer) retireRoot(p *pair) error {
	if err := writePair(i.dir, retiredPrefix+p.id().String(), i.o.Keys, p); err != nil {
		return err
	}
	if !slices.ContainsFunc(i.retired, p.is) {
		i.retired = append(i.retired, p)
	}
	return nil
}

// keptPairs reads the pairs whose names begin so; one that cannot be read is told of, and left out.
func (i *Issuer) keptPairs(prefix string) ([]*pair, error) {
	files, err := filepath.Glob(filepath.Join(i.dir, prefix+"*"+sealedSuffix))
	if err != nil {
		return nil, err
	}
	var all []*pair
	for _, file := range files {
		p, err := readPair(i.dir, strings.TrimSuffix(filepath.Base(file), sealedSuffix), i.o.Keys)
		if err != nil {
			i.o.Logger.Warn("a former authority cannot be read: it signs no CRL any more", "error", err)
			continue
		}
		all = append(all, p)
	}
	return all, nil
}

// Under returns the ids of the intermediates that lead to the root that RetireRoot retires.
func (i *Issuer) Under() (all []muster.AuthorityID, waiting bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range append([]*pair{i.intermediate}, i.formers...) {
		if p.leadsTo(i.root) && !slices.Contains(all, p.id()) {
			all = append(all, p.id())
		}
	}
	return all, i.next != nil
}
