package storetest

import (
	"testing"
	"time"

	"muster"
)

func onceSentences() []sentence {
	return []sentence{
		{"a request is begun once, and its answer is kept", onceKept},
		{"a request that ends without an answer is forgotten", func(t *testing.T, r *registry) {
			o := newOnce(1)
			r.begins(o, birth, true)
			r.must(r.EndOnce(t.Context(), o.Key, nil))
			r.begins(o, birth, true)
		}},
		{"a request that is old is forgotten", func(_ *testing.T, r *registry) {
			o := newOnce(1)
			r.begins(o, birth, true)
			o.At = after(10)
			r.begins(o, after(2), true)
		}},
		{"the first use of a new credential revokes the one that it replaces", credentialRotated},
		{"attributes are set and removed together", attributesChanged},
	}
}

func newOnce(n byte) muster.Once {
	return muster.Once{Key: muster.LookupKey{n}, Request: muster.LookupKey{n, 1}, At: after(1)}
}

func (r *registry) begins(o muster.Once, since time.Time, want bool) (before muster.Once) {
	r.t.Helper()
	before, begun, err := r.BeginOnce(r.t.Context(), o, since)
	r.must(err)
	r.same(begun, want)
	return before
}

func onceKept(t *testing.T, r *registry) {
	o := newOnce(1)
	r.begins(o, birth, true)
	r.begins(newOnce(2), birth, true)
	r.same(len(r.begins(o, birth, false).Answer), 0)
	r.must(r.EndOnce(t.Context(), o.Key, muster.Sealed("answer")))
	r.reopen()
	o.Answer = muster.Sealed("answer")
	r.same(r.begins(newOnce(1), birth, false), o)
}

func credentialRotated(t *testing.T, r *registry) {
	d, old := r.list("pump")
	_, foreign := r.list("valve")
	c := newCredential(d.ID, "new")
	r.missing(r.RotateCredential(t.Context(), foreign.ID, c))
	r.missing(r.RotateCredential(t.Context(), muster.NewID[muster.Credential](), c))
	taken := c
	taken.Lookup = foreign.Lookup
	r.refused(r.RotateCredential(t.Context(), old.ID, taken), muster.ReasonCredentialInUse)
	state := func(want muster.CredentialState) {
		t.Helper()
		h, err := r.Holder(t.Context(), old.Lookup)
		r.must(err)
		r.same(h.Credential.State, want)
	}
	state(muster.CredentialActive)
	r.must(r.RotateCredential(t.Context(), old.ID, c))
	state(muster.CredentialRetiring)
	r.used(map[muster.CredentialID]time.Time{old.ID: after(3)})
	state(muster.CredentialRetiring)
	r.used(map[muster.CredentialID]time.Time{c.ID: after(4)}, d.ID)
	state(muster.CredentialRevoked)
	r.refused(r.RotateCredential(t.Context(), old.ID, newCredential(d.ID, "third")), muster.ReasonCredentialRevoked)
}

func attributesChanged(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	at := func(key string, n int64) muster.Attribute {
		return muster.Attribute{Scope: muster.SharedScope, Key: key, Value: muster.LongValue(n), UpdatedAt: after(int(n))}
	}
	client := at("a", 9)
	client.Scope = muster.ClientScope
	r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{client}))
	change := func(d muster.DeviceID, set []muster.Attribute, remove ...string) ([]muster.Attribute, error) {
		return r.ChangeAttributes(t.Context(), d, muster.SharedScope, set, remove)
	}
	got, err := change(d.ID, []muster.Attribute{at("b", 2), at("a", 1)})
	r.must(err)
	r.same(got, []muster.Attribute{at("a", 1), at("b", 2)})
	_, err = change(d.ID, []muster.Attribute{at("b", 3)}, "a", "none")
	r.must(err)
	got, err = r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(got, []muster.Attribute{at("b", 3), client})
	_, err = change(muster.NewID[muster.Device](), nil)
	r.missing(err)
	large := at("c", 4)
	large.Value = muster.StringValue(string(make([]byte, muster.MaxAttributeBytes)))
	_, err = change(d.ID, []muster.Attribute{large}, "b")
	r.refused(err, muster.ReasonPayloadInvalid)
	left, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(left, got)
}
