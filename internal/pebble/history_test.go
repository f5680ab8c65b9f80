package pebble

import (
	"strings"
	"testing"

	"muster"
)

func TestAnAnswerIsBoundedInBytes(t *testing.T) {
	r := opened(t, t.TempDir(), Options{})
	defer r.Close()
	d, text := muster.NewID[muster.Device](), strings.Repeat("x", 512<<10)
	for n := range 200 {
		e := muster.Entry{Device: d, TS: int64(n / 2), Values: muster.Values(nil).Add("a", muster.StringValue(text))}
		commit(t, r, e)
	}
	got, err := r.History(t.Context(), d, "a", muster.Range{To: 1000, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if size, each := len(got)*(len(text)+readingSize), len(text)+readingSize; size < maxAnswer || size >= maxAnswer+2*each {
		t.Errorf("%d readings of %d bytes", len(got), each)
	}
	if len(got)%2 != 0 {
		t.Errorf("%d readings: those of the last time are not all there", len(got))
	}
}

func TestReadingsThatWereReplacedAreNotGathered(t *testing.T) {
	var m moment
	for n := range uint64(10_000) {
		m.add(point{ts: 1, sequence: n, stamped: true})
	}
	if len(m.values) != 1 {
		t.Errorf("%d values of one time", len(m.values))
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
