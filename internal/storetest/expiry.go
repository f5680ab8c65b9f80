package storetest

import (
	"testing"
	"time"

	"muster"
)

func expirySentences() []sentence {
	return []sentence{
		{"counts what ends by day, profile, kind and authority", expiring},
		{"remembers what it has told", foretold},
	}
}

func expiring(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	add := func(name string, at time.Time, change func(*muster.Credential)) {
		c := newCredential(d.ID, name)
		c.ExpiresAt = at
		change(&c)
		r.must(r.CreateCredential(t.Context(), c))
	}
	day := birth.Truncate(24 * time.Hour)
	as := func(c *muster.Credential) { c.Kind = muster.X509Certificate }
	add("a", after(10), as)
	add("b", after(20), as)
	add("token", after(20), func(*muster.Credential) {})
	add("revoked", after(20), func(c *muster.Credential) { c.State = muster.CredentialRevoked })
	add("retiring", day.Add(30*time.Hour), func(c *muster.Credential) { c.State = muster.CredentialRetiring })
	add("over", after(-1), as)
	add("later", day.Add(48*time.Hour), as)
	got, err := r.Expiring(t.Context(), birth, day.Add(48*time.Hour))
	r.must(err)
	r.same(got, []muster.Expiring{
		{Day: day, Profile: r.profile.ID, Kind: muster.AccessToken, Count: 1},
		{Day: day, Profile: r.profile.ID, Kind: muster.X509Certificate, Count: 2},
		{Day: day.Add(24 * time.Hour), Profile: r.profile.ID, Kind: muster.AccessToken, Count: 1},
	})
	n, err := r.CountExpiring(t.Context(), birth, day.Add(48*time.Hour))
	r.must(err)
	r.same(n, 4)
}

func foretold(t *testing.T, r *registry) {
	for _, days := range []int{30, 3} {
		until, err := r.Foretold(t.Context(), days)
		r.must(err)
		r.same(until, time.Time{})
	}
	r.must(r.Foretell(t.Context(), 30, after(1)))
	r.must(r.Foretell(t.Context(), 30, after(2)))
	r.reopen()
	until, err := r.Foretold(t.Context(), 30)
	r.must(err)
	r.same(until, after(2))
}
