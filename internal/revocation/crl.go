package revocation

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
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
	scope      scope
	points     []string            // where it says that it is from, URIs; nil: it does not say
	point      string              // the extension that says so, DER
	serials    map[string]struct{} // that are revoked; big-endian, without zeros in front
}

func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRevocationListInvalid, format, args...)
}

// readCRL reads a CRL, DER or PEM (RFC 5280, 5), and believes it if one of the issuers has signed it. Refused with
// ReasonRevocationListInvalid, also if it says that it is not of all certificates that its issuer has revoked: those of all users,
// or of all authorities, are enough.
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
	var of scope
	var points []string
	var point string
	for _, e := range read.Extensions {
		whole := false
		if e.Id.Equal(distributionPoint) {
			of, points, whole = readScope(e.Value)
			point = string(e.Value)
		}
		if !whole && (e.Critical || e.Id.Equal(distributionPoint)) {
			return nil, nil, invalid("it has the extension %s: it is of some certificates alone, or in the name of others", e.Id)
		}
	}
	if err := signedByOne(read, issuers); err != nil {
		return nil, nil, err
	}
	l := &crl{
		digest: sha256.Sum256(text), issuer: string(read.RawIssuer), keyID: string(read.AuthorityKeyId), number: read.Number,
		thisUpdate: read.ThisUpdate, nextUpdate: read.NextUpdate, scope: of, points: points, point: point,
		serials: make(map[string]struct{}, len(read.RevokedCertificateEntries)),
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

// A scope says of which certificates of its issuer a list is.
type scope uint8

const (
	ofAll scope = iota
	ofUsers
	ofAuthorities
)

// readScope reads the extension. whole is false for a list that leaves out some reasons, or is in the name of others.
func readScope(value []byte) (of scope, points []string, whole bool) {
	var point struct {
		Name            asn1.RawValue `asn1:"optional,tag:0"`
		OnlyUsers       bool          `asn1:"optional,tag:1"`
		OnlyAuthorities bool          `asn1:"optional,tag:2"`
		OnlySome        asn1.RawValue `asn1:"optional,tag:3"`
		Indirect        bool          `asn1:"optional,tag:4"`
		OnlyAttributes  bool          `asn1:"optional,tag:5"`
	}
	rest, err := asn1.Unmarshal(value, &point)
	if len(point.Name.FullBytes) > 0 {
		points = readPoints(point.Name.Bytes)
	}
	switch {
	case err != nil || len(rest) > 0 || len(point.OnlySome.FullBytes) > 0 || point.Indirect || point.OnlyAttributes,
		point.OnlyUsers && point.OnlyAuthorities:
		return ofAll, nil, false
	case point.OnlyUsers:
		return ofUsers, points, true
	case point.OnlyAuthorities:
		return ofAuthorities, points, true
	}
	return ofAll, points, true
}

// readPoints reads the URIs of a distribution point, never nil: any other name is one that no certificate here has.
func readPoints(value []byte) []string {
	points := []string{}
	var names, name asn1.RawValue
	if _, err := asn1.Unmarshal(value, &names); err != nil || names.Class != asn1.ClassContextSpecific || names.Tag != 0 {
		return points
	}
	for rest := names.Bytes; len(rest) > 0; {
		var err error
		if rest, err = asn1.Unmarshal(rest, &name); err != nil {
			break
		}
		if name.Class == asn1.ClassContextSpecific && name.Tag == 6 && len(name.Bytes) > 0 {
			points = append(points, string(name.Bytes))
		}
	}
	return points
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

// covers reports whether the list is of the authority that has issued the certificate, as both name it, and of certificates
// such as that: of an authority or of a user [RFC 5280, 6.3.3, b, 2].
func (l *crl) covers(keyID string, authority bool) bool {
	if l.scope == ofUsers && authority || l.scope == ofAuthorities && !authority {
		return false
	}
	return l.keyID == "" || keyID == "" || l.keyID == keyID
}

// reaches reports whether the list would name a certificate with the points of a Mark if it were revoked. One that says
// where it is from may be one of several, and is whole for those certificates alone that name the same place [RFC 5280, 6.3.3, b, 2, i].
func (l *crl) reaches(points string) bool {
	if l.points == nil {
		return true
	}
	for point := range strings.SplitSeq(points, "\x00") {
		if slices.Contains(l.points, point) {
			return true
		}
	}
	return false
}

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

// replaces refuses a list of other certificates than the one that it shall take the place of: who stands between the server
// and the list's address could hand out any list that a trusted authority has signed.
func (l *crl) replaces(before *crl) error {
	if before != nil && (l.issuer != before.issuer || l.point != before.point) {
		return invalid("it is of other certificates than the one that is held: delete that, or hand in this one by hand")
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
