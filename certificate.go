package muster

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// PlainCertificate returns the base64 DER of the first certificate in text, PEM or base64 with whatever stands around it,
// so that it is found again by what a device presents.
func PlainCertificate(text string) (string, error) {
	if len(text) > MaxEvidence {
		return "", Refuse(ReasonCredentialInvalid, "the certificate is longer than %d bytes", MaxEvidence)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	for rest := []byte(text); err != nil; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return "", Refuse(ReasonCredentialInvalid, "the certificate is neither PEM nor base64")
		}
		if block.Type == "CERTIFICATE" {
			der, err = block.Bytes, nil
		}
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		return "", Refuse(ReasonCredentialInvalid, "the certificate cannot be read")
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// A Serial is the number of a certificate of our own authority: 128 random bits.
type Serial [16]byte

// NewSerial returns a number that no certificate has.
func NewSerial() (s Serial) {
	_, _ = rand.Read(s[:]) // never fails since Go 1.24
	return s
}

// ParseSerial reads a serial number in hex, with or without colons and the zeros at its front.
func ParseSerial(text string) (s Serial, err error) {
	digits := strings.ReplaceAll(text, ":", "")
	if digits == "" || len(digits) > 2*len(s) {
		return s, Refuse(ReasonRequestInvalid, "not a serial number: %.60q", text)
	}
	digits = strings.Repeat("0", 2*len(s)-len(digits)) + digits
	if _, err := hex.Decode(s[:], []byte(digits)); err != nil {
		return s, Refuse(ReasonRequestInvalid, "not a serial number: %.60q", text)
	}
	return s, nil
}

// SerialOf returns the serial number that n is; false: none of ours.
func SerialOf(n *big.Int) (s Serial, ok bool) {
	if n == nil || n.Sign() <= 0 || n.BitLen() > 8*len(s) {
		return s, false
	}
	n.FillBytes(s[:])
	return s, true
}

// String returns 32 digits of hex.
func (s Serial) String() string { return hex.EncodeToString(s[:]) }

// Number returns what a certificate holds.
func (s Serial) Number() *big.Int { return new(big.Int).SetBytes(s[:]) }

// A Presented is what our own authority knows a certificate by that somebody brings.
type Presented struct {
	Serial Serial    // zero: none that our authority gives
	Digest LookupKey // SHA-256 of DER
}

// presented reads the base64 of a certificate; zero: it is none.
func presented(text string) (p Presented) {
	der, err := base64.StdEncoding.DecodeString(BareCertificate(text))
	if err != nil {
		return p
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return p
	}
	p.Serial, _ = SerialOf(c.SerialNumber)
	p.Digest = sha256.Sum256(der)
	return p
}

// An AuthorityID names a key that signs certificates: the first 20 bytes of the SHA-256 of the public key (RFC 7093, method 1).
type AuthorityID [20]byte

// String returns 40 digits of hex.
func (id AuthorityID) String() string { return hex.EncodeToString(id[:]) }

// A Certificate is one that our own authority has issued.
type Certificate struct {
	Number      int64 // in the order in which they were issued; the store gives it
	Serial      Serial
	Authority   AuthorityID
	Device      DeviceID     // zero: nobody's
	DeviceName  string       // as the device is called now; empty: it is nobody's, or gone
	Credential  CredentialID // zero: it opens no door
	Profile     ProfileID    // zero: of none
	Subject     string       // the common name
	Fingerprint LookupKey    // SHA-256 of DER
	DER         []byte
	NotBefore   time.Time
	NotAfter    time.Time
	CreatedAt   time.Time
	RevokedAt   time.Time // zero: it was not
	Why         RevocationReason
}

// State is one word: issued, expired or revoked.
func (c *Certificate) State(now time.Time) string {
	switch {
	case !c.RevokedAt.IsZero():
		return "revoked"
	case now.After(c.NotAfter):
		return "expired"
	}
	return "issued"
}

// A RevocationReason says why a certificate was revoked, as the CRLReason of RFC 5280, 5.3.1.
type RevocationReason uint8

// The reasons that are used here.
const (
	RevokedUnspecified RevocationReason = 0
	RevokedSuperseded  RevocationReason = 4
	RevokedOutOfUse    RevocationReason = 5
)

var revocationReasons = []string{
	"unspecified", "key-compromise", "ca-compromise", "affiliation-changed", "superseded", "cessation-of-operation",
	"certificate-hold", "unused", "remove-from-crl", "privilege-withdrawn",
}

// String returns the reason's name.
func (r RevocationReason) String() string { return nameOf(revocationReasons, int(r)) }

// ParseRevocationReason reads the name of a reason that the certificate of a device may be revoked for.
func ParseRevocationReason(name string) (RevocationReason, error) {
	i, err := indexOf(revocationReasons, name, "reason to revoke")
	switch i {
	case 2, 6, 7, 8:
		err = Refuse(ReasonRequestInvalid, "%s is no reason to revoke the certificate of a device", name)
	}
	return RevocationReason(i), err
}

// A Revoked is an entry of a CRL.
type Revoked struct {
	Serial Serial
	At     time.Time
	Why    RevocationReason
}

// An Outstanding is what of a key's certificates is good.
type Outstanding struct {
	Certificates int64
	Until        time.Time // when the last of them ends; zero: there is none
}

// A CertificateQuery says which certificates are wanted, the newest first. Conditions that are set hold together.
type CertificateQuery struct {
	Device        DeviceID  // zero: of any, or of none
	Profile       ProfileID // zero: of any, or of none
	Authority     *AuthorityID
	Revoked       *bool     // nil: either
	ExpiresAfter  time.Time // zero: whenever
	ExpiresBefore time.Time // zero: whenever
	Search        string    // part of the common name, case of ASCII letters ignored; empty: any
	Before        int64     // numbers lower than this alone, for the next page; 0: all
	Limit         int       // at most so many
}

// A CertificatePage is some of the certificates that a query finds. As with devices, a page may be short, or empty, and
// there may be more behind it.
type CertificatePage struct {
	Certificates []Certificate
	Next         int64 // Before of the next page; 0: there is none
}

// A CertificateRule says what certificates devices of a profile are given. Zero values mean the defaults of the methods.
type CertificateRule struct {
	Days         uint16   `json:"days,omitempty"`         // how long they are valid
	Organization string   `json:"organization,omitempty"` // O of their subject
	Unit         string   `json:"unit,omitempty"`         // OU of their subject
	DNSNames     []string `json:"dnsNames,omitempty"`     // with {name}, {id} and {profile} in them
	URIs         []string `json:"uris,omitempty"`         // likewise
	Server       bool     `json:"server,omitempty"`       // they are good for serving, too
}

// The bounds of a CertificateRule.
const (
	DefaultCertificateDays = 90
	MaxCertificateDays     = 3650
	MaxOrganization        = 64 // characters, of a unit, too: RFC 5280, upper bounds
)

// Lifetime returns how long certificates are valid.
func (r CertificateRule) Lifetime() time.Duration {
	days := time.Duration(r.Days)
	if days == 0 {
		days = DefaultCertificateDays
	}
	return days * 24 * time.Hour
}

// IsZero reports whether nothing is said.
func (r CertificateRule) IsZero() bool {
	return r.Days == 0 && r.Organization == "" && r.Unit == "" && len(r.DNSNames)+len(r.URIs) == 0 && !r.Server
}

// Check refuses a rule by which no certificate could be made for a device of the profile called so.
func (r CertificateRule) Check(profile string) error {
	switch {
	case r.Days > MaxCertificateDays:
		return Refuse(ReasonRequestInvalid, "certificates are valid for at most %d days", MaxCertificateDays)
	case !subjectText(r.Organization) || !subjectText(r.Unit):
		return Refuse(ReasonRequestInvalid, "the organization of certificates and its unit have at most %d characters, and no control characters", MaxOrganization)
	}
	return r.checkNames(profile)
}

func subjectText(s string) bool {
	return utf8.RuneCountInString(s) <= MaxOrganization && utf8.ValidString(s) && !hasControl(s)
}
