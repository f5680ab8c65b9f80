package storetest

import (
	"errors"
	"testing"
	"time"

	"muster"
)

func profileSentences() []sentence {
	return []sentence{
		{"a profile comes back as it was filed", profileComesBack},
		{"a profile that nobody filed is not found", func(t *testing.T, r *registry) {
			_, err := r.Profile(t.Context(), "Default")
			r.missing(err)
		}},
		{"profiles come by name", profilesByName},
		{"a taken name is refused and files no keys", profileNameTaken},
		{"a taken provision key takes the profile back", profileKeyTaken},
		{"a change keeps id and birth", profileChange},
		{"a change is seen with the next device and the next provision key", profileChangeSeen},
		{"a change that fails changes nothing", profileChangeFails},
		{"a change to a taken name is refused", profileChangeToTaken},
		{"what is gone cannot be changed", func(t *testing.T, r *registry) {
			_, err := r.UpdateProfile(t.Context(), muster.NewID[muster.Profile](), func(*muster.Profile) error { return nil })
			r.missing(err)
		}},
		{"a profile with devices stays", profileInUse},
		{"a deleted profile takes its keys along", profileDeleted},
	}
}

func profileComesBack(t *testing.T, r *registry) {
	ca, _ := newAuthority(t, "authority")
	p := muster.Profile{
		ID: muster.NewID[muster.Profile](), Name: "Wärme \"1\"", Description: "in the cellar", Strategy: muster.StrategyX509Chain, CreatedAt: after(1),
		Settings: muster.ProfileSettings{
			Chain:         &muster.ChainRule{CA: ca, CNPattern: `^(\w+)$`, AllowCreate: true, NameFrom: muster.NameFromURI, Renewal: muster.RenewalAdd, MaxDevices: 9},
			RetentionDays: 90, HideReasons: true, Sessions: 3,
			JWT: muster.JWTRule{Audiences: []string{"a", "b"}, MaxLifetime: time.Hour, Skew: time.Second, OutliveExp: true},
		},
	}
	r.must(r.CreateProfile(t.Context(), p))
	got, err := r.Profile(t.Context(), p.Name)
	r.must(err)
	r.same(got, p)
}

func profilesByName(t *testing.T, r *registry) {
	for _, name := range []string{"zebra", "Zebra", "alpaca"} {
		r.must(r.CreateProfile(t.Context(), newProfile(name)))
	}
	got, err := r.Profiles(t.Context())
	r.must(err)
	names := make([]string, 0, len(got))
	for _, p := range got {
		names = append(names, p.Name)
	}
	r.same(names, []string{"Zebra", "alpaca", "default", "zebra"})
}

func profileNameTaken(t *testing.T, r *registry) {
	p := newProfile(r.profile.Name)
	r.refused(r.CreateProfile(t.Context(), p, newProvisionKey(p.ID, "other")), muster.ReasonProfileNameTaken)
	_, _, err := r.ProvisionKey(t.Context(), "other")
	r.missing(err)
}

func profileKeyTaken(t *testing.T, r *registry) {
	p := newProfile("other")
	err := r.CreateProfile(t.Context(), p, newProvisionKey(p.ID, "fresh"), newProvisionKey(p.ID, r.key.Key))
	r.refused(err, muster.ReasonProvisionKeyTaken)
	_, err = r.Profile(t.Context(), "other")
	r.missing(err)
	_, _, err = r.ProvisionKey(t.Context(), "fresh")
	r.missing(err)
}

func profileChange(t *testing.T, r *registry) {
	want := r.profile
	want.Name, want.Description, want.Strategy, want.Settings.RetentionDays = "renamed", "new", muster.StrategyDisabled, 7
	got, err := r.UpdateProfile(t.Context(), r.profile.ID, func(p *muster.Profile) error {
		r.same(*p, r.profile)
		*p = want
		p.ID, p.CreatedAt = muster.NewID[muster.Profile](), after(9)
		return nil
	})
	r.must(err)
	r.same(got, want)
	got, err = r.Profile(t.Context(), "renamed")
	r.must(err)
	r.same(got, want)
}

func profileChangeSeen(t *testing.T, r *registry) {
	_, c := r.list("pump")
	want := r.profile
	for i := range 3 {
		h, err := r.Holder(t.Context(), c.Lookup)
		r.must(err)
		r.same(h.Profile, want)
		_, p, err := r.ProvisionKey(t.Context(), r.key.Key)
		r.must(err)
		r.same(p, want)
		want, err = r.UpdateProfile(t.Context(), r.profile.ID, func(p *muster.Profile) error {
			p.Settings.RetentionDays = uint16(i + 1)
			return nil
		})
		r.must(err)
	}
}

func profileChangeFails(t *testing.T, r *registry) {
	no := errors.New("no")
	_, err := r.UpdateProfile(t.Context(), r.profile.ID, func(p *muster.Profile) error {
		p.Name = "renamed"
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the change's own", err)
	}
	got, err := r.Profile(t.Context(), r.profile.Name)
	r.must(err)
	r.same(got, r.profile)
}

func profileChangeToTaken(t *testing.T, r *registry) {
	other := newProfile("other")
	r.must(r.CreateProfile(t.Context(), other))
	_, err := r.UpdateProfile(t.Context(), other.ID, func(p *muster.Profile) error {
		p.Name = r.profile.Name
		return nil
	})
	r.refused(err, muster.ReasonProfileNameTaken)
}

func profileInUse(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	r.refused(r.DeleteProfile(t.Context(), r.profile.ID), muster.ReasonProfileInUse)
	_, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.must(r.DeleteDevice(t.Context(), d.ID))
	r.must(r.DeleteProfile(t.Context(), r.profile.ID))
}

func profileDeleted(t *testing.T, r *registry) {
	r.must(r.DeleteProfile(t.Context(), r.profile.ID))
	_, err := r.Profile(t.Context(), r.profile.Name)
	r.missing(err)
	_, _, err = r.ProvisionKey(t.Context(), r.key.Key)
	r.missing(err)
	r.missing(r.DeleteProfile(t.Context(), r.profile.ID))
}
