package muster

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

// DeviceName is that of the rule's authority, whether or not it has certificates. Refused also with ReasonPatternInvalid.
func (r *ChainRule) DeviceName(c *x509.Certificate) (string, error) {
	pattern, err := readNamePattern(r.CNPattern)
	if err != nil {
		return "", err
	}
	return (&Authority{rule: *r, pattern: pattern}).DeviceName(c)
}

// DeviceName returns the name of the device that the certificate is for. Refused with ReasonCertificateNameUnfit if the
// certificate has no such name, or more than one, and with ReasonDeviceNameInvalid if no device may be called so.
func (a *Authority) DeviceName(c *x509.Certificate) (string, error) {
	var names []string
	where := "common name"
	switch a.rule.NameFrom {
	case NameFromDNS:
		names, where = c.DNSNames, "DNS name"
	case NameFromURI:
		where = "URI"
		for _, u := range c.URIs {
			names = append(names, u.String())
		}
	case NameFromCN:
		names = commonNames(c)
		if len(names) > 1 {
			return "", Refuse(ReasonCertificateNameUnfit, "the certificate has %d common names", len(names))
		}
	}
	if len(names) == 0 {
		return "", Refuse(ReasonCertificateNameUnfit, "the certificate has no %s", where)
	}
	name, err := a.oneName(names)
	if err != nil {
		return "", err
	}
	return name, CheckDeviceName(name)
}

// oneName returns what the pattern finds in the names; where it finds something in several, that must be the same.
func (a *Authority) oneName(names []string) (string, error) {
	found := ""
	for _, name := range names {
		groups := a.pattern.FindStringSubmatch(name)
		switch {
		case len(groups) < 2 || groups[1] == "":
		case found != "" && groups[1] != found:
			return "", Refuse(ReasonCertificateNameUnfit, "the pattern finds more than one name in the certificate: %.100q and %.100q", found, groups[1])
		default:
			found = groups[1]
		}
	}
	if found == "" {
		return "", Refuse(ReasonCertificateNameUnfit, "the pattern finds no name in %.100q", names[0])
	}
	return found, nil
}

// commonNames returns every common name of the subject, in the order of the certificate.
func commonNames(c *x509.Certificate) []string {
	var names []string
	for _, attribute := range c.Subject.Names {
		if text, ok := attribute.Value.(string); ok && slices.Equal(attribute.Type, asn1.ObjectIdentifier{2, 5, 4, 3}) {
			names = append(names, text)
		}
	}
	return names
}
