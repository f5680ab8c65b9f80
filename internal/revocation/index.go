package revocation

import (
	"bytes"
	"crypto/x509"
	"unique"

	"muster"
)

// An index finds lists by their issuers, and by a profile and a subject the authorities that the profile trusts, if one of
// these has fallen. Nobody changes it.
type index struct {
	lists  map[string][]*crl
	fallen map[below][]trusted
}

// below names whoever stands right below authorities of one subject, DER, that a profile trusts.
type below struct {
	profile muster.ProfileID
	issuer  unique.Handle[string]
}

// A trusted is an authority of a profile.
type trusted struct {
	keyID  string // names its key; empty: it does not say
	fallen bool   // a list names it, or all of those that stand above it have fallen
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

// isBelowFallen reports whether all authorities of a profile that may have issued a certificate have fallen. It need not have been shown
// with them.
func (x *index) isBelowFallen(m Mark, profile muster.ProfileID) bool {
	found := false
	for _, t := range x.fallen[below{profile, m.issuer}] {
		if keyID := m.keyID.Value(); keyID == "" || t.keyID == "" || keyID == t.keyID {
			if !t.fallen {
				return false
			}
			found = true
		}
	}
	return found
}

// reindex makes the index of what is held. The caller holds mu.
func (s *Service) reindex() {
	made := &index{lists: map[string][]*crl{}, fallen: map[below][]trusted{}}
	for _, h := range s.held {
		if h.crl != nil {
			made.lists[h.crl.issuer] = append(made.lists[h.crl.issuer], h.crl)
		}
	}
	if len(made.lists) > 0 {
		for profile, a := range s.anchors {
			made.addFallen(profile, &a)
		}
	}
	s.index.Store(made)
}

// addFallen adds authorities of a profile, where one of their subject has fallen.
func (x *index) addFallen(profile muster.ProfileID, a *anchors) {
	fallen := x.fallenOf(a)
	for i, is := range fallen {
		at := below{profile, unique.Make(string(a.certificates[i].RawSubject))}
		if _, known := x.fallen[at]; known || !is {
			continue
		}
		for j, c := range a.certificates {
			if bytes.Equal(c.RawSubject, a.certificates[i].RawSubject) {
				x.fallen[at] = append(x.fallen[at], trusted{string(c.SubjectKeyId), fallen[j]})
			}
		}
	}
}

// fallenOf reports of each authority whether a list names it, or all of those that stand above it have fallen.
func (x *index) fallenOf(a *anchors) []bool {
	fallen := make([]bool, len(a.certificates))
	for again := true; again; {
		again = false
		for i, c := range a.certificates {
			if fallen[i] || bytes.Equal(c.RawIssuer, c.RawSubject) {
				continue
			}
			if x.names(a.marks[i], true) || allAbove(c, a.certificates, fallen) {
				fallen[i], again = true, true
			}
		}
	}
	return fallen
}

// allAbove reports whether there are authorities that may have issued a certificate, and all have fallen.
func allAbove(c *x509.Certificate, all []*x509.Certificate, fallen []bool) bool {
	found := false
	for i, above := range all {
		if !bytes.Equal(above.RawSubject, c.RawIssuer) || len(c.AuthorityKeyId) > 0 && len(above.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, above.SubjectKeyId) {
			continue
		}
		if !fallen[i] {
			return false
		}
		found = true
	}
	return found
}
