package storetest

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"muster"
)

func anchorSentences() []sentence {
	return []sentence{
		{"a profile is found by the subjects that it trusts, once", anchoredBySubject},
		{"a certificate is trusted by one profile", anchorTaken},
		{"what a profile trusts changes with it and goes with it", anchorChanges},
		{"a certified device is created with all that belongs to it, and counted", certifiedNew},
		{"a renewed certificate ends and removes others of the device, and of no other", certifiedAgain},
		{"a refusal files nothing", certifiedRefused},
	}
}

// newAuthority returns a certificate of that name in PEM, and what it is found by.
func newAuthority(t *testing.T, name string) (text string, a muster.Anchor) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: birth, NotAfter: birth.Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	rule := muster.ChainRule{CA: text}
	anchors, err := rule.Anchors()
	if err != nil {
		t.Fatal(err)
	}
	return text, anchors[0]
}

// trusting files a profile that trusts the certificates.
func (r *registry) trusting(name, ca string) muster.Profile {
	r.t.Helper()
	p := newProfile(name)
	p.Strategy, p.Settings.Chain = muster.StrategyX509Chain, &muster.ChainRule{CA: ca, CNPattern: "(.*)"}
	r.must(r.CreateProfile(r.t.Context(), p))
	return p
}

// anchored checks which profiles are found by the subjects.
func (r *registry) anchored(want []muster.Profile, subjects ...[sha256.Size]byte) {
	r.t.Helper()
	got, err := r.Anchored(r.t.Context(), subjects)
	r.must(err)
	r.same(got, want)
}

func anchoredBySubject(t *testing.T, r *registry) {
	ca1, a1 := newAuthority(t, "one")
	ca2, a2 := newAuthority(t, "two")
	ca3, _ := newAuthority(t, "one") // another key
	p := r.trusting("p", ca1+ca2+ca1)
	r.anchored([]muster.Profile{p}, a1.Subject, a2.Subject)
	r.anchored(nil, sha256.Sum256([]byte("three")))
	r.anchored(nil)
	q := r.trusting("q", ca3)
	r.reopen()
	r.anchored([]muster.Profile{p}, a2.Subject)
	got, err := r.Anchored(t.Context(), [][sha256.Size]byte{a1.Subject})
	r.must(err)
	r.same(len(got), 2)
	if got[0].ID != q.ID && got[1].ID != q.ID {
		t.Errorf("got %v", got)
	}
}

func anchorTaken(t *testing.T, r *registry) {
	ca, a := newAuthority(t, "one")
	free, _ := newAuthority(t, "two")
	p := r.trusting("p", ca)
	q := newProfile("q")
	q.Strategy, q.Settings.Chain = muster.StrategyX509Chain, &muster.ChainRule{CA: free + ca}
	r.refused(r.CreateProfile(t.Context(), q), muster.ReasonAuthorityTaken)
	_, err := r.Profile(t.Context(), "q")
	r.missing(err)
	_, err = r.UpdateProfile(t.Context(), r.profile.ID, func(p *muster.Profile) error {
		p.Strategy, p.Settings.Chain = q.Strategy, q.Settings.Chain
		return nil
	})
	r.refused(err, muster.ReasonAuthorityTaken)
	r.anchored([]muster.Profile{p}, a.Subject)
}

func anchorChanges(t *testing.T, r *registry) {
	ca, a := newAuthority(t, "one")
	other, b := newAuthority(t, "two")
	p := r.trusting("p", ca)
	change := func(do func(*muster.Profile)) muster.Profile {
		t.Helper()
		changed, err := r.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error { do(p); return nil })
		r.must(err)
		return changed
	}
	p = change(func(p *muster.Profile) { p.Settings.Chain = &muster.ChainRule{CA: other, CNPattern: "(.*)"} })
	r.anchored(nil, a.Subject)
	r.anchored([]muster.Profile{p}, b.Subject)
	change(func(p *muster.Profile) { p.Strategy = muster.StrategyDisabled })
	r.anchored(nil, b.Subject)
	p = change(func(p *muster.Profile) { p.Strategy = muster.StrategyX509Chain })
	r.anchored([]muster.Profile{p}, b.Subject)
	r.must(r.DeleteProfile(t.Context(), p.ID))
	r.anchored(nil, b.Subject)
	r.trusting("again", other)
}

