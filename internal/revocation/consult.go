package revocation

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"muster"
)

// An aboveAnswer is the answer about an authority above a device.
type aboveAnswer struct {
	mark   Mark
	answer *answer
}

// answersAbove returns the answers about the authorities above a device, and never nil.
func (s *Service) answersAbove(above []step) []aboveAnswer {
	all := make([]aboveAnswer, len(above))
	for i, at := range above {
		all[i] = aboveAnswer{at.mark, s.answers.get(at.certificate, true)}
	}
	return all
}

// consult sees that there are answers about a device's certificate, and about the authorities above it, if there can be any in time.
// An answer that still counts is renewed in nobody's time.
func (s *Service) consult(ctx context.Context, shown *Shown, chain []*x509.Certificate, profile muster.ProfileID) {
	now := s.o.Now()
	if !shown.isDue(now) {
		return
	}
	p, err := s.pathOf(ctx, chain, profile, now)
	if err != nil {
		s.o.Logger.DebugContext(ctx, "nobody can be asked about a certificate", "subject", chain[0].Subject.String(), "error", err)
		if errors.Is(err, errNobody) {
			shown.answer.above.CompareAndSwap(nil, &[]step{})
			shown.above = s.answersAbove(*shown.answer.above.Load())
			shown.rest(now)
		}
		return // else what stands above it is looked for again next time
	}
	shown.answer.above.Store(&p.above)
	shown.above = s.answersAbove(p.above)
	waits := []<-chan struct{}{s.askAbout(ctx, shown.answer, &p.own, p, now)}
	for i := range p.above {
		waits = append(waits, s.askAbout(ctx, shown.above[i].answer, &p.above[i], p, now))
	}
	await(ctx, waits)
}

// await waits for what is asked, all in all as long as a device does.
func await(ctx context.Context, asked []<-chan struct{}) {
	late := time.NewTimer(askWait)
	defer late.Stop()
	for _, done := range asked {
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// isDue reports whether there is something to ask, and notes that somebody wants it.
func (s *Shown) isDue(now time.Time) bool {
	due := s.answer.isDue(now) || s.above == nil
	for _, a := range s.above {
		due = a.answer.isDue(now) || due
	}
	return due
}

// rest has nothing asked for a while: nobody can be asked.
func (s *Shown) rest(now time.Time) {
	s.answer.rest(now)
	for _, a := range s.above {
		a.answer.rest(now)
	}
}

// askAbout has a certificate asked about if that is due, and returns what is closed when it was; nil: there is nothing to wait for.
func (s *Service) askAbout(ctx context.Context, a *answer, at *step, p *path, now time.Time) <-chan struct{} {
	due, known := a.isDue(now), a.said.Load()
	if !due && at == &p.own {
		return nil
	}
	q, err := newQuestion(at.certificate, at.issuer, p.rule)
	if err != nil {
		s.o.Logger.DebugContext(ctx, "nobody can be asked about a certificate", "subject", at.certificate.Subject.String(), "error", err)
		if due {
			a.later(known, now.Add(askRest))
		}
		return nil
	}
	q.profile, q.above = p.profile, at != &p.own
	a.put(q) // also for when the profile that has had it asked does not want it any more
	if !due {
		return nil
	}
	done := s.ask(a, q)
	if done == nil {
		a.later(known, now.Add(askLeast))
	}
	if known.at(now) == statusGood {
		return nil
	}
	return done
}
