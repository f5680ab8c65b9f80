package storetest

import (
	"errors"
	"net/netip"
	"strconv"
	"testing"

	"muster"
)

func provisionKeySentences() []sentence {
	return []sentence{
		{"a key comes back as it was filed, with its profile", keyComesBack},
		{"a key that nobody filed is not found", func(t *testing.T, r *registry) {
			_, _, err := r.ProvisionKey(t.Context(), "KEY")
			r.missing(err)
		}},
		{"a taken key is refused", func(t *testing.T, r *registry) {
			r.refused(r.CreateProvisionKey(t.Context(), newProvisionKey(r.profile.ID, r.key.Key)), muster.ReasonProvisionKeyTaken)
		}},
		{"keys come the oldest first, of one profile or of all", keysByAge},
		{"a change keeps id, profile, key, birth and count", keyChange},
		{"a key with a maximum comes with its count", keyCounts},
		{"a change that fails changes nothing", keyChangeFails},
		{"what is gone cannot be changed", func(t *testing.T, r *registry) {
			_, err := r.UpdateProvisionKey(t.Context(), muster.NewID[muster.ProvisionKey](), func(*muster.ProvisionKey) error { return nil })
			r.missing(err)
		}},
		{"a key is suspended once, until it is resumed", keySuspended},
		{"a key that is closed lets in nobody whose request it was judged for before", keyClosedMeanwhile},
		{"a key is found by its text, or else by its id", keyFound},
		{"a key is deleted when no device is left that it let in", keyDeleted},
		{"a deleted device stays counted", func(t *testing.T, r *registry) {
			a := r.admission("pump")
			r.must(r.Admit(t.Context(), a))
			r.must(r.DeleteDevice(t.Context(), a.Device.ID))
			r.same(r.counted(), 1)
		}},
	}
}

func keyComesBack(t *testing.T, r *registry) {
	k := newProvisionKey(r.profile.ID, "clé")
	k.NotBefore, k.ExpiresAt, k.RevokedAt, k.MaxDevices, k.NamePattern = after(1), after(2), after(3), 4, `pump-\d+`
	k.Former, k.FormerUntil, k.Rate, k.SuspendedAt = muster.Sealed("former"), after(4), 5, after(5)
	k.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	r.must(r.CreateProvisionKey(t.Context(), k))
	got, profile, err := r.ProvisionKey(t.Context(), k.Key)
	r.must(err)
	r.same(got, k)
	r.same(profile, r.profile)
}

func keysByAge(t *testing.T, r *registry) {
	other := newProfile("other")
	young, old := newProvisionKey(other.ID, "a"), newProvisionKey(other.ID, "b")
	young.CreatedAt, old.CreatedAt = after(1), after(-1)
	r.must(r.CreateProfile(t.Context(), other, young, old))
	got, err := r.ProvisionKeys(t.Context(), other.ID)
	r.must(err)
	r.same(got, []muster.ProvisionKey{old, young})
	got, err = r.ProvisionKeys(t.Context(), muster.ProfileID{})
	r.must(err)
	r.same(got, []muster.ProvisionKey{old, r.key, young})
}

func keyChange(t *testing.T, r *registry) {
	before, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.same(before, r.key)
	r.must(r.Admit(t.Context(), r.admission("pump")))
	want := r.key
	want.Devices = 1
	want.Secret, want.NotBefore, want.ExpiresAt, want.RevokedAt = muster.Sealed("other"), after(1), after(2), after(3)
	want.Former, want.FormerUntil, want.Rate, want.SuspendedAt = muster.Sealed("former"), after(4), 6, after(5)
	want.MaxDevices, want.Networks, want.NamePattern = 5, []netip.Prefix{netip.MustParsePrefix("::1/128")}, "x"
	got, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		*k = want
		k.ID, k.Profile, k.Key = muster.NewID[muster.ProvisionKey](), muster.NewID[muster.Profile](), "other"
		k.CreatedAt, k.Devices = after(9), 9
		return nil
	})
	r.must(err)
	r.same(got, want)
	got, _, err = r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.same(got, want)
}

