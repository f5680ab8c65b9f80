package revocation

import (
	"crypto/x509"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

func TestAResponderIsAskedOnceAndItsAnswerKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.takes = time.Second
		five, six := l.root.device(5), l.root.device(6)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { l.check(five, hard, "") })
		}
		all.Wait()
		if n := l.asked.Load(); n != 1 {
			t.Errorf("asked %d times by fifty at once", n)
		}
		l.set(ocsp.Revoked, nil)
		l.check(six, soft, muster.ReasonCertificateRevoked)
		l.stop()
		l.set(0, errors.New("no network"))
		l.begin()
		l.check(five, hard, "")
		l.check(six, soft, muster.ReasonCertificateRevoked)
		time.Sleep(20 * time.Minute)
		l.check(six, soft, muster.ReasonCertificateRevoked)
		l.check(five, soft, "")
		l.check(five, hard, muster.ReasonRevocationUnknown)
		l.stop()
	})
}

func TestNobodyWaitsLongForAResponder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.takes = time.Hour
		for i, wait := range []time.Duration{askWait, askWait} {
			began := time.Now()
			l.check(l.root.device(int64(100+i)), soft, "")
			if took := time.Since(began); took != wait {
				t.Errorf("device %d waited %v", i, took)
			}
		}
		time.Sleep(askTime) // it has failed by now
		asked, began := l.asked.Load(), time.Now()
		for i := range int64(100) {
			l.check(l.root.device(200+i), hard, muster.ReasonRevocationUnknown)
		}
		if took := time.Since(began); took != 0 || l.asked.Load() != asked {
			t.Errorf("a hundred devices waited %v for a responder that has failed, which was asked %d times", took, l.asked.Load()-asked)
		}
		if all := l.Responders(); len(all) != 1 || all[0].Failure == "" {
			t.Errorf("shown as %+v", all)
		}
		if n := l.warned.Load(); n != 1 {
			t.Errorf("it was warned of %d times", n)
		}
		l.takes = 0
		time.Sleep(askRest)
		l.check(l.root.device(200), hard, "")
		if all := l.Responders(); all[0].Failure != "" {
			t.Errorf("shown as %+v", all)
		}
		l.stop()
	})
}

func TestManyDevicesAtOnceAreAllAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.takes = 100 * time.Millisecond
		chains := make([][]*x509.Certificate, 5*askMost)
		for i := range chains {
			chains[i] = l.root.device(int64(100 + i))
		}
		var all sync.WaitGroup
		for _, chain := range chains {
			all.Go(func() { l.check(chain, hard, "") })
		}
		all.Wait()
		if n := l.asked.Load(); n != int64(len(chains)) {
			t.Errorf("asked %d times", n)
		}
		l.stop()
	})
}

func TestASessionThatBeganWhileNobodyCouldBeAskedIsAskedAboutLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		l.set(ocsp.Revoked, errors.New("no network"))
		l.check(l.root.device(5), soft, "")
		device := l.root.device(6)
		l.check(device, soft, "") // the responder rests
		open := l.enter(device)
		l.set(ocsp.Revoked, nil)
		time.Sleep(2*askRest + askRound)
		if err := l.Judge(open, soft); muster.ReasonOf(err) != muster.ReasonCertificateRevoked {
			t.Error(err)
		}
		l.stop()
	})
}

func TestAnotherResponderIsAskedAboutSessionsThatAreOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		device, other := l.root.device(5), l.root.device(6)
		l.check(device, hard, "")
		l.enter(device)
		l.store.ask("http://second.example")
		time.Sleep(6 * time.Minute)
		l.mu.Lock()
		asked := l.url
		l.mu.Unlock()
		if asked != "http://second.example" {
			t.Errorf("asked at %s", asked)
		}
		n := l.asked.Load()
		l.store.ask("")
		time.Sleep(time.Hour)
		if more := l.asked.Load() - n; more != 0 {
			t.Errorf("asked %d times more though the profile has nobody asked", more)
		}
		l.store.ask("http://third.example")
		l.check(device, hard, "")
		l.check(other, hard, "")
		of := func(chain []*x509.Certificate) *x509.Certificate {
			return l.answers.get(chain[0], false).question().issuer
		}
		if of(device) != of(other) {
			t.Error("the issuer of two certificates is remembered twice")
		}
		l.stop()
	})
}

func TestAResponderThatRepeatsItselfHasNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		device := l.root.device(5)
		l.check(device, hard, "")
		l.mu.Lock()
		l.made = noon.Add(-time.Minute)
		l.mu.Unlock()
		l.enter(device)
		time.Sleep(6 * time.Minute)
		if all := l.Responders(); l.asked.Load() < 2 || len(all) != 1 || all[0].Failure != "" {
			t.Errorf("asked %d times, shown as %+v", l.asked.Load(), all)
		}
		l.check(l.root.device(6), hard, "")
		l.mu.Lock()
		l.live = nil
		l.mu.Unlock()
		time.Sleep(respondersKept + 10*time.Second)
		if all := l.Responders(); len(all) != 0 {
			t.Errorf("shown as %+v though nobody asks it", all)
		}
		l.stop()
	})
}

func TestWhoIsRevokedIsNotForgottenForOthers(t *testing.T) {
	k := answers{of: map[[32]byte]*answer{}}
	for i := range byte(8) {
		a := &answer{certificate: [32]byte{i}}
		if i < 7 {
			a.said.Store(&said{status: statusRevoked})
		}
		k.of[a.certificate] = a
	}
	k.makeRoom()
	if _, is := k.of[[32]byte{7}]; is || len(k.of) != 7 {
		t.Errorf("%d are left", len(k.of))
	}
}

func TestTheAnswerAboutAnOpenSessionIsRenewedAndOthersAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		here, gone := l.root.device(5), l.root.device(6)
		l.check(here, hard, "")
		l.check(gone, hard, "")
		open := l.enter(here)
		time.Sleep(time.Hour)
		if n := l.answers.size(); n != 1 {
			t.Errorf("%d answers are remembered", n)
		}
		if n := l.asked.Load(); n < 10 || n > 20 {
			t.Errorf("asked %d times in an hour, about answers of ten minutes", n)
		}
		if err := l.Judge(open, hard); err != nil {
			t.Error(err)
		}
		l.set(ocsp.Revoked, nil)
		time.Sleep(6 * time.Minute)
		if err := l.Judge(open, soft); muster.ReasonOf(err) != muster.ReasonCertificateRevoked {
			t.Errorf("revoked: %v", err)
		}
		l.set(ocsp.Unknown, nil)
		time.Sleep(2 * time.Hour)
		if err := l.Judge(open, soft); muster.ReasonOf(err) != muster.ReasonCertificateRevoked {
			t.Errorf("not known any more: %v", err)
		}
		l.set(ocsp.Good, nil)
		time.Sleep(2 * time.Hour)
		if err := l.Judge(open, hard); err != nil {
			t.Errorf("good again: %v", err)
		}
		l.stop()
	})
}

func TestWhoIsNotAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		own := newRoot(t, "Ours")
		l.o.Own = func(issuer, _ string) bool { return issuer == string(own.cert.RawSubject) }
		l.check(own.device(5), hard, "")
		l.check(newRoot(t, "Stranger").device(5), hard, muster.ReasonRevocationUnknown)
		l.check(newRoot(t, "Stranger").device(5), soft, "")
		if _, err := l.Create(t.Context(), "plant", Source{CRL: l.root.list(1, 0, time.Hour, 5)}); err != nil {
			t.Fatal(err)
		}
		l.check(l.root.device(5), hard, muster.ReasonCertificateRevoked)
		if err := l.Check(t.Context(), l.root.device(6), &muster.Identity{}); err != nil {
			t.Error(err)
		}
		if n := l.asked.Load(); n != 0 {
			t.Errorf("asked %d times", n)
		}
		l.stop()
	})
}
