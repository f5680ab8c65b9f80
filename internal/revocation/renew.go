package revocation

import (
	"context"
	"time"

	"muster"
)

// renew asks again about the certificates of sessions that are open, before what was said of them ends, and forgets what was
// said of others when that ends.
func (s *Service) renew(ctx context.Context, now time.Time) {
	var due []*answer
	for _, a := range s.answers.all() {
		if known := a.said.Load(); known != nil && !now.Before(known.due) {
			due = append(due, a)
		}
	}
	if len(due) == 0 {
		return
	}
	s.o.Changed() // everybody who has a session is asked for what it shows
	rules := map[muster.ProfileID]string{}
	for _, a := range due {
		known := a.said.Load()
		var q *question
		if a.wanted.Load() >= now.UnixNano() {
			q = s.questionOf(ctx, a, rules)
		}
		switch {
		case q != nil:
			switch {
			case !s.responders.free(q.url, now):
				a.later(known, now.Add(askRest))
			case len(s.queue) < askMost: // else it is for those who wait
				s.ask(a, q)
			}
		case known.status == statusRevoked && now.Before(a.ends):
			a.later(known, now.Add(fetchEvery))
		case now.Before(known.nextUpdate):
			a.later(known, known.nextUpdate)
		default:
			s.answers.drop(a)
		}
	}
}

// questionOf returns what is asked for the profile that has asked last or, if that does not want it any more, for another one; nil:
// none wants it.
func (s *Service) questionOf(ctx context.Context, a *answer, rules map[muster.ProfileID]string) *question {
	for q := a.question(); q != nil; {
		wanted := s.byRule(ctx, q, rules)
		if q = a.instead(q, wanted); q == wanted {
			return q
		}
	}
	return nil
}

// byRule returns a question as the profile wants it asked by now; nil: not at all, or not before the device comes again. rules
// remembers what profiles want.
func (s *Service) byRule(ctx context.Context, q *question, rules map[muster.ProfileID]string) *question {
	rule, known := rules[q.profile]
	if !known {
		p, err := s.store.ProfileByID(ctx, q.profile)
		switch {
		case err != nil && muster.KindOf(err) != muster.NotFound:
			rule = q.rule
		case err == nil && p.Settings.Chain != nil:
			rule = p.Settings.Chain.OCSP
		}
		rules[q.profile] = rule
	}
	switch rule {
	case q.rule:
		return q
	case "", muster.OCSPFromCertificate:
		return nil
	}
	other := *q
	other.url, other.rule = rule, rule
	return &other
}
