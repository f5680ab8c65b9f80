package storetest

import (
	"testing"
	"time"

	"muster"
)

// credentialsOfTheFleet finds the credentials of furnish, by their devices, a page of two at a time.
func credentialsOfTheFleet(t *testing.T, r *registry) {
	other := r.furnish()
	basic, token := muster.MQTTBasic, muster.AccessToken
	active, revoked, expired := muster.CredentialStanding(muster.CredentialActive), muster.CredentialStanding(muster.CredentialRevoked), muster.CredentialExpired
	for _, tc := range []struct {
		query muster.CredentialQuery
		want  []string
	}{
		{muster.CredentialQuery{}, []string{"a-1", "a-2", "B-1", "b-2", "c"}},
		{muster.CredentialQuery{Descending: true}, []string{"c", "b-2", "B-1", "a-2", "a-1"}},
		{muster.CredentialQuery{Sort: muster.CredentialsByExpiry}, []string{"c", "b-2"}},
		{muster.CredentialQuery{Sort: muster.CredentialsByExpiry, Descending: true}, []string{"b-2", "c"}},
		{muster.CredentialQuery{Sort: muster.CredentialsByExpiry, ExpiresBefore: after(100)}, []string{"c"}},
		{muster.CredentialQuery{ExpiresBefore: after(101)}, []string{"b-2", "c"}},
		{muster.CredentialQuery{Profile: other.ID}, []string{"a-2"}},
		{muster.CredentialQuery{Search: "B-"}, []string{"B-1", "b-2"}},
		{muster.CredentialQuery{Kind: &basic}, []string{"a-2"}},
		{muster.CredentialQuery{Kind: &token, Descending: true}, []string{"c", "b-2", "B-1", "a-1"}},
		{muster.CredentialQuery{Standing: &active, Now: after(99)}, []string{"a-1", "a-2", "B-1", "b-2"}},
		{muster.CredentialQuery{Standing: &active, Now: after(100)}, []string{"a-1", "a-2", "B-1"}},
		{muster.CredentialQuery{Standing: &expired, Now: after(100)}, []string{"b-2"}},
		{muster.CredentialQuery{Standing: &revoked, Now: after(100)}, []string{"c"}},
	} {
		var got []string
		q := tc.query
		q.Limit = 2
		for range 5 {
			page, err := r.FleetCredentials(t.Context(), q)
			r.must(err)
			for _, h := range page.Credentials {
				got = append(got, h.Device.Name)
				r.same(h.Credential.Device, h.Device.ID)
				r.same(h.Profile.ID, h.Device.Profile)
			}
			if q.After = page.Next; q.After == nil {
				break
			}
		}
		r.same(got, tc.want)
	}
}

func credentialRetired(t *testing.T, r *registry) {
	d, old := r.list("pump")
	_, foreign := r.list("valve")
	next := newCredential(d.ID, "next")
	r.must(r.CreateCredential(t.Context(), next))
	_, err := r.RetireCredential(t.Context(), old.ID, foreign.ID)
	r.missing(err)
	_, err = r.RetireCredential(t.Context(), old.ID, old.ID)
	r.missing(err)
	_, err = r.RetireCredential(t.Context(), old.ID, next.ID, "another")
	r.refused(err, muster.ReasonVersionStale)
	got, err := r.RetireCredential(t.Context(), old.ID, next.ID, old.Version())
	r.must(err)
	r.same(got.State, muster.CredentialRetiring)
	r.same(got.Successor, next.ID)
	other := newCredential(d.ID, "other")
	r.must(r.CreateCredential(t.Context(), other))
	turned, err := r.RetireCredential(t.Context(), old.ID, other.ID, got.Version())
	r.must(err)
	_, err = r.RetireCredential(t.Context(), old.ID, next.ID, got.Version()) // what takes over has changed since
	r.refused(err, muster.ReasonVersionStale)
	_, err = r.RetireCredential(t.Context(), old.ID, next.ID, turned.Version())
	r.must(err)
	_, err = r.RetireCredential(t.Context(), next.ID, old.ID)
	r.refused(err, muster.ReasonCredentialRevoked)
	pending := newCredential(d.ID, "pending") // it opens nothing, and would if it retired
	pending.State = muster.CredentialPending
	r.must(r.CreateCredential(t.Context(), pending))
	_, err = r.RetireCredential(t.Context(), pending.ID, next.ID)
	r.refused(err, muster.ReasonCredentialRevoked)
	r.refused(r.RotateCredential(t.Context(), pending.ID, newCredential(d.ID, "fresh")), muster.ReasonCredentialRevoked)
	r.used(map[muster.CredentialID]time.Time{old.ID: after(1)})
	r.used(map[muster.CredentialID]time.Time{next.ID: after(2)}, d.ID)
	held, err := r.Credentials(t.Context(), d.ID)
	r.must(err)
	r.same([]muster.CredentialState{held[0].State, held[1].State, held[2].State, held[3].State},
		[]muster.CredentialState{muster.CredentialRevoked, muster.CredentialActive, muster.CredentialActive, muster.CredentialPending})
	r.same(held[0].Successor, muster.CredentialID{})
}
