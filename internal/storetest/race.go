package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"muster"
)

func raceSentences() []sentence {
	return []sentence{
		{"of 200 that want one name exactly one gets it", raceForName},
		{"of 50 that want one credential exactly one gets it", raceForCredential},
		{"50 listed devices that 64 claim at once let themselves in once each", raceToClaim},
		{"a key lets in no more than it may, however many knock at once", raceForPlaces},
		{"a device has no more credentials than it may, however many are added at once", raceForRoom},
		{"a one-time token is spent by exactly one of 50", raceForToken},
		{"changes at the same time do not overwrite each other", raceToChange},
		{"what was changed is seen by whoever asks afterwards, however many ask", raceToSee},
	}
}

// atOnce runs n at once and returns what each of them got.
func atOnce(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	done.Wait()
	return errs
}

// winners checks that all but the winners were refused with the reason, and returns how many won.
func (r *registry) winners(errs []error, reason muster.Reason) (won int) {
	r.t.Helper()
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		r.refused(err, reason)
	}
	return won
}

func raceForName(t *testing.T, r *registry) {
	errs := atOnce(200, func(i int) error {
		a := r.admission("pump")
		a.Credential.Lookup = digest(strconv.Itoa(i))
		return r.Admit(t.Context(), a)
	})
	r.same(r.winners(errs, muster.ReasonDeviceNameTaken), 1)
	r.same(r.counted(), 1)
	d, err := r.Device(t.Context(), "pump")
	r.must(err)
	credentials, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(len(credentials), 1)
	for i, err := range errs {
		_, missing := r.Holder(t.Context(), digest(strconv.Itoa(i)))
		if (err == nil) != (missing == nil) {
			t.Errorf("device %d: admitted with %v, recognised with %v", i, err, missing)
		}
	}
}

func raceForCredential(t *testing.T, r *registry) {
	errs := atOnce(50, func(i int) error {
		a := r.admission("pump-" + strconv.Itoa(i))
		a.Credential.Lookup = digest("one")
		return r.Admit(t.Context(), a)
	})
	r.same(r.winners(errs, muster.ReasonCredentialInUse), 1)
	r.same(r.counted(), 1)
	r.same(len(r.names(muster.DeviceQuery{Limit: 100})), 1)
}

func raceForRoom(t *testing.T, r *registry) {
	d, first := r.list("pump")
	asks := r.readmission(d.ID)
	asks.Key, asks.Proof, asks.Beside = muster.ProvisionKeyID{}, first.ID, true
	errs := atOnce(60, func(i int) error {
		c := newCredential(d.ID, strconv.Itoa(i))
		switch i % 3 {
		case 0:
			return r.CreateCredential(t.Context(), c)
		case 1:
			return r.RotateCredential(t.Context(), first.ID, c)
		}
		m := asks
		m.Credential = c
		_, err := r.Readmit(t.Context(), m)
		return err
	})
	r.same(r.winners(errs, muster.ReasonRequestInvalid), muster.MaxCredentials-1)
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(len(held), muster.MaxCredentials)
}

// listMany files the devices prefix-0 to prefix-(n-1), which are expected.
func (r *registry) listMany(prefix string, n int) {
	r.t.Helper()
	for _, err := range atOnce(n, func(i int) error {
		d := r.newDevice(fmt.Sprintf("%s-%d", prefix, i))
		return r.CreateDevice(r.t.Context(), d, []muster.Credential{newCredential(d.ID, d.Name)}, nil)
	}) {
		r.must(err)
	}
}

func raceToClaim(t *testing.T, r *registry) {
	const devices, each = 50, 64
	r.listMany("pump", devices)
	errs := atOnce(devices*each, func(i int) error {
		_, _, err := r.Claim(t.Context(), r.claim(fmt.Sprintf("pump-%d", i%devices)))
		return err
	})
	r.same(r.winners(errs, muster.ReasonDeviceProvisioned), devices)
	for i := range devices {
		ofOne := make([]error, 0, each)
		for j := i; j < len(errs); j += devices {
			ofOne = append(ofOne, errs[j])
		}
		r.same(r.winners(ofOne, muster.ReasonDeviceProvisioned), 1)
	}
	r.same(r.counted(), devices)
}

func raceForPlaces(t *testing.T, r *registry) {
	const places = 10
	_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		k.MaxDevices = places
		return nil
	})
	r.must(err)
	r.listMany("listed", 50)
	errs := atOnce(100, func(i int) error {
		if i%2 == 0 {
			_, _, err := r.Claim(t.Context(), r.claim(fmt.Sprintf("listed-%d", i/2)))
			return err
		}
		return r.Admit(t.Context(), r.admission(fmt.Sprintf("new-%d", i)))
	})
	r.same(r.winners(errs, muster.ReasonProvisionKeyExhausted), places)
	r.same(r.counted(), places)
	active := muster.DeviceActive
	r.same(len(r.names(muster.DeviceQuery{State: &active, Limit: 200})), places)
}

func raceForToken(t *testing.T, r *registry) {
	once := newAPIToken("once")
	once.Once = true
	r.must(r.CreateAPIToken(t.Context(), once, birth))
	errs := atOnce(50, func(i int) error {
		return r.SpendAPIToken(t.Context(), once.Digest, newUser("user-"+strconv.Itoa(i)))
	})
	r.same(r.winners(errs, muster.ReasonNotFound), 1)
	for i, err := range errs {
		_, missing := r.User(t.Context(), "user-"+strconv.Itoa(i))
		if (err == nil) != (missing == nil) {
			t.Errorf("user %d: filed with %v, found with %v", i, err, missing)
		}
	}
}

func raceToChange(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	errs := atOnce(50, func(int) error {
		_, err := r.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error {
			d.Label += "x"
			return nil
		})
		return err
	})
	r.same(r.winners(errs, ""), 50)
	got, err := r.Device(t.Context(), "pump")
	r.must(err)
	r.same(len(got.Label), 50)
}

// raceToSee changes a profile again and again while others read it with a device.
func raceToSee(t *testing.T, r *registry) {
	const changes = 100
	_, c := r.list("pump")
	var kept atomic.Uint32 // what the last change that is over has set
	errs := atOnce(5, func(i int) error {
		for n := uint32(1); n <= changes; n++ {
			if i == 0 {
				_, err := r.UpdateProfile(t.Context(), r.profile.ID, func(p *muster.Profile) error {
					p.Settings.RetentionDays = uint16(n)
					return nil
				})
				if err != nil {
					return err
				}
				kept.Store(n)
			}
			before := kept.Load()
			h, err := r.Holder(t.Context(), c.Lookup)
			if err != nil {
				return err
			}
			if seen := h.Profile.Settings.RetentionDays; uint32(seen) < before {
				return fmt.Errorf("saw %d, and %d was set before", seen, before)
			}
		}
		return nil
	})
	r.same(r.winners(errs, ""), len(errs))
}
