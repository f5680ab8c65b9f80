package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"muster"
)

func deviceSentences() []sentence {
	return []sentence{
		{"a device comes back as it was filed, with credentials and attributes", deviceComesBack},
		{"a device that nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.Device(t.Context(), "pump")
			r.missing(err)
		}},
		{"names that differ in case are two names", func(t *testing.T, r *registry) {
			upper, _ := r.list("Pump")
			lower, _ := r.list("pump")
			for _, want := range []muster.Device{upper, lower} {
				got, err := r.Device(t.Context(), want.Name)
				r.must(err)
				r.same(got, want)
			}
		}},
		{"a taken name is refused and files nothing", deviceNameTaken},
		{"a credential in use refuses the whole device", deviceCredentialInUse},
		{"devices come by name, page by page", devicesByPage},
		{"devices are found by profile, state and part of the name", devicesFound},
		{"devices are found by what else is known of them", devicesFoundBy},
		{"devices come in the order that is asked for, page by page, while others are added", devicesInOrder},
		{"devices that match are counted", devicesCounted},
		{"a change keeps id and birth", deviceChange},
		{"a change that fails changes nothing", deviceChangeFails},
		{"a change to a taken name is refused", deviceChangeToTaken},
		{"what is gone cannot be changed", func(t *testing.T, r *registry) {
			_, err := r.UpdateDevice(t.Context(), muster.NewID[muster.Device](), func(*muster.Device) error { return nil })
			r.missing(err)
		}},
		{"a deleted device takes credentials and attributes along", deviceDeleted},
		{"deleted devices are remembered until their readings are removed", devicesGone},
	}
}

func deviceComesBack(t *testing.T, r *registry) {
	d := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: r.profile.ID, Name: "Pümpe 'Ω' %_", State: muster.DeviceSuspended, Gateway: true,
		Label: "hall 3", Description: "leaks\nsince May", Tags: map[string]string{"site": "Bern", "": "none"},
		CreatedAt: after(1), ProvisionedAt: after(2), ProvisionedWith: r.key.ID,
	}
	c := newCredential(d.ID, "token")
	a := muster.Attribute{Scope: muster.SharedScope, Key: "interval", Value: muster.LongValue(5), UpdatedAt: after(3)}
	r.must(r.CreateDevice(t.Context(), d, []muster.Credential{c}, []muster.Attribute{a}))
	got, err := r.Device(t.Context(), d.Name)
	r.must(err)
	r.same(got, d)
	credentials, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(credentials, []muster.Credential{c})
	attributes, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(attributes, []muster.Attribute{a})
}

func deviceNameTaken(t *testing.T, r *registry) {
	first, _ := r.list("pump")
	second := r.newDevice("pump")
	c := newCredential(second.ID, "other")
	err := r.CreateDevice(t.Context(), second, []muster.Credential{c}, []muster.Attribute{provisioned(birth)})
	r.refused(err, muster.ReasonDeviceNameTaken)
	r.nothingOf(second, c)
	got, err := r.Device(t.Context(), "pump")
	r.must(err)
	r.same(got, first)
}

func deviceCredentialInUse(t *testing.T, r *registry) {
	_, used := r.list("pump")
	d := r.newDevice("valve")
	fresh, taken := newCredential(d.ID, "fresh"), newCredential(d.ID, "x")
	taken.Lookup = used.Lookup
	err := r.CreateDevice(t.Context(), d, []muster.Credential{fresh, taken}, []muster.Attribute{provisioned(birth)})
	r.refused(err, muster.ReasonCredentialInUse)
	r.nothingOf(d, fresh)
	_, err = r.Device(t.Context(), "valve")
	r.missing(err)
}

// nothingOf checks that nothing is left of a device that was refused.
func (r *registry) nothingOf(d muster.Device, c muster.Credential) {
	r.t.Helper()
	_, err := r.Holder(r.t.Context(), c.Lookup)
	r.missing(err)
	credentials, err := r.Credentials(r.t.Context(), d.ID)
	r.must(err)
	attributes, err := r.Attributes(r.t.Context(), d.ID)
	r.must(err)
	if len(credentials) > 0 || len(attributes) > 0 {
		r.t.Errorf("left of the device: %d credentials, %d attributes", len(credentials), len(attributes))
	}
	r.missing(r.DeleteDevice(r.t.Context(), d.ID))
}

// names returns the names of the devices that q finds.
func (r *registry) names(q muster.DeviceQuery) []string {
	r.t.Helper()
	page, err := r.Devices(r.t.Context(), q)
	r.must(err)
	names := make([]string, 0, len(page.Devices))
	for _, d := range page.Devices {
		names = append(names, d.Name)
	}
	return names
}

func devicesByPage(t *testing.T, r *registry) {
	for i := range 5 {
		r.list(fmt.Sprintf("pump-%d", 4-i))
	}
	r.same(r.names(muster.DeviceQuery{Limit: 2}), []string{"pump-0", "pump-1"})
	r.same(r.names(muster.DeviceQuery{After: &muster.DeviceMark{Name: "pump-1"}, Limit: 2}), []string{"pump-2", "pump-3"})
	r.same(r.names(muster.DeviceQuery{After: &muster.DeviceMark{Name: "pump-3"}, Limit: 2}), []string{"pump-4"})
	r.same(r.names(muster.DeviceQuery{After: &muster.DeviceMark{Name: "pump-4"}, Limit: 2}), []string{})
	r.same(r.names(muster.DeviceQuery{}), []string{})
}

