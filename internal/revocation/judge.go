package revocation

import (
	"context"
	"crypto/x509"
	"slices"

	"muster"
)

// Shown is what is remembered of the certificates that a client has shown, to judge them again while it is here.
type Shown struct {
	profile muster.ProfileID
	marks   []Mark
	answer  *answer       // of a responder, about the client's own; nil: nobody is asked
	above   []aboveAnswer // nil: nobody has found out what stands above it
}

// Shown returns what is remembered of certificates, a client's own first.
func (s *Service) Shown(chain []*x509.Certificate, who *muster.Identity) Shown {
	shown := Shown{profile: who.Profile, marks: Marks(chain)}
	if len(chain) == 0 || !who.Asks || s.owns(shown.marks[0]) {
		return shown
	}
	shown.answer = s.answers.get(chain[0], false)
	if above := shown.answer.above.Load(); above != nil {
		shown.above = s.answersAbove(*above)
	}
	return shown
}

// owns reports whether a certificate is of our own authority: which of these are revoked, the registry knows, and not this.
func (s *Service) owns(m Mark) bool { return s.o.Own(m.issuer.Value(), m.keyID.Value()) }

// Check refuses, with ReasonCertificateRevoked, certificates that a client presents one of which is revoked, as a list says or
// the responder that its profile has asked: about its own, and about those of authorities above it, whoever has brought them. For
// responders it waits two seconds at most, and only while there is no answer that counts. By the hard rule it also refuses, with
// ReasonRevocationUnknown, a client of whose own certificate neither says now that it is not revoked; where responders are asked,
// so it does for authorities above it.
func (s *Service) Check(ctx context.Context, chain []*x509.Certificate, who *muster.Identity) error {
	shown := s.Shown(chain, who)
	if shown.answer != nil && s.judgeLists(&shown) == nil {
		s.consult(ctx, &shown, chain, who.Profile)
	}
	return s.Judge(shown, who.Revocation)
}

// Judge is Check of what is known now, in no time.
func (s *Service) Judge(shown Shown, rule muster.RevocationRule) error {
	if len(shown.marks) == 0 {
		return nil
	}
	if err := s.judgeLists(&shown); err != nil {
		return err
	}
	if shown.answer == nil && rule == muster.RevocationSoft {
		return nil
	}
	err := s.judgeOne(shown.marks[0], shown.answer, false, rule)
	for _, a := range shown.above {
		err = worse(err, s.judgeOne(a.mark, a.answer, true, rule))
	}
	if shown.answer != nil && shown.above == nil && rule == muster.RevocationHard {
		err = worse(err, refuse(muster.ReasonRevocationUnknown, true, ""))
	}
	return err
}

// worse returns the refusal that says more: that something is revoked rather than that nobody knows.
func worse(a, b error) error {
	if a == nil || muster.ReasonOf(a) != muster.ReasonCertificateRevoked && muster.ReasonOf(b) == muster.ReasonCertificateRevoked {
		return b
	}
	return a
}

// judgeOne refuses a certificate that is revoked, as its responder says, and by the hard rule one of which nobody knows that it is not.
func (s *Service) judgeOne(m Mark, a *answer, authority bool, rule muster.RevocationRule) error {
	if a != nil {
		now := s.o.Now()
		a.wanted.Store(now.UnixNano())
		switch a.said.Load().at(now) {
		case statusRevoked:
			return refuse(muster.ReasonCertificateRevoked, authority, "its responder says so")
		case statusGood:
			return nil
		}
	}
	if rule == muster.RevocationHard && !s.listed(m, authority) && !s.owns(m) {
		return refuse(muster.ReasonRevocationUnknown, authority, "")
	}
	return nil
}

func refuse(reason muster.Reason, authority bool, why string) error {
	if authority {
		return muster.Refuse(reason, "that of an authority above it")
	}
	return muster.Refuse(reason, "%s", why)
}

// judgeLists refuses certificates one of which a list names, or which stand below an authority of their profile that is distrusted.
func (s *Service) judgeLists(shown *Shown) error {
	known := s.index.Load()
	if len(known.lists) == 0 {
		return nil
	}
	for i, m := range shown.marks {
		if known.names(m, i > 0) || known.isBelowDistrusted(m, shown.profile) {
			return muster.Refuse(muster.ReasonCertificateRevoked, "")
		}
	}
	return nil
}

// listed reports whether a list that is not past its date is of a certificate.
func (s *Service) listed(m Mark, authority bool) bool {
	now := s.o.Now()
	return slices.ContainsFunc(s.index.Load().lists[m.issuer.Value()], func(l *crl) bool {
		return l.covers(m.keyID.Value(), authority) && l.reaches(m.points.Value()) && now.Before(l.nextUpdate)
	})
}
