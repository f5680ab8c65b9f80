// Package issuer is the certificate authority: it makes and renews the server's certificate, issues those of devices, and says
// which of them are revoked.
package issuer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"muster"
)

// How often Run looks at the age of the certificates, and at the operator's files.
const (
	checkAgeEvery   = 10 * time.Minute
	checkFilesEvery = 5 * time.Second
)

// RootName is the file in the authority's directory that holds the root certificate, PEM.
const RootName = "root.pem"

// Options say what the server certificate is for and who else may have made it.
type Options struct {
	// Names are DNS names and addresses that the server certificate carries besides localhost, 127.0.0.1, ::1 and the
	// host's name.
	Names []string
	// PublicURL is where the HTTP port is reached from elsewhere; certificates say that what is told of them is below it. Empty:
	// they do not say.
	PublicURL string
	// Keys seals the private keys on the disk: a copied data directory opens nothing without the master key.
	Keys *muster.Keyring
	// CertFile and KeyFile are the operator's own certificate chain and key, PEM. Empty: the authority makes them.
	CertFile, KeyFile string

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means silence
}

// An Issuer keeps a root, an intermediate and a server certificate in a directory of its own. It is safe for concurrent
// use.
type Issuer struct {
	dir   string
	o     Options
	serve atomic.Pointer[tls.Certificate]
	told  chan struct{} // holds a token after Reload

	mu           sync.Mutex // guards what renewal and Reload change
	names        names
	own          *ownFiles // nil: the authority makes the server certificate
	root         *pair
	next         *pair   // the root that will take over; nil: there is none
	retired      []*pair // roots that were, and to which former intermediates lead
	intermediate *pair
	formers      []*pair // intermediates that were replaced and have not expired
	complaint    string  // the last failure of a check, so that it is logged once and not at every check
}

// Open reads the authority that is kept in dir, or makes it there. What a crash left half done is made again, except that
// an existing root is never replaced: devices trust it. A pair of files of the operator's that cannot be used is refused
// with ReasonCertificateInvalid.
func Open(dir string, o Options) (*Issuer, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	wanted, err := wantedNames(hostname(), o.Names)
	if err != nil {
		return nil, err
	}
	i := &Issuer{dir: dir, names: wanted, own: newOwnFiles(o.CertFile, o.KeyFile), o: o, told: make(chan struct{}, 1)}
	if err := i.open(); err != nil {
		return nil, fmt.Errorf("certificate authority in %s: %w", dir, err)
	}
	return i, nil
}

// hostname is that of this machine, which is only missing from the certificate if there is none.
func hostname() string {
	name, _ := os.Hostname()
	return name
}

func (i *Issuer) open() error {
	if err := prepare(i.dir); err != nil {
		return err
	}
	if err := i.openRoots(); err != nil {
		return err
	}
	if err := i.openFormers(); err != nil {
		return err
	}
	err := i.check()
	if err != nil && i.serve.Load() != nil && muster.ReasonOf(err) == muster.ReasonSignerUnreachable {
		i.o.Logger.Warn("the server certificate could not be renewed; the old one stays", "error", err)
		return nil
	}
	return err
}

// Reload has the server certificate be for other names, or come from other files of the operator's; files that stay are read
// again. It is served from the next handshake on. What cannot be used is refused and changes nothing.
func (i *Issuer) Reload(asked []string, certFile, keyFile string) error {
	wanted, err := wantedNames(hostname(), asked)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	names, own := i.names, i.own
	i.names = wanted
	if own == nil || own.certFile != certFile || own.keyFile != keyFile {
		i.own = newOwnFiles(certFile, keyFile)
	}
	if err := i.checkAll(); err != nil {
		i.names, i.own = names, own
		return err
	}
	select {
	case i.told <- struct{}{}:
	default:
	}
	return nil
}

// check renews what is due and loads what the operator has changed. The certificate that is served stays when it fails.
func (i *Issuer) check() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.checkAll()
}

// checkAll is check for a caller that holds mu.
func (i *Issuer) checkAll() error {
	now := i.o.Now()
	if err := i.checkIntermediate(now); err != nil {
		return err
	}
	if err := i.dropExpired(now); err != nil {
		return err
	}
	if i.own != nil {
		return i.checkOwn()
	}
	return i.checkServer(now)
}

