package revocation

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"time"

	"muster"
)

// early is how far the clock of an authority may be ahead.
const early = 10 * time.Minute

// A crl is a list that was read and is believed. Nobody changes it.
type crl struct {
	digest     [sha256.Size]byte
	issuer     string // its subject, DER
	keyID      string // names its key; empty: the list does not say
	number     *big.Int
	thisUpdate time.Time
	nextUpdate time.Time
	serials    map[string]struct{} // that are revoked; big-endian, without zeros in front
}

func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRevocationListInvalid, format, args...)
}

// readCRL reads a CRL, DER or PEM (RFC 5280, 5), and believes it if one of the issuers has signed it. Refused with
// ReasonRevocationListInvalid, also if it says that it is not of all certificates that its issuer has revoked, in a way that is
// not known here.
func readCRL(text []byte, issuers []*x509.Certificate, now time.Time) (*crl, []byte, error) {
	if len(text) > muster.MaxRevocationList {
		return nil, nil, invalid("the list is longer than %d bytes", muster.MaxRevocationList)
	}
	if block, _ := pem.Decode(text); block != nil && block.Type == "X509 CRL" {
		text = block.Bytes
	}
	read, err := x509.ParseRevocationList(text)
	if err != nil {
		return nil, nil, invalid("it is no CRL")
	}
	switch {
	case read.NextUpdate.IsZero():
		return nil, nil, invalid("it does not say when the next one comes")
	case read.ThisUpdate.After(now.Add(early)):
		return nil, nil, invalid("it is of %s, which is to come", read.ThisUpdate.UTC().Format(time.RFC3339))
	}
	for _, e := range read.Extensions {
		if e.Critical && !(e.Id.Equal(distributionPoint) && wholeEnough(e.Value)) {
			return nil, nil, invalid("it has the critical extension %s: it is of some certificates alone, or in the name of others", e.Id)
		}
	}
	if err := signedByOne(read, issuers); err != nil {
		return nil, nil, err
	}
	l := &crl{
		digest: sha256.Sum256(text), issuer: string(read.RawIssuer), keyID: string(read.AuthorityKeyId), number: read.Number,
		thisUpdate: read.ThisUpdate, nextUpdate: read.NextUpdate, serials: make(map[string]struct{}, len(read.RevokedCertificateEntries)),
	}
	for i := range read.RevokedCertificateEntries {
		e := &read.RevokedCertificateEntries[i]
		for _, x := range e.Extensions {
			if x.Critical {
				return nil, nil, invalid("an entry has the critical extension %s: it is in the name of others", x.Id)
			}
		}
		l.serials[string(e.SerialNumber.Bytes())] = struct{}{}
	}
	return l, text, nil
}

// distributionPoint is the extension that says which certificates a list is of (RFC 5280, 5.2.5).
var distributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}

// wholeEnough reports whether the extension says no more than where the list is told, and that it is of certificates of
// users, as those of devices are.
func wholeEnough(value []byte) bool {
	var point struct {
		Name           asn1.RawValue `asn1:"optional,tag:0"`
		OnlyUsers      bool          `asn1:"optional,tag:1"`
		OnlyAuthority  bool          `asn1:"optional,tag:2"`
		OnlySome       asn1.RawValue `asn1:"optional,tag:3"`
		Indirect       bool          `asn1:"optional,tag:4"`
		OnlyAttributes bool          `asn1:"optional,tag:5"`
	}
	rest, err := asn1.Unmarshal(value, &point)
	return err == nil && len(rest) == 0 && !point.OnlyAuthority && len(point.OnlySome.FullBytes) == 0 && !point.Indirect && !point.OnlyAttributes
}

// signedByOne refuses a list that none of the issuers has signed.
func signedByOne(l *x509.RevocationList, issuers []*x509.Certificate) error {
	named := false
	for _, c := range issuers {
		if !bytes.Equal(c.RawSubject, l.RawIssuer) {
			continue
		}
		named = true
		if l.CheckSignatureFrom(c) == nil {
			return nil
		}
	}
	if named {
		return invalid("it is not signed by %.200q, or not with a key that may sign lists", l.Issuer)
	}
	return invalid("it is of %.200q, which is neither an authority that a profile trusts nor the issuer that was named", l.Issuer)
}

// covers reports whether the list is of the authority that has issued the certificate, as both name it.
func (l *crl) covers(keyID string) bool { return l.keyID == "" || keyID == "" || l.keyID == keyID }

// follows refuses a list that is older than the one that it shall take the place of: whoever repeats it wants a revocation
// to be forgotten.
func (l *crl) follows(before *crl) error {
	switch {
	case before == nil || l.issuer != before.issuer || l.keyID != before.keyID:
		return nil
	case l.thisUpdate.Before(before.thisUpdate), l.number != nil && before.number != nil && l.number.Cmp(before.number) < 0:
		return invalid("it is older than the one that is held, of %s", before.thisUpdate.UTC().Format(time.RFC3339))
	}
	return nil
}

// subjectOf shows a subject, DER, to people.
func subjectOf(der string) string {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal([]byte(der), &name); err != nil {
		return ""
	}
	return name.String()
}
