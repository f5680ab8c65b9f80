package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ocsp"

	"muster"
)

const (
	// maxOCSP bounds an answer, in bytes. With the certificate of a responder in it, one has two thousand.
	maxOCSP = 16 << 10

	// unsaidNext is how long an answer counts that does not say when there is a newer one: there is one at any time.
	unsaidNext = time.Minute

	// countsFor is how long an answer counts at least: clocks differ a little.
	countsFor = 30 * time.Second
)

// A question is what is asked of one certificate. Nobody changes it.
type question struct {
	url     string
	rule    string // ChainRule.OCSP of the profile, which has led there
	profile muster.ProfileID
	issuer  *x509.Certificate
	request *ocsp.Request
	sent    []byte
}

// newQuestion asks whether a certificate of an issuer is revoked. Digests are of SHA-1, the only ones that every responder
// knows (RFC 5019, 2.1.1): they name the certificate and prove nothing.
func newQuestion(leaf, issuer *x509.Certificate, rule string) (*question, error) {
	from := rule
	if from == muster.OCSPFromCertificate {
		at := slices.IndexFunc(leaf.OCSPServer, func(text string) bool {
			u, err := url.Parse(text)
			return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
				len(text) <= muster.MaxResponderURL && !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
		})
		if at < 0 {
			return nil, errors.New("the certificate names no responder")
		}
		from = leaf.OCSPServer[at]
	}
	sent, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		return nil, err
	}
	request, err := ocsp.ParseRequest(sent)
	return &question{url: from, rule: rule, issuer: issuer, request: request, sent: sent}, err
}

// A said is what is known of a certificate. Nobody changes it.
type said struct {
	status     status
	thisUpdate time.Time
	nextUpdate time.Time
	due        time.Time // it is asked again
}

type status uint8

const (
	statusUnknown status = iota // nobody has said, or whoever was asked does not know
	statusGood
	statusRevoked
)

// String returns the status in a word.
func (s status) String() string { return [...]string{"unknown", "good", "revoked"}[s] }

// at returns what it counts for at a time: revoked it stays until somebody says otherwise.
func (s *said) at(now time.Time) status {
	if s == nil || s.status == statusGood && !now.Before(s.nextUpdate) {
		return statusUnknown
	}
	return s.status
}

// read believes an answer if it is one to the question, of its time, and signed by the issuer or by whom that has named for it
// (RFC 6960, 3.2), whose certificate is returned; nil: it was the issuer.
func (q *question) read(text []byte, now time.Time) (*said, *x509.Certificate, error) {
	r, err := ocsp.ParseResponseForCert(text, &x509.Certificate{SerialNumber: q.request.SerialNumber}, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("the responder's answer: %w", err)
	}
	if !q.about(r.TBSResponseData) {
		return nil, nil, errors.New("the answer is about another certificate")
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
		return nil, nil, errors.New("the answer is of a time that is to come")
	case !now.Before(s.nextUpdate.Add(early)):
		return nil, nil, errors.New("the answer is past its date")
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

// about reports whether whatever an answer says of the serial number it says of the issuer's certificate: other authorities
// may have given the same number, and one responder may answer for several.
func (q *question) about(data []byte) bool {
	var d struct {
		Version    int `asn1:"optional,explicit,default:0,tag:0"`
		Responder  asn1.RawValue
		ProducedAt time.Time `asn1:"generalized"`
		Responses  []struct {
			ID struct {
				Algorithm pkix.AlgorithmIdentifier
				Name, Key []byte
				Serial    *big.Int
			}
		}
	}
	if _, err := asn1.Unmarshal(data, &d); err != nil {
		return false
	}
	sha1 := asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	found := false
	for _, r := range d.Responses {
		if r.ID.Serial.Cmp(q.request.SerialNumber) != 0 {
			continue
		}
		if !r.ID.Algorithm.Algorithm.Equal(sha1) || !bytes.Equal(r.ID.Name, q.request.IssuerNameHash) || !bytes.Equal(r.ID.Key, q.request.IssuerKeyHash) {
			return false
		}
		found = true
	}
	return found
}

// signer checks who has signed an answer.
func (q *question) signer(r *ocsp.Response, now time.Time) (*x509.Certificate, error) {
	by := r.Certificate
	switch r.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
	default:
		return nil, fmt.Errorf("the answer is signed with %s", r.SignatureAlgorithm)
	}
	switch {
	case by == nil || bytes.Equal(by.RawSubjectPublicKeyInfo, q.issuer.RawSubjectPublicKeyInfo):
		if r.CheckSignatureFrom(q.issuer) != nil {
			return nil, errors.New("the answer is not signed by the issuer of the certificate")
		}
		return nil, nil
	case !bytes.Equal(by.RawIssuer, q.issuer.RawSubject) || by.CheckSignatureFrom(q.issuer) != nil || !slices.Contains(by.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return nil, errors.New("the answer is signed by somebody whom the issuer of the certificate has not named for it")
	case by.KeyUsage != 0 && by.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return nil, errors.New("the key of the responder is not for signatures")
	case now.Before(by.NotBefore.Add(-early)) || now.After(by.NotAfter):
		return nil, errors.New("the certificate of the responder is not valid now")
	}
	return by, nil // ocsp has checked the signature itself
}
