package provision_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// release lets the device provision once more, as an operator does who takes back what its key let in.
func (f *fixture) release(t *testing.T, key string, d muster.DeviceID) {
	t.Helper()
	k, _, err := f.registry.ProvisionKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	w := muster.Sweep{ID: muster.NewID[muster.Sweep](), Key: k.ID, Action: muster.SweepRelease, CreatedAt: f.now}
	if _, err := f.registry.CreateSweep(t.Context(), w, func(*muster.ProvisionKey) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := f.registry.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{d}, f.now); err != nil {
		t.Fatal(err)
	}
}

func TestAReleasedDeviceLetsItselfInOnceMore(t *testing.T) {
	for says, strategy := range map[string]muster.Strategy{
		"where any name gets in":    muster.StrategyAllowCreate,
		"where listed names get in": muster.StrategyCheckPreProvisioned,
	} {
		t.Run(says, func(t *testing.T) {
			f := newFixture(t, provision.Options{})
			p := f.profile(t, "p", strategy)
			if strategy == muster.StrategyCheckPreProvisioned {
				f.list(t, p, "pump", []muster.Evidence{accessToken("listed with")})
			}
			first, err := f.provision(t, ask("p", "pump"))
			if err != nil {
				t.Fatal(err)
			}
			f.release(t, "p-key", first.Device)
			second, err := f.provision(t, again(ask("p", "pump")))
			if err != nil || second.Device != first.Device || second.CredentialID == first.CredentialID {
				t.Fatalf("granted %+v and then %+v, %v", first, second, err)
			}
			third, err := f.provision(t, again(ask("p", "pump")))
			second.Again = "" // the answer is repeated, and not the readmission
			same(t, second, third, err)
			if got := f.provisionState(t, first.Device); got != muster.Provisioned {
				t.Errorf("provisionState %q", got)
			}
			if _, err = f.provision(t, ask("p", "pump")); muster.KindOf(err) != muster.Conflict {
				t.Errorf("a third time: %v", err)
			}
		})
	}
}

func TestAReleasedDeviceOfAnotherProfileIsNotLetIn(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "p", muster.StrategyAllowCreate)
	f.profile(t, "q", muster.StrategyAllowCreate)
	grant, err := f.provision(t, ask("p", "pump"))
	if err != nil {
		t.Fatal(err)
	}
	f.release(t, "p-key", grant.Device)
	_, err = f.provision(t, ask("q", "pump"))
	refused(t, err, muster.ReasonDeviceNameTaken)
}

func TestTwoSecretsWorkForTheOverlap(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "p", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) {
		k.Former, k.FormerUntil = f.keys.Seal("before", k.SecretPurpose()), f.now.Add(time.Hour)
	})
	former := &muster.ProvisionRequest{Key: "p-key", Secret: "before", Name: "old"}
	grant, err := f.provision(t, former)
	if err != nil || !grant.Former {
		t.Errorf("the former secret: %+v, %v", grant, err)
	}
	if grant, err = f.provision(t, ask("p", "new")); err != nil || grant.Former {
		t.Errorf("the secret: %+v, %v", grant, err)
	}
	_, err = f.provision(t, &muster.ProvisionRequest{Key: "p-key", Secret: "neither", Name: "no"})
	refused(t, err, muster.ReasonProvisionSecretWrong)
	f.now = f.now.Add(time.Hour)
	former.Name = "late"
	_, err = f.provision(t, former)
	refused(t, err, muster.ReasonProvisionSecretWrong)
}

// newProving returns a device that was let in under a profile that lets devices in again that prove who they are.
func newProving(t *testing.T) (*fixture, *muster.Grant) {
	t.Helper()
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "p", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.MaxDevices = 1 })
	if _, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Settings.Reprovision = muster.ReprovisionSameProof
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	grant, err := f.provision(t, ask("p", "pump"))
	if err != nil || grant.Recovery == "" || grant.Again != "" {
		t.Fatalf("granted %+v, %v", grant, err)
	}
	return f, grant
}

