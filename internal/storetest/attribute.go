package storetest

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"muster"
)

func attributeSentences() []sentence {
	return []sentence{
		{"attributes come by scope and key, with the type they had", attributesComeBack},
		{"a saved attribute replaces the one of its scope and key", attributeReplaced},
		{"attributes of a device that is gone are refused", func(t *testing.T, r *registry) {
			r.missing(r.SaveAttributes(t.Context(), muster.NewID[muster.Device](), []muster.Attribute{provisioned(birth)}))
		}},
		{"a device has no more attributes than it may have", attributesBounded},
		{"a device has no more bytes of attributes than it may have", attributeBytesBounded},
		{"attributes belong to one device", func(t *testing.T, r *registry) {
			pump, _ := r.list("pump")
			valve, _ := r.list("valve")
			r.must(r.SaveAttributes(t.Context(), pump.ID, []muster.Attribute{provisioned(birth)}))
			got, err := r.Attributes(t.Context(), valve.ID)
			r.must(err)
			r.same(got, []muster.Attribute{})
		}},
	}
}

func attributesBounded(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	many := make([]muster.Attribute, muster.MaxAttributes)
	for i := range many {
		many[i] = muster.Attribute{Scope: muster.ClientScope, Key: strconv.Itoa(i), Value: muster.LongValue(1), UpdatedAt: after(1)}
	}
	r.must(r.SaveAttributes(t.Context(), d.ID, many))
	r.must(r.SaveAttributes(t.Context(), d.ID, many[:1])) // the same once more
	more := []muster.Attribute{{Scope: muster.ClientScope, Key: "0", Value: muster.LongValue(2)}, {Key: "one more", Value: muster.LongValue(2)}}
	r.refused(r.SaveAttributes(t.Context(), d.ID, more), muster.ReasonPayloadInvalid)
	got, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	if len(got) != muster.MaxAttributes || got[0].Value != muster.LongValue(1) {
		t.Errorf("%d attributes, the first %v", len(got), got[0])
	}
}

func attributeBytesBounded(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	large := func(key string, bytes int) []muster.Attribute {
		return []muster.Attribute{{Scope: muster.ClientScope, Key: key, Value: muster.StringValue(strings.Repeat("x", bytes)), UpdatedAt: after(1)}}
	}
	r.must(r.SaveAttributes(t.Context(), d.ID, large("a", muster.MaxAttributeBytes/2)))
	r.must(r.SaveAttributes(t.Context(), d.ID, large("b", muster.MaxAttributeBytes/2-100)))
	r.refused(r.SaveAttributes(t.Context(), d.ID, large("c", 200)), muster.ReasonPayloadInvalid)
	r.refused(r.SaveAttributes(t.Context(), d.ID, large("b", muster.MaxAttributeBytes/2)), muster.ReasonPayloadInvalid)
	r.must(r.SaveAttributes(t.Context(), d.ID, large("a", 1)))
	r.must(r.SaveAttributes(t.Context(), d.ID, large("c", 200)))
}

func attributesComeBack(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	want := []muster.Attribute{
		{Scope: muster.ServerScope, Key: "A", Value: muster.BoolValue(true), UpdatedAt: after(1)},
		{Scope: muster.ServerScope, Key: "a", Value: muster.LongValue(math.MinInt64), UpdatedAt: after(2)},
		{Scope: muster.SharedScope, Key: "a", Value: muster.DoubleValue(42), UpdatedAt: after(3)},
		{Scope: muster.SharedScope, Key: "b", Value: muster.StringValue("ein \x00 \U0001F600 'text'"), UpdatedAt: after(4)},
		{Scope: muster.ClientScope, Key: "", Value: muster.JSONValue(`{"a":[1,null]}`), UpdatedAt: after(5)},
		{Scope: muster.ClientScope, Key: "nul\x00l", Value: muster.StringValue(""), UpdatedAt: after(6)},
		{Scope: muster.ClientScope, Key: "z", Value: muster.LongValue(math.MaxInt64), UpdatedAt: after(7)},
	}
	backwards := make([]muster.Attribute, 0, len(want))
	for i := range want {
		backwards = append(backwards, want[len(want)-1-i])
	}
	r.must(r.SaveAttributes(t.Context(), d.ID, backwards))
	got, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(got, want)
}

func attributeReplaced(t *testing.T, r *registry) {
	d, _ := r.list("pump")
	a := muster.Attribute{Scope: muster.ClientScope, Key: "version", Value: muster.LongValue(1), UpdatedAt: after(1)}
	other := muster.Attribute{Scope: muster.SharedScope, Key: "version", Value: muster.LongValue(9), UpdatedAt: after(1)}
	r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{a, other}))
	a.Value, a.UpdatedAt = muster.StringValue("2.0"), after(2)
	r.must(r.SaveAttributes(t.Context(), d.ID, []muster.Attribute{a}))
	got, err := r.Attributes(t.Context(), d.ID)
	r.must(err)
	r.same(got, []muster.Attribute{other, a})
}
