package revocation

import (
	"crypto/x509"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// between puts an authority, whose number is 7, between the root and devices.
func (l *line) between(name string) *authority {
	a := l.root.below(name)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.below = append(l.below, a)
	return a
}

// trust has the profile trust more authorities.
func (s *shelf) trust(more ...*authority) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chain := *s.profile.Settings.Chain
	for _, a := range more {
		chain.CA += armoured("CERTIFICATE", a.cert.Raw)
	}
	s.profile.Settings.Chain = &chain
}

// say has an answer be given about one number, and that others are good.
func (l *line) say(number int64, status int) {
	l.set(status, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.only = number
}

func TestAnAuthorityAboveADeviceIsAskedAboutWhoeverHasBroughtIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, show := range map[string]func(*line, *authority, int64) []*x509.Certificate{
			"the device":  func(_ *line, a *authority, n int64) []*x509.Certificate { return append(a.device(n), a.cert) },
			"the profile": func(l *line, a *authority, n int64) []*x509.Certificate { l.store.trust(a); return a.device(n) },
			"both": func(l *line, a *authority, n int64) []*x509.Certificate {
				l.store.trust(a)
				return append(a.device(n), a.cert, l.root.cert)
			},
		} {
			l := newLine(t)
			a := l.between("Line 7")
			good := show(l, a, 100)
			l.check(good, hard, "")
			if n := l.asked.Load(); n != 2 {
				t.Errorf("brought by %s: asked %d times, about a device and the authority above it", name, n)
			}
			l.check(show(l, a, 101), hard, "")
			if n := l.asked.Load(); n != 3 {
				t.Errorf("brought by %s: asked %d times, though one of the two was known", name, n)
			}
			bad := show(l, l.between("Line 8"), 102)
			l.say(7, ocsp.Revoked)
			l.check(bad, soft, muster.ReasonCertificateRevoked)
			l.stop()
			l.set(0, errors.New("no network"))
			l.begin()
			l.check(bad, soft, muster.ReasonCertificateRevoked)
			l.check(good, hard, "")
			l.stop()
		}
	})
}

func TestTheHardRuleIsAlsoThatOfAuthoritiesThatAreAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		a := l.between("Line 7")
		l.say(7, ocsp.Unknown)
		l.check(append(a.device(100), a.cert), soft, "")
		l.check(append(a.device(100), a.cert), hard, muster.ReasonRevocationUnknown)
		if _, err := l.Create(t.Context(), "users", Source{CRL: l.root.scoped(0x81, 0)}); err != nil {
			t.Fatal(err)
		}
		l.check(append(a.device(100), a.cert), hard, muster.ReasonRevocationUnknown)
		if _, err := l.Create(t.Context(), "authorities", Source{CRL: l.root.scoped(0x82, 0)}); err != nil {
			t.Fatal(err)
		}
		l.check(append(a.device(100), a.cert), hard, "")
		revoked := l.root.below("Line 8") // for which nobody answers
		l.say(7, ocsp.Revoked)
		l.check(append(revoked.device(100), revoked.cert), hard, muster.ReasonCertificateRevoked)
		l.stop()
	})
}

func TestAResponderThatDoesNotAnswerForAnAuthorityAboveAnswersForDevicesAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		strange := l.root.below("Line 8") // for which nobody answers
		l.check(append(strange.device(100), strange.cert), soft, "")
		l.check(l.root.device(5), hard, "")
		a := l.root.below("Line 9")
		below := a.below("Station 3")
		l.mu.Lock()
		l.below = append(l.below, below)
		l.mu.Unlock()
		l.check(append(below.device(101), below.cert, a.cert), soft, "") // of the station nobody knows
		if all := l.Responders(); len(all) != 1 || all[0].Failure != "" {
			t.Errorf("shown as %+v", all)
		}
		l.check(append(below.device(102), below.cert, a.cert), hard, muster.ReasonRevocationUnknown)
		l.check(l.root.device(6), hard, "")
		l.stop()
	})
}

