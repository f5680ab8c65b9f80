package dispatch_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/campaign"
	"muster/internal/dispatch"
	"muster/internal/expiry"
)

const day = 24 * time.Hour

// A lifetime is a house whose clock is set ahead, and what it warns of.
type lifetime struct {
	*house
	mu     sync.Mutex // guards warned
	warned []string   // a device and how many days are left
}

func (l *lifetime) Expiring(h muster.Holder, days int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.warned = append(l.warned, h.Device.Name+map[int]string{30: " 30", 14: " 14", 3: " 3"}[days])
}

// until sets the clock to so many days after the beginning, and returns whom the house warns of then.
func (l *lifetime) until(days int) []string {
	l.t.Helper()
	l.ahead.Store(int64(time.Duration(days) * day))
	l.warned = nil
	ctx, stop := context.WithCancel(l.t.Context())
	looked, now := make(chan struct{}), l.now().Truncate(time.Millisecond)
	go func() {
		defer close(looked)
		expiry.New(l.registry, expiry.Options{Watcher: l, Now: l.now}).Run(ctx)
	}()
	l.eventually("what ends soon is known", func() bool {
		told, err := l.registry.Foretold(ctx, 3) // the last that is looked at
		return err == nil && !told.Before(now.Add(3*day))
	})
	stop()
	<-looked
	slices.Sort(l.warned)
	return l.warned
}

func (l *lifetime) eventually(what string, ok func() bool) {
	l.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("not so: %s", what)
		}
	}
}

// request returns a signing request of a fresh key.
func (l *lifetime) request(names *x509.CertificateRequest) []byte {
	l.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		l.t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, names, key)
	if err != nil {
		l.t.Fatal(err)
	}
	return der
}

// asks has a peer ask for a certificate over MQTT, and returns it.
func (l *lifetime) asks(p *dispatch.Peer, more string) (*x509.Certificate, error) {
	l.t.Helper()
	text, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: l.request(&x509.CertificateRequest{})})))
	m, err := l.say(p, "/provision/request", `{"credentialsType":"X509_CERTIFICATE","csr":`+string(text)+more+`}`)
	if err != nil {
		return nil, err
	}
	var answer struct{ CredentialsValue string }
	if err := json.Unmarshal(m.Body, &answer); err != nil {
		l.t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(answer.CredentialsValue))
	if block == nil {
		l.t.Fatalf("answered with %s", m.Body)
	}
	return l.parse(block.Bytes), nil
}

func (l *lifetime) parse(der []byte) *x509.Certificate {
	l.t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// overMQTT and overEST renew a certificate with itself.
func (l *lifetime) overMQTT(_ string, shown *x509.Certificate) (*x509.Certificate, error) {
	l.t.Helper()
	p, err := l.Connect(l.t.Context(), certified(shown))
	if err != nil {
		return nil, err
	}
	return l.asks(p, "")
}

func (l *lifetime) overEST(name string, shown *x509.Certificate) (*x509.Certificate, error) {
	l.t.Helper()
	names := &x509.CertificateRequest{RawSubject: shown.RawSubject}
	for _, e := range shown.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) { // its other names
			names.ExtraExtensions = append(names.ExtraExtensions, e)
		}
	}
	h := certified(shown)
	h.Transport = muster.HTTP
	m, err := l.Do(l.t.Context(), h, &muster.Request{
		Transport: muster.HTTP, Method: "POST", Path: []string{".well-known", "est", "simplereenroll"},
		Body: []byte(base64.StdEncoding.EncodeToString(l.request(names))),
	})
	if err != nil {
		return nil, err
	}
	all, err := l.registry.Enrolled(l.t.Context(), name)
	if err != nil || len(m.Body) == 0 {
		l.t.Fatalf("answered with %s, %v", m.Body, err)
	}
	e, err := all.Credentials[len(all.Credentials)-1].Open(l.keys)
	if err != nil {
		l.t.Fatal(err)
	}
	der, _ := base64.StdEncoding.DecodeString(e.Certificate)
	return l.parse(der), nil
}

