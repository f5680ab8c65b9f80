package revocation

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

func TestWhatAListNamesIsRevokedAlsoWhenItIsPastItsDate(t *testing.T) {
	d := newDesk(t)
	bad, good, foreign := d.root.device(5), d.root.device(6), newRoot(t, "Other").device(5)
	for _, chain := range [][]*x509.Certificate{bad, good, foreign} {
		d.expect(chain, soft, "")
		d.expect(chain, hard, muster.ReasonRevocationUnknown)
	}
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 5)}); err != nil {
		t.Fatal(err)
	}
	if d.judged != 1 {
		t.Errorf("sessions are judged %d times", d.judged)
	}
	for range 2 {
		d.expect(bad, soft, muster.ReasonCertificateRevoked)
		d.expect(bad, hard, muster.ReasonCertificateRevoked)
		d.expect(good, hard, "")
		d.expect(foreign, soft, "")
		d.expect(foreign, hard, muster.ReasonRevocationUnknown)
		d.open()
	}
	d.now = noon.Add(time.Hour)
	d.expect(bad, soft, muster.ReasonCertificateRevoked)
	d.expect(good, soft, "")
	d.expect(good, hard, muster.ReasonRevocationUnknown)
	d.look(t.Context())
	d.look(t.Context())
	if !slices.Equal(d.outdated, []string{"plant 13:00:00"}) || !d.Lists()[0].Outdated {
		t.Errorf("told %q", d.outdated)
	}
	d.expect(nil, hard, "") // who shows no certificate
	if err := d.Delete(t.Context(), "plant"); err != nil {
		t.Fatal(err)
	}
	d.expect(bad, soft, "")
}

func TestADeviceBelowARevokedIntermediateIsRevoked(t *testing.T) {
	d := newDesk(t)
	between := d.root.below("Line 7")
	chain := append(between.device(5), between.cert, d.root.cert)
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 7)}); err != nil {
		t.Fatal(err)
	}
	d.expect(chain, soft, muster.ReasonCertificateRevoked)
}

func TestAnIntermediateSignsAListIfItLeadsToATrustedAuthority(t *testing.T) {
	d := newDesk(t)
	between, stranger := d.root.below("Line 7"), newRoot(t, "Stranger")
	list := between.list(1, 0, time.Hour, 5)
	for name, issuer := range map[string]string{
		"nobody":   "",
		"stranger": armoured("CERTIFICATE", stranger.cert.Raw),
		"noise":    "-----BEGIN NOISE-----",
	} {
		if _, err := d.Create(t.Context(), name, Source{CRL: list, Issuer: issuer}); !errors.Is(err, muster.ReasonRevocationListInvalid) {
			t.Errorf("signed by %s: %v", name, err)
		}
	}
	if _, err := d.Create(t.Context(), "line", Source{CRL: list, Issuer: armoured("CERTIFICATE", between.cert.Raw)}); err != nil {
		t.Fatal(err)
	}
	d.expect(between.device(5), soft, muster.ReasonCertificateRevoked)
}