// checkIntermediate makes the intermediate when there is none, when it is due and when it cannot be read. The caller
// holds mu.
func (i *Issuer) checkIntermediate(now time.Time) error {
	if i.intermediate == nil {
		kept, err := readPair(i.dir, "intermediate", i.o.Keys)
		if err != nil {
			i.o.Logger.Warn("the intermediate certificate is made again", "error", err)
		}
		i.intermediate = kept
	}
	if i.intermediate != nil && i.intermediate.leadsTo(i.root) && (i.root.key == nil || !i.intermediate.due(now)) {
		return nil
	}
	return i.replaceIntermediate(now)
}

// replaceIntermediate makes a new intermediate and keeps the one before, if there is one. The caller holds mu.
func (i *Issuer) replaceIntermediate(now time.Time) error {
	made, err := newIntermediate(i.root, i.o.PublicURL, now)
	if err != nil {
		return err
	}
	if i.intermediate != nil {
		if err := i.retire(i.intermediate); err != nil {
			return err
		}
	}
	if err := writePair(i.dir, "intermediate", i.o.Keys, made); err != nil {
		return err
	}
	i.intermediate = made
	return nil
}

// checkServer makes the server certificate when there is none, when it is due, when its names are not the wanted ones
// and when the intermediate has changed. One that cannot be made leaves the one before. The caller holds mu.
func (i *Issuer) checkServer(now time.Time) error {
	var kept *pair
	if served := i.serve.Load(); served != nil {
		key, _ := served.PrivateKey.(crypto.Signer)
		kept = &pair{chain: served.Certificate, leaf: served.Leaf, key: key}
	} else {
		var err error
		if kept, err = readPair(i.dir, "server", i.o.Keys); err != nil {
			i.o.Logger.Warn("the server certificate is made again", "error", err)
		}
	}
	if kept == nil || !kept.signedBy(i.intermediate) || kept.due(now) || !i.names.are(kept.leaf) {
		made, err := i.makeServer(now)
		if err != nil {
			if kept != nil && now.Before(kept.leaf.NotAfter) {
				i.show(kept)
			}
			return err
		}
		kept = made
	}
	if kept.signedBy(i.intermediate) {
		kept.chain = i.sent(kept)
	}
	i.show(kept)
	return nil
}

func (i *Issuer) makeServer(now time.Time) (*pair, error) {
	made, err := newServer(i.intermediate, i.names, i.o.PublicURL, now)
	if err != nil {
		return nil, err
	}
	made.chain = i.sent(made)
	if err := writePair(i.dir, "server", i.o.Keys, made); err != nil {
		return nil, err
	}
	i.o.Logger.Info("made a server certificate", "names", i.names.String(), "expires", made.leaf.NotAfter)
	return made, nil
}

// sent returns what is sent of a certificate of the intermediate: what stands above it and, while a new root is to take over,
// what leads to that. The caller holds mu.
func (i *Issuer) sent(p *pair) [][]byte {
	chain := append([][]byte{p.leaf.Raw}, i.intermediate.chain...)
	if i.next != nil {
		chain = append(chain, oldWithNew(i.next))
	}
	return chain
}

// show has a certificate be served, unless it is already.
func (i *Issuer) show(p *pair) {
	if served := i.serve.Load(); served == nil || !slices.EqualFunc(served.Certificate, p.chain, bytes.Equal) {
		i.serve.Store(&tls.Certificate{Certificate: p.chain, PrivateKey: p.key, Leaf: p.leaf})
	}
}

// checkOwn loads the operator's files if they have changed. The caller holds mu.
func (i *Issuer) checkOwn() error {
	cert, err := i.own.load()
	if err != nil {
		return err
	}
	if cert != nil {
		i.serve.Store(cert)
		i.o.Logger.Info("loaded the server certificate", "file", i.own.certFile, "expires", cert.Leaf.NotAfter)
	}
	return nil
}

