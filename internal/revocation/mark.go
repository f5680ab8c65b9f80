package revocation

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"unique"

	"muster"
)

// A Mark is what a list finds a certificate by. Of a million certificates of one authority, it is kept once.
type Mark struct {
	issuer unique.Handle[string] // its subject, DER
	keyID  unique.Handle[string] // empty: the certificate does not say
	points unique.Handle[string] // where its lists are, as it says, with a zero byte between them
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
		marks = append(marks, Mark{
			issuer: unique.Make(string(c.RawIssuer)), keyID: unique.Make(string(c.AuthorityKeyId)),
			points: unique.Make(strings.Join(c.CRLDistributionPoints, "\x00")), serial: string(c.SerialNumber.Bytes()),
		})
	}
	return marks
}

// An index finds lists by their issuers.
type index map[string][]*crl

// Shown is what is remembered of the certificates that a client has shown, to judge them again while it is here.
type Shown struct {
	marks  []Mark
	answer *answer // of a responder, about the client's own; nil: nobody is asked
}

// Shown returns what is remembered of certificates, a client's own first.
func (s *Service) Shown(chain []*x509.Certificate, who *muster.Identity) Shown {
	shown := Shown{marks: Marks(chain)}
	if len(chain) > 0 && who.Asks && !s.owns(shown.marks[0]) {
		shown.answer = s.answers.get(chain[0])
	}
	return shown
}

// owns reports whether a certificate is of our own authority: which of these are revoked, the registry knows, and not this.
func (s *Service) owns(m Mark) bool { return s.o.Own(m.issuer.Value(), m.keyID.Value()) }

// Check refuses, with ReasonCertificateRevoked, certificates that a client presents one of which is revoked, as a list says or
// the responder that its profile has asked about its own. For the responder it waits two seconds at most, and only while there is
// no answer that counts. By the hard rule it also refuses, with ReasonRevocationUnknown, a client of whose own certificate neither
// says now that it is not revoked.
func (s *Service) Check(ctx context.Context, chain []*x509.Certificate, who *muster.Identity) error {
	shown := s.Shown(chain, who)
	if shown.answer != nil && s.judgeLists(shown.marks) == nil {
		s.consult(ctx, shown.answer, chain, who.Profile)
	}
	return s.Judge(shown, who.Revocation)
}

// Judge is Check of what is known now, in no time.
func (s *Service) Judge(shown Shown, rule muster.RevocationRule) error {
	lists := *s.index.Load()
	if len(lists) == 0 && shown.answer == nil && rule == muster.RevocationSoft || len(shown.marks) == 0 {
		return nil
	}
	if err := s.judgeLists(shown.marks); err != nil {
		return err
	}
	if a := shown.answer; a != nil {
		now := s.o.Now()
		a.wanted.Store(now.UnixNano())
		switch a.said.Load().at(now) {
		case statusRevoked:
			return muster.Refuse(muster.ReasonCertificateRevoked, "its responder says so")
		case statusGood:
			return nil
		}
	}
	if rule == muster.RevocationHard && !s.listed(shown.marks[0]) && !s.owns(shown.marks[0]) {
		return muster.Refuse(muster.ReasonRevocationUnknown, "")
	}
	return nil
}

// judgeLists refuses certificates one of which a list names.
func (s *Service) judgeLists(marks []Mark) error {
	lists := *s.index.Load()
	if len(lists) == 0 {
		return nil
	}
	for i, m := range marks {
		for _, l := range lists[m.issuer.Value()] {
			if _, revoked := l.serials[m.serial]; revoked && l.covers(m.keyID.Value(), i > 0) {
				return muster.Refuse(muster.ReasonCertificateRevoked, "")
			}
		}
	}
	return nil
}

// listed reports whether a list that is not past its date is of a device's certificate.
func (s *Service) listed(m Mark) bool {
	now := s.o.Now()
	return slices.ContainsFunc((*s.index.Load())[m.issuer.Value()], func(l *crl) bool {
		return l.covers(m.keyID.Value(), false) && l.reaches(strings.Split(m.points.Value(), "\x00")) && now.Before(l.nextUpdate)
	})
}