func TestNobodyWaitsLongerForSeveralAnswersThanForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		a := l.between("Line 7")
		l.takes = askWait * 3 / 4
		began := time.Now()
		l.check(append(a.device(100), a.cert), hard, "")
		if took := time.Since(began); took != l.takes {
			t.Errorf("it waited %v for two answers that took %v each", took, l.takes)
		}
		l.takes = time.Hour
		began = time.Now()
		l.check(append(l.between("Line 8").device(101), a.cert), soft, "")
		if took := time.Since(began); took > askWait {
			t.Errorf("it waited %v", took)
		}
		l.stop()
	})
}

func TestASessionEndsWhenAnAuthorityAboveItsDeviceIsRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		a := l.between("Line 7")
		device := append(a.device(100), a.cert)
		l.check(device, hard, "")
		open := l.enter(device)
		time.Sleep(time.Hour)
		if err := l.Judge(open, hard); err != nil {
			t.Error(err)
		}
		l.say(7, ocsp.Revoked)
		time.Sleep(6 * time.Minute)
		if err := l.Judge(open, soft); muster.ReasonOf(err) != muster.ReasonCertificateRevoked {
			t.Error(err)
		}
		l.mu.Lock()
		l.live = nil
		l.mu.Unlock()
		time.Sleep(2 * time.Hour)
		l.check(l.root.device(6), hard, "")
		l.check(device, soft, muster.ReasonCertificateRevoked)
		l.stop()
	})
}

func TestWhatIsTrustedByItselfIsAskedAboutOnlyIfWhoHasIssuedItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		a := l.between("Line 7")
		l.store.profile.Settings.Chain.CA = armoured("CERTIFICATE", a.cert.Raw)
		l.say(7, ocsp.Revoked)
		l.check(a.device(100), hard, "")
		if n := l.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		l.stop()
	})
}

func TestADeviceBelowAnAuthorityOfItsProfileThatAListNamesIsRevokedWhateverItShows(t *testing.T) {
	d := newDesk(t)
	first := d.root.below("Line 7")
	second, other := first.below("Station 3"), d.root.again(d.root.below("Line 8"), 8)
	d.store.trust(first, second, other)
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 7)}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d.expect(first.device(5), soft, muster.ReasonCertificateRevoked)
		d.expect(second.device(5), soft, muster.ReasonCertificateRevoked)
		d.expect(append(second.device(5), second.cert), soft, muster.ReasonCertificateRevoked)
		d.expect(other.device(5), soft, "")
		d.expect(d.root.device(5), soft, "")
		d.open() // as after a restart
	}
	elsewhere := &muster.Identity{Profile: muster.NewID[muster.Profile]()}
	if err := d.Check(t.Context(), first.device(5), elsewhere); err != nil {
		t.Errorf("a device of a profile that does not trust it: %v", err)
	}
}

func TestAnAuthorityThatAProfileTrustsLaterIsFoundInListsThatAreThere(t *testing.T) {
	d := newDesk(t)
	first := d.root.below("Line 7")
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 7)}); err != nil {
		t.Fatal(err)
	}
	d.look(t.Context())
	judged := d.judged
	later := func() {
		d.now = d.now.Add(trustEvery)
		d.look(t.Context())
	}
	later()
	d.expect(first.device(5), soft, "")
	if d.judged != judged {
		t.Error("sessions are judged though nothing has changed")
	}
	d.store.trust(first)
	later()
	d.expect(first.device(5), soft, muster.ReasonCertificateRevoked)
	d.store.trust(d.root.again(first, 9))
	later()
	d.expect(first.device(5), soft, "") // another certificate of the same key leads to the root
	if d.judged != judged+2 {
		t.Errorf("sessions are judged %d times", d.judged-judged)
	}
}

func TestAHandshakeWithoutRespondersReadsAndRemembersNothing(t *testing.T) {
	d := newDesk(t)
	a := d.root.below("Line 7")
	d.store.trust(a)
	chain, who := append(a.device(5), a.cert), &muster.Identity{}
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 8)}); err != nil {
		t.Fatal(err)
	}
	d.store.reads = 0
	allocated := testing.AllocsPerRun(100, func() {
		if err := d.Check(t.Context(), chain, who); err != nil {
			t.Fatal(err)
		}
	})
	if n := d.answers.size(); allocated > 3 || d.store.reads > 0 || n > 0 {
		t.Errorf("%v allocations, %d reads, %d answers", allocated, d.store.reads, n)
	}
}
