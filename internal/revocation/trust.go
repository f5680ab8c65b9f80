package revocation

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"time"

	"muster"
)

// trustEvery is how often it is looked which authorities profiles trust: as long as it takes until a changed profile counts for
// devices that are remembered.
const trustEvery = 30 * time.Second

// anchors are the authorities that a profile trusts.
type anchors struct {
	ca, pattern  string // of the rule that was read
	certificates []*x509.Certificate
	marks        []Mark
}

// readAnchors reads which authorities profiles trust. The caller holds changing.
func (s *Service) readAnchors(ctx context.Context) error {
	profiles, err := s.store.Profiles(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	before := s.anchors
	s.mu.Unlock()
	read := map[muster.ProfileID]anchors{}
	for i := range profiles {
		rule := profiles[i].Settings.Chain
		if profiles[i].Strategy != muster.StrategyX509Chain || rule == nil {
			continue
		}
		a := before[profiles[i].ID]
		if a.ca != rule.CA || a.pattern != rule.CNPattern {
			a = anchors{ca: rule.CA, pattern: rule.CNPattern}
			if authority, err := rule.Read(); err == nil { // else nobody trusts it
				a.certificates = authority.Certificates()
			}
			for _, c := range a.certificates {
				a.marks = append(a.marks, markOf(c))
			}
		}
		read[profiles[i].ID] = a
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anchors = read
	return nil
}

// lookAtProfiles has lists count for what profiles trust by now.
func (s *Service) lookAtProfiles(ctx context.Context) {
	before := s.index.Load()
	if len(before.lists) == 0 {
		return // the next one reads them
	}
	s.changing.Lock()
	err := s.readAnchors(ctx)
	s.mu.Lock()
	s.reindex()
	s.mu.Unlock()
	s.changing.Unlock()
	if err != nil && ctx.Err() == nil {
		s.o.Logger.WarnContext(ctx, "it is not known which authorities profiles trust", "error", err)
	}
	if !maps.EqualFunc(before.distrusted, s.index.Load().distrusted, slices.Equal) {
		s.o.Changed()
	}
}

// issuers returns who may sign a list: the authorities that profiles trust, and those that are named, if these lead there. The caller
// holds changing.
func (s *Service) issuers(ctx context.Context, named string) ([]*x509.Certificate, error) {
	if err := s.readAnchors(ctx); err != nil {
		return nil, err
	}
	var trusted []*x509.Certificate
	s.mu.Lock()
	for _, a := range s.anchors {
		trusted = append(trusted, a.certificates...)
	}
	s.mu.Unlock()
	more, err := readIssuers(named)
	if err != nil {
		return nil, err
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range trusted {
		roots.AddCert(c)
	}
	for _, c := range more {
		between.AddCert(c)
	}
	for _, c := range more {
		_, err := c.Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: s.o.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err != nil {
			return nil, invalid("the issuer %.200q does not lead to an authority that a profile trusts", c.Subject)
		}
	}
	return append(trusted, more...), nil
}

// readIssuers reads certificates, PEM and nothing else.
func readIssuers(text string) (all []*x509.Certificate, err error) {
	if len(text) > muster.MaxEvidence {
		return nil, invalid("the issuer is longer than %d bytes", muster.MaxEvidence)
	}
	for rest := []byte(text); strings.TrimSpace(string(rest)) != ""; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" || len(all) == muster.MaxChain {
			return nil, invalid("the issuer is not %d certificates at most, PEM", muster.MaxChain)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, invalid("a certificate of the issuer cannot be read")
		}
		all = append(all, c)
	}
	return all, nil
}
