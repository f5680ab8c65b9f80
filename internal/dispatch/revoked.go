package dispatch

import (
	"context"
	"crypto/x509"

	"muster"
	"muster/internal/revocation"
	"muster/internal/session"
)

// stillGood refuses a device one of whose certificates its authority has revoked. Whoever answers for that may be asked, and waited
// for a little.
func (d *Dispatcher) stillGood(ctx context.Context, chain []*x509.Certificate, who *muster.Identity) error {
	if d.o.Revocation == nil {
		return nil
	}
	return d.o.Revocation.Check(ctx, chain, who)
}

// shownBy returns what is remembered of the certificates of a device.
func (d *Dispatcher) shownBy(chain []*x509.Certificate, who *muster.Identity) (shown revocation.Shown) {
	if d.o.Revocation != nil {
		shown = d.o.Revocation.Shown(chain, who)
	}
	return shown
}

// revoked refuses what is known to be revoked by now.
func (d *Dispatcher) revoked(shown revocation.Shown, rule muster.RevocationRule) error {
	if d.o.Revocation == nil {
		return nil
	}
	return d.o.Revocation.Judge(shown, rule)
}

// JudgeAgain ends the sessions of devices whose certificates are revoked by now. That nobody knows any more whether they are
// ends none.
func (d *Dispatcher) JudgeAgain() {
	d.o.Sessions.HangupEach(func(l session.Link) error {
		switch l := l.(type) {
		case link:
			return d.revoked(l.certificates, muster.RevocationSoft)
		case *listener:
			return d.revoked(l.certificates, muster.RevocationSoft)
		}
		return nil
	})
}