func devicesFound(t *testing.T, r *registry) {
	other := newProfile("other")
	r.must(r.CreateProfile(t.Context(), other))
	for name, state := range map[string]muster.DeviceState{
		"Pump 1": muster.DeviceListed, "PÜMP 2": muster.DeviceActive, "50%_valve": muster.DeviceActive, "Valve": muster.DeviceSuspended,
	} {
		d := r.newDevice(name)
		d.State = state
		if name == "Valve" {
			d.Profile = other.ID
		}
		r.must(r.CreateDevice(t.Context(), d, nil, nil))
	}
	listed, active := muster.DeviceListed, muster.DeviceActive
	for _, q := range []struct {
		query muster.DeviceQuery
		want  []string
	}{
		{muster.DeviceQuery{}, []string{"50%_valve", "Pump 1", "PÜMP 2", "Valve"}},
		{muster.DeviceQuery{Profile: other.ID}, []string{"Valve"}},
		{muster.DeviceQuery{State: &listed}, []string{"Pump 1"}},
		{muster.DeviceQuery{State: &active, Profile: r.profile.ID}, []string{"50%_valve", "PÜMP 2"}},
		{muster.DeviceQuery{Search: "VALVE"}, []string{"50%_valve", "Valve"}},
		{muster.DeviceQuery{Search: "%_"}, []string{"50%_valve"}},
		{muster.DeviceQuery{Search: "pümp"}, []string{"PÜMP 2"}},
		{muster.DeviceQuery{Search: "p", State: &active, Profile: r.profile.ID, After: &muster.DeviceMark{Name: "A"}}, []string{"PÜMP 2"}},
		{muster.DeviceQuery{Search: "boiler"}, []string{}},
	} {
		q.query.Limit = 10
		r.same(r.names(q.query), q.want)
	}
}

func deviceChange(t *testing.T, r *registry) {
	before, _ := r.list("pump")
	other := newProfile("other")
	r.must(r.CreateProfile(t.Context(), other))
	want := muster.Device{
		ID: before.ID, Profile: other.ID, Name: "Valve", State: muster.DeviceActive, Gateway: true, Label: "new", Description: "other",
		Tags: map[string]string{"a": "b"}, CreatedAt: before.CreatedAt, ProvisionedAt: after(2), ProvisionedWith: r.key.ID,
	}
	got, err := r.UpdateDevice(t.Context(), before.ID, func(d *muster.Device) error {
		r.same(*d, before)
		*d = want
		d.ID, d.CreatedAt = muster.NewID[muster.Device](), after(9)
		return nil
	})
	r.must(err)
	r.same(got, want)
	got, err = r.Device(t.Context(), "Valve")
	r.must(err)
	r.same(got, want)
	r.same(r.names(muster.DeviceQuery{Search: "valve", Limit: 9}), []string{"Valve"})
	_, err = r.Device(t.Context(), "pump")
	r.missing(err)
}

func deviceChangeFails(t *testing.T, r *registry) {
	want, _ := r.list("pump")
	no := errors.New("no")
	_, err := r.UpdateDevice(t.Context(), want.ID, func(d *muster.Device) error {
		d.State = muster.DeviceSuspended
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the change's own", err)
	}
	got, err := r.Device(t.Context(), "pump")
	r.must(err)
	r.same(got, want)
}

func deviceChangeToTaken(t *testing.T, r *registry) {
	r.list("pump")
	d, _ := r.list("valve")
	_, err := r.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error {
		d.Name = "pump"
		return nil
	})
	r.refused(err, muster.ReasonDeviceNameTaken)
	r.same(r.names(muster.DeviceQuery{Limit: 9}), []string{"pump", "valve"})
}

func deviceDeleted(t *testing.T, r *registry) {
	d, c := r.list("pump")
	r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{provisioned(birth)}))
	r.must(r.DeleteDevice(t.Context(), d.ID))
	_, err := r.Device(t.Context(), "pump")
	r.missing(err)
	r.nothingOf(d, c)
	r.list("pump") // name and credential are free again
}

func devicesGone(t *testing.T, r *registry) {
	gone := func(before time.Time, limit int) []muster.DeviceID {
		t.Helper()
		ids, err := r.Gone(t.Context(), before, limit)
		r.must(err)
		return ids
	}
	start := time.Now()
	first, _ := r.list("pump")
	second, _ := r.list("valve")
	r.same(gone(start.Add(time.Hour), 10), []muster.DeviceID{})
	r.must(r.DeleteDevice(t.Context(), first.ID))
	r.must(r.DeleteDevice(t.Context(), second.ID))
	r.missing(r.DeleteDevice(t.Context(), muster.NewID[muster.Device]()))
	r.reopen()
	r.same(gone(start.Add(time.Hour), 10), []muster.DeviceID{first.ID, second.ID})
	r.same(gone(start.Add(-time.Minute), 10), []muster.DeviceID{})
	r.same(len(gone(start.Add(time.Hour), 1)), 1)
	r.must(r.Removed(t.Context(), []muster.DeviceID{first.ID, muster.NewID[muster.Device]()}))
	r.same(gone(start.Add(time.Hour), 10), []muster.DeviceID{second.ID})
}
