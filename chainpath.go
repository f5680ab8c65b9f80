package muster

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// Bounds of what a client may make the server check.
const (
	MaxChain      = 10 // certificates that a client may present
	maxSignatures = 32 // signatures that are looked at in search of a path
	maxPaths      = 4  // paths that are judged
	minRSA        = 2048
	maxRSA        = 8192 // bits
)

// Issuers returns the digests of the subjects that a trusted certificate above one of those presented could have.
func Issuers(presented []*x509.Certificate) [][sha256.Size]byte {
	var all [][sha256.Size]byte
	for _, c := range presented[:min(len(presented), MaxChain)] {
		if issuer := sha256.Sum256(c.RawIssuer); !slices.Contains(all, issuer) {
			all = append(all, issuer)
		}
	}
	return all
}

// Verify judges at a time the certificates that a client presents, its own first and the others in any order, and returns
// the path from its own to one that the authority trusts (RFC 5280, 6.1). The reason of a refusal is that of the first
// check that fails on the way, in this order: the path (ReasonChainTooLong, ReasonChainSignatureWrong,
// ReasonChainUntrusted), then for all of it keys, algorithms, extensions, dates, who is an authority and for how many
// below it, the use of keys, the purpose, and constraints of names.
func (a *Authority) Verify(presented []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	switch {
	case len(presented) == 0:
		return nil, Refuse(ReasonChainUntrusted, "no certificate was presented")
	case len(presented) > MaxChain:
		return nil, Refuse(ReasonChainTooLong, "more than %d certificates were presented", MaxChain)
	}
	for _, c := range presented {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSA {
			return nil, strongKey(c) // before anything is done with it
		}
	}
	s := &search{anchors: a.anchors, presented: presented}
	s.follow(presented[:1:1])
	if len(s.paths) == 0 {
		return nil, s.failure()
	}
	var first error
	for _, path := range s.paths {
		err := judgePath(path, at)
		if err == nil {
			return path, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// A search looks for paths from a certificate to an anchor, each certificate signed by the next.
type search struct {
	anchors, presented []*x509.Certificate
	paths              [][]*x509.Certificate
	signatures         int               // looked at
	forged             *x509.Certificate // one whose issuer is there and has not signed it
}

// follow extends a path that has come as far as its last certificate, by anchors before others.
func (s *search) follow(path []*x509.Certificate) {
	last := path[len(path)-1]
	if slices.ContainsFunc(s.anchors, last.Equal) {
		s.paths = append(s.paths, path)
		return
	}
	for _, above := range [][]*x509.Certificate{s.anchors, s.presented} {
		for i, c := range above {
			if len(s.paths) == maxPaths || len(path) > MaxChain {
				return
			}
			if string(c.RawSubject) != string(last.RawIssuer) || slices.ContainsFunc(path, c.Equal) || slices.ContainsFunc(above[:i], c.Equal) {
				continue
			}
			if !s.signed(last, c) {
				s.forged = last
				continue
			}
			s.follow(append(path[:len(path):len(path)], c))
		}
	}
}

// signed reports whether c may have been signed by above. A signature that cannot be checked because it is too weak
// passes here: the judgement of the path says what is wrong with it. It counts all the same: certificates that pass for one
// another's issuers make as many paths as there are orders of them.
func (s *search) signed(c, above *x509.Certificate) bool {
	if s.signatures++; s.signatures > maxSignatures {
		return false
	}
	return strongKey(above) != nil || weakSignature(c) || above.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func (s *search) failure() error {
	if s.forged != nil {
		return Refuse(ReasonChainSignatureWrong, "%.100q is not signed by %.100q", s.forged.Subject, s.forged.Issuer)
	}
	return Refuse(ReasonChainUntrusted, "")
}

// judgePath refuses a path with the reason of the first check that fails. The last word is crypto/x509's.
func judgePath(path []*x509.Certificate, at time.Time) error {
	for _, check := range []func([]*x509.Certificate, time.Time) error{
		judgeKeys, judgeAlgorithms, judgeExtensions, judgeDates, judgeAuthorities, judgeKeyUsage, judgePurpose,
	} {
		if err := check(path, at); err != nil {
			return err
		}
	}
	trusted, between := x509.NewCertPool(), x509.NewCertPool()
	trusted.AddCert(path[len(path)-1])
	for _, c := range path[1 : len(path)-1] {
		between.AddCert(c)
	}
	_, err := path[0].Verify(x509.VerifyOptions{
		Roots: trusted, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err == nil {
		return nil
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.CANotAuthorizedForThisName {
		return Refuse(ReasonChainNameConstraint, "%.200s", invalid.Detail)
	}
	return Refuse(ReasonChainUntrusted, "%.200s", err)
}

func judgeKeys(path []*x509.Certificate, _ time.Time) error {
	for _, c := range path {
		if err := strongKey(c); err != nil {
			return err
		}
	}
	return nil
}

// strongKey refuses keys that are too weak, or of a kind that is not known well enough.
func strongKey(c *x509.Certificate) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return Refuse(ReasonChainKeyWeak, "%.100q has an RSA key of %d bits; %d to %d are taken", c.Subject, bits, minRSA, maxRSA)
		}
		return nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521() {
			return nil
		}
		return Refuse(ReasonChainKeyWeak, "%.100q has a key on the curve %s; P-256, P-384 and P-521 are taken", c.Subject, key.Curve.Params().Name)
	case ed25519.PublicKey:
		return nil
	}
	return Refuse(ReasonChainKeyWeak, "%.100q has a key that is not RSA, ECDSA or Ed25519", c.Subject)
}

// judgeAlgorithms looks at all signatures but that of the anchor, which is trusted without it.
func judgeAlgorithms(path []*x509.Certificate, _ time.Time) error {
	for _, c := range path[:len(path)-1] {
		if weakSignature(c) {
			return Refuse(ReasonChainSignatureWeak, "%.100q is signed with %s", c.Subject, c.SignatureAlgorithm)
		}
	}
	return nil
}

// weakSignature reports whether a certificate is signed with an algorithm that proves nothing, or with an unknown one.
func weakSignature(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
		return false
	}
	return true
}

func judgeExtensions(path []*x509.Certificate, _ time.Time) error {
	for _, c := range path {
		if len(c.UnhandledCriticalExtensions) > 0 {
			return Refuse(ReasonChainExtension, "%.100q has the critical extension %s", c.Subject, c.UnhandledCriticalExtensions[0])
		}
	}
	return nil
}

func judgeDates(path []*x509.Certificate, at time.Time) error {
	for i, c := range path {
		early, late := ReasonChainNotYet, ReasonChainExpired
		if i == 0 {
			early, late = ReasonCertificateNotYet, ReasonCertificateExpired
		}
		switch {
		case at.Before(c.NotBefore):
			return Refuse(early, "%.100q is valid from %s", c.Subject, c.NotBefore.UTC().Format(time.RFC3339))
		case at.After(c.NotAfter):
			return Refuse(late, "%.100q was valid until %s", c.Subject, c.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// judgeAuthorities lets authorities sign and nobody else, each with no more between it and the device's than it says, and no
// authority be a device (RFC 5280, 4.2.1.9).
func judgeAuthorities(path []*x509.Certificate, _ time.Time) error {
	if leaf := path[0]; leaf.IsCA || leaf.KeyUsage&x509.KeyUsageCertSign != 0 {
		return Refuse(ReasonCertificateIsAuthority, "%.100q may sign certificates", leaf.Subject)
	}
	for below, c := range path[1:] {
		if !isAuthority(c) {
			return Refuse(ReasonChainNotAuthority, "%.100q is no authority", c.Subject)
		}
		if c.MaxPathLen >= 0 && below > c.MaxPathLen {
			return Refuse(ReasonChainTooLong, "%.100q allows %d authorities below it, and there are %d", c.Subject, c.MaxPathLen, below)
		}
	}
	return nil
}

func isAuthority(c *x509.Certificate) bool { return c.BasicConstraintsValid && c.IsCA }

func judgeKeyUsage(path []*x509.Certificate, _ time.Time) error {
	if leaf := path[0]; leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return Refuse(ReasonChainKeyUsage, "the key of %.100q is not for digital signatures, which TLS asks for", leaf.Subject)
	}
	for _, c := range path[1:] {
		if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
			return Refuse(ReasonChainKeyUsage, "the key of %.100q is not for signing certificates", c.Subject)
		}
	}
	return nil
}

// judgePurpose asks for client authentication wherever purposes are named at all.
func judgePurpose(path []*x509.Certificate, _ time.Time) error {
	for _, c := range path {
		named := len(c.ExtKeyUsage) + len(c.UnknownExtKeyUsage)
		client := slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
		if named > 0 && !client {
			return Refuse(ReasonCertificatePurpose, "%.100q is not for client authentication", c.Subject)
		}
	}
	return nil
}
