package storetest

import (
	"cmp"
	"context"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"muster"
)

// A model is a store that anybody can see is right.
type model struct {
	entries []muster.Entry
	newest  map[muster.DeviceID]map[string]muster.Reading
}

func (m *model) commit(entries []muster.Entry) {
	m.entries = append(m.entries, entries...)
	for _, e := range entries {
		if m.newest[e.Device] == nil {
			m.newest[e.Device] = map[string]muster.Reading{}
		}
		for key, value := range e.Values.All() {
			if old, ok := m.newest[e.Device][key]; !ok || e.TS >= old.TS {
				m.newest[e.Device][key] = muster.Reading{Key: key, TS: e.TS, Value: value}
			}
		}
	}
}

func (m *model) forget(d muster.DeviceID) {
	m.entries = slices.DeleteFunc(m.entries, func(e muster.Entry) bool { return e.Device == d })
	delete(m.newest, d)
}

func (m *model) remove(d muster.DeviceID, key string, within muster.Range) {
	for i, e := range m.entries {
		if e.Device != d || e.TS < within.From || e.TS >= within.To {
			continue
		}
		m.entries[i].Values = nil
		for k, value := range e.Values.All() {
			if k != key {
				m.entries[i].Values = m.entries[i].Values.Add(k, value)
			}
		}
	}
	if latest, ok := m.newest[d][key]; ok && latest.TS >= within.From && latest.TS < within.To {
		delete(m.newest[d], key)
	}
}

func (m *model) latest(d muster.DeviceID) []muster.Reading {
	return slices.SortedFunc(maps.Values(m.newest[d]), func(a, b muster.Reading) int { return strings.Compare(a.Key, b.Key) })
}

func (m *model) buckets(d muster.DeviceID, key string, within muster.Range, width int64) []muster.Bucket {
	limit := within.Limit
	within.Limit = muster.MaxRangeLimit
	var all []muster.Bucket
	for _, reading := range m.history(d, key, within) {
		var begins big.Int // int64 is too narrow for the first of them
		since := new(big.Int).Mod(big.NewInt(reading.TS), big.NewInt(width))
		ts := int64(math.MinInt64)
		if begins.Sub(big.NewInt(reading.TS), since).IsInt64() {
			ts = begins.Int64()
		}
		if len(all) == 0 || all[len(all)-1].TS != ts {
			all = append(all, muster.Bucket{TS: ts})
		}
		all[len(all)-1].Add(reading.Value)
	}
	return all[:min(len(all), limit)]
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
		m := model{newest: map[muster.DeviceID]map[string]muster.Reading{}}
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
				m.commit(entries)
			},
			"forget": func(t *rapid.T) {
				d := device.Draw(t, "device")
				if err := r.store.Forget(context.Background(), d); err != nil {
					t.Fatalf("forget: %v", err)
				}
				m.forget(d)
			},
			"remove": func(t *rapid.T) {
				within := muster.Range{From: times.Draw(t, "from"), To: times.Draw(t, "to")}
				d, key := device.Draw(t, "device"), keys.Draw(t, "key")
				r.remove(t, d, key, within)
				m.remove(d, key, within)
			},
			"buckets": func(t *rapid.T) {
				within := muster.Range{From: times.Draw(t, "from"), To: times.Draw(t, "to"), Limit: rapid.IntRange(1, 8).Draw(t, "limit")}
				width := rapid.SampledFrom([]int64{1, 2, 1000, day, 366 * day}).Draw(t, "width")
				d, key := device.Draw(t, "device"), keys.Draw(t, "key")
				r.buckets(t, d, key, within, width, m.buckets(d, key, within, width)...)
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
