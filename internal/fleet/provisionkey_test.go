package fleet_test

import (
	"net/netip"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

func TestASecretWorksOnForTheOverlap(t *testing.T) {
	f := newFixture(t)
	first := f.key(t, "batch")
	if _, err := f.RotateProvisionKey(t.Context(), "batch", time.Hour); err != nil {
		t.Fatal(err)
	}
	k, err := f.ProvisionKey(t.Context(), "batch")
	if err != nil || !k.FormerUntil.Equal(f.now.Add(time.Hour)) || !k.FormerWorks(f.now) || k.FormerWorks(f.now.Add(time.Hour)) {
		t.Errorf("%+v, %v", k, err)
	}
	if old, err := f.keys.Open(k.Former, k.SecretPurpose()); err != nil || old != first.Secret {
		t.Errorf("the former secret is %v, %v", old, err)
	}
	if _, err := f.RotateProvisionKey(t.Context(), "batch", 0); err != nil {
		t.Fatal(err)
	}
	if k, err = f.ProvisionKey(t.Context(), "batch"); err != nil || k.FormerWorks(f.now) {
		t.Errorf("rotated without overlap: %+v, %v", k, err)
	}
	_, err = f.RotateProvisionKey(t.Context(), "batch", -time.Second)
	refused(t, err, muster.ReasonRequestInvalid)
	_, err = f.RotateProvisionKey(t.Context(), "batch", 367*24*time.Hour)
	refused(t, err, muster.ReasonRequestInvalid)
}

func TestAKeyIsChanged(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	maximum, pattern, rate, end, never := 5, `pump-\d+`, 7, f.now.Add(time.Hour), time.Time{}
	networks := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	k, err := f.UpdateProvisionKey(t.Context(), "batch", fleet.ProvisionKeyChange{
		MaxDevices: &maximum, NamePattern: &pattern, Rate: &rate, ExpiresAt: &end, Networks: &networks,
	})
	if err != nil || k.MaxDevices != 5 || k.NamePattern != pattern || k.Rate != 7 || !k.ExpiresAt.Equal(end) || len(k.Networks) != 1 {
		t.Errorf("%+v, %v", k, err)
	}
	if k, err = f.UpdateProvisionKey(t.Context(), k.ID.String(), fleet.ProvisionKeyChange{ExpiresAt: &never}); err != nil || !k.ExpiresAt.IsZero() || k.Rate != 7 {
		t.Errorf("%+v, %v", k, err)
	}
	rate = -1
	_, err = f.UpdateProvisionKey(t.Context(), "batch", fleet.ProvisionKeyChange{Rate: &rate})
	refused(t, err, muster.ReasonRequestInvalid)
	_, err = f.UpdateProvisionKey(t.Context(), "no", fleet.ProvisionKeyChange{})
	refused(t, err, muster.ReasonNotFound)
}

func TestAKeyIsSuspendedAndResumed(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	k, err := f.SuspendProvisionKey(t.Context(), "batch")
	if err != nil || !k.SuspendedAt.Equal(f.now) {
		t.Errorf("%+v, %v", k, err)
	}
	f.now = f.now.Add(time.Hour)
	if k, err = f.SuspendProvisionKey(t.Context(), "batch"); err != nil || k.SuspendedAt.Equal(f.now) {
		t.Errorf("suspended again: %+v, %v", k, err)
	}
	if k, err = f.ResumeProvisionKey(t.Context(), "batch"); err != nil || !k.SuspendedAt.IsZero() {
		t.Errorf("%+v, %v", k, err)
	}
}
