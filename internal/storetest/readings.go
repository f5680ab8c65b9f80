package storetest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster"
	"muster/internal/telemetry"
)

// An OpenReadings is a store of readings that can be closed and opened again.
type OpenReadings interface {
	telemetry.Store
	Close() error
}

const day = 24 * 60 * 60 * 1000

// Readings checks that a store of readings keeps what telemetry.Store promises. open opens the store that is kept in dir.
func Readings(t *testing.T, open func(dir string) (OpenReadings, error)) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, *readings)
	}{
		{"latest is the greatest time of each key, whatever came last", latestIsGreatest},
		{"of equal times the later one is the latest", latestOfEqualTimes},
		{"latest comes by key and knows every type", latestByKey},
		{"a device that sent nothing has nothing", nothingSent},
		{"history is by time and knows its bounds", historyRange},
		{"unstamped readings of one time all stand, in the order they came", unstampedAllStand},
		{"of stamped readings of one time the last stands", stampedLastStands},
		{"the limit counts readings that stand", limitCountsStanding},
		{"times before 1970 and the ends of time are times", extremeTimes},
		{"history goes through all retention classes by time", historyThroughClasses},
		{"buckets count what stands, each in its stretch of time", buckets},
		{"buckets begin at multiples of their width, before 1970 too", bucketsBefore1970},
		{"what is removed is gone, from the latest readings too, and its neighbours stay", remove},
		{"a forgotten device is gone, its neighbours stay", forget},
		{"a sweep takes what has outlived its retention and nothing else", sweep},
		{"what was committed is there after closing and opening", reopen},
		{"the store does not keep the batch's memory", batchMemory},
		{"a long-winded device does not fill its latest readings for ever", manyKeys},
		{"it does as a simple model does", againstModel},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			store, err := open(dir)
			if err != nil {
				t.Fatal(err)
			}
			r := &readings{open: open, dir: dir, store: store}
			t.Cleanup(func() {
				if err := r.store.Close(); err != nil {
					t.Error(err)
				}
			})
			c.run(t, r)
		})
	}
}

// readings is a store under test with the handles that tests have on it.
type readings struct {
	open  func(string) (OpenReadings, error)
	dir   string
	store OpenReadings
}

// failer is what *testing.T and *rapid.T share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (r *readings) reopen(t failer) {
	t.Helper()
	if err := r.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	store, err := r.open(r.dir)
	if err != nil {
		t.Fatalf("open again: %v", err)
	}
	r.store = store
}

func (r *readings) commit(t failer, entries ...muster.Entry) {
	t.Helper()
	var b muster.Batch
	for _, e := range entries {
		b.Add(e.Device, e.Retention, muster.Sample{TS: e.TS, Stamped: e.Stamped, Values: e.Values})
	}
	if err := r.store.Commit(&b); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func (r *readings) latest(t failer, d muster.DeviceID, want ...muster.Reading) {
	t.Helper()
	got, err := r.store.Latest(context.Background(), d)
	if err != nil {
		t.Fatalf("latest: %v", err)
	}
	if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
		t.Fatalf("latest (-want +got):\n%s", diff)
	}
}

func (r *readings) history(t failer, d muster.DeviceID, key string, within muster.Range, want ...muster.Reading) {
	t.Helper()
	got, err := r.store.History(context.Background(), d, key, within)
	if err != nil {
		t.Fatalf("history: %v", err)
	}
	if diff := cmp.Diff(printed(want), printed(got)); diff != "" {
		t.Fatalf("history of %s in %+v (-want +got):\n%s", key, within, diff)
	}
}

func printed(readings []muster.Reading) []string {
	lines := []string{}
	for _, r := range readings {
		lines = append(lines, fmt.Sprintf("%d %s %d:%s", r.TS, r.Key, r.Value.Kind, r.Value.AppendJSON(nil)))
	}
	return lines
}

func long(key string, ts, n int64) muster.Reading {
	return muster.Reading{Key: key, TS: ts, Value: muster.LongValue(n)}
}

// entry makes an entry of long values, given as key, value, key, value.
func entry(d muster.DeviceID, ts int64, stamped bool, pairs ...any) muster.Entry {
	e := muster.Entry{Device: d, TS: ts, Stamped: stamped}
	for i := 0; i < len(pairs); i += 2 {
		e.Values = e.Values.Add(pairs[i].(string), muster.LongValue(int64(pairs[i+1].(int))))
	}
	return e
}

func kept(days uint16, e muster.Entry) muster.Entry {
	e.Retention = days
	return e
}

var always = muster.Range{From: math.MinInt64, To: math.MaxInt64, Limit: muster.MaxRangeLimit}

func between(from, to int64, limit int) muster.Range {
	return muster.Range{From: from, To: to, Limit: limit}
}

