package storetest

import (
	"testing"

	"muster"
)

func admissionSentences() []sentence {
	return []sentence{
		{"an admitted device is there with all that belongs to it, and counted", admitted},
		{"a taken name leaves nothing behind", admissionNameTaken},
		{"a credential in use leaves nothing behind", admissionCredentialInUse},
		{"a key lets in as many devices as it may", admissionExhausted},
		{"a request that was granted already leaves nothing behind", admissionGranted},
		{"a device that no key let in is counted for none", func(t *testing.T, r *registry) {
			a := r.admission("pump")
			a.Device.ProvisionedWith = muster.ProvisionKeyID{}
			r.must(r.Admit(t.Context(), a))
			r.same(r.counted(), 0)
		}},
	}
}

func admitted(t *testing.T, r *registry) {
	a := r.admission("pump")
	a.Attributes = append(a.Attributes, muster.Attribute{Scope: muster.SharedScope, Key: "k", Value: muster.BoolValue(false), UpdatedAt: birth})
	r.must(r.Admit(t.Context(), a))
	holder, err := r.Holder(t.Context(), a.Credential.Lookup)
	r.must(err)
	r.same(holder, muster.Holder{Device: a.Device, Profile: r.profile, Credential: a.Credential})
	attributes, err := r.Attributes(t.Context(), a.Device.ID)
	r.must(err)
	r.same(attributes, a.Attributes)
	r.same(r.counted(), 1)
}

func admissionNameTaken(t *testing.T, r *registry) {
	r.list("pump")
	a := r.admission("pump")
	a.Credential.Lookup = digest("other")
	request := digest("request")
	a.Request = &request
	r.refused(r.Admit(t.Context(), a), muster.ReasonDeviceNameTaken)
	r.nothingOfAdmission(a)
}

func admissionCredentialInUse(t *testing.T, r *registry) {
	_, used := r.list("pump")
	a := r.admission("valve")
	a.Credential.Lookup = used.Lookup
	request := digest("request")
	a.Request = &request
	r.refused(r.Admit(t.Context(), a), muster.ReasonCredentialInUse)
	_, err := r.Device(t.Context(), "valve")
	r.missing(err)
	a.Credential.Lookup = digest("never filed")
	r.nothingOfAdmission(a)
}

func admissionExhausted(t *testing.T, r *registry) {
	_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		k.MaxDevices = 1
		return nil
	})
	r.must(err)
	r.must(r.Admit(t.Context(), r.admission("pump")))
	a := r.admission("valve")
	request := digest("request")
	a.Request = &request
	r.refused(r.Admit(t.Context(), a), muster.ReasonProvisionKeyExhausted)
	_, err = r.Device(t.Context(), "valve")
	r.missing(err)
	r.nothingOf(a.Device, a.Credential)
	r.same(r.counted(), 1)
}

func admissionGranted(t *testing.T, r *registry) {
	first := r.answeredAdmission("pump")
	twin := r.admission("valve")
	twin.Request = first.Request
	r.refused(r.Admit(t.Context(), twin), muster.ReasonDeviceProvisioned)
	r.nothingOf(twin.Device, twin.Credential)
	r.answered(*first.Request, first.Device, first.Credential)
	r.same(r.counted(), 1)

	late := twin
	late.Device.CreatedAt = after(601)
	r.must(r.Admit(t.Context(), late)) // what was granted so long ago is not asked for again
	r.answered(*late.Request, late.Device, late.Credential)
}

// nothingOfAdmission checks that nothing is left of the refused admission, which was the registry's only one.
func (r *registry) nothingOfAdmission(a muster.Admission) {
	r.t.Helper()
	r.nothingOf(a.Device, a.Credential)
	r.same(r.counted(), 0)
	_, _, err := r.Answered(r.t.Context(), *a.Request, after(-60))
	r.missing(err)
}
