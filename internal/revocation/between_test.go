package revocation

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ocsp"

	"muster"
)

func TestWhatCouldNotBeFoundOutIsAskedAgainAndTheHardRuleLetsNobodyInMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended, end := context.WithCancel(t.Context())
		end()
		for name, failing := range map[string]struct {
			ctx   context.Context
			fails error
		}{
			"the store":  {t.Context(), errors.New("disk I/O error")},
			"the device": {ended, nil}, // which has gone
		} {
			l := newLine(t)
			a := l.between("Line 7")
			chain := append(a.device(100), a.cert)
			l.check(chain, hard, "")
			l.stop()
			delete(l.store.answers, sha256.Sum256(a.cert.Raw))
			l.say(7, ocsp.Revoked)
			l.begin() // with what was said of the device
			l.store.fails = failing.fails
			err := l.Check(failing.ctx, chain, &muster.Identity{Revocation: hard, Asks: true})
			if muster.ReasonOf(err) != muster.ReasonRevocationUnknown {
				t.Errorf("while %s is away: %v", name, err)
			}
			l.store.fails = nil
			l.check(chain, soft, muster.ReasonCertificateRevoked)
			l.stop()
		}
	})
}

func TestNothingIsAskedAboutARootThoughAnotherOneHasCertifiedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		old := newRoot(t, "Old") // for which nobody answers
		l.store.trust(old.again(l.root, 8), old)
		l.check(l.root.device(100), hard, "")
		if n := l.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		l.stop()
	})
}
