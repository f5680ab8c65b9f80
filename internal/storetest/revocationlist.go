package storetest

import (
	"testing"

	"muster"
)

func revocationListSentences() []sentence {
	return []sentence{
		{"keeps lists as they were taken", revocationLists},
		{"has one list of a name", revocationListTaken},
		{"changes and forgets the list that was seen", revocationListSeen},
	}
}

func newRevocationList(name string) muster.RevocationList {
	return muster.RevocationList{
		ID: muster.NewID[muster.RevocationList](), Name: name, URL: "http://pki.example/" + name, Issuer: "PEM", DER: []byte{1, 2, 3},
		CreatedAt: birth, TakenAt: after(1),
	}
}

func revocationLists(t *testing.T, r *registry) {
	b, a := newRevocationList("b"), newRevocationList("a")
	r.must(r.CreateRevocationList(t.Context(), b))
	r.must(r.CreateRevocationList(t.Context(), a))
	b.URL, b.Issuer, b.DER, b.TakenAt = "", "", []byte{4}, after(2)
	r.must(r.UpdateRevocationList(t.Context(), b))
	r.reopen()
	got, err := r.RevocationLists(t.Context())
	r.must(err)
	r.same(got, []muster.RevocationList{a, b})
}

func revocationListTaken(t *testing.T, r *registry) {
	r.must(r.CreateRevocationList(t.Context(), newRevocationList("a")))
	r.refused(r.CreateRevocationList(t.Context(), newRevocationList("a")), muster.ReasonRevocationListTaken)
}

func revocationListSeen(t *testing.T, r *registry) {
	l := newRevocationList("a")
	r.missing(r.UpdateRevocationList(t.Context(), l))
	r.missing(r.DeleteRevocationList(t.Context(), l.ID))
	r.must(r.CreateRevocationList(t.Context(), l))
	seen := l.Version()
	l.TakenAt = after(3)
	r.must(r.UpdateRevocationList(t.Context(), l, seen))
	r.refused(r.UpdateRevocationList(t.Context(), l, seen), muster.ReasonVersionStale)
	r.refused(r.DeleteRevocationList(t.Context(), l.ID, seen), muster.ReasonVersionStale)
	r.must(r.DeleteRevocationList(t.Context(), l.ID, l.Version()))
	got, err := r.RevocationLists(t.Context())
	r.must(err)
	r.same(len(got), 0)
}
