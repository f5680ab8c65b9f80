package revocation

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// A question is what is asked of one certificate. Nobody changes it.
type question struct {
	url     string
	rule    string // ChainRule.OCSP of the profile, which has led there
	profile muster.ProfileID
	issuer  *x509.Certificate
	about   certID
	above   bool // it is about an authority above a device
}

// A certID names a certificate to a responder (RFC 6960, 4.1.1).
type certID struct {
	Algorithm pkix.AlgorithmIdentifier
	Name, Key []byte // digests of its issuer's
	Serial    *big.Int
}

// sha1ID is the only digest that every responder knows (RFC 5019, 2.1.1): it names certificates and proves nothing.
var sha1ID = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}

// newQuestion asks whether a certificate of an issuer is revoked.
func newQuestion(c, issuer *x509.Certificate, rule string) (*question, error) {
	to, err := responderOf(c, rule)
	if err != nil {
		return nil, err
	}
	plain, err := ocsp.CreateRequest(c, issuer, nil) // with digests of SHA-1
	if err != nil {
		return nil, err
	}
	r, err := ocsp.ParseRequest(plain)
	if err != nil {
		return nil, err
	}
	id := certID{pkix.AlgorithmIdentifier{Algorithm: sha1ID, Parameters: asn1.NullRawValue}, r.IssuerNameHash, r.IssuerKeyHash, r.SerialNumber}
	return &question{url: to, rule: rule, issuer: issuer, about: id}, nil
}

// responderOf returns where a rule has a certificate asked about: the rule says it, or leaves it to the certificate.
func responderOf(c *x509.Certificate, rule string) (string, error) {
	if rule != muster.OCSPFromCertificate {
		return rule, nil
	}
	at := slices.IndexFunc(c.OCSPServer, func(text string) bool {
		u, err := url.Parse(text)
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
			len(text) <= muster.MaxResponderURL && !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
	})
	if at < 0 {
		return "", errors.New("the certificate names no responder")
	}
	return c.OCSPServer[at], nil
}

// is reports whether both name the same certificate in the same way.
func (id *certID) is(other *certID) bool {
	return id.Algorithm.Algorithm.Equal(other.Algorithm.Algorithm) && bytes.Equal(id.Name, other.Name) && bytes.Equal(id.Key, other.Key) &&
		id.Serial.Cmp(other.Serial) == 0
}

// nonceSize is how long nonces are, in bytes (RFC 9654, 2.1).
const nonceSize = 32

// nonceID is the extension that has the nonce, in questions and in answers.
var nonceID = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

// newNonce returns what no question had before, as the value of its extension.
func newNonce() []byte {
	nonce := make([]byte, 2+nonceSize)
	nonce[0], nonce[1] = asn1.TagOctetString, nonceSize
	_, _ = rand.Read(nonce[2:]) // which never fails
	return nonce
}

// write returns the question as it is sent.
func (q *question) write(nonce []byte) ([]byte, error) {
	type single struct{ About certID }
	type request struct {
		All        []single
		Extensions []pkix.Extension `asn1:"explicit,tag:2"`
	}
	return asn1.Marshal(struct{ TBS request }{request{
		All: []single{{q.about}}, Extensions: []pkix.Extension{{Id: nonceID, Value: nonce}},
	}})
}
