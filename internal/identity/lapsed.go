package identity

import (
	"context"
	"crypto/x509"
	"time"

	"muster"
)

// Lapsed returns who a certificate is of that has expired and may still be renewed, and be used for nothing else, as
// muster.Identity.Lapsed says: one that expired within the grace of its profile, would have let its device in the second
// before, and was not revoked. All others are refused with ReasonCredentialExpired, or with what would be wrong with them if
// they had not expired. Nothing counts as used, and nothing is remembered.
func (s *Service) Lapsed(ctx context.Context, chain []*x509.Certificate) (muster.Identity, error) {
	s.metrics.asked.Inc()
	h, err := s.store.Holder(ctx, s.certificateKey(chain[0]))
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound:
		return muster.Identity{}, muster.Refuse(muster.ReasonCertificateUnknown, "")
	case err != nil:
		return muster.Identity{}, err
	}
	r, err := newRecord(s.keys, &h)
	if err != nil {
		return muster.Identity{}, err
	}
	who := r.who
	who.Lapsed, who.Until = true, time.Time{}
	return who, lapsed(&h, chain, s.now())
}

// lapsed is the pure rule of Lapsed.
func lapsed(h *muster.Holder, chain []*x509.Certificate, now time.Time) error {
	leaf, c := chain[0], h.Credential
	before := leaf.NotAfter.Add(-time.Second)
	switch {
	case c.Kind != muster.X509Certificate:
		return muster.Refuse(muster.ReasonCertificateUnknown, "")
	case h.Device.State == muster.DeviceSuspended:
		return muster.Refuse(muster.ReasonDeviceSuspended, "")
	case !now.After(leaf.NotAfter):
		return muster.Refuse(muster.ReasonCredentialExpired, "the credential was made to end before its certificate does")
	}
	if err := c.Live(before); err != nil {
		return err
	}
	grace := h.Profile.Settings.Grace()
	switch {
	case grace == 0:
		return muster.Refuse(muster.ReasonCredentialExpired, "the certificate has expired")
	case now.Sub(leaf.NotAfter) > grace:
		return muster.Refuse(muster.ReasonCredentialExpired, "the certificate has expired, and the %d days are over in which it could be renewed", int(grace.Hours()/24))
	}
	return pathBefore(&h.Profile, chain, before)
}

// pathBefore refuses a certificate for which the authority of its profile, where the profile has one, did not vouch at a time.
func pathBefore(p *muster.Profile, chain []*x509.Certificate, at time.Time) error {
	if p.Strategy != muster.StrategyX509Chain || p.Settings.Chain == nil {
		return nil
	}
	authority, err := p.Settings.Chain.Read()
	if err == nil {
		_, err = authority.Verify(chain, at)
	}
	if err != nil {
		return muster.Refuse(muster.ReasonCredentialExpired, "the certificate has expired, and was not good before either: %s", muster.MessageOf(err))
	}
	return nil
}