func keyCounts(t *testing.T, r *registry) {
	_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		k.MaxDevices = 9
		return nil
	})
	r.must(err)
	for n := range 3 {
		k, _, err := r.ProvisionKey(t.Context(), r.key.Key)
		r.must(err)
		r.same(k.Devices, n)
		r.must(r.Admit(t.Context(), r.admission("pump-"+strconv.Itoa(n))))
	}
}

func keyChangeFails(t *testing.T, r *registry) {
	no := errors.New("no")
	_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
		k.RevokedAt = after(1)
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the change's own", err)
	}
	got, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.same(got, r.key)
}

func keySuspended(t *testing.T, r *registry) {
	r.must(r.SuspendProvisionKey(t.Context(), r.key.ID, after(1)))
	r.must(r.SuspendProvisionKey(t.Context(), r.key.ID, after(2)))
	want := r.key
	want.SuspendedAt = after(1)
	got, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.must(err)
	r.same(got, want)
}

func keyClosedMeanwhile(t *testing.T, r *registry) {
	change := func(do func(*muster.ProvisionKey)) {
		_, err := r.UpdateProvisionKey(t.Context(), r.key.ID, func(k *muster.ProvisionKey) error {
			do(k)
			return nil
		})
		r.must(err)
	}
	change(func(k *muster.ProvisionKey) { k.SuspendedAt = after(1) })
	a := r.admission("pump")
	r.refused(r.Admit(t.Context(), a), muster.ReasonProvisionKeySuspended)
	change(func(k *muster.ProvisionKey) { k.RevokedAt = after(1) })
	r.refused(r.Admit(t.Context(), a), muster.ReasonProvisionKeyRevoked)
	r.nothingOf(a.Device, a.Credential)
	r.list("valve")
	_, _, err := r.Claim(t.Context(), r.claim("valve"))
	r.refused(err, muster.ReasonProvisionKeyRevoked)
	r.same(r.counted(), 0)
}

func keyDeleted(t *testing.T, r *registry) {
	a := r.admission("pump")
	r.must(r.Admit(t.Context(), a))
	r.refused(r.DeleteProvisionKey(t.Context(), r.key.ID), muster.ReasonProvisionKeyInUse)
	r.must(r.DeleteDevice(t.Context(), a.Device.ID))
	r.refused(r.DeleteProvisionKey(t.Context(), r.key.ID, "stale"), muster.ReasonVersionStale)
	r.must(r.DeleteProvisionKey(r.acting("anna"), r.key.ID))
	_, _, err := r.ProvisionKey(t.Context(), r.key.Key)
	r.missing(err)
	r.missing(r.DeleteProvisionKey(t.Context(), r.key.ID))
	r.refused(r.Admit(t.Context(), r.admission("valve")), muster.ReasonProvisionKeyUnknown)
	entries := r.audit(muster.AuditQuery{Noun: "provision-key", Limit: 2})
	r.same(len(entries), 1)
	r.same(entries[0].Action, "delete")
}

func keyFound(t *testing.T, r *registry) {
	r.must(r.Admit(t.Context(), r.admission("pump")))
	want := r.key
	want.Devices = 1
	impostor := newProvisionKey(r.profile.ID, r.key.ID.String())
	for _, name := range []string{r.key.Key, r.key.ID.String()} {
		got, err := r.FindProvisionKey(t.Context(), name)
		r.must(err)
		r.same(got, want)
	}
	r.must(r.CreateProvisionKey(t.Context(), impostor))
	got, err := r.FindProvisionKey(t.Context(), r.key.ID.String())
	r.must(err)
	r.same(got, impostor)
	_, err = r.FindProvisionKey(t.Context(), "nobody's")
	r.missing(err)
	_, err = r.FindProvisionKey(t.Context(), "")
	r.missing(err)
	p, err := r.ProfileOf(t.Context(), r.profile.ID)
	r.must(err)
	r.same(p, r.profile)
	_, err = r.ProfileOf(t.Context(), muster.NewID[muster.Profile]())
	r.missing(err)
}
