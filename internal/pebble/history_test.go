package pebble

import (
	"strings"
	"testing"

	"muster"
)

func TestAnAnswerIsBoundedInBytes(t *testing.T) {
	const text = 64 << 10
	line, long := timeline{limit: muster.MaxRangeLimit}, muster.StringValue(strings.Repeat("x", text))
	n := 0
	for line.add(point{ts: int64(n / 2), sequence: uint64(n), value: long}) {
		n++
	}
	if size := n * (text + readingSize); size < maxAnswer || size > maxAnswer+2*(text+readingSize) {
		t.Errorf("%d readings of %d bytes", n, size)
	}
	if got := line.result(); len(got) != n || n%2 != 0 {
		t.Errorf("%d of %d readings: those of the last time are not all there", len(got), n)
	}
	line = timeline{limit: 1}
	for n := range uint64(10_000) {
		if !line.add(point{ts: 1, sequence: n, stamped: true, value: long}) {
			t.Fatal("readings that were replaced are counted")
		}
	}
}

func TestADeviceThatRepeatsItsTimesFillsNoMemory(t *testing.T) {
	r := opened(t, t.TempDir(), Options{})
	defer r.Close()
	d := muster.NewID[muster.Device]()
	const pairs = 4 * thinFrom
	for n := 0; n < pairs; {
		var entries []muster.Entry
		for range thinFrom {
			for _, ts := range []int64{5, 50_000} { // one pack
				e := sample(d, ts, n)
				e.Stamped = true
				entries = append(entries, e)
			}
			n++
		}
		commit(t, r, entries...)
	}
	commit(t, r, sample(d, 50_000, -1)) // when it came, not when the device says
	tracks, err := r.tracks(t.Context(), d, "a", muster.Range{To: 100_000, Limit: 10})
	if err != nil || len(tracks) != 1 {
		t.Fatal(tracks, err)
	}
	defer tracks[0].it.Close()
	for most := 0; ; most = max(most, len(tracks[0].waiting)) {
		if _, ok, err := nextPoint(t.Context(), tracks); err != nil || !ok {
			if err != nil || most > thinFrom || most < thinFrom/2 {
				t.Errorf("%d points wait, %v", most, err)
			}
			break
		}
	}
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 100_000, Limit: 10})
	if err != nil || len(got) != 3 || got[0].Value.Long() != pairs-1 || got[1].Value.Long() != pairs-1 || got[2].Value.Long() != -1 {
		t.Errorf("%v, %v", got, err)
	}
}
