package muster

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// The bounds of the names that a CertificateRule gives.
const (
	MaxCertificateNames = 8    // templates of one rule
	MaxNameTemplate     = 255  // bytes of a template
	maxCertificateURI   = 1000 // bytes of what one comes to
)

// CertificateNames are what stands in a certificate besides its subject (RFC 5280, 4.2.1.6).
type CertificateNames struct {
	DNS  []string // lower case
	URIs []*url.URL
}

// Names returns what the rule's templates come to for a device of the profile called so. Refused with ReasonDeviceNameInvalid
// if one of them comes to no DNS name or URI.
func (r CertificateRule) Names(d *Device, profile string) (CertificateNames, error) {
	var n CertificateNames
	placed := map[string]string{"{name}": d.Name, "{id}": d.ID.String(), "{profile}": profile}
	for _, template := range r.DNSNames {
		text := fill(template, placed, func(s string) string { return s })
		name, ok := DNSName(text)
		if _, err := netip.ParseAddr(text); err == nil || !ok {
			return n, Refuse(ReasonDeviceNameInvalid, "by %.100q its certificate would be for %.100q, which is no DNS name", template, text)
		}
		if !slices.Contains(n.DNS, name) {
			n.DNS = append(n.DNS, name)
		}
	}
	for _, template := range r.URIs {
		text := fill(template, placed, escape)
		u, ok := certificateURI(text)
		if !ok {
			return n, Refuse(ReasonDeviceNameInvalid, "by %.100q its certificate would be for %.100q, which is no URI that it may have", template, text)
		}
		if !slices.ContainsFunc(n.URIs, func(had *url.URL) bool { return had.String() == text }) {
			n.URIs = append(n.URIs, u)
		}
	}
	return n, nil
}

// checkNames refuses templates that come to nothing for a device with the plainest of names.
func (r CertificateRule) checkNames(profile string) error {
	templates := slices.Concat(r.DNSNames, r.URIs)
	if len(templates) > MaxCertificateNames {
		return Refuse(ReasonRequestInvalid, "certificates have at most %d names, not %d", MaxCertificateNames, len(templates))
	}
	for _, t := range templates {
		if len(t) > MaxNameTemplate {
			return Refuse(ReasonRequestInvalid, "a name of certificates is longer than %d bytes", MaxNameTemplate)
		}
	}
	for _, t := range r.URIs {
		if scheme, _, _ := strings.Cut(t, ":"); strings.Contains(scheme, "{") {
			return Refuse(ReasonRequestInvalid, "%.100q does not begin with a scheme such as urn: or https:", t)
		}
	}
	if _, err := r.Names(&Device{Name: "name"}, profile); err != nil {
		return Refuse(ReasonRequestInvalid, "a device called name: %s; in names of certificates {name}, {id} and {profile} are replaced", MessageOf(err))
	}
	return nil
}

// fill puts the words in their places. What a word brings along is not looked at again.
func fill(template string, words map[string]string, as func(string) string) string {
	var pairs []string
	for place, word := range words {
		pairs = append(pairs, place, as(word))
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// escape leaves of a word the unreserved characters alone (RFC 3986, 2.3), so that it is one part of a URI and no more.
func escape(word string) string {
	return strings.ReplaceAll(url.QueryEscape(word), "+", "%20")
}

// certificateURI reads a URI for a certificate: absolute, of its own spelling, without user, query or fragment, its host a DNS
// name or an address, no part of its path a dot or two. Not urn:uuid:, by which a certificate tells the device's id.
func certificateURI(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxCertificateURI || u.Scheme == "" || u.String() != text:
		return nil, false
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") || strings.ContainsAny(text, "{}"):
		return nil, false
	case u.Opaque != "":
		return u, !strings.HasPrefix(strings.ToLower(text), "urn:uuid:")
	case u.Host == "":
		return nil, false
	}
	_, err = netip.ParseAddr(u.Hostname())
	_, named := DNSName(u.Hostname())
	parts := strings.Split(u.Path, "/")
	return u, (err == nil || named) && !slices.Contains(parts, ".") && !slices.Contains(parts, "..")
}

// DNSName returns text as a certificate carries it, in lower case; ok is false if it is no DNS name: labels of ASCII letters,
// digits, hyphens and underscores, without a dot at its end.
func DNSName(text string) (name string, ok bool) {
	if len(text) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
		for _, c := range []byte(label) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return "", false
			}
		}
	}
	return strings.ToLower(text), true
}
