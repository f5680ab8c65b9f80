package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

const (
	// maxOCSP bounds an answer, in bytes. With the certificate of a responder in it, one has two thousand.
	maxOCSP = 16 << 10

	// unsaidNext is how long an answer counts that does not say when there is a newer one: there is one at any time.
	unsaidNext = time.Minute

	// countsFor is how long an answer counts at least: clocks differ a little.
	countsFor = 30 * time.Second
)

// useless is why an answer is not believed, of a responder that is there: perhaps it answers well for other authorities.
type useless string

func (u useless) Error() string { return string(u) }

// read believes an answer if it is one to the question that was sent with that nonce, of its time, and signed by the issuer or by whom
// that has named for it (RFC 6960, 3.2), whose certificate is returned; nil: it was the issuer.
func (q *question) read(text, nonce []byte, now time.Time) (*said, *x509.Certificate, error) {
	r, err := ocsp.ParseResponseForCert(text, &x509.Certificate{SerialNumber: q.about.Serial}, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("the responder's answer: %w", err)
	}
	if err := q.answeredBy(r.TBSResponseData, nonce); err != nil {
		return nil, nil, err
	}
	by, err := q.signer(r, now)
	if err != nil {
		return nil, nil, err
	}
	s := &said{thisUpdate: r.ThisUpdate, nextUpdate: r.NextUpdate}
	if s.nextUpdate.IsZero() {
		s.nextUpdate = r.ThisUpdate.Add(unsaidNext)
	}
	switch {
	case r.ThisUpdate.After(now.Add(early)):
		return nil, nil, useless("the answer is of a time that is to come")
	case !now.Before(s.nextUpdate.Add(early)):
		return nil, nil, useless("the answer is past its date")
	}
	s.due = now.Add(min(max(s.nextUpdate.Sub(now)/2, askLeast), fetchEvery))
	s.nextUpdate = later(s.nextUpdate, now.Add(countsFor))
	switch r.Status {
	case ocsp.Good:
		s.status = statusGood
	case ocsp.Revoked:
		s.status = statusRevoked
	}
	return s, by, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// A responseData is what an answer says, as far as golang.org/x/crypto/ocsp keeps it to itself.
type responseData struct {
	Version    int `asn1:"optional,explicit,default:0,tag:0"`
	Responder  asn1.RawValue
	ProducedAt time.Time `asn1:"generalized"`
	Responses  []struct{ About certID }
	Extensions []pkix.Extension `asn1:"optional,explicit,tag:1"`
}

// answeredBy refuses what is no answer to the question, as it was sent with that nonce. Whatever it says of the serial number has to
// be of the issuer's certificate: other authorities may have given the same number, and one responder may answer for several. It
// has that nonce or none: most responders sign ahead (RFC 9654, 2.1).
func (q *question) answeredBy(data, nonce []byte) error {
	var d responseData
	if _, err := asn1.Unmarshal(data, &d); err != nil {
		return errors.New("the answer cannot be read")
	}
	found := false
	for _, r := range d.Responses {
		if r.About.Serial.Cmp(q.about.Serial) != 0 {
			continue
		}
		if !r.About.is(&q.about) {
			return useless("the answer is about another certificate")
		}
		found = true
	}
	if !found {
		return useless("the answer is about another certificate")
	}
	for _, e := range d.Extensions {
		if e.Id.Equal(nonceID) && !bytes.Equal(e.Value, nonce) {
			return useless("the answer has the nonce of another question")
		}
	}
	return nil
}

// signer checks who has signed an answer.
func (q *question) signer(r *ocsp.Response, now time.Time) (*x509.Certificate, error) {
	by := r.Certificate
	switch r.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
	default:
		return nil, useless("the answer is signed with " + r.SignatureAlgorithm.String())
	}
	switch {
	case by == nil || bytes.Equal(by.RawSubjectPublicKeyInfo, q.issuer.RawSubjectPublicKeyInfo):
		if r.CheckSignatureFrom(q.issuer) != nil {
			return nil, useless("the answer is not signed by the issuer of the certificate")
		}
		return nil, nil
	case !bytes.Equal(by.RawIssuer, q.issuer.RawSubject) || by.CheckSignatureFrom(q.issuer) != nil || !slices.Contains(by.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return nil, useless("the answer is signed by somebody whom the issuer of the certificate has not named for it")
	case by.KeyUsage != 0 && by.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return nil, useless("the key of the responder is not for signatures")
	case now.Before(by.NotBefore.Add(-early)) || now.After(by.NotAfter):
		return nil, useless("the certificate of the responder is not valid now")
	}
	return by, nil // ocsp has checked the signature itself
}
