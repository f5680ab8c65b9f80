package identity

import (
	"context"

	"muster"
)

// Examine judges a certificate or a JWT as Authenticate does, for somebody who wants to know what would become of it. It
// leaves no trace: no credential counts as used, and nothing is remembered.
func (s *Service) Examine(ctx context.Context, p *muster.Proof) (muster.Identity, error) {
	switch {
	case len(p.Chain) > 0:
		leaf := p.Chain[0]
		r, err := s.find(ctx, s.store.Holder, s.certificateKey(leaf), certificateJudge(leaf, s.now()), muster.ReasonCertificateUnknown)
		if r == nil {
			return muster.Identity{}, err
		}
		return r.who, err
	case p.JWT != "":
		_, about, err := s.signature(ctx, p)
		return about, err
	}
	return muster.Identity{}, muster.Refuse(muster.ReasonCredentialsMissing, "")
}