func latestIsGreatest(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 20, true, "a", 1, "b", 1))
	r.commit(t, entry(d, 10, true, "a", 2), entry(d, 30, true, "b", 2, "c", 2), entry(d, 5, true, "c", 3))
	r.latest(t, d, long("a", 20, 1), long("b", 30, 2), long("c", 30, 2))
}

func latestOfEqualTimes(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 10, false, "a", 1, "b", 1), entry(d, 10, false, "b", 2), entry(d, 10, false, "a", 3, "b", 3))
	r.latest(t, d, long("a", 10, 3), long("b", 10, 3))
	r.commit(t, entry(d, 10, true, "b", 4))
	r.latest(t, d, long("a", 10, 3), long("b", 10, 4))
}

func latestByKey(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	values := map[string]muster.Value{
		"bool": muster.BoolValue(true), "double": muster.DoubleValue(42), "json": muster.JSONValue(`{"a":[1,null]}`),
		"long": muster.LongValue(-7), "string": muster.StringValue("grüß\x00dich"), "": muster.StringValue(""),
	}
	e := muster.Entry{Device: d, TS: 1}
	var want []muster.Reading
	for _, key := range []string{"string", "long", "json", "", "double", "bool"} {
		e.Values = e.Values.Add(key, values[key])
		want = append(want, muster.Reading{Key: key, TS: 1, Value: values[key]})
	}
	r.commit(t, e)
	slices.Reverse(want)
	slices.SortFunc(want, func(a, b muster.Reading) int { return strings.Compare(a.Key, b.Key) })
	r.latest(t, d, want...)
	for _, w := range want {
		r.history(t, d, w.Key, always, w)
	}
}

func nothingSent(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(muster.NewID[muster.Device](), 1, true, "a", 1))
	r.commit(t)
	r.latest(t, d)
	r.history(t, d, "a", always)
	if err := r.store.Forget(context.Background(), d); err != nil {
		t.Fatal(err)
	}
}

func historyRange(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	for _, ts := range []int64{3 * day, 5, 2 * day, 2*day + 1, 10 * day} {
		r.commit(t, entry(d, ts, true, "b", 0, "a", int(ts/day)), entry(d, ts+1000, true, "other", 1))
	}
	r.history(t, d, "a", always, long("a", 5, 0), long("a", 2*day, 2), long("a", 2*day+1, 2), long("a", 3*day, 3), long("a", 10*day, 10))
	r.history(t, d, "a", between(2*day, 3*day, 10), long("a", 2*day, 2), long("a", 2*day+1, 2))
	r.history(t, d, "a", between(2*day+1, 3*day+1, 10), long("a", 2*day+1, 2), long("a", 3*day, 3))
	r.history(t, d, "a", between(0, 20*day, 2), long("a", 5, 0), long("a", 2*day, 2))
	r.history(t, d, "a", between(3*day+1, 10*day, 10))
	r.history(t, d, "a", between(5, 5, 10))
	r.history(t, d, "a", between(6, 5, 10))
	r.history(t, d, "nothing", always)
}

func unstampedAllStand(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 7, false, "a", 3), entry(d, 7, false, "a", 1))
	r.commit(t, entry(d, 7, false, "a", 2))
	r.reopen(t)
	r.commit(t, entry(d, 7, false, "a", 0))
	r.history(t, d, "a", always, long("a", 7, 3), long("a", 7, 1), long("a", 7, 2), long("a", 7, 0))
}

func stampedLastStands(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 7, true, "a", 1, "b", 1), entry(d, 7, false, "a", 2), entry(d, 7, true, "a", 3))
	r.commit(t, entry(d, 8, true, "a", 4))
	r.commit(t, kept(9, entry(d, 7, true, "a", 5)))
	r.history(t, d, "a", always, long("a", 7, 2), long("a", 7, 5), long("a", 8, 4))
	r.history(t, d, "b", always, long("b", 7, 1))
}

func limitCountsStanding(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 1, true, "a", 1), entry(d, 1, true, "a", 2), entry(d, 2, false, "a", 3), entry(d, 2, false, "a", 4))
	r.history(t, d, "a", between(0, 10, 1), long("a", 1, 2))
	r.history(t, d, "a", between(0, 10, 2), long("a", 1, 2), long("a", 2, 3))
	r.history(t, d, "a", between(0, 10, 3), long("a", 1, 2), long("a", 2, 3), long("a", 2, 4))
}

