package storetest

import (
	"testing"

	"muster"
)

func claimSentences() []sentence {
	return []sentence{
		{"a listed device lets itself in, once", claimed},
		{"a claim returns the live credentials, the oldest first", claimLive},
		{"a name that is not listed is refused", func(t *testing.T, r *registry) {
			_, _, err := r.Claim(t.Context(), r.claim("pump"))
			r.refused(err, muster.ReasonDeviceNotListed)
			r.same(r.counted(), 0)
		}},
		{"a device of another profile is not listed", claimOtherProfile},
		{"a suspended device is refused and stays as it was", claimSuspended},
		{"a device without a credential that works is refused and stays as it was", claimWithoutCredential},
		{"a device that an operator marked as provisioned is refused", func(t *testing.T, r *registry) {
			d, _ := r.list("pump")
			r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{{Key: muster.ProvisionState, Value: muster.BoolValue(false)}}))
			_, _, err := r.Claim(t.Context(), r.claim("pump"))
			r.refused(err, muster.ReasonDeviceProvisioned)
		}},
		{"an attribute of the same key in another scope does not matter", func(t *testing.T, r *registry) {
			d, _ := r.list("pump")
			r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{{Scope: muster.ClientScope, Key: muster.ProvisionState, Value: muster.BoolValue(true)}}))
			_, _, err := r.Claim(t.Context(), r.claim("pump"))
			r.must(err)
		}},
		{"an exhausted key changes nothing", claimExhausted},
	}
}

func (r *registry) claim(name string) muster.Claim {
	return muster.Claim{Profile: r.profile.ID, Name: name, Key: r.key.ID, At: after(10)}
}

func claimed(t *testing.T, r *registry) {
	want, credential := r.list("pump")
	want.State, want.ProvisionedAt, want.ProvisionedWith = muster.DeviceActive, after(10), r.key.ID
	got, credentials, err := r.Claim(t.Context(), r.claim("pump"))
	r.must(err)
	r.same(got, want)
	r.same(credentials, []muster.Credential{credential})
	got, err = r.Device(t.Context(), "pump")
	r.must(err)
	r.same(got, want)
	attributes, err := r.Attributes(t.Context(), got.ID)
	r.must(err)
	r.same(attributes, []muster.Attribute{provisioned(after(10))})

	_, _, err = r.Claim(t.Context(), r.claim("pump"))
	r.refused(err, muster.ReasonDeviceProvisioned)
	r.same(r.counted(), 1)
}

func claimLive(t *testing.T, r *registry) {
	d, middle := r.list("pump")
	young, old := newCredential(d.ID, "young"), newCredential(d.ID, "old")
	young.CreatedAt, old.CreatedAt, young.State = after(1), after(-1), muster.CredentialRetiring
	revoked, expired, early := newCredential(d.ID, "revoked"), newCredential(d.ID, "expired"), newCredential(d.ID, "early")
	revoked.State, expired.ExpiresAt, early.NotBefore = muster.CredentialRevoked, after(10), after(11)
	for _, c := range []muster.Credential{young, old, revoked, expired, early} {
		r.must(r.CreateCredential(t.Context(), c))
	}
	_, got, err := r.Claim(t.Context(), r.claim("pump"))
	r.must(err)
	r.same(got, []muster.Credential{old, middle, young})
}

func claimOtherProfile(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	c := r.claim("pump")
	c.Profile = muster.NewID[muster.Profile]()
	_, _, err := r.Claim(t.Context(), c)
	r.refused(err, muster.ReasonDeviceNotListed)
	r.unclaimed(d)
}

func claimSuspended(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	d, err := r.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error {
		d.State = muster.DeviceSuspended
		return nil
	})
	r.must(err)
	_, _, err = r.Claim(t.Context(), r.claim("pump"))
	r.refused(err, muster.ReasonDeviceSuspended)
	r.unclaimed(d)
	r.same(r.counted(), 0)
}

func claimWithoutCredential(t *testing.T, r *registry) {
	bare := r.newDevice("bare")
	r.must(r.CreateDevice(t.Context(), bare, nil, nil))
	d, c := r.list("pump")
	_, err := r.UpdateCredential(t.Context(), c.ID, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return nil
	})
	r.must(err)
	for _, d := range []muster.Device{bare, d} {
		_, _, err := r.Claim(t.Context(), r.claim(d.Name))
		r.refused(err, muster.ReasonCredentialRevoked)
		r.unclaimed(d)
	}
	r.same(r.counted(), 0)
	r.must(r.CreateCredential(t.Context(), newCredential(d.ID, "another"))) // and then it gets in
	_, _, err = r.Claim(t.Context(), r.claim("pump"))
	r.must(err)
}

func claimExhausted(t *testing.T, r *registry) {
	_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		k.MaxDevices = 1
		return nil
	})
	r.must(err)
	r.must(r.Admit(t.Context(), r.admission("valve")))
	d, _ := r.list("pump")
	_, _, err = r.Claim(t.Context(), r.claim("pump"))
	r.refused(err, muster.ReasonProvisionKeyExhausted)
	r.unclaimed(d)
	r.same(r.counted(), 1)
}

// unclaimed checks that a refused claim has not touched the device.
func (r *registry) unclaimed(want muster.Device) {
	r.t.Helper()
	got, err := r.Device(r.t.Context(), want.Name)
	r.must(err)
	r.same(got, want)
	attributes, err := r.Attributes(r.t.Context(), want.ID)
	r.must(err)
	r.same(attributes, []muster.Attribute{})
}
