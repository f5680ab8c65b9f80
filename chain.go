package muster

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"regexp"
	"regexp/syntax"
	"strings"
)

// A ChainRule lets in devices for whose certificate an authority of CA vouches. The pattern's first group, found anywhere
// in a name of the certificate, is the device's name.
type ChainRule struct {
	CA          string     `json:"ca"` // PEM; each certificate in it is trusted by itself
	CNPattern   string     `json:"cnPattern"`
	AllowCreate bool       `json:"allowCreate,omitempty"` // devices that are not listed are created
	NameFrom    NameSource `json:"nameFrom,omitzero"`
	Renewal     Renewal    `json:"renewal,omitzero"`
	MaxDevices  int        `json:"maxDevices,omitempty"` // how many it may create; 0: any number

	Revocation RevocationRule `json:"revocation,omitzero"`
	OCSP       string         `json:"ocsp,omitempty"` // URL of who is asked for each certificate, or OCSPFromCertificate; empty: nobody is
}

// A NameSource says in which name of a certificate the device's name is looked for.
type NameSource uint8

// The sources. The zero one is ThingsBoard's.
const (
	NameFromCN  NameSource = iota // the common name of the subject
	NameFromDNS                   // the DNS names of the subjectAltName
	NameFromURI                   // its URIs
)

var nameSources = []string{"common-name", "san-dns", "san-uri"}

// String returns the source's name.
func (n NameSource) String() string { return nameOf(nameSources, int(n)) }

// MarshalText is String.
func (n NameSource) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a source's name.
func (n *NameSource) UnmarshalText(text []byte) error {
	i, err := indexOf(nameSources, string(text), "source of a name")
	*n = NameSource(i)
	return err
}

// A Renewal says what becomes of a new certificate for a device that has one.
type Renewal uint8

// The choices. The zero one is ThingsBoard's.
const (
	RenewalReplace Renewal = iota // it takes the place of those that the device has
	RenewalAdd                    // it works beside them
	RenewalRefuse                 // it is refused
)

var renewals = []string{"replace", "add", "refuse"}

// String returns the choice's name.
func (r Renewal) String() string { return nameOf(renewals, int(r)) }

// MarshalText is String.
func (r Renewal) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a choice's name.
func (r *Renewal) UnmarshalText(text []byte) error {
	i, err := indexOf(renewals, string(text), "way to renew")
	*r = Renewal(i)
	return err
}

// An Anchor is what a certificate that a profile trusts is found by: the SHA-256 of the certificate and of its subject.
type Anchor struct{ Certificate, Subject [sha256.Size]byte }

func anchorOf(c *x509.Certificate) Anchor {
	return Anchor{sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubject)}
}

// An Authority is a ChainRule that was read. It judges certificates, and is safe for concurrent use.
type Authority struct {
	rule    ChainRule
	anchors []*x509.Certificate
	pattern *regexp.Regexp
}

const maxNamePattern = 1000 // bytes

// Read returns the rule's authority. Refused with ReasonCertificateInvalid if CA is not certificates of authorities with
// keys that are strong enough, and with ReasonPatternInvalid if the pattern is not RE2 with a group.
func (r *ChainRule) Read() (*Authority, error) {
	a := &Authority{rule: *r}
	var err error
	if a.anchors, err = readAnchors(r.CA); err != nil {
		return nil, err
	}
	a.pattern, err = readNamePattern(r.CNPattern)
	return a, err
}

// Anchors returns what the rule's certificates are found by, without a judgement of them.
func (r *ChainRule) Anchors() ([]Anchor, error) {
	certificates, err := readCertificates(r.CA)
	if err != nil {
		return nil, err
	}
	anchors := make([]Anchor, len(certificates))
	for i, c := range certificates {
		anchors[i] = anchorOf(c)
	}
	return anchors, nil
}

// Certificates returns the certificates of the authority.
func (a *Authority) Certificates() []*x509.Certificate { return a.anchors }

// readAnchors reads certificates that others may rest on.
func readAnchors(text string) ([]*x509.Certificate, error) {
	certificates, err := readCertificates(text)
	if err != nil {
		return nil, err
	}
	for _, c := range certificates {
		if !isAuthority(c) {
			return nil, Refuse(ReasonCertificateInvalid, "the certificate of %.100q is no authority's: its basic constraints do not say so", c.Subject)
		}
		if err := strongKey(c); err != nil {
			return nil, Refuse(ReasonCertificateInvalid, "the certificate of %.100q: %s", c.Subject, MessageOf(err))
		}
	}
	return certificates, nil
}

// readCertificates reads one or more certificates, PEM and nothing else.
func readCertificates(text string) ([]*x509.Certificate, error) {
	if len(text) > MaxEvidence {
		return nil, Refuse(ReasonCertificateInvalid, "the authority is longer than %d bytes", MaxEvidence)
	}
	var all []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if len(all) == 0 || strings.TrimSpace(string(rest)) != "" {
				return nil, Refuse(ReasonCertificateInvalid, "the authority is not PEM")
			}
			return all, nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, Refuse(ReasonCertificateInvalid, "the authority holds PEM of %.40q, not of certificates alone", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, Refuse(ReasonCertificateInvalid, "a certificate of the authority cannot be read")
		}
		all = append(all, c)
	}
}

// readNamePattern compiles a pattern, or says what of it RE2 does not have.
func readNamePattern(text string) (*regexp.Regexp, error) {
	if len(text) > maxNamePattern {
		return nil, Refuse(ReasonPatternInvalid, "the pattern is longer than %d bytes", maxNamePattern)
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, Refuse(ReasonPatternInvalid, "%s", patternFault(text, err))
	}
	if pattern.NumSubexp() == 0 {
		return nil, Refuse(ReasonPatternInvalid, "the pattern has no group: its first group is the device's name")
	}
	return pattern, nil
}

// patternFault says why a pattern is refused. What Java's and Perl's patterns have and RE2 has not is named.
func patternFault(text string, err error) string {
	for _, unknown := range []struct{ mark, name string }{
		{"(?=", "lookahead"},
		{"(?!", "lookahead"},
		{"(?<=", "lookbehind"},
		{"(?<!", "lookbehind"},
		{"(?>", "atomic groups"},
		{"*+", "possessive repetition"},
		{"++", "possessive repetition"},
		{"?+", "possessive repetition"},
		{"}+", "possessive repetition"},
	} {
		if strings.Contains(text, unknown.mark) {
			return "the pattern uses " + unknown.mark + ": " + unknown.name + " is not in RE2, in which no pattern can take long"
		}
	}
	if wrong, ok := err.(*syntax.Error); ok {
		if wrong.Code == syntax.ErrInvalidEscape && len(wrong.Expr) == 2 && wrong.Expr[1] >= '1' && wrong.Expr[1] <= '9' {
			return "the pattern uses " + wrong.Expr + ": references back are not in RE2, in which no pattern can take long"
		}
		return "the pattern is not RE2: " + wrong.Code.String() + ": " + wrong.Expr
	}
	return "the pattern is not RE2"
}
