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
		{"keeps the last answer of a responder for as long as it is of use", revocationAnswers},
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

func revocationAnswers(t *testing.T, r *registry) {
	a := muster.RevocationAnswer{Certificate: [32]byte{1}, ThisUpdate: after(1), NextUpdate: after(5), Until: after(5)}
	b := muster.RevocationAnswer{Certificate: [32]byte{2}, ThisUpdate: after(1), NextUpdate: after(2), Until: after(2)}
	r.must(r.KeepRevocationAnswer(t.Context(), a, after(1)))
	r.must(r.KeepRevocationAnswer(t.Context(), b, after(1)))
	a.Revoked, a.Until = true, after(9)
	r.must(r.KeepRevocationAnswer(t.Context(), a, after(2)))
	r.reopen()
	got, err := r.RevocationAnswers(t.Context(), birth, 10)
	r.must(err)
	r.same(got, []muster.RevocationAnswer{a})
	c := muster.RevocationAnswer{ThisUpdate: after(1), NextUpdate: after(8), Until: after(8)}
	r.must(r.KeepRevocationAnswer(t.Context(), c, after(2)))
	got, err = r.RevocationAnswers(t.Context(), birth, 1) // what is revoked comes first
	r.must(err)
	r.same(got, []muster.RevocationAnswer{a})
	got, err = r.RevocationAnswers(t.Context(), after(9), 10)
	r.must(err)
	r.same(len(got), 0)
}
