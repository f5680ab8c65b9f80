package dispatch_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A plant is an authority that makes certificates for devices.
type plant struct {
	t    testing.TB
	root *x509.Certificate
	key  *ecdsa.PrivateKey
	next int64
}

func (p *plant) issue(template, above *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	if above == nil {
		above, signer = template, key
	}
	p.next++
	template.SerialNumber = big.NewInt(p.next)
	der, err := x509.CreateCertificate(rand.Reader, template, above, key.Public(), signer)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		p.t.Fatal(err)
	}
	return c, key
}

// leaf returns a certificate for the device, issued so long ago.
func (p *plant) leaf(name string, ago time.Duration) *x509.Certificate {
	c, _ := p.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-ago), NotAfter: time.Now().Add(time.Hour),
	}, p.root, p.key)
	return c
}

// plant makes a profile whose devices come in with certificates of a new authority.
func (h *house) plant() *plant {
	h.t.Helper()
	p := &plant{t: h.t}
	p.root, p.key = p.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "plant"}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true,
	}, nil, nil)
	rule := &muster.ChainRule{
		CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.root.Raw})), CNPattern: "^(meter.*)$", AllowCreate: true,
	}
	_, _, err := h.fleet.CreateProfile(h.t.Context(), fleet.NewProfile{
		Name: "meters", Strategy: muster.StrategyX509Chain, Settings: muster.ProfileSettings{Chain: rule},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func certified(c *x509.Certificate) *muster.Hello {
	return &muster.Hello{Transport: muster.MQTT, Secure: true, Chain: []*x509.Certificate{c}, Remote: netip.MustParseAddr("192.0.2.1")}
}

// stories returns the attempts that the journal has, each as action, reason and detail, the oldest first.
func (h *house) stories() []string {
	h.t.Helper()
	all, err := h.journal.Attempts(h.t.Context(), muster.AttemptQuery{Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	var told []string
	for _, a := range slices.Backward(all) {
		told = append(told, strings.Join([]string{a.Action.String(), a.Name, string(a.Reason), a.Way.String()}, " "))
	}
	return told
}

func TestADeviceThatAnAuthorityVouchesForComesInAtOnce(t *testing.T) {
	h := newHouse(t)
	p := h.plant()
	old, fresh := p.leaf("meter-1", 2*time.Hour), p.leaf("meter-1", time.Hour)
	peer, err := h.Connect(t.Context(), certified(old))
	if err != nil || peer.Identity().Name != "meter-1" {
		t.Fatalf("got %v", err)
	}
	ended := make(chan error, 1)
	if _, err := peer.Listen(func(why error) { ended <- why }); err != nil {
		t.Fatal(err)
	}
	again, err := h.Connect(t.Context(), certified(fresh))
	if err != nil || again.Identity().Device != peer.Identity().Device {
		t.Fatalf("got %v", err)
	}
	select {
	case why := <-ended:
		if muster.ReasonOf(why) != muster.ReasonCredentialChanged {
			t.Errorf("its session ended with %v", why)
		}
	case <-time.After(10 * time.Second):
		t.Error("the session with the old certificate goes on")
	}
	if _, err := again.Listen(func(error) {}); err != nil {
		t.Error(err)
	}
	if _, err := h.Connect(t.Context(), certified(old)); muster.ReasonOf(err) != muster.ReasonCredentialRevoked {
		t.Errorf("with the old certificate: %v", err)
	}
	if _, err := h.Connect(t.Context(), certified(p.leaf("pump-1", time.Hour))); muster.ReasonOf(err) != muster.ReasonCertificateNameUnfit {
		t.Errorf("with another's name: %v", err)
	}
	want := []string{
		"provision meter-1  created", "connect meter-1  ", // twice, and counted together
		"disconnect meter-1 credential-changed ", "provision meter-1  renewed",
		"connect meter-1 credential-revoked ", "provision pump-1 certificate-name-unfit ",
	}
	if got := h.stories(); !slices.Equal(got, want) {
		t.Errorf("the journal tells\n%s", strings.Join(got, "\n"))
	}
}

func TestAnAddressThatFailsTooOftenIsNotVouchedFor(t *testing.T) {
	h := newHouse(t)
	p := h.plant()
	for range 5 {
		if _, err := h.Connect(t.Context(), certified(p.leaf("pump", time.Hour))); muster.ReasonOf(err) != muster.ReasonCertificateNameUnfit {
			t.Fatalf("got %v", err)
		}
	}
	good := p.leaf("meter-1", time.Hour)
	if _, err := h.Connect(t.Context(), certified(good)); muster.ReasonOf(err) != muster.ReasonRateLimited {
		t.Errorf("got %v", err)
	}
	elsewhere := certified(good)
	elsewhere.Remote = netip.MustParseAddr("192.0.2.2")
	if _, err := h.Connect(t.Context(), elsewhere); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if _, err := h.Connect(t.Context(), certified(good)); err != nil {
		t.Errorf("once it is known: %v", err)
	}
}