// reports has a device report with a certificate.
func (l *lifetime) reports(shown *x509.Certificate) error {
	l.t.Helper()
	p, err := l.Connect(l.t.Context(), certified(shown))
	if err == nil {
		_, err = l.say(p, telemetryTopic, `{"a":1}`)
	}
	if err := l.who.Settle(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return err
}

func (l *lifetime) refused(about string, err error, want muster.Reason) {
	l.t.Helper()
	if muster.ReasonOf(err) != want {
		l.t.Errorf("%s: %v, not %s", about, err, want)
	}
}

func TestTheLifeOfACertificateFromItsIssueToTheEndOfItsGrace(t *testing.T) {
	l := &lifetime{house: newHouse(t)}
	l.until(0)
	joiner := l.connect("provision")
	has := map[string]*x509.Certificate{}
	for _, name := range []string{"early", "slept-est", "slept-mqtt", "revoked", "slept-too-long"} {
		c, err := l.asks(joiner, `,"deviceName":"`+name+`","provisionDeviceKey":"key","provisionDeviceSecret":"secret"`)
		if err != nil {
			t.Fatal(err)
		}
		if lasts := time.Until(c.NotAfter).Round(time.Hour); lasts != 90*day {
			t.Fatalf("a certificate is good for %v", lasts)
		}
		l.refused(name+" reports", l.reports(c), "")
		has[name] = c
	}
	sleepers := []string{"revoked", "slept-est", "slept-mqtt", "slept-too-long"}
	warned := func(day int, days string, want ...string) {
		t.Helper()
		for i := range want {
			want[i] += " " + days
		}
		if got := l.until(day); !slices.Equal(got, want) {
			t.Errorf("%d days on, the house warns of %q, not of %q", day, got, want)
		}
	}

	// A month before the end everybody is warned of, and the server asks one of the devices. That renews in time.
	warned(59, "30")
	warned(61, "30", append([]string{"early"}, sleepers...)...)
	campaigns := campaign.New(l.registry, campaign.Options{Settle: l.who.Settle, Now: l.now})
	ctx, stop := context.WithCancel(t.Context())
	var background sync.WaitGroup
	background.Go(func() { campaigns.Run(ctx) })
	defer background.Wait()
	defer stop()
	kind := muster.X509Certificate
	c, err := campaigns.Create(t.Context(), muster.CampaignSelection{Search: "early", Kind: &kind, ExpiresBefore: l.now().Add(30 * day)},
		muster.CampaignPace{Wave: 10, Patience: day})
	if err != nil {
		t.Fatal(err)
	}
	progress := func() muster.Campaign {
		t.Helper()
		c, err := campaigns.Campaign(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	l.eventually("early is asked", func() bool { return progress().Progress.Asked == 1 })
	p, err := l.Connect(t.Context(), certified(has["early"]))
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.say(p, "v1/devices/me/attributes/request/1", `{"sharedKeys":"credentialRotation"}`)
	if err != nil || !strings.Contains(string(m.Body), c.ID.String()) {
		t.Errorf("early is told %s, %v", m.Body, err)
	}
	fresh, err := l.overMQTT("early", has["early"])
	if err != nil {
		t.Fatal(err)
	}
	l.refused("before the fresh one was used, the old one", l.reports(has["early"]), "")
	l.refused("the fresh one", l.reports(fresh), "")
	l.refused("when the fresh one was used, the old one", l.reports(has["early"]), muster.ReasonCredentialRevoked)
	l.eventually("the campaign is done", func() bool { c := progress(); return c.State == muster.CampaignDone && c.Progress.Done == 1 })

	// The others sleep on.
	warned(77, "14", slices.Clone(sleepers)...)
	warned(88, "3", slices.Clone(sleepers)...)
	all, err := l.registry.Enrolled(t.Context(), "revoked")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.fleet.RevokeCredential(t.Context(), "revoked", all.Credentials[0].ID); err != nil {
		t.Fatal(err)
	}

	// Ten days after the end a certificate is good for renewing it, and for nothing else.
	l.until(100)
	for name, renew := range map[string]func(string, *x509.Certificate) (*x509.Certificate, error){"slept-est": l.overEST, "slept-mqtt": l.overMQTT} {
		l.refused(name+" reports", l.reports(has[name]), muster.ReasonCredentialExpired)
		fresh, err := renew(name, has[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if lasts := fresh.NotAfter.Sub(l.now()).Round(time.Hour); lasts != 90*day {
			t.Errorf("%s has a certificate for %v", name, lasts)
		}
		l.refused(name+" reports with the fresh one", l.reports(fresh), "")
		_, err = renew(name, has[name])
		l.refused(name+" renews with the old one once more", err, muster.ReasonCredentialRevoked)
	}
	for over, renew := range map[string]func(string, *x509.Certificate) (*x509.Certificate, error){"EST": l.overEST, "MQTT": l.overMQTT} {
		_, err := renew("revoked", has["revoked"])
		l.refused("revoked in between, over "+over, err, muster.ReasonCredentialRevoked)
	}

	// When the thirty days of grace are over, it is good for nothing.
	l.until(121)
	for over, renew := range map[string]func(string, *x509.Certificate) (*x509.Certificate, error){"EST": l.overEST, "MQTT": l.overMQTT} {
		_, err := renew("slept-too-long", has["slept-too-long"])
		l.refused("beyond the grace, over "+over, err, muster.ReasonCredentialExpired)
	}
	l.refused("early, with the one that it has renewed", l.reports(fresh), "")
}