func TestAListThatCannotBeUsedIsRefused(t *testing.T) {
	d := newDesk(t)
	critical := func(id asn1.ObjectIdentifier, value ...byte) []byte {
		return d.root.special(&x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: noon, NextUpdate: noon.Add(time.Hour),
			ExtraExtensions: []pkix.Extension{{Id: id, Critical: true, Value: value}},
		})
	}
	twin := newRoot(t, "Plant") // of the same name, with another key
	for name, list := range map[string][]byte{
		"noise":                   []byte("noise"),
		"of another key":          twin.list(1, 0, time.Hour),
		"of another name":         newRoot(t, "Other").list(1, 0, time.Hour),
		"of the future":           d.root.list(1, time.Hour, 2*time.Hour),
		"a delta":                 critical(asn1.ObjectIdentifier{2, 5, 29, 27}, 2, 1, 1),
		"of nobody":               critical(distributionPoint, 0x30, 6, 0x81, 1, 0xff, 0x82, 1, 0xff),
		"of attributes":           critical(distributionPoint, 0x30, 3, 0x85, 1, 0xff),
		"of some reasons":         critical(distributionPoint, 0x30, 4, 0x83, 2, 1, 2),
		"in the name of others":   critical(distributionPoint, 0x30, 3, 0x84, 1, 0xff),
		"with a broken extension": critical(distributionPoint, 0x30, 9),
	} {
		if _, err := d.Create(t.Context(), "plant", Source{CRL: list}); !errors.Is(err, muster.ReasonRevocationListInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, from := range map[string]Source{
		"neither": {}, "both": {URL: "http://x", CRL: []byte("x")}, "a file": {URL: "file:///etc/passwd"}, "with a user": {URL: "http://a:b@x/"},
	} {
		if _, err := d.Create(t.Context(), name, from); !errors.Is(err, muster.ReasonRequestInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scoped signs a list that is of users alone (0x81) or of authorities alone (0x82).
func (a *authority) scoped(tag byte, made time.Duration, serials ...int64) []byte {
	return a.special(&x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: noon.Add(made), NextUpdate: noon.Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: distributionPoint, Critical: true, Value: []byte{0x30, 3, tag, 1, 0xff}}},
	}, serials...)
}

func TestAListOfUsersSaysNothingOfAuthoritiesAndTheOtherWayRound(t *testing.T) {
	d := newDesk(t)
	between := d.root.below("Line 7") // of the number 7
	five, seven, below := d.root.device(5), d.root.device(7), append(between.device(5), between.cert)
	if _, err := d.Create(t.Context(), "users", Source{CRL: []byte(armoured("X509 CRL", d.root.scoped(0x81, 0, 7)))}); err != nil {
		t.Fatal(err)
	}
	d.expect(seven, soft, muster.ReasonCertificateRevoked)
	d.expect(below, soft, "")
	d.expect(five, hard, "")
	if err := d.Delete(t.Context(), "users"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(t.Context(), "authorities", Source{CRL: d.root.scoped(0x82, 0, 7)}); err != nil {
		t.Fatal(err)
	}
	d.expect(seven, soft, "")
	d.expect(below, soft, muster.ReasonCertificateRevoked)
	d.expect(five, hard, muster.ReasonRevocationUnknown)
}

func TestAListFromOneOfSeveralPointsIsWholeForCertificatesThatNameIt(t *testing.T) {
	d := newDesk(t)
	at := func(serial int64, points ...string) []*x509.Certificate {
		return []*x509.Certificate{d.root.sign(&x509.Certificate{SerialNumber: big.NewInt(serial), CRLDistributionPoints: points}).cert}
	}
	here, there, nowhere := "http://pki.example/1.crl", "http://pki.example/2.crl", d.root.device(8)
	full := append([]byte{0xa0, byte(2 + len(here)), 0x86, byte(len(here))}, here...)
	value := append([]byte{0x30, byte(2 + len(full)), 0xa0, byte(len(full))}, full...)
	list := d.root.special(&x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: noon, NextUpdate: noon.Add(time.Hour),
		ExtraExtensions: []pkix.Extension{{Id: distributionPoint, Critical: true, Value: value}},
	}, 5)
	if _, err := d.Create(t.Context(), "part", Source{CRL: list}); err != nil {
		t.Fatal(err)
	}
	d.expect(at(5, there), soft, muster.ReasonCertificateRevoked)
	d.expect(at(6, here), hard, "")
	d.expect(at(6, there, here), hard, "")
	for _, chain := range [][]*x509.Certificate{at(7, there), nowhere} {
		d.expect(chain, hard, muster.ReasonRevocationUnknown)
		d.expect(chain, soft, "")
	}
}

func TestWhoAnswersSlowlyKeepsNoOtherListWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.served = d.root.list(1, 0, 100*time.Hour)
		for _, name := range []string{"a", "b", "slow 1", "slow 2", "slow 3"} {
			if _, err := d.Create(t.Context(), name, Source{URL: "http://pki.example/" + name[:1]}); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		var most, now atomic.Int64
		d.o.Now = func() time.Time { return noon.Add(time.Since(start)) }
		d.o.Fetch = func(ctx context.Context, url string, _ int) ([]byte, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			if strings.HasSuffix(url, "s") {
				select {
				case <-time.After(30 * time.Second):
				case <-ctx.Done():
				}
				return nil, errors.New("too slow")
			}
			return d.root.list(2, time.Hour, 100*time.Hour, 5), nil
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		time.Sleep(fetchEvery + 3*time.Second)
		for _, l := range d.Lists() {
			if fetched := l.Entries == 1; fetched == strings.HasPrefix(l.Name, "slow") {
				t.Errorf("%s: fetched %v", l.Name, fetched)
			}
		}
		time.Sleep(30 * time.Second)
		if l, err := d.List("slow 3"); err != nil || l.Failure == "" {
			t.Errorf("%+v, %v", l, err)
		}
		if n := most.Load(); n > fetchMost {
			t.Errorf("%d were fetched at once", n)
		}
		stop()
		running.Wait()
	})
}

func TestWhatIsFetchedAgainIsOfTheSameCertificates(t *testing.T) {
	d := newDesk(t)
	other := newRoot(t, "Other")
	d.store.profile.Settings.Chain.CA += armoured("CERTIFICATE", other.cert.Raw)
	d.served = d.root.scoped(0x81, 0, 5)
	if _, err := d.Create(t.Context(), "plant", Source{URL: "http://pki.example/plant.crl"}); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][]byte{
		"of another authority": other.list(9, time.Minute, time.Hour),
		"of authorities":       d.root.scoped(0x82, time.Minute),
	} {
		d.served = list
		if _, err := d.Refresh(t.Context(), "plant"); !errors.Is(err, muster.ReasonRevocationListInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		d.expect(d.root.device(5), soft, muster.ReasonCertificateRevoked)
	}
	if _, err := d.Update(t.Context(), "plant", Source{CRL: other.list(9, time.Minute, time.Hour)}); err != nil {
		t.Errorf("by hand: %v", err)
	}
}