// Run renews certificates before they expire and loads the operator's files when they change, until ctx is done. A
// failure is logged once, and what is served stays.
func (i *Issuer) Run(ctx context.Context) {
	ticker := time.NewTicker(i.every())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.told:
			ticker.Reset(i.every())
		case <-ticker.C:
			i.checkAndComplain()
		}
	}
}

// serves reports whether the server is, or could be taken for, one of that name.
func (i *Issuer) serves(name string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.names.cover(name)
}

// every says how often there is something to look at.
func (i *Issuer) every() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.own != nil {
		return checkFilesEvery
	}
	return checkAgeEvery
}

func (i *Issuer) checkAndComplain() {
	complaint := ""
	err := i.check()
	if err != nil {
		complaint = err.Error()
	}
	i.mu.Lock()
	fresh := complaint != i.complaint
	i.complaint = complaint
	i.mu.Unlock()
	if err != nil && fresh {
		i.o.Logger.Error("the server certificate could not be renewed; the old one stays", "error", err)
	}
}

// GetCertificate returns the certificate to serve now; it has the shape of tls.Config.GetCertificate.
func (i *Issuer) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return i.serve.Load(), nil
}

// A Certificate is one that is served, or that the authority signs with.
type Certificate struct {
	Use  string // server, intermediate or root
	File string // of the operator's; empty: the authority has made it
	*x509.Certificate
}

// Certificates returns the certificate that is served now, and those of the authority.
func (i *Issuer) Certificates() []Certificate {
	i.mu.Lock()
	defer i.mu.Unlock()
	server := Certificate{Use: "server", Certificate: i.serve.Load().Leaf}
	if i.own != nil {
		server.File = i.own.certFile
	}
	all := []Certificate{server, {Use: "intermediate", Certificate: i.intermediate.leaf}, {Use: "root", Certificate: i.root.leaf}}
	if i.next != nil {
		all = append(all, Certificate{Use: "next root", Certificate: i.next.leaf})
	}
	return all
}

// Fingerprint returns the SHA-256 of the certificate as openssl prints it.
func (c *Certificate) Fingerprint() string { return fingerprint(c.Raw) }

// ServerExpiry returns when the certificate that is served now expires.
func (i *Issuer) ServerExpiry() time.Time { return i.serve.Load().Leaf.NotAfter }

// RootFile returns the absolute path of the root certificate, PEM, which clients are given to trust.
func (i *Issuer) RootFile() string { return filepath.Join(i.dir, RootName) }

// RootPEM returns what clients are given to trust: the root and, while a new one is to take over, that one too.
func (i *Issuer) RootPEM() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.trusted()
}

// trusted is RootPEM for a caller that holds mu.
func (i *Issuer) trusted() []byte {
	all := [][]byte{i.root.leaf.Raw}
	if i.next != nil {
		all = append(all, i.next.leaf.Raw)
	}
	return encodeCertificates(all)
}

// RootFingerprint returns the SHA-256 of the root certificate as openssl prints it: upper-case hex with colons.
func (i *Issuer) RootFingerprint() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return fingerprint(i.root.leaf.Raw)
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func encodeCertificates(chain [][]byte) []byte {
	var out []byte
	for _, der := range chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: der})...)
	}
	return out
}

// signedBy reports whether p is of the authority above it.
func (p *pair) signedBy(above *pair) bool {
	return bytes.Equal(p.leaf.AuthorityKeyId, above.leaf.SubjectKeyId)
}

// leadsTo reports whether the last certificate of p's chain is signed by the root.
func (p *pair) leadsTo(root *pair) bool {
	if len(p.chain) == 1 {
		return p.signedBy(root) // which needs no signature to be checked
	}
	top, err := x509.ParseCertificate(p.chain[len(p.chain)-1])
	return err == nil && top.CheckSignatureFrom(root.leaf) == nil
}

// due reports whether two thirds of p's life are over, or it has not begun because a wrong clock was put right. A clock
// that has not been set makes nothing due.
func (p *pair) due(now time.Time) bool {
	from, until := p.leaf.NotBefore, p.leaf.NotAfter
	return !unset(now) && (now.Before(from) || !now.Before(from.Add(until.Sub(from)/3*2)))
}
