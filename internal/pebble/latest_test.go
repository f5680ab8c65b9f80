package pebble

import (
	"bytes"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

// held returns what a latest value comes to, key by key.
func held(value []byte) map[string]string {
	n := newestPool.Get().(*newest)
	defer n.Close()
	n.take(value, true)
	readings := map[string]string{}
	for _, h := range n.held {
		readings[string(h.key)] = fmt.Sprintf("%d:%x", h.ts, h.value)
	}
	return readings
}

// merged merges values, the oldest first, in one direction or the other.
func merged(t fataler, newerLast bool, values ...[]byte) []byte {
	t.Helper()
	first, rest := values[0], values[1:]
	if !newerLast {
		first, rest = values[len(values)-1], values[:len(values)-1]
	}
	m, err := merger().Merge(nil, first)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rest {
		if newerLast {
			err = m.MergeNewer(rest[i])
		} else {
			err = m.MergeOlder(rest[len(rest)-1-i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, closer, err := m.Finish(true)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	return bytes.Clone(out)
}

func operands() *rapid.Generator[[]byte] {
	n := int64(0)
	return rapid.Custom(func(t *rapid.T) []byte {
		var b []byte
		for range rapid.IntRange(1, 3).Draw(t, "samples") {
			var v muster.Values
			for range rapid.IntRange(0, 40).Draw(t, "keys") {
				n++
				v = v.Add(fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "key")), muster.StringValue(fmt.Sprint(n, string(make([]byte, n%50)))))
			}
			b = appendSample(b, rapid.Int64Range(0, 4).Draw(t, "ts"), v)
		}
		return b
	})
}

func TestMergingIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := operands().Draw(t, "a"), operands().Draw(t, "b"), operands().Draw(t, "c")
		want := held(merged(t, true, a, b, c))
		for name, got := range map[string][]byte{
			"newest first":      merged(t, false, a, b, c),
			"(a b) c":           merged(t, true, merged(t, false, a, b), c),
			"a (b c)":           merged(t, false, a, merged(t, true, b, c)),
			"as one long value": bytes.Join([][]byte{a, b, c}, nil),
			"merged again":      merged(t, true, merged(t, true, a, b, c)),
		} {
			if !maps.Equal(want, held(got)) {
				t.Fatalf("%s: got %v, want %v", name, held(got), want)
			}
		}
	})
}

// fataler is what testing.T and rapid.T share.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func TestDamagedLatestValuesCountUpToTheDamage(t *testing.T) {
	whole := appendSample(nil, 7, muster.Values(nil).Add("a", muster.LongValue(1)).Add("b", muster.StringValue("two")))
	whole = appendSample(whole, 8, muster.Values(nil).Add("c", muster.BoolValue(true)))
	all := held(whole)
	for cut := range len(whole) {
		for key, value := range held(whole[:cut]) {
			if all[key] != value {
				t.Errorf("cut at %d: %s is %s", cut, key, value)
			}
		}
	}
	for i := range whole {
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := bytes.Clone(whole)
			damaged[i] ^= flip
			held(merged(t, true, damaged, whole, damaged))
			held(merged(t, false, whole, damaged))
		}
	}
}

func FuzzLatest(f *testing.F) {
	f.Add(appendSample(nil, 7, muster.Values(nil).Add("a", muster.LongValue(1))), []byte{0, 0, 0, 0, 0, 0, 0, 0, 3, 1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		out := merged(t, true, a, b)
		if !maps.Equal(held(out), held(merged(t, false, a, b))) {
			t.Errorf("%x and %x merge differently in both directions", a, b)
		}
		if again := merged(t, true, out); !maps.Equal(held(out), held(again)) {
			t.Errorf("%x is not settled", out)
		}
	})
}

func TestTheOldestLatestReadingsFallOut(t *testing.T) {
	t.Run("beyond so many keys", func(t *testing.T) {
		var values [][]byte
		for ts := range int64(30) {
			var v muster.Values
			for k := range 1000 {
				v = v.Add(fmt.Sprintf("%d.%d", ts, k), muster.LongValue(ts))
			}
			values = append(values, appendSample(nil, ts, v))
		}
		got := held(merged(t, false, values...))
		if _, ok := got["20.0"]; len(got) != maxLatestKeys || !ok {
			t.Errorf("%d keys, the last that must stay: %v", len(got), ok)
		}
		if !maps.Equal(got, held(merged(t, true, values...))) {
			t.Error("merged the other way, others fall out")
		}
	})
	t.Run("beyond so many bytes", func(t *testing.T) {
		var values [][]byte
		for ts := range int64(300) {
			values = append(values, appendSample(nil, ts, muster.Values(nil).Add(fmt.Sprint(ts), muster.StringValue(string(make([]byte, 60_000))))))
		}
		out := merged(t, true, values...)
		if _, ok := held(out)["299"]; len(out) > maxLatestBytes+1000 || !ok {
			t.Errorf("%d bytes, the newest is there: %v", len(out), ok)
		}
	})
}

func TestMemoryOfAMergeFollowsWhatItHolds(t *testing.T) {
	m, err := merger().Merge(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for size := range 20_000 {
		_ = m.MergeNewer(appendSample(nil, int64(size), muster.Values(nil).Add("a", muster.StringValue(string(make([]byte, size))))))
	}
	if n := m.(*newest); cap(n.arena) > 1<<20 {
		t.Errorf("%d bytes for %d", cap(n.arena), n.live)
	}
}
