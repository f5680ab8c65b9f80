package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"muster"
)

func credentialSentences() []sentence {
	return []sentence{
		{"a credential comes back as it was filed", credentialComesBack},
		{"credentials come the oldest first", credentialsByAge},
		{"a credential in use is refused", credentialInUse},
		{"a credential for a device that is gone is refused", func(t *testing.T, r *registry) {
			r.missing(r.CreateCredential(t.Context(), newCredential(muster.NewID[muster.Device](), "token")))
		}},
		{"a change touches state and dates alone", credentialChange},
		{"a change that fails changes nothing", credentialChangeFails},
		{"what is gone cannot be changed", func(t *testing.T, r *registry) {
			_, err := r.UpdateCredential(t.Context(), muster.NewID[muster.Credential](), func(*muster.Credential) error { return nil })
			r.missing(err)
		}},
		{"a credential leads to device and profile", func(t *testing.T, r *registry) {
			d, c := r.list("pump")
			got, err := r.Holder(t.Context(), c.Lookup)
			r.must(err)
			r.same(got, muster.Holder{Device: d, Profile: r.profile, Credential: c})
		}},
		{"a credential that nobody filed leads nowhere", func(t *testing.T, r *registry) {
			_, err := r.Holder(t.Context(), digest("unknown"))
			r.missing(err)
			_, err = r.BasicHolder(t.Context(), digest("unknown"))
			r.missing(err)
		}},
		{"a pair of client id and user name is found at once, and is no other kind", basicHolder},
		{"a revoked credential is still recognised, and still taken", credentialRevoked},
		{"public keys come with their device, and no other kind does", publicKeys},
		{"who holds no public key has none", func(t *testing.T, r *registry) {
			r.list("pump")
			for _, name := range []string{"pump", "unknown"} {
				got, err := r.PublicKeys(t.Context(), name)
				r.must(err)
				r.same(got, []muster.Holder{})
			}
		}},
		{"credentials of the whole fleet are found, page by page", credentialsOfTheFleet},
		{"a credential that retires gives way to one of its device that is used", credentialRetired},
		{"a use is noted, and a credential that is gone is no error", credentialUsed},
	}
}

func credentialComesBack(t *testing.T, r *registry) {
	d, first := r.list("pump")
	c := newCredential(d.ID, "key")
	c.Kind, c.State, c.Hint = muster.PublicKey, muster.CredentialRetiring, "ab:cd"
	c.NotBefore, c.ExpiresAt, c.CreatedAt, c.LastUsedAt = after(1), after(2), after(3), after(4)
	r.must(r.CreateCredential(t.Context(), c))
	got, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(got, []muster.Credential{first, c})
}

func basicHolder(t *testing.T, r *registry) {
	d, token := r.list("pump")
	_, err := r.BasicHolder(t.Context(), token.Lookup)
	r.missing(err)
	pair := newCredential(d.ID, "pair")
	pair.Kind = muster.MQTTBasic
	r.must(r.CreateCredential(t.Context(), pair))
	got, err := r.BasicHolder(t.Context(), pair.Lookup)
	r.must(err)
	r.same(got, muster.Holder{Device: d, Profile: r.profile, Credential: pair})
	r.must(r.DeleteDevice(t.Context(), d.ID))
	_, err = r.BasicHolder(t.Context(), pair.Lookup)
	r.missing(err)
}

func credentialsByAge(t *testing.T, r *registry) {
	d, middle := r.list("pump")
	young, old := newCredential(d.ID, "young"), newCredential(d.ID, "old")
	young.CreatedAt, old.CreatedAt = after(1), after(-1)
	r.must(r.CreateCredential(t.Context(), young))
	r.must(r.CreateCredential(t.Context(), old))
	r.list("valve")
	got, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(got, []muster.Credential{old, middle, young})
}

func credentialInUse(t *testing.T, r *registry) {
	pump, used := r.list("pump")
	valve, _ := r.list("valve")
	for _, holder := range []muster.DeviceID{pump.ID, valve.ID} {
		c := newCredential(holder, "x")
		c.Lookup = used.Lookup
		r.refused(r.CreateCredential(t.Context(), c), muster.ReasonCredentialInUse)
	}
}

func credentialChange(t *testing.T, r *registry) {
	_, want := r.list("pump")
	want.State, want.NotBefore, want.ExpiresAt = muster.CredentialRevoked, after(1), after(2)
	got, err := r.UpdateCredential(t.Context(), want.ID, func(c *muster.Credential) error {
		other := newCredential(muster.NewID[muster.Device](), "other")
		other.Kind, other.Hint, other.CreatedAt = muster.PublicKey, "other", after(9)
		other.State, other.NotBefore, other.ExpiresAt = want.State, want.NotBefore, want.ExpiresAt
		*c = other
		return nil
	})
	r.must(err)
	r.same(got, want)
	holder, err := r.Holder(t.Context(), want.Lookup)
	r.must(err)
	r.same(holder.Credential, want)
}

func credentialChangeFails(t *testing.T, r *registry) {
	d, want := r.list("pump")
	no := errors.New("no")
	_, err := r.UpdateCredential(t.Context(), want.ID, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("got error %v, want the change's own", err)
	}
	got, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same(got, []muster.Credential{want})
}

func credentialRevoked(t *testing.T, r *registry) {
	_, c := r.list("pump")
	_, err := r.UpdateCredential(t.Context(), c.ID, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return nil
	})
	r.must(err)
	holder, err := r.Holder(t.Context(), c.Lookup)
	r.must(err)
	r.same(holder.Credential.State, muster.CredentialRevoked)
	valve, _ := r.list("valve")
	again := newCredential(valve.ID, "x")
	again.Lookup = c.Lookup
	r.refused(r.CreateCredential(t.Context(), again), muster.ReasonCredentialInUse)
}

func publicKeys(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	var want []muster.Holder
	for i, text := range []string{"new key", "old key"} {
		c := newCredential(d.ID, text)
		c.Kind, c.CreatedAt = muster.PublicKey, after(-i)
		r.must(r.CreateCredential(t.Context(), c))
		want = append([]muster.Holder{{Device: d, Profile: r.profile, Credential: c}}, want...)
	}
	got, err := r.PublicKeys(t.Context(), "pump")
	r.must(err)
	r.same(got, want)
}

// used notes uses that revoke the credentials of those devices.
func (r *registry) used(at map[muster.CredentialID]time.Time, succeeded ...muster.DeviceID) {
	r.t.Helper()
	replaced, err := r.Used(r.t.Context(), at)
	r.must(err)
	var got []muster.DeviceID
	for _, was := range replaced {
		got = append(got, was.Device)
		credentials, err := r.Credentials(r.t.Context(), was.Device)
		r.must(err)
		of := slices.IndexFunc(credentials, func(c muster.Credential) bool { return c.ID == was.Credential })
		r.same(of >= 0 && credentials[of].State == muster.CredentialRevoked, true)
	}
	r.same(got, succeeded)
}

func credentialUsed(t *testing.T, r *registry) {
	_, pump := r.list("pump")
	_, valve := r.list("valve")
	gone := muster.NewID[muster.Credential]()
	r.used(map[muster.CredentialID]time.Time{pump.ID: after(5), valve.ID: after(6), gone: after(7)})
	r.used(map[muster.CredentialID]time.Time{pump.ID: after(8), valve.ID: after(3)})
	r.used(nil)
	for c, want := range map[muster.LookupKey]time.Time{pump.Lookup: after(8), valve.Lookup: after(6)} {
		holder, err := r.Holder(t.Context(), c)
		r.must(err)
		r.same(holder.Credential.LastUsedAt, want)
	}
}
