package storetest

import (
	"strings"
	"testing"

	"muster"
)

func sweepSentences() []sentence {
	return []sentence{
		{"a sweep is filed together with the change of its key, and audited once", sweepFiled},
		{"sweeps that go on come before those that are finished", sweepsInOrder},
		{"what a key let in is listed by id, between two times", letInListed},
		{"a sweep suspends what its key let in, and nothing else", sweepSuspends},
		{"a sweep releases what its key let in, without its credentials", sweepReleases},
		{"a sweep survives the end of the program", func(t *testing.T, r *registry) {
			w := r.sweep(muster.SweepSuspend)
			d := r.admit("pump")
			r.must(r.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{d.ID}, after(5)))
			r.reopen()
			w.Devices = 1
			got, err := r.Sweeps(t.Context(), 1)
			r.must(err)
			r.same(got, []muster.Sweep{w})
		}},
	}
}

// sweep files a sweep of the registry's key.
func (r *registry) sweep(action muster.SweepAction) muster.Sweep {
	r.t.Helper()
	w := muster.Sweep{ID: muster.NewID[muster.Sweep](), Key: r.key.ID, Action: action, To: after(60), Expected: 3, CreatedAt: after(2)}
	_, err := r.CreateSweep(r.t.Context(), w, func(*muster.ProvisionKey) error { return nil })
	r.must(err)
	return w
}

// admit lets a device in with the registry's key.
func (r *registry) admit(name string) muster.Device {
	r.t.Helper()
	a := r.admission(name)
	r.must(r.Admit(r.t.Context(), a))
	return a.Device
}

func sweepFiled(t *testing.T, r *registry) {
	w := muster.Sweep{
		ID: muster.NewID[muster.Sweep](), Key: r.key.ID, Action: muster.SweepRelease, From: after(-9), Expected: 7, CreatedAt: after(1),
	}
	k, err := r.CreateSweep(r.acting("anna"), w, func(k *muster.ProvisionKey) error {
		k.RevokedAt = after(1)
		return nil
	})
	r.must(err)
	r.same(k.RevokedAt, after(1))
	got, err := r.Sweep(t.Context(), w.ID)
	r.must(err)
	r.same(got, w)
	entries := r.audit(muster.AuditQuery{Limit: 9})
	r.same(len(entries), 1)
	for _, part := range []string{`"sweep":"release"`, `"sweepDevices":7`, `"revokedAt"`} {
		if !strings.Contains(string(entries[0].After), part) {
			t.Errorf("the log has %s, without %s", entries[0].After, part)
		}
	}
	_, err = r.Sweep(t.Context(), muster.NewID[muster.Sweep]())
	r.missing(err)
	w.ID, w.Key = muster.NewID[muster.Sweep](), muster.NewID[muster.ProvisionKey]()
	_, err = r.CreateSweep(t.Context(), w, func(*muster.ProvisionKey) error { return nil })
	r.missing(err)
}

func sweepsInOrder(t *testing.T, r *registry) {
	first, second, third := r.sweep(muster.SweepSuspend), r.sweep(muster.SweepSuspend), r.sweep(muster.SweepRelease)
	r.must(r.AdvanceSweep(t.Context(), second.ID, nil, after(9)))
	second.FinishedAt = after(9)
	got, err := r.Sweeps(t.Context(), 9)
	r.must(err)
	r.same(got, []muster.Sweep{third, first, second})
}

func letInListed(t *testing.T, r *registry) {
	r.list("expected")
	var all []muster.Device
	for i, name := range []string{"a", "b", "c"} {
		a := r.admission(name)
		a.Device.ProvisionedAt = after(i)
		r.must(r.Admit(t.Context(), a))
		all = append(all, a.Device)
	}
	find := func(q muster.LetInQuery) []muster.Device {
		q.Key, q.Limit = r.key.ID, 9
		got, err := r.LetIn(t.Context(), q)
		r.must(err)
		count, err := r.CountLetIn(t.Context(), q)
		r.must(err)
		r.same(count, len(got))
		return got
	}
	r.same(find(muster.LetInQuery{}), all)
	r.same(find(muster.LetInQuery{From: after(1)}), all[1:])
	r.same(find(muster.LetInQuery{From: after(1), To: after(2)}), all[1:2])
	behind := func(d muster.Device) *muster.DeviceMark { return &muster.DeviceMark{At: d.ProvisionedAt, ID: d.ID} }
	r.same(find(muster.LetInQuery{After: behind(all[1])}), all[2:])
	r.same(find(muster.LetInQuery{After: behind(all[0]), From: after(2)}), all[2:])
	_, err := r.UpdateDevice(t.Context(), all[0].ID, func(d *muster.Device) error {
		d.State = muster.DeviceSuspended
		return nil
	})
	r.must(err)
	r.same(find(muster.LetInQuery{Left: muster.SweepSuspend}), all[1:])
	page, err := r.LetIn(t.Context(), muster.LetInQuery{Key: r.key.ID, After: behind(all[0]), Limit: 1})
	r.must(err)
	r.same(page, all[1:2])
	none, err := r.CountLetIn(t.Context(), muster.LetInQuery{Key: muster.NewID[muster.ProvisionKey]()})
	r.must(err)
	r.same(none, 0)
}

func sweepSuspends(t *testing.T, r *registry) {
	w := r.sweep(muster.SweepSuspend)
	pump, valve := r.admit("pump"), r.admit("valve")
	other, _ := r.list("other")
	r.must(r.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{pump.ID, other.ID, muster.NewID[muster.Device]()}, after(5)))
	r.must(r.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{pump.ID}, after(6)))
	pump.State = muster.DeviceSuspended
	for _, want := range []muster.Device{pump, valve, other} {
		got, err := r.Device(t.Context(), want.Name)
		r.must(err)
		r.same(got, want)
	}
	got, err := r.Sweep(t.Context(), w.ID)
	r.must(err)
	r.same(got.Devices, 1)
}

func sweepReleases(t *testing.T, r *registry) {
	w := r.sweep(muster.SweepRelease)
	pump := r.admit("pump")
	r.must(r.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{pump.ID}, after(5)))
	got, err := r.Enrolled(t.Context(), "pump")
	r.must(err)
	pump.State, pump.ProvisionedAt, pump.ProvisionedWith = muster.DeviceListed, got.Device.ProvisionedAt, muster.ProvisionKeyID{}
	r.same(got.Device, pump)
	r.same(got.Device.ProvisionedAt.IsZero(), true)
	r.same(got.Released, true)
	r.same(len(got.Credentials), 1)
	r.same(got.Credentials[0].State, muster.CredentialRevoked)
	attributes, err := r.Attributes(t.Context(), pump.ID)
	r.must(err)
	r.same(len(attributes), 0)
}
