package revocation

import (
	"crypto/x509"
	"time"
	"unique"

	"muster"
)

// A Mark is what a list finds a certificate by. Of a million certificates of one authority, it is kept once.
type Mark struct {
	issuer unique.Handle[string] // its subject, DER
	keyID  unique.Handle[string] // empty: the certificate does not say
	serial string
}

// Marks returns those of the certificates that a client presents, its own first. Of an authority that has signed itself,
// nobody says that it is revoked.
func Marks(chain []*x509.Certificate) []Mark {
	marks := make([]Mark, 0, min(len(chain), muster.MaxChain))
	for i, c := range chain[:min(len(chain), muster.MaxChain)] {
		if i > 0 && string(c.RawIssuer) == string(c.RawSubject) {
			continue
		}
		marks = append(marks, Mark{unique.Make(string(c.RawIssuer)), unique.Make(string(c.AuthorityKeyId)), string(c.SerialNumber.Bytes())})
	}
	return marks
}

// An index finds lists by their issuers.
type index map[string][]*crl

// Judge refuses, with ReasonCertificateRevoked, certificates one of which a list names; by the hard rule also, with
// ReasonRevocationUnknown, those of a device of whose own no list says now that it is not revoked. Which of our own authority's
// are revoked, the registry knows, and not this.
func (s *Service) Judge(marks []Mark, rule muster.RevocationRule) error {
	lists := *s.index.Load()
	if len(lists) == 0 && rule == muster.RevocationSoft || len(marks) == 0 {
		return nil
	}
	var now time.Time
	known := false
	for i, m := range marks {
		for _, l := range lists[m.issuer.Value()] {
			if !l.covers(m.keyID.Value(), i > 0) {
				continue
			}
			if _, revoked := l.serials[m.serial]; revoked {
				return muster.Refuse(muster.ReasonCertificateRevoked, "")
			}
			if i == 0 && rule == muster.RevocationHard {
				if now.IsZero() {
					now = s.o.Now()
				}
				known = known || now.Before(l.nextUpdate)
			}
		}
	}
	if rule == muster.RevocationHard && !known && !s.o.Own(marks[0].issuer.Value(), marks[0].keyID.Value()) {
		return muster.Refuse(muster.ReasonRevocationUnknown, "")
	}
	return nil
}

// Check is Judge for certificates that a client presents, or that lead from its own to an authority.
func (s *Service) Check(chain []*x509.Certificate, rule muster.RevocationRule) error {
	return s.Judge(Marks(chain), rule)
}
