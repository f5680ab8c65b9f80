package issuer

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"

	"muster"
	"muster/internal/signer"
)

// The bounds of an Import.
const (
	MaxImport      = 128 << 10 // bytes of certificates
	maxImportChain = 8
)

// An Import is an authority that was made elsewhere.
type Import struct {
	Certificates string        // PEM: the authority's own first, then those above it, the root last
	Key          muster.Secret // PEM; empty: it is behind Socket
	Passphrase   muster.Secret // of an encrypted Key
	Socket       string        // absolute path, in place of Key
}

// Import has an intermediate that was made elsewhere sign from now on, in the place of the present one; what that has issued
// stays good. A root is kept until RetireRoot, as one that RotateRoot makes. It returns the role of what was imported. Refused
// with ReasonCertificateInvalid, ReasonAuthorityOverlap, ReasonSignerUnreachable and ReasonAuthorityKeyAbsent.
func (i *Issuer) Import(m Import) (role string, err error) {
	chain, err := readChain(m.Certificates)
	if err != nil {
		return "", err
	}
	key, err := m.signer()
	if err != nil {
		return "", err
	}
	now := i.o.Now()
	if unset(now) {
		return "", muster.Refuse(muster.ReasonClockWrong, "")
	}
	if err := checkAuthority(chain, key, now); err != nil {
		return "", err
	}
	p := &pair{leaf: chain[0], key: key}
	for _, c := range chain {
		p.chain = append(p.chain, c.Raw)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known(p) {
		return "", unfit("the authority knows this certificate already")
	}
	if len(chain) == 1 {
		return roleNext, i.join(p)
	}
	p.chain = p.chain[:len(chain)-1]
	return roleIntermediate, i.adopt(p, chain[len(chain)-1])
}

// known reports whether there is that certificate already. The caller holds mu.
func (i *Issuer) known(p *pair) bool {
	all := append([]*pair{i.root, i.intermediate}, i.formers...)
	return slices.ContainsFunc(append(all, i.retired...), p.is)
}

// adopt has an intermediate of another root sign. A crash on the way leaves the authority as it was: the intermediate counts
// once its root is there. The caller holds mu.
func (i *Issuer) adopt(p *pair, root *x509.Certificate) error {
	if i.next != nil {
		return muster.Refuse(muster.ReasonAuthorityOverlap, "a new root is to take over: retire the old one first")
	}
	if err := i.retire(i.intermediate); err != nil {
		return err
	}
	above := &pair{chain: [][]byte{root.Raw}, leaf: root}
	if above.is(i.root) {
		above = i.root
	} else if err := i.retireRoot(i.root); err != nil {
		return err
	}
	if err := writePair(i.dir, "intermediate", i.o.Keys, p); err != nil {
		return err
	}
	if err := writePair(i.dir, "root", i.o.Keys, above); err != nil {
		return err
	}
	i.intermediate, i.root = p, above
	return i.settle()
}

func (m *Import) signer() (crypto.Signer, error) {
	switch {
	case (m.Key == "") == (m.Socket == ""):
		return nil, unfit("an authority comes with its key, or with the socket of the program that keeps it")
	case m.Socket != "":
		return signer.Dial(m.Socket)
	}
	return signer.ReadKey(m.Key, m.Passphrase)
}

// readChain reads certificates, PEM, each of which is signed by the next, the last one by itself.
func readChain(text string) ([]*x509.Certificate, error) {
	if len(text) > MaxImport {
		return nil, unfit("the certificates are longer than %d bytes", MaxImport)
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != certificateBlock {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return nil, unfit("certificate %d cannot be read", len(chain)+1)
		case len(chain) == maxImportChain:
			return nil, unfit("there are more than %d certificates", maxImportChain)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, unfit("there is no certificate in PEM")
	}
	for n, c := range chain {
		above := chain[min(n+1, len(chain)-1)]
		if c.CheckSignatureFrom(above) == nil {
			continue
		}
		if c == above {
			return nil, unfit("the root is missing: the last certificate, %.80q, is signed by %.80q", c.Subject, c.Issuer)
		}
		return nil, unfit("%.80q is not signed by the one behind it, %.80q", c.Subject, above.Subject)
	}
	return chain, nil
}

// checkAuthority refuses an authority that could not issue certificates which others believe.
func checkAuthority(chain []*x509.Certificate, key crypto.Signer, now time.Time) error {
	if !sameKey(key.Public(), chain[0].PublicKey) {
		return unfit("the key is not that of %.80q", chain[0].Subject)
	}
	for n, c := range chain {
		if err := checkAuthorityCertificate(c, now); err != nil {
			return err
		}
		below := n // intermediates that stand below c
		if len(chain) == 1 {
			below = 1 // the one that the root is to sign
		}
		if c.MaxPathLen >= 0 && (c.MaxPathLen > 0 || c.MaxPathLenZero) && c.MaxPathLen < below {
			return unfit("the path length of %.80q leaves no room for another authority below it", c.Subject)
		}
	}
	return nil
}

func checkAuthorityCertificate(c *x509.Certificate, now time.Time) error {
	forDevices := func(u x509.ExtKeyUsage) bool { return u == x509.ExtKeyUsageAny || u == x509.ExtKeyUsageClientAuth }
	forServers := func(u x509.ExtKeyUsage) bool { return u == x509.ExtKeyUsageAny || u == x509.ExtKeyUsageServerAuth }
	limited := len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0
	switch {
	case !c.BasicConstraintsValid || !c.IsCA:
		return unfit("%.80q is not an authority's: its basic constraints do not say CA", c.Subject)
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return unfit("the key usage of %.80q does not let it sign certificates", c.Subject)
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCRLSign == 0:
		return unfit("the key usage of %.80q does not let it sign CRLs", c.Subject)
	case limited && (!slices.ContainsFunc(c.ExtKeyUsage, forDevices) || !slices.ContainsFunc(c.ExtKeyUsage, forServers)):
		return unfit("the extended key usage of %.80q is not for clients and servers", c.Subject)
	case now.Before(c.NotBefore):
		return unfit("%.80q is not valid before %s", c.Subject, c.NotBefore.UTC().Format(time.RFC3339))
	case now.After(c.NotAfter):
		return unfit("%.80q has expired, on %s", c.Subject, c.NotAfter.UTC().Format(time.RFC3339))
	case len(c.SubjectKeyId) == 0:
		return unfit("%.80q has no subject key identifier (RFC 5280, 4.2.1.2)", c.Subject)
	case len(c.UnhandledCriticalExtensions) > 0:
		return unfit("%.80q has a critical extension, %s, that is not known here", c.Subject, c.UnhandledCriticalExtensions[0])
	}
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return unfit("%.80q is signed with %s", c.Subject, c.SignatureAlgorithm)
	}
	if err := checkKey(c.PublicKey); err != nil {
		return unfit("the key of %.80q: %s", c.Subject, muster.MessageOf(err))
	}
	return nil
}

func unfit(format string, args ...any) error {
	return muster.Refuse(muster.ReasonCertificateInvalid, format, args...)
}
