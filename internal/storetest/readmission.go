package storetest

import (
	"strconv"
	"testing"
	"time"

	"muster"
)

func readmissionSentences() []sentence {
	return []sentence{
		{"a released device lets itself in once more, once", readmitted},
		{"a device that proves itself gets a credential, at whose first use the proof is revoked", readmittedByProof},
		{"a device may be given a credential beside the one that it proves itself by", readmittedBeside},
		{"what a device proves itself by once is good until its end, once", nonceSpent},
		{"a released device that gets a credential otherwise is released no more", unreleased},
		{"its answer can be asked for again, whatever the device did before", readmissionAnswered},
		{"a device that was not released is refused and stays as it was", func(t *testing.T, r *registry) {
			d := r.admit("pump")
			_, err := r.Readmit(t.Context(), r.readmission(d.ID))
			r.refused(err, muster.ReasonDeviceProvisioned)
			r.unreadmitted(d)
		}},
		{"a device that is gone is not listed", func(t *testing.T, r *registry) {
			_, err := r.Readmit(t.Context(), r.readmission(muster.NewID[muster.Device]()))
			r.refused(err, muster.ReasonDeviceNotListed)
		}},
		{"a suspended device stays released, and out", readmissionSuspended},
		{"a credential in use or a closed key changes nothing", readmissionRefused},
		{"a key that was closed since it was read lets nobody in again, whatever they prove", readmissionByClosedKey},
		{"a name that nobody has is not enrolled", func(t *testing.T, r *registry) {
			_, err := r.Enrolled(t.Context(), "pump")
			r.missing(err)
		}},
	}
}

func (r *registry) readmission(device muster.DeviceID) muster.Readmission {
	return muster.Readmission{Device: device, Key: r.key.ID, Credential: newCredential(device, "fresh"), At: after(20)}
}

// released lets a device in and releases it.
func (r *registry) released(name string) muster.Device {
	r.t.Helper()
	d := r.admit(name)
	r.must(r.AdvanceSweep(r.t.Context(), r.sweep(muster.SweepRelease).ID, []muster.DeviceID{d.ID}, after(5)))
	return d
}

// unreadmitted checks that the device holds one credential, and that it was counted once.
func (r *registry) unreadmitted(d muster.Device) {
	r.t.Helper()
	credentials, err := r.Credentials(r.t.Context(), d.ID)
	r.must(err)
	r.same(len(credentials), 1)
	r.same(r.counted(), 1)
}

func readmitted(t *testing.T, r *registry) {
	want := r.released("pump")
	m := r.readmission(want.ID)
	got, err := r.Readmit(t.Context(), m)
	r.must(err)
	want.ProvisionedAt = after(20)
	r.same(got, want)
	holder, err := r.Holder(t.Context(), m.Credential.Lookup)
	r.must(err)
	r.same(holder, muster.Holder{Device: want, Profile: r.profile, Credential: m.Credential})
	attributes, err := r.Attributes(t.Context(), want.ID)
	r.must(err)
	r.same(attributes, []muster.Attribute{provisioned(after(20))})
	r.same(r.counted(), 2)
	again := r.readmission(want.ID)
	again.Credential.Lookup = digest("another")
	_, err = r.Readmit(t.Context(), again)
	r.refused(err, muster.ReasonDeviceProvisioned)
}

func readmittedBeside(t *testing.T, r *registry) {
	d := r.admit("pump")
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	m := r.readmission(d.ID)
	m.Proof, m.Beside = held[0].ID, true
	_, err = r.Readmit(t.Context(), m)
	r.must(err)
	after, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(len(after), 2)
	r.same(after[0].State, muster.CredentialActive)
	r.same(after[1].State, muster.CredentialActive)
	other := r.readmission(d.ID)
	other.Proof, other.Beside, other.Credential.Lookup = muster.NewID[muster.Credential](), true, digest("another")
	_, err = r.Readmit(t.Context(), other)
	r.refused(err, muster.ReasonDeviceProvisioned)
}

func readmissionAnswered(t *testing.T, r *registry) {
	a := r.admission("pump")
	a.Credential.LastUsedAt = after(1)
	r.must(r.Admit(t.Context(), a))
	r.must(r.AdvanceSweep(t.Context(), r.sweep(muster.SweepRelease).ID, []muster.DeviceID{a.Device.ID}, after(5)))
	m := r.readmission(a.Device.ID)
	request := digest("request")
	m.Request, m.Credential.CreatedAt = &request, after(20)
	d, err := r.Readmit(t.Context(), m)
	r.must(err)
	r.answered(request, d, m.Credential)
	_, err = r.Readmit(t.Context(), m)
	r.refused(err, muster.ReasonDeviceProvisioned)
}

func readmissionSuspended(t *testing.T, r *registry) {
	d := r.admit("pump")
	_, err := r.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error {
		d.State = muster.DeviceSuspended
		return nil
	})
	r.must(err)
	r.must(r.AdvanceSweep(t.Context(), r.sweep(muster.SweepRelease).ID, []muster.DeviceID{d.ID}, after(5)))
	_, err = r.Readmit(t.Context(), r.readmission(d.ID))
	r.refused(err, muster.ReasonDeviceSuspended)
	known, err := r.Enrolled(t.Context(), "pump")
	r.must(err)
	r.same(known.Released, true)
	r.same(known.Device.State, muster.DeviceSuspended)
	r.unreadmitted(d)
}