func extremeTimes(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	times := []int64{math.MinInt64, math.MinInt64 + 1, -day - 1, -day, -1, 0, 1, day - 1, day, math.MaxInt64 - 1}
	var want []muster.Reading
	for i, ts := range times {
		want = append(want, long("a", ts, int64(i)))
	}
	for i := range times {
		n := (i*7 + 3) % len(times)
		r.commit(t, entry(d, times[n], true, "a", n))
	}
	r.history(t, d, "a", always, want...)
	r.history(t, d, "a", between(-day, 0, 10), want[3:5]...)
	r.commit(t, entry(d, math.MaxInt64, true, "a", 99))
	r.latest(t, d, long("a", math.MaxInt64, 99))
	if err := r.store.Forget(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	r.history(t, d, "a", always)
	r.latest(t, d)
}

func historyThroughClasses(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, kept(30, entry(d, 1, true, "a", 1)), entry(d, 2, true, "a", 2), kept(7, entry(d, 3, false, "a", 3)))
	r.commit(t, entry(d, 3, false, "a", 4), kept(30, entry(d, 3, false, "a", 5)), kept(65535, entry(d, 4*day, true, "a", 6)))
	want := []muster.Reading{long("a", 1, 1), long("a", 2, 2), long("a", 3, 3), long("a", 3, 4), long("a", 3, 5), long("a", 4*day, 6)}
	r.history(t, d, "a", always, want...)
	r.reopen(t)
	r.history(t, d, "a", always, want...)
	r.history(t, d, "a", between(2, 4, 3), want[1:4]...)
}

func (r *readings) buckets(t failer, d muster.DeviceID, key string, within muster.Range, width int64, want ...muster.Bucket) {
	t.Helper()
	got, err := r.store.Buckets(context.Background(), d, key, within, width)
	if err != nil {
		t.Fatalf("buckets: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("buckets of %s in %+v (-want +got):\n%s", key, within, diff)
	}
}

func (r *readings) remove(t failer, d muster.DeviceID, key string, within muster.Range) {
	t.Helper()
	if err := r.store.Remove(context.Background(), d, key, within); err != nil {
		t.Fatalf("remove: %v", err)
	}
}

func buckets(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	r.commit(t, entry(d, 1000, true, "a", 5), entry(d, 1500, true, "a", 7), entry(d, 1999, true, "a", 9), entry(d, 1500, true, "a", 3))
	r.commit(t, entry(d, 3000, false, "a", 1), kept(30, entry(d, 3000, false, "a", 2)), entry(d, 3001, false, "b", 100))
	r.commit(t, muster.Entry{Device: d, TS: 5000, Values: muster.Values(nil).Add("a", muster.StringValue("hot"))})
	r.commit(t, muster.Entry{Device: d, TS: 5001, Values: muster.Values(nil).Add("a", muster.DoubleValue(-0.5))})
	r.commit(t, muster.Entry{Device: d, TS: 5002, Values: muster.Values(nil).Add("a", muster.BoolValue(true))})
	want := []muster.Bucket{
		{TS: 1000, Count: 3, Numbers: 3, Min: 3, Max: 9, Sum: 17},
		{TS: 3000, Count: 2, Numbers: 2, Min: 1, Max: 2, Sum: 3},
		{TS: 5000, Count: 3, Numbers: 2, Min: -0.5, Max: 1, Sum: 0.5},
	}
	r.buckets(t, d, "a", always, 1000, want...)
	r.buckets(t, d, "a", between(0, 10_000, 2), 1000, want[:2]...)
	r.buckets(t, d, "a", between(1999, 3000, 9), 1000, muster.Bucket{TS: 1000, Count: 1, Numbers: 1, Min: 9, Max: 9, Sum: 9})
	r.buckets(t, d, "a", between(3001, 3001, 9), 1000)
	r.buckets(t, d, "nothing", always, 1000)
}

func bucketsBefore1970(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	for i, ts := range []int64{math.MinInt64, -1001, -1000, -1, 0, 999} {
		r.commit(t, entry(d, ts, true, "a", i))
	}
	one := func(ts int64, n float64) muster.Bucket {
		return muster.Bucket{TS: ts, Count: 1, Numbers: 1, Min: n, Max: n, Sum: n}
	}
	r.buckets(t, d, "a", always, 1000, one(math.MinInt64, 0), one(-2000, 1),
		muster.Bucket{TS: -1000, Count: 2, Numbers: 2, Min: 2, Max: 3, Sum: 5},
		muster.Bucket{TS: 0, Count: 2, Numbers: 2, Min: 4, Max: 5, Sum: 9})
}

func remove(t *testing.T, r *readings) {
	d, other := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
	for _, id := range []muster.DeviceID{d, other} {
		r.commit(t, entry(id, 1, true, "a", 1, "b", 1), entry(id, 2, false, "a", 2), entry(id, 2, false, "a", 3), entry(id, 3, true, "a", 4))
		r.commit(t, kept(5, entry(id, 3*day, true, "a", 5, "b", 5)), kept(5, entry(id, -3*day, true, "a", 6)))
	}
	r.remove(t, d, "a", between(2, 3, 0))
	r.latest(t, d, long("a", 3*day, 5), long("b", 3*day, 5))
	r.remove(t, d, "a", between(3*day, 3*day+1, 0))
	r.remove(t, d, "c", always)
	for range 2 {
		r.history(t, d, "a", always, long("a", -3*day, 6), long("a", 1, 1), long("a", 3, 4))
		r.history(t, d, "b", always, long("b", 1, 1), long("b", 3*day, 5))
		r.latest(t, d, long("b", 3*day, 5))
		r.reopen(t)
	}
	r.commit(t, entry(d, 2, true, "a", 7))
	r.latest(t, d, long("a", 2, 7), long("b", 3*day, 5))
	r.history(t, d, "a", always, long("a", -3*day, 6), long("a", 1, 1), long("a", 2, 7), long("a", 3, 4))
	r.remove(t, d, "a", always)
	r.remove(t, d, "b", always)
	r.latest(t, d)
	r.history(t, other, "a", always, long("a", -3*day, 6), long("a", 1, 1), long("a", 2, 2), long("a", 2, 3), long("a", 3, 4), long("a", 3*day, 5))
	r.latest(t, other, long("a", 3*day, 5), long("b", 3*day, 5))
}

func forget(t *testing.T, r *readings) {
	ids := []muster.DeviceID{muster.NewID[muster.Device](), muster.NewID[muster.Device](), muster.NewID[muster.Device]()}
	for _, d := range ids {
		r.commit(t, entry(d, 1, true, "a", 1), kept(5, entry(d, 3*day, true, "a", 2)), kept(5, entry(d, -3*day, true, "a", 3)))
	}
	if err := r.store.Forget(context.Background(), ids[1]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, d := range ids {
			if i == 1 {
				r.history(t, d, "a", always)
				r.latest(t, d)
				continue
			}
			r.history(t, d, "a", always, long("a", -3*day, 3), long("a", 1, 1), long("a", 3*day, 2))
			r.latest(t, d, long("a", 3*day, 2))
		}
		r.reopen(t)
	}
	r.commit(t, entry(ids[1], 9, true, "b", 9))
	r.latest(t, ids[1], long("b", 9, 9))
}

func sweep(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	const now = 100*day + 5
	r.commit(t,
		entry(d, 1, true, "ever", 1), kept(10, entry(d, 80*day, true, "old", 1)), kept(10, entry(d, 91*day, true, "young", 1)),
		kept(30, entry(d, 80*day, true, "long", 1)), kept(1, entry(d, -day, true, "older", 1)))
	if err := r.store.Sweep(context.Background(), now); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.history(t, d, "ever", always, long("ever", 1, 1))
		r.history(t, d, "old", always)
		r.history(t, d, "older", always)
		r.history(t, d, "young", always, long("young", 91*day, 1))
		r.history(t, d, "long", always, long("long", 80*day, 1))
		r.latest(t, d, long("ever", 1, 1), long("long", 80*day, 1), long("old", 80*day, 1), long("older", -day, 1), long("young", 91*day, 1))
		r.reopen(t)
	}
}

