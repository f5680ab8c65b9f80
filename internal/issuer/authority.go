package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"muster"
)

// How long certificates live.
const (
	day              = 24 * time.Hour
	rootLife         = 20 * 365 * day
	intermediateLife = 10 * 365 * day
	serverLife       = 90 * day

	// backdate lets in clients whose clock is a little slow.
	backdate = time.Hour

	// written is the year of this program: a clock before it has not been set.
	written = 2026
)

// unset reports whether now is of a clock that has not been set, as after a start without a battery or a network.
func unset(now time.Time) bool { return now.UTC().Year() < written }

// A pair is a certificate, with those above it that are sent along, and its private key.
type pair struct {
	chain [][]byte // DER, the certificate itself first, without the root; of a root, with those that lead to and from another one
	leaf  *x509.Certificate
	key   crypto.Signer // nil: it is not here
}

func newRoot(now time.Time) (*pair, error) {
	template := authorityTemplate("Muster root", 2) // an intermediate, and the root before it
	return issue(template, nil, now, rootLife)
}

func newIntermediate(root *pair, public string, now time.Time) (*pair, error) {
	template := authorityTemplate("Muster intermediate", 0)
	tellWhere(template, root, public)
	return issue(template, root, now, intermediateLife)
}

func newServer(intermediate *pair, n names, public string, now time.Time) (*pair, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: n.dns[0]},
		DNSNames:    n.dns,
		IPAddresses: n.addresses,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	tellWhere(template, intermediate, public)
	return issue(template, intermediate, now, serverLife)
}

// The paths below the public URL of what is told of certificates: their authority's, its CRL, and whether one is revoked.
const (
	IssuerPath = "/ca/" // and the key's id, and .crt
	CRLPath    = "/crl/"
	OCSPPath   = "/ocsp"
)

// tellWhere has a certificate say where its issuer's is, its issuer's CRL, and who answers for it (RFC 5280, 4.2.1.13 and
// 4.2.2.1).
func tellWhere(t *x509.Certificate, by *pair, public string) {
	if public == "" {
		return
	}
	t.IssuingCertificateURL = []string{below(public, IssuerPath) + by.id().String() + ".crt"}
	t.CRLDistributionPoints = []string{crlOf(by, public)}
	t.OCSPServer = []string{below(public, OCSPPath)}
}

func crlOf(p *pair, public string) string {
	return below(public, CRLPath) + p.id().String() + ".crl"
}

// below returns a path below the public URL; without one the path alone.
func below(public, path string) string {
	return strings.TrimSuffix(public, "/") + path
}

// authorityTemplate names an authority so that those of two installations can be told apart.
func authorityTemplate(title string, pathLen int) *x509.Certificate {
	var mark [3]byte
	_, _ = rand.Read(mark[:]) // never fails since Go 1.24
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: title + " " + hex.EncodeToString(mark[:])},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            pathLen,
		MaxPathLenZero:        pathLen == 0,
	}
}

// issue makes a key and a certificate for it, signed by parent, or by itself if parent is nil. A certificate never
// outlives the one above it. Its serial number is random. By a clock that has not been set nothing is issued: it would
// have expired before the first device saw it.
func issue(template *x509.Certificate, parent *pair, now time.Time, life time.Duration) (*pair, error) {
	if unset(now) {
		return nil, muster.Refuse(muster.ReasonClockWrong, "the clock says %s, before this program was written: no certificate is made", now.UTC().Format(time.DateOnly))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	public, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	id := sha256.Sum256(public)
	template.SubjectKeyId = id[:20] // RFC 7093, method 1
	template.NotBefore = now.Add(-backdate)
	template.NotAfter = now.Add(life)
	above, signer := template, crypto.Signer(key)
	if parent != nil {
		if parent.key == nil {
			return nil, muster.Refuse(muster.ReasonAuthorityKeyAbsent, "")
		}
		above, signer = parent.leaf, parent.key
		if template.NotAfter.After(above.NotAfter) {
			template.NotAfter = above.NotAfter
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, above, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", template.Subject.CommonName, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", template.Subject.CommonName, err)
	}
	return &pair{chain: [][]byte{der}, leaf: leaf, key: key}, nil
}
