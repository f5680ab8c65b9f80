package pebble

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

func TestReadingKeysSortByClassDayDeviceTimeAndArrival(t *testing.T) {
	type place struct {
		class    uint16
		device   muster.DeviceID
		ts       int64
		sequence uint64
	}
	ts := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2*msPerDay, 2*msPerDay), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
	key := func(p place) []byte {
		k := make([]byte, readingLen)
		day, ms := dayOf(p.ts)
		putReading(k, p.class, day, &p.device, ms, p.sequence)
		return k
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) place {
			p := place{class: rapid.Uint16Range(0, 2).Draw(t, "class"), ts: ts.Draw(t, name), sequence: rapid.Uint64Range(0, 1<<50).Draw(t, "sequence")}
			p.device[15] = rapid.Byte().Draw(t, "device")
			return p
		}
		a, b := draw("a"), draw("b")
		ka, kb := key(a), key(b)
		if got, sequence := keyPosition(ka); got != a.ts || sequence != a.sequence {
			t.Fatalf("%d came back as %d", a.ts, got)
		}
		dayA, _ := dayOf(a.ts)
		dayB, _ := dayOf(b.ts)
		if keyDay(ka) != dayA || dayA < firstDay || dayA > lastDay {
			t.Fatalf("day %d came back as %d", dayA, keyDay(ka))
		}
		if !bytes.HasPrefix(ka, appendDevice(nil, a.class, dayA, a.device)) {
			t.Fatal("the prefix of the device is not one")
		}
		var want int
		switch {
		case a.class != b.class:
			want = int(a.class) - int(b.class)
		case dayA != dayB:
			want = compare(dayA, dayB)
		case a.device != b.device:
			want = bytes.Compare(a.device[:], b.device[:])
		case a.ts != b.ts:
			want = compare(a.ts, b.ts)
		default:
			want = compare(int64(a.sequence), int64(b.sequence))
		}
		if got := bytes.Compare(ka, kb); got != compare(int64(want), 0) {
			t.Fatalf("%+v and %+v compare as %d", a, b, got)
		}
	})
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestTheKeyBehindAPrefix(t *testing.T) {
	for _, c := range []struct{ prefix, want []byte }{
		{[]byte{1, 2}, []byte{1, 3}},
		{[]byte{1, 0xff}, []byte{2}},
		{[]byte{1, 0xff, 0xff}, []byte{2}},
	} {
		if got := after(c.prefix); !bytes.Equal(got, c.want) {
			t.Errorf("after %x comes %x, want %x", c.prefix, got, c.want)
		}
	}
}

func TestDamagedPacksAreReadUpToTheDamage(t *testing.T) {
	var pack []byte
	for i := range int64(3) {
		e := sample(muster.DeviceID{}, 1000+i, int(i))
		e.Stamped = i == 1
		pack = appendPacked(pack, &e, 1000)
	}
	count := func(b []byte) (n int) {
		for since, stamped, v, rest, ok := cutPacked(b); ok; since, stamped, v, rest, ok = cutPacked(rest) {
			if value, found := lookUp(v, "a"); bytes.HasPrefix(pack, b) && (!found || value.Long() != int64(n) || since != int64(n) || stamped != (n == 1)) {
				t.Errorf("sample %d: %d %v %v", n, since, stamped, value)
			}
			n++
		}
		return n
	}
	for cut := range len(pack) {
		if n := count(pack[:cut]); n > 2 {
			t.Errorf("%d samples in a pack cut at %d", n, cut)
		}
	}
	if n := count(pack); n != 3 {
		t.Errorf("%d samples in the whole pack", n)
	}
	for i := range pack {
		damaged := bytes.Clone(pack)
		damaged[i] ^= 0xff
		count(damaged)
	}
}