func reopen(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	var want []muster.Reading
	for i := range 20 {
		r.commit(t, entry(d, int64(i), false, "a", i))
		want = append(want, long("a", int64(i), int64(i)))
		if i%5 == 0 {
			r.reopen(t)
		}
		r.history(t, d, "a", always, want...)
		r.latest(t, d, want[i])
	}
}

func batchMemory(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	var b muster.Batch
	b.Add(d, 0, muster.Sample{TS: 1, Values: muster.Values(nil).Add("a", muster.StringValue("kept"))})
	if err := r.store.Commit(&b); err != nil {
		t.Fatal(err)
	}
	for _, e := range b.Entries {
		clear(e.Values)
	}
	b.Reset()
	r.latest(t, d, muster.Reading{Key: "a", TS: 1, Value: muster.StringValue("kept")})
}

func manyKeys(t *testing.T, r *readings) {
	d := muster.NewID[muster.Device]()
	for i := range 15 {
		e := muster.Entry{Device: d, TS: int64(i), Stamped: true}
		for k := range 1000 {
			e.Values = e.Values.Add(fmt.Sprintf("%d-%d", i, k), muster.LongValue(int64(k)))
		}
		r.commit(t, e)
	}
	got, err := r.store.Latest(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 1000 || len(got) > 10_000 {
		t.Fatalf("%d latest readings are kept", len(got))
	}
	for _, reading := range got {
		if reading.TS < 15-10 {
			t.Fatalf("%s of %d is kept though newer ones fell out", reading.Key, reading.TS)
		}
	}
}
