package provision_test

import (
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