// certification is that of a new device of the profile.
func (r *registry) certification(p muster.ProfileID, name string) *muster.Certification {
	d := r.newDevice(name)
	d.Profile, d.State, d.ProvisionedAt = p, muster.DeviceActive, birth
	c := newCredential(d.ID, "certificate of "+name)
	c.Kind = muster.X509Certificate
	return &muster.Certification{Device: d, New: true, Credential: c, Attributes: []muster.Attribute{provisioned(birth)}}
}

func (r *registry) certify(p muster.ProfileID, a muster.Anchor, c *muster.Certification) error {
	return r.Certify(r.t.Context(), p, a, c.Device.Name, func(*muster.Enrolled) (*muster.Certification, error) { return c, nil })
}

func certifiedNew(t *testing.T, r *registry) {
	ca, a := newAuthority(t, "one")
	p := r.trusting("p", ca)
	c := r.certification(p.ID, "meter-1")
	err := r.Certify(t.Context(), p.ID, a, "meter-1", func(known *muster.Enrolled) (*muster.Certification, error) {
		if known != nil {
			t.Errorf("known: %+v", known)
		}
		return c, nil
	})
	r.must(err)
	h, err := r.Holder(t.Context(), c.Credential.Lookup)
	r.must(err)
	r.same(h, muster.Holder{Device: c.Device, Profile: p, Credential: c.Credential})
	attributes, err := r.Attributes(t.Context(), c.Device.ID)
	r.must(err)
	r.same(attributes, c.Attributes)
	second, third := r.certification(p.ID, "meter-2"), r.certification(p.ID, "meter-3")
	second.Most, third.Most = 2, 2
	r.must(r.certify(p.ID, a, second))
	r.must(r.DeleteDevice(t.Context(), second.Device.ID)) // it counts all the same
	r.refused(r.certify(p.ID, a, third), muster.ReasonProfileExhausted)
}

func certifiedAgain(t *testing.T, r *registry) {
	ca, a := newAuthority(t, "one")
	p := r.trusting("p", ca)
	c := r.certification(p.ID, "meter-1")
	r.must(r.certify(p.ID, a, c))
	_, foreign := r.list("valve")
	var was muster.CredentialID
	for i, text := range []string{"second", "third"} {
		err := r.Certify(t.Context(), p.ID, a, "meter-1", func(known *muster.Enrolled) (*muster.Certification, error) {
			r.same(known.Device.ID, c.Device.ID)
			r.same(len(known.Credentials), 1+i)
			next := &muster.Certification{Device: known.Device, Credential: newCredential(c.Device.ID, text)}
			next.Credential.CreatedAt = after(1 + i)
			next.Ends = []muster.CredentialID{known.Credentials[i].ID, foreign.ID}
			if was = known.Credentials[0].ID; i == 1 {
				next.Drops = []muster.CredentialID{was, foreign.ID}
			}
			return next, nil
		})
		r.must(err)
	}
	left, err := r.Credentials(t.Context(), c.Device.ID)
	r.must(err)
	r.same(len(left), 2)
	r.same(left[0].State, muster.CredentialRevoked)
	r.same(left[1].State, muster.CredentialActive)
	h, err := r.Holder(t.Context(), foreign.Lookup)
	r.must(err)
	r.same(h.Credential.State, muster.CredentialActive)
}

func certifiedRefused(t *testing.T, r *registry) {
	ca, a := newAuthority(t, "one")
	_, stranger := newAuthority(t, "one")
	p := r.trusting("p", ca)
	_, used := r.list("valve")
	no := errors.New("no")
	err := r.Certify(t.Context(), p.ID, a, "meter-1", func(*muster.Enrolled) (*muster.Certification, error) { return nil, no })
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the decision's own", err)
	}
	r.must(r.Certify(t.Context(), p.ID, a, "meter-1", func(*muster.Enrolled) (*muster.Certification, error) { return nil, nil }))
	c := r.certification(p.ID, "meter-1")
	r.refused(r.certify(p.ID, stranger, c), muster.ReasonChainUntrusted)
	r.refused(r.certify(r.profile.ID, a, c), muster.ReasonChainUntrusted)
	c.Credential.Lookup = used.Lookup
	c.Most = 1
	r.refused(r.certify(p.ID, a, c), muster.ReasonCredentialInUse)
	_, err = r.Device(t.Context(), "meter-1")
	r.missing(err)
	c.Credential.Lookup = digest("its own")
	r.must(r.certify(p.ID, a, c)) // what was refused was not counted
}
