package storetest

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

// A model is a store that anybody can see is right.
type model struct{ entries []muster.Entry }

func (m *model) latest(d muster.DeviceID) []muster.Reading {
	newest := map[string]muster.Reading{}
	for _, e := range m.entries {
		for key, value := range e.Values.All() {
			if old, ok := newest[key]; e.Device == d && (!ok || e.TS >= old.TS) {
				newest[key] = muster.Reading{Key: key, TS: e.TS, Value: value}
			}
		}
	}
	var all []muster.Reading
	for _, reading := range newest {
		all = append(all, reading)
	}
	slices.SortFunc(all, func(a, b muster.Reading) int { return strings.Compare(a.Key, b.Key) })
	return all
}

func (m *model) history(d muster.DeviceID, key string, within muster.Range) []muster.Reading {
	var all []muster.Reading
	for i, e := range m.entries {
		for k, value := range e.Values.All() {
			if e.Device != d || k != key || e.TS < within.From || e.TS >= within.To {
				continue
			}
			replaced := e.Stamped && slices.ContainsFunc(m.entries[i+1:], func(later muster.Entry) bool {
				return later.Device == d && later.Stamped && later.TS == e.TS && has(later.Values, key)
			})
			if !replaced {
				all = append(all, muster.Reading{Key: key, TS: e.TS, Value: value})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b muster.Reading) int { return cmp.Compare(a.TS, b.TS) })
	return all[:min(len(all), within.Limit)]
}

func has(v muster.Values, key string) bool {
	for k := range v.All() {
		if k == key {
			return true
		}
	}
	return false
}

func againstModel(t *testing.T, r *readings) {
	devices := []muster.DeviceID{muster.NewID[muster.Device](), muster.NewID[muster.Device](), muster.NewID[muster.Device]()}
	times := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-3*day, 3*day), rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -day, day}))
	keys := rapid.SampledFrom([]string{"a", "b", "c", "temperature", ""})
	rapid.Check(t, func(t *rapid.T) {
		var m model
		for _, d := range devices {
			if err := r.store.Forget(context.Background(), d); err != nil {
				t.Fatalf("forget: %v", err)
			}
		}
		device := rapid.SampledFrom(devices)
		n := 0
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				var entries []muster.Entry
				for range rapid.IntRange(1, 12).Draw(t, "entries") {
					e := muster.Entry{
						Device: device.Draw(t, "device"), TS: times.Draw(t, "ts"), Stamped: rapid.Bool().Draw(t, "stamped"),
						Retention: rapid.SampledFrom([]uint16{0, 0, 0, 1, 30}).Draw(t, "retention"),
					}
					for _, key := range rapid.SliceOfNDistinct(keys, 0, 4, rapid.ID).Draw(t, "keys") {
						n++
						e.Values = e.Values.Add(key, muster.LongValue(int64(n)))
					}
					entries = append(entries, e)
				}
				r.commit(t, entries...)
				m.entries = append(m.entries, entries...)
			},
			"forget": func(t *rapid.T) {
				d := device.Draw(t, "device")
				if err := r.store.Forget(context.Background(), d); err != nil {
					t.Fatalf("forget: %v", err)
				}
				m.entries = slices.DeleteFunc(m.entries, func(e muster.Entry) bool { return e.Device == d })
			},
			"reopen": func(t *rapid.T) {
				if rapid.IntRange(0, 29).Draw(t, "seldom") == 0 {
					r.reopen(t)
				}
			},
			"history": func(t *rapid.T) {
				within := muster.Range{From: times.Draw(t, "from"), To: times.Draw(t, "to"), Limit: rapid.IntRange(1, 8).Draw(t, "limit")}
				d, key := device.Draw(t, "device"), keys.Draw(t, "key")
				r.history(t, d, key, within, m.history(d, key, within)...)
			},
			"": func(t *rapid.T) {
				d := device.Draw(t, "observed")
				r.latest(t, d, m.latest(d)...)
				r.history(t, d, "a", always, m.history(d, "a", always)...)
			},
		})
	})
}
