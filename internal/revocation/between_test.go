package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"testing"
	"testing/synctest"
	"time"

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

func TestWhatIsKnownOfAnAuthorityAboveDevicesMakesNoRoomForOthers(t *testing.T) {
	k := answers{of: map[[32]byte]*answer{}}
	for i := range maxAnswers + 1000 {
		k.get(&x509.Certificate{Raw: []byte{byte(i >> 16), byte(i >> 8), byte(i)}}, i < maxStaying+1000)
	}
	stay := 0
	for i := range maxStaying {
		if id := sha256.Sum256([]byte{byte(i >> 16), byte(i >> 8), byte(i)}); k.of[id] != nil {
			stay++
		}
	}
	if stay != maxStaying || k.staying != maxStaying || len(k.of) != maxAnswers {
		t.Errorf("%d of %d stay, %d are counted, of %d in all", stay, maxStaying, k.staying, len(k.of))
	}
	for _, a := range k.all() {
		k.drop(a)
		k.drop(a)
	}
	if k.staying != 0 || len(k.of) != 0 {
		t.Errorf("%d are counted, of %d in all", k.staying, len(k.of))
	}
}

func TestAnAuthorityAboveIsAskedAboutForAsLongAsAnyProfileWantsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, secondIsLast := range map[string]bool{"first": false, "last": true} {
			l := newLine(t)
			a := l.between("Line 7")
			second := l.store.profile
			second.ID = muster.NewID[muster.Profile]()
			l.store.second = &second
			one, other := append(a.device(100), a.cert), append(a.device(101), a.cert)
			ask := func(last bool) {
				if last != secondIsLast {
					l.check(one, hard, "")
				} else if err := l.Check(t.Context(), other, &muster.Identity{Profile: second.ID, Revocation: hard, Asks: true}); err != nil {
					t.Error(err)
				}
			}
			ask(false)
			ask(true)
			open := l.enter(one)
			l.store.mu.Lock()
			l.store.second = &muster.Profile{ID: second.ID}
			l.store.mu.Unlock()
			l.say(7, ocsp.Revoked)
			time.Sleep(6 * time.Minute)
			if err := l.Judge(open, soft); muster.ReasonOf(err) != muster.ReasonCertificateRevoked {
				t.Errorf("the profile that has asked %s has nobody asked any more: %v", name, err)
			}
			l.stop()
		}
	})
}

func TestOfManyProfilesThoseThatHaveAskedLastAreRemembered(t *testing.T) {
	var a answer
	for range 2 * maxAsks {
		a.put(&question{profile: muster.NewID[muster.Profile]()})
	}
	last := &question{profile: a.asks[0].profile}
	if a.put(last); len(a.asks) != maxAsks || a.question() != last {
		t.Errorf("%d are remembered", len(a.asks))
	}
	if before := a.asks[maxAsks-2]; a.instead(last, nil) != before {
		t.Error("the one before does not take its place")
	}
}

func TestAnAnswerAboutAnAuthorityAboveThatIsOfNoUseSaysNothingOfTheResponder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		strange := newRoot(t, "Strange") // for which nobody answers
		a := strange.below("Line 8")
		q, err := newQuestion(a.cert, strange.cert, "http://ocsp.example")
		if err != nil {
			t.Fatal(err)
		}
		q.above = true
		l.responders.note(q.url, errors.New("of no use to devices either"), l.o.Now(), l.o.Now())
		l.exchange(l.answers.get(a.cert, true), q)
		if all := l.Responders(); l.asked.Load() != 1 || all[0].Failure == "" {
			t.Errorf("asked %d times, shown as %+v", l.asked.Load(), all)
		}
		l.stop()
	})
}
