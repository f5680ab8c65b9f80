package revocation

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// answer signs what is said of a certificate that above has issued.
func (a *authority) answer(above *authority, of *x509.Certificate, says ocsp.Response) []byte {
	a.t.Helper()
	says.SerialNumber = of.SerialNumber
	if says.ThisUpdate.IsZero() {
		says.ThisUpdate, says.NextUpdate = noon.Add(-time.Minute), noon.Add(time.Hour)
	}
	if a != above {
		says.Certificate = a.cert
	}
	der, err := ocsp.CreateResponse(above.cert, a.cert, says, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// responder returns one whom the authority has named for answers, or for something else.
func (a *authority) responder(use x509.ExtKeyUsage) *authority {
	return a.sign(&x509.Certificate{SerialNumber: big.NewInt(99), Subject: pkix.Name{CommonName: "Responder"}, ExtKeyUsage: []x509.ExtKeyUsage{use}})
}

func TestAnAnswerIsBelievedIfItIsToTheQuestionAndSignedByWhomTheIssuerNames(t *testing.T) {
	root, twin, other := newRoot(t, "Plant"), newRoot(t, "Plant"), newRoot(t, "Other")
	leaf := root.device(5)[0]
	named := root.responder(x509.ExtKeyUsageOCSPSigning)
	good := ocsp.Response{Status: ocsp.Good}
	at := func(made, next time.Duration) ocsp.Response {
		return ocsp.Response{Status: ocsp.Good, ThisUpdate: noon.Add(made), NextUpdate: noon.Add(next)}
	}
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text     []byte
		believed bool
		want     status
	}{
		"good":                               {root.answer(root, leaf, good), true, statusGood},
		"revoked":                            {root.answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}), true, statusRevoked},
		"unknown":                            {root.answer(root, leaf, ocsp.Response{Status: ocsp.Unknown}), true, statusUnknown},
		"by a responder that is named":       {named.answer(root, leaf, good), true, statusGood},
		"by one that is named for clients":   {root.responder(x509.ExtKeyUsageClientAuth).answer(root, leaf, good), false, 0},
		"by one whom another has named":      {other.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, good), false, 0},
		"by one whom a twin has named":       {twin.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, good), false, 0},
		"by a key that nobody has named":     {twin.answer(twin, leaf, good), false, 0},
		"about another certificate":          {root.answer(root, root.device(6)[0], good), false, 0},
		"about the number of another issuer": {named.answer(other, leaf, good), false, 0},
		"without a date of the next":         {root.answer(root, leaf, ocsp.Response{Status: ocsp.Good, ThisUpdate: noon}), true, statusGood},
		"past its date":                      {root.answer(root, leaf, at(-2*time.Hour, -time.Hour)), false, 0},
		"of the future":                      {root.answer(root, leaf, at(time.Hour, 2*time.Hour)), false, 0},
		"by a clock that is a little ahead":  {root.answer(root, leaf, at(time.Minute, time.Hour)), true, statusGood},
		"no time":                            {ocsp.TryLaterErrorResponse, false, 0},
		"noise":                              {[]byte("noise"), false, 0},
		"nothing":                            {nil, false, 0},
		"whole, and something behind it":     {append(root.answer(root, leaf, good), 0), false, 0},
		"changed on the way": {bytes.Replace(root.answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}),
			[]byte("20261201"), []byte("20261202"), 1), false, 0},
	} {
		s, _, err := q.read(test.text, noon)
		if (err == nil) != test.believed || err == nil && s.status != test.want {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, _, err := q.read(named.answer(root, leaf, at(999*time.Hour, 1002*time.Hour)), noon.Add(1001*time.Hour)); err == nil {
		t.Error("a responder that has expired is believed")
	}
}

func TestAResponderIsTheOneThatIsNamed(t *testing.T) {
	root := newRoot(t, "Plant")
	naming := func(all ...string) *x509.Certificate {
		return root.sign(&x509.Certificate{SerialNumber: big.NewInt(5), OCSPServer: all}).cert
	}
	for name, test := range map[string]struct {
		leaf       *x509.Certificate
		from, want string
	}{
		"by the profile":          {naming("http://leaf.example"), "http://profile.example/ocsp", "http://profile.example/ocsp"},
		"by the certificate":      {naming("ldap://x", "http://a@b/", "https://leaf.example/"), muster.OCSPFromCertificate, "https://leaf.example/"},
		"by nobody":               {naming(), muster.OCSPFromCertificate, ""},
		"by what cannot be asked": {naming("file:///etc/passwd", "http:///"), muster.OCSPFromCertificate, ""},
		"by what cannot be shown": {naming("http://leaf.example/\xff"), muster.OCSPFromCertificate, ""},
	} {
		q, err := newQuestion(test.leaf, root.cert, test.from)
		if (err == nil) != (test.want != "") || err == nil && q.url != test.want {
			t.Errorf("%s: %+v, %v", name, q, err)
		}
	}
}

// A line is a service in a bubble of time, whose responder is set by hand.
type line struct {
	*desk
	mu     sync.Mutex // guards url, says, made, fails and live
	url    string     // asked last
	says   ocsp.Response
	made   time.Time // zero: when it is asked
	fails  error
	takes  time.Duration
	asked  atomic.Int64
	judged atomic.Int64
	live   []Shown
	stop   func()
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{desk: newDesk(t)}
	l.store.profile.Settings.Chain.OCSP = "http://ocsp.example"
	l.begin()
	return l
}

// begin is a start, with what is kept.
func (l *line) begin() {
	start := time.Now().Add(-l.now.Sub(noon))
	l.Service = New(l.store, Options{
		Now: func() time.Time { return noon.Add(time.Since(start)) },
		Ask: func(ctx context.Context, url string, question []byte, _ int) ([]byte, error) {
			l.asked.Add(1)
			select {
			case <-time.After(l.takes):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.url = url; l.fails != nil {
				return nil, l.fails
			}
			r, err := ocsp.ParseRequest(question)
			if err != nil {
				return nil, err
			}
			says := l.says
			if says.ThisUpdate = l.made; l.made.IsZero() {
				says.ThisUpdate = l.o.Now()
			}
			says.NextUpdate = l.o.Now().Add(10 * time.Minute)
			return l.root.answer(l.root, &x509.Certificate{SerialNumber: r.SerialNumber}, says), nil
		},
		Changed: func() {
			l.judged.Add(1)
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, s := range l.live {
				_ = l.Judge(s, soft)
			}
		},
	})
	if err := l.Load(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(l.t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	l.stop = func() {
		cancel()
		running.Wait()
	}
}

func (l *line) set(status int, fails error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.says, l.fails = ocsp.Response{Status: status, RevokedAt: noon}, fails
}

// enter opens a session.
func (l *line) enter(chain []*x509.Certificate) Shown {
	s := l.Shown(chain, &muster.Identity{Asks: true})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = []Shown{s}
	return s
}

func (l *line) check(chain []*x509.Certificate, rule muster.RevocationRule, want muster.Reason) {
	l.t.Helper()
	if err := l.Check(l.t.Context(), chain, &muster.Identity{Revocation: rule, Asks: true}); muster.ReasonOf(err) != want {
		l.t.Errorf("by the %s rule: %v, want %q", rule, err, want)
	}
}

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
		of := func(chain []*x509.Certificate) *x509.Certificate { return l.answers.get(chain[0]).asks.issuer }
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
		between := l.root.below("Line 7")
		l.check(append(between.device(8), between.cert), hard, muster.ReasonRevocationUnknown) // the responder signs as the root, which is not the issuer
		if n := l.asked.Load(); n != 1 {
			t.Errorf("asked %d times about a device below an intermediate", n)
		}
		l.stop()
	})
}

func FuzzReadAnswer(f *testing.F) {
	t := new(testing.T)
	root := newRoot(t, "Plant")
	leaf := root.device(5)[0]
	q, err := newQuestion(leaf, root.cert, "http://ocsp.example")
	if err != nil {
		f.Fatal(err)
	}
	stranger := newRoot(t, "Plant")
	f.Add(stranger.answer(stranger, leaf, ocsp.Response{Status: ocsp.Good}))
	f.Add(stranger.responder(x509.ExtKeyUsageOCSPSigning).answer(root, leaf, ocsp.Response{Status: ocsp.Revoked, RevokedAt: noon}))
	f.Add([]byte{0x30, 3, 10, 1, 3})
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := q.read(text, noon); err == nil {
			t.Error("an answer that nobody has signed is believed")
		}
		_ = q.about(text)
	})
}
