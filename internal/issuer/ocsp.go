package issuer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"math/big"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

const (
	// MaxOCSPRequest bounds a question about a certificate, in bytes.
	MaxOCSPRequest = 4 << 10

	// answerLife is how long an answer may be shown on.
	answerLife = time.Hour
)

// OCSP answers a question about one certificate of the authority (RFC 6960, RFC 5019): good, revoked or unknown. What it
// cannot answer it refuses in OCSP's own words, as an answer that is not signed.
func (a *Authority) OCSP(ctx context.Context, question []byte) []byte {
	if len(question) > MaxOCSPRequest {
		return ocsp.MalformedRequestErrorResponse
	}
	request, err := ocsp.ParseRequest(question)
	if err != nil {
		return ocsp.MalformedRequestErrorResponse
	}
	p := a.asked(request)
	if p == nil {
		return ocsp.UnauthorizedErrorResponse // RFC 5019, 2.2.3
	}
	now := a.now()
	answer := ocsp.Response{SerialNumber: request.SerialNumber, ThisUpdate: now, NextUpdate: now.Add(answerLife), IssuerHash: request.HashAlgorithm}
	if err := a.judge(ctx, p, &answer); err != nil {
		return ocsp.TryLaterErrorResponse
	}
	return a.answers.sign(p, &answer, now)
}

// asked returns whose certificate is asked about, nil if it is not the authority's.
func (a *Authority) asked(r *ocsp.Request) *pair {
	if !r.HashAlgorithm.Available() {
		return nil
	}
	h := a.issuer.hierarchy()
	for _, p := range h.all() {
		if p.key != nil && bytes.Equal(digest(r.HashAlgorithm, p.leaf.RawSubject), r.IssuerNameHash) &&
			bytes.Equal(digest(r.HashAlgorithm, subjectPublicKey(p.leaf.RawSubjectPublicKeyInfo)), r.IssuerKeyHash) {
			return p
		}
	}
	return nil
}

func digest(by crypto.Hash, text []byte) []byte {
	h := by.New()
	h.Write(text)
	return h.Sum(nil)
}

// judge fills in what is known of a certificate that p has signed.
func (a *Authority) judge(ctx context.Context, p *pair, answer *ocsp.Response) error {
	answer.Status = ocsp.Unknown
	if a.ownCertificate(p, answer.SerialNumber) {
		answer.Status = ocsp.Good
		return nil
	}
	serial, ok := muster.SerialOf(answer.SerialNumber)
	if !ok {
		return nil
	}
	c, err := a.store.Certificate(ctx, serial)
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound:
		return nil
	case err != nil:
		return err
	case c.Authority != p.id():
		return nil
	case c.RevokedAt.IsZero():
		answer.Status = ocsp.Good
		return nil
	}
	answer.Status, answer.RevokedAt, answer.RevocationReason = ocsp.Revoked, c.RevokedAt, int(c.Why)
	return nil
}

// ownCertificate reports whether the serial number is of a certificate of the authority or of the server itself that p has signed.
func (a *Authority) ownCertificate(p *pair, serial *big.Int) bool {
	h := a.issuer.hierarchy()
	for _, der := range append(h.certificates(), a.issuer.serve.Load().Certificate[0]) {
		c, err := x509.ParseCertificate(der)
		if err == nil && c.SerialNumber.Cmp(serial) == 0 && (&pair{leaf: c}).signedBy(p) {
			return true
		}
	}
	return false
}
