package fleet_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

// letIn files devices that the key let in, one a second from now on.
func (f *fixture) letIn(t *testing.T, key string, names ...string) []muster.Device {
	t.Helper()
	k, err := f.ProvisionKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var all []muster.Device
	for i, name := range names {
		d := muster.Device{
			ID: muster.NewID[muster.Device](), Profile: k.Profile, Name: name, State: muster.DeviceActive, CreatedAt: f.now,
			ProvisionedAt: f.now.Add(time.Duration(i) * time.Second), ProvisionedWith: k.ID,
		}
		e := muster.Evidence{Token: muster.Secret("token-of-" + name)}
		c, err := e.Seal(f.keys, d.ID, f.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.registry.Admit(t.Context(), muster.Admission{Device: d, Credential: c}); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// run carries out what was filed until the sweep is finished.
func (f *fixture) run(t *testing.T, id muster.SweepID) muster.Sweep {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	defer func() { stop(); <-done }()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		w, err := f.ShowSweep(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !w.FinishedAt.IsZero() {
			return w
		}
		if time.Now().After(end) {
			t.Fatalf("the sweep goes on: %+v", w)
		}
	}
}

func (f *fixture) key(t *testing.T, key string) fleet.IssuedKey {
	t.Helper()
	k, err := f.CreateProvisionKey(t.Context(), fleet.NewProvisionKey{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestARevokedKeyTakesAlongWhatItLetIn(t *testing.T) {
	for _, c := range []struct {
		action muster.SweepAction
		state  muster.DeviceState
		told   muster.Reason
	}{
		{muster.SweepSuspend, muster.DeviceSuspended, muster.ReasonDeviceSuspended},
		{muster.SweepRelease, muster.DeviceListed, muster.ReasonCredentialRevoked},
	} {
		t.Run(c.action.String(), func(t *testing.T) {
			f := newFixture(t)
			f.key(t, "batch")
			f.key(t, "other")
			in := f.letIn(t, "batch", "a", "b")
			f.letIn(t, "other", "c")
			k, w, err := f.RevokeProvisionKey(t.Context(), "batch", c.action)
			if err != nil || k.RevokedAt.IsZero() || w.Expected != 2 {
				t.Fatalf("%+v, %+v, %v", k, w, err)
			}
			if got := f.run(t, w.ID); got.Devices != 2 {
				t.Errorf("swept %+v", got)
			}
			f.wantEnded(t, in[0].ID.String()+" "+string(c.told), in[1].ID.String()+" "+string(c.told))
			for _, name := range []string{"a", "b"} {
				if d, err := f.Device(t.Context(), name); err != nil || d.State != c.state {
					t.Errorf("%+v, %v", d, err)
				}
			}
			if d, err := f.Device(t.Context(), "c"); err != nil || d.State != muster.DeviceActive {
				t.Errorf("what another key let in: %+v, %v", d, err)
			}
		})
	}
}

func TestWhatIsKeptIsNotSwept(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	f.letIn(t, "batch", "a")
	if _, w, err := f.RevokeProvisionKey(t.Context(), "batch", muster.SweepKeep); err != nil || w != nil {
		t.Errorf("%+v, %v", w, err)
	}
	if all, err := f.Sweeps(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestASweepBetweenTwoTimes(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	in := f.letIn(t, "batch", "a", "b", "c", "d")
	f.now = f.now.Add(time.Minute)
	devices, count, err := f.LetIn(t.Context(), "batch", fleet.LetInList{From: in[1].ProvisionedAt, To: in[3].ProvisionedAt, Limit: 1})
	if err != nil || count != 2 || len(devices) != 1 || devices[0].Name != "b" {
		t.Errorf("%+v, %d, %v", devices, count, err)
	}
	w, err := f.Sweep(t.Context(), "batch", muster.SweepSuspend, in[1].ProvisionedAt, in[3].ProvisionedAt)
	if err != nil || w.Expected != 2 {
		t.Fatalf("%+v, %v", w, err)
	}
	if got := f.run(t, w.ID); got.Devices != 2 {
		t.Errorf("swept %+v", got)
	}
	f.wantEnded(t, in[1].ID.String()+" device-suspended", in[2].ID.String()+" device-suspended")
	if k, err := f.ProvisionKey(t.Context(), "batch"); err != nil || !k.RevokedAt.IsZero() {
		t.Errorf("the key: %+v, %v", k, err)
	}
}

func TestASweepOfManyGoesOnWhereItWasStopped(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	var names []string
	for i := range 1201 {
		names = append(names, fmt.Sprint("d", i))
	}
	in := f.letIn(t, "batch", names...)
	f.now = f.now.Add(time.Hour)
	w, err := f.Sweep(t.Context(), "batch", muster.SweepRelease, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.registry.AdvanceSweep(t.Context(), w.ID, []muster.DeviceID{in[0].ID, in[700].ID}, f.now); err != nil {
		t.Fatal(err) // an earlier run did so, and was killed
	}
	if got := f.run(t, w.ID); got.Devices != 1201 || got.Expected != 1201 {
		t.Errorf("swept %+v", got)
	}
	if len(f.ended) != 1199 {
		t.Errorf("ended %d sessions", len(f.ended))
	}
}

func TestSweepsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	f.key(t, "batch")
	for name, c := range map[string]struct {
		key      string
		action   muster.SweepAction
		from, to time.Time
		reason   muster.Reason
	}{
		"of a key that is none": {"no", muster.SweepSuspend, time.Time{}, time.Time{}, muster.ReasonNotFound},
		"that does nothing":     {"batch", muster.SweepKeep, time.Time{}, time.Time{}, muster.ReasonRequestInvalid},
		"that ends before":      {"batch", muster.SweepSuspend, f.now, f.now, muster.ReasonRequestInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Sweep(t.Context(), c.key, c.action, c.from, c.to)
			refused(t, err, c.reason)
		})
	}
}