func TestTheHardRuleIsNotForOurOwnAuthority(t *testing.T) {
	d := newDesk(t)
	own := newRoot(t, "Ours")
	d.o.Own = func(issuer, keyID string) bool { return issuer == string(own.cert.RawSubject) && keyID == "Ours" }
	d.expect(own.device(5), hard, "")
	d.expect(d.root.device(5), hard, muster.ReasonRevocationUnknown)
}

func TestAListIsFetchedAgainAndNeverGoesBack(t *testing.T) {
	d := newDesk(t)
	device := d.root.device(5)
	old := d.root.list(1, 0, 4*time.Hour)
	d.served = old
	made, err := d.Create(t.Context(), "plant", Source{URL: "http://pki.example/plant.crl"})
	if err != nil {
		t.Fatal(err)
	}
	d.look(t.Context())
	d.now = noon.Add(fetchEvery)
	d.look(t.Context())
	if d.judged != 1 {
		t.Errorf("sessions are judged %d times by one list", d.judged)
	}
	d.served = d.root.list(2, time.Hour, 4*time.Hour, 5)
	d.now = noon.Add(2 * fetchEvery)
	d.look(t.Context())
	d.expect(device, soft, muster.ReasonCertificateRevoked)
	if d.judged != 2 {
		t.Errorf("sessions are judged %d times", d.judged)
	}
	d.served = old
	if _, err := d.Refresh(t.Context(), "plant"); !errors.Is(err, muster.ReasonRevocationListInvalid) {
		t.Errorf("an older list: %v", err)
	}
	d.offline = errors.New("no network")
	if _, err := d.Refresh(t.Context(), "plant"); !errors.Is(err, muster.ReasonRevocationListUnreachable) {
		t.Errorf("without a network: %v", err)
	}
	d.open()
	d.expect(device, soft, muster.ReasonCertificateRevoked)
	if _, err := d.Update(t.Context(), "plant", Source{CRL: d.root.list(3, 2*time.Hour, 4*time.Hour)}, made.Version()); !errors.Is(err, muster.ReasonVersionStale) {
		t.Errorf("a list that was not seen: %v", err)
	}
	if l, err := d.Update(t.Context(), "plant", Source{CRL: d.root.list(3, 2*time.Hour, 4*time.Hour)}); err != nil || l.URL != "" {
		t.Errorf("handed in: %+v, %v", l, err)
	}
	d.expect(device, soft, "")
	if _, err := d.Refresh(t.Context(), "plant"); !errors.Is(err, muster.ReasonRequestInvalid) {
		t.Errorf("a list without a URL is fetched: %v", err)
	}
}

func TestAListOfAnAuthorityThatNobodyTrustsAnyMoreIsNotUsed(t *testing.T) {
	d := newDesk(t)
	if _, err := d.Create(t.Context(), "plant", Source{CRL: d.root.list(1, 0, time.Hour, 5)}); err != nil {
		t.Fatal(err)
	}
	d.store.profile.Strategy = muster.StrategyDisabled
	d.open()
	d.expect(d.root.device(5), soft, "")
	if l := d.Lists()[0]; l.Failure == "" || l.Subject != "" {
		t.Errorf("it is shown as %+v", l)
	}
}

// BenchmarkCheckWithoutAResponder is what each handshake pays whose profile has nobody asked.
func BenchmarkCheckWithoutAResponder(b *testing.B) {
	root := newRoot(new(testing.T), "Plant")
	s, who := New(&shelf{}, Options{}), &muster.Identity{}
	chain := append(root.device(5), root.cert)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Check(b.Context(), chain, who); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudgeInAHundredThousand(b *testing.B) {
	s := New(&shelf{}, Options{})
	list := &crl{issuer: "issuer", nextUpdate: time.Now().Add(time.Hour), serials: map[string]struct{}{}}
	for i := range int64(100_000) {
		list.serials[string(new(big.Int).Lsh(big.NewInt(i), 64).Bytes())] = struct{}{}
	}
	s.index.Store(&index{lists: map[string][]*crl{"issuer": {list}}})
	shown := Shown{marks: Marks([]*x509.Certificate{{RawIssuer: []byte("issuer"), SerialNumber: big.NewInt(1)}})}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Judge(shown, hard); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReadCRL(f *testing.F) {
	f.Add([]byte("-----BEGIN X509 CRL-----\n-----END X509 CRL-----"), []byte{0x30, 3, 0x81, 1, 0xff})
	f.Add([]byte{0x30, 0}, []byte{0x30, 5, 0xa0, 3, 0xa0, 1, 0x86})
	f.Fuzz(func(t *testing.T, text, point []byte) {
		if _, _, err := readCRL(text, nil, noon); err == nil {
			t.Error("a list that nobody has signed is believed")
		}
		_, _, _ = readScope(point)
	})
}
