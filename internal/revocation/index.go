package revocation

import (
	"bytes"
	"crypto/x509"
	"unique"

	"muster"
)

// An index finds lists by their issuers, and by a profile and a subject the authorities of the profile, if one of these is
// distrusted. Nobody changes it.
type index struct {
	lists      map[string][]*crl
	distrusted map[below][]anchor
}

// below names whoever stands right below the authorities of a profile that have one subject, DER.
type below struct {
	profile muster.ProfileID
	issuer  unique.Handle[string]
}

// An anchor is an authority of a profile.
type anchor struct {
	keyID      string // names its key; empty: it does not say
	distrusted bool   // a list names it, or all of those that stand above it are distrusted
}

// names reports whether a list names a certificate, an authority's or a user's.
func (x *index) names(m Mark, authority bool) bool {
	for _, l := range x.lists[m.issuer.Value()] {
		if _, named := l.serials[m.serial]; named && l.covers(m.keyID.Value(), authority) {
			return true
		}
	}
	return false
}

// isBelowDistrusted reports whether all authorities of a profile that may have issued a certificate are distrusted. It need not have
// been shown with them.
func (x *index) isBelowDistrusted(m Mark, profile muster.ProfileID) bool {
	found := false
	for _, a := range x.distrusted[below{profile, m.issuer}] {
		if keyID := m.keyID.Value(); keyID == "" || a.keyID == "" || keyID == a.keyID {
			if !a.distrusted {
				return false
			}
			found = true
		}
	}
	return found
}

// reindex makes the index of what is held. The caller holds mu.
func (s *Service) reindex() {
	made := &index{lists: map[string][]*crl{}, distrusted: map[below][]anchor{}}
	for _, h := range s.held {
		if h.crl != nil {
			made.lists[h.crl.issuer] = append(made.lists[h.crl.issuer], h.crl)
		}
	}
	if len(made.lists) > 0 {
		for profile, a := range s.anchors {
			made.addDistrusted(profile, &a)
		}
	}
	s.index.Store(made)
}

// addDistrusted adds authorities of a profile, where one of their subject is distrusted.
func (x *index) addDistrusted(profile muster.ProfileID, a *anchors) {
	distrusted := x.distrustedOf(a)
	for i, is := range distrusted {
		at := below{profile, unique.Make(string(a.certificates[i].RawSubject))}
		if _, known := x.distrusted[at]; known || !is {
			continue
		}
		for j, c := range a.certificates {
			if bytes.Equal(c.RawSubject, a.certificates[i].RawSubject) {
				x.distrusted[at] = append(x.distrusted[at], anchor{string(c.SubjectKeyId), distrusted[j]})
			}
		}
	}
}

// distrustedOf reports of each authority whether a list names it, or all of those that stand above it are distrusted.
func (x *index) distrustedOf(a *anchors) []bool {
	distrusted := make([]bool, len(a.certificates))
	for again := true; again; {
		again = false
		for i, c := range a.certificates {
			if distrusted[i] || bytes.Equal(c.RawIssuer, c.RawSubject) {
				continue
			}
			if x.names(a.marks[i], true) || allAbove(c, a.certificates, distrusted) {
				distrusted[i], again = true, true
			}
		}
	}
	return distrusted
}

// allAbove reports whether there are authorities that may have issued a certificate, and all are distrusted.
func allAbove(c *x509.Certificate, all []*x509.Certificate, distrusted []bool) bool {
	found := false
	for i, above := range all {
		if !bytes.Equal(above.RawSubject, c.RawIssuer) || len(c.AuthorityKeyId) > 0 && len(above.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, above.SubjectKeyId) {
			continue
		}
		if !distrusted[i] {
			return false
		}
		found = true
	}
	return found
}