func (f *fixture) use(t *testing.T, c muster.CredentialID) {
	t.Helper()
	if _, err := f.registry.Used(t.Context(), map[muster.CredentialID]time.Time{c: f.now}); err != nil {
		t.Fatal(err)
	}
}

func TestADeviceWithItsRecoverySecretIsLetInAgain(t *testing.T) {
	f, first := newProving(t)
	f.use(t, first.Credential)
	_, err := f.provision(t, ask("p", "pump"))
	refused(t, err, muster.ReasonProvisionKeyExhausted)
	proving := func(secret muster.Secret) *muster.ProvisionRequest {
		r := ask("p", "pump")
		r.Recovery = secret
		return r
	}
	_, err = f.provision(t, proving("guess"))
	refused(t, err, muster.ReasonProvisionKeyExhausted)
	second, err := f.provision(t, proving(first.Recovery))
	if err != nil || second.Device != first.Device || second.CredentialID == first.CredentialID || second.Recovery == first.Recovery || second.Again == "" {
		t.Fatalf("granted %+v and then %+v, %v", first, second, err)
	}
	lost, err := f.provision(t, proving(first.Recovery)) // as if the answer had been lost
	if err != nil || lost.Device != first.Device {
		t.Fatalf("granted %+v, %v", lost, err)
	}
	f.use(t, lost.Credential)
	_, err = f.provision(t, proving(first.Recovery))
	refused(t, err, muster.ReasonProvisionKeyExhausted)
	if third, err := f.provision(t, proving(lost.Recovery)); err != nil || third.Device != first.Device {
		t.Errorf("granted %+v, %v", third, err)
	}
	if n := f.counted(t, "p-key"); n != 1 {
		t.Errorf("the key has let in %d devices", n)
	}
	f.suspend(t, first.Device)
	_, err = f.provision(t, proving(lost.Recovery))
	refused(t, err, muster.ReasonDeviceSuspended)
}

func TestADeviceThatPresentsItsCertificateIsLetInAgain(t *testing.T) {
	f, first := newProving(t)
	leaf := selfSigned(t, f.now)
	text := base64.StdEncoding.EncodeToString(leaf.Raw)
	certificate := muster.Evidence{Kind: muster.X509Certificate, Certificate: text}
	c, err := certificate.Seal(f.keys, first.Device, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.registry.CreateCredential(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_, err = f.provision(t, ask("p", "pump", certificate)) // whoever knows it may send it
	refused(t, err, muster.ReasonProvisionKeyExhausted)
	presenting := func(more ...muster.Evidence) *muster.ProvisionRequest {
		r := ask("p", "pump", more...)
		r.Chain = []*x509.Certificate{leaf}
		return r
	}
	same, err := f.provision(t, presenting(certificate))
	if err != nil || same.Credential != c.ID {
		t.Errorf("who asks for what it has is granted %+v, %v", same, err)
	}
	fresh, err := f.provision(t, presenting())
	if err != nil || fresh.Device != first.Device || fresh.Evidence.Token == "" {
		t.Errorf("granted %+v, %v", fresh, err)
	}
	f.now = leaf.NotAfter.Add(time.Second)
	_, err = f.provision(t, presenting())
	refused(t, err, muster.ReasonProvisionKeyExhausted)
}

func selfSigned(t *testing.T, now time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// A failing registry reads no device that asks again.
type failing struct{ provision.Store }

func (failing) Enrolled(context.Context, string) (muster.Enrolled, error) {
	return muster.Enrolled{}, errors.New("the disk is gone")
}

func TestADeviceThatCannotBeReadHearsNotThatItsNameIsTaken(t *testing.T) {
	f, _ := newProving(t)
	f.Service = provision.New(failing{f.registry}, f.keys, provision.Options{Now: func() time.Time { return f.now }})
	_, err := f.provision(t, ask("p", "pump"))
	refused(t, err, muster.ReasonInternal)
}