func readmissionRefused(t *testing.T, r *registry) {
	d := r.released("pump")
	_, used := r.list("valve")
	m := r.readmission(d.ID)
	m.Credential.Lookup = used.Lookup
	_, err := r.Readmit(t.Context(), m)
	r.refused(err, muster.ReasonCredentialInUse)
	r.must(r.SuspendProvisionKey(t.Context(), r.key.ID, after(1)))
	_, err = r.Readmit(t.Context(), r.readmission(d.ID))
	r.refused(err, muster.ReasonProvisionKeySuspended)
	r.unreadmitted(d)
	known, err := r.Enrolled(t.Context(), "pump")
	r.must(err)
	r.same(known.Released, true)
}

func readmissionByClosedKey(t *testing.T, r *registry) {
	d := r.admit("pump")
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	approval := r.waits("pump", "192.0.2.1")
	r.decides(muster.PendingApproved, approval)
	change := func(do func(*muster.ProvisionKey)) {
		_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
			do(k)
			return nil
		})
		r.must(err)
	}
	try := func(want muster.Reason) {
		t.Helper()
		proved, approved := r.readmission(d.ID), r.readmission(d.ID)
		proved.Proof, approved.Approval = held[0].ID, approval.ID
		for _, m := range []muster.Readmission{proved, approved} {
			_, err := r.Readmit(t.Context(), m)
			r.refused(err, want)
		}
		r.states(d, muster.CredentialActive)
	}
	change(func(k *muster.ProvisionKey) { k.SuspendedAt = after(1) })
	try(muster.ReasonProvisionKeySuspended)
	change(func(k *muster.ProvisionKey) { k.RevokedAt = after(1) })
	try(muster.ReasonProvisionKeyRevoked)
	change(func(k *muster.ProvisionKey) { k.SuspendedAt, k.RevokedAt = time.Time{}, time.Time{} })
	m := r.readmission(d.ID)
	m.Approval = approval.ID
	_, err = r.Readmit(t.Context(), m)
	r.must(err) // the approval was not used up
}

func readmittedByProof(t *testing.T, r *registry) {
	a := r.admission("pump")
	a.Credential.LastUsedAt = after(1)
	r.must(r.Admit(t.Context(), a))
	states := func(want ...muster.CredentialState) {
		t.Helper()
		r.states(a.Device, want...)
	}
	lost := r.readmission(a.Device.ID)
	lost.Proof, lost.Credential.CreatedAt = a.Credential.ID, after(20)
	d, err := r.Readmit(t.Context(), lost)
	r.must(err)
	r.same(d, a.Device)
	states(muster.CredentialRetiring, muster.CredentialActive)
	fresh := lost
	fresh.Credential = newCredential(a.Device.ID, "fresher")
	fresh.Credential.CreatedAt = after(30)
	_, err = r.Readmit(t.Context(), fresh)
	r.must(err)
	_, err = r.Holder(t.Context(), lost.Credential.Lookup)
	r.missing(err)
	r.used(map[muster.CredentialID]time.Time{a.Credential.ID: after(40)})
	states(muster.CredentialRetiring, muster.CredentialActive)
	r.used(map[muster.CredentialID]time.Time{fresh.Credential.ID: after(41)}, a.Device.ID)
	states(muster.CredentialRevoked, muster.CredentialActive)
	_, err = r.Readmit(t.Context(), lost)
	r.refused(err, muster.ReasonDeviceProvisioned)
	r.same(r.counted(), 1)
}

func unreleased(t *testing.T, r *registry) {
	d := r.released("pump")
	r.must(r.CreateCredential(t.Context(), newCredential(d.ID, "by hand")))
	known, err := r.Enrolled(t.Context(), "pump")
	r.must(err)
	r.same(known.Released, false)
	_, err = r.Readmit(t.Context(), r.readmission(d.ID))
	r.refused(err, muster.ReasonDeviceProvisioned)
	_, _, err = r.Claim(t.Context(), r.claim("pump"))
	r.must(err)
}

func nonceSpent(t *testing.T, r *registry) {
	d := r.admit("pump")
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	try := func(nonce string, at int, want muster.Reason) {
		t.Helper()
		m := r.readmission(d.ID)
		m.Proof, m.Credential, m.At = held[0].ID, held[0], after(at)
		m.Nonce = &muster.Nonce{Digest: digest(nonce), Until: after(at + 10)}
		_, err := r.Readmit(t.Context(), m)
		if want == "" {
			r.must(err)
		} else {
			r.refused(err, want)
		}
	}
	try("first", 20, "")
	try("first", 29, muster.ReasonJWTReplayed)
	for i := range 63 {
		try(strconv.Itoa(i), 21, "")
	}
	try("one too many", 22, muster.ReasonRateLimited)
	try("first", 30, "") // it has ended and is told from nothing
	r.states(d, muster.CredentialActive)
}
