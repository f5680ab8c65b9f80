package pebble

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"muster"
)

const (
	// maxAnswer bounds the readings of one answer, in bytes.
	maxAnswer = 64 << 20
	// readingSize is what a reading takes besides its text.
	readingSize = 64
	// thinFrom is how many points wait before those are looked for that no longer count.
	thinFrom = 4096
)

// History returns the readings of one key in the range, by time, those of equal time in the order they came. Of several
// that the device stamped itself with the same time, the last alone stands. An answer that reaches maxAnswer ends with the
// readings of that time.
func (r *Readings) History(ctx context.Context, device muster.DeviceID, key string, within muster.Range) ([]muster.Reading, error) {
	if within.Limit <= 0 {
		return nil, nil
	}
	var all []muster.Reading
	size := 0
	err := r.walk(ctx, device, key, within, func(ts int64, values []muster.Value) bool {
		for _, v := range values {
			all = append(all, muster.Reading{Key: key, TS: ts, Value: v})
			size += readingSize + len(v.Text())
		}
		return len(all) < within.Limit && size < maxAnswer
	})
	return all[:min(len(all), within.Limit)], err // the last time may have brought more
}

// Buckets returns what the readings of one key come to in stretches of width milliseconds, of which each begins at a
// multiple of width since 1970 and has readings.
func (r *Readings) Buckets(ctx context.Context, device muster.DeviceID, key string, within muster.Range, width int64) ([]muster.Bucket, error) {
	if within.Limit <= 0 || width <= 0 {
		return nil, nil
	}
	var all []muster.Bucket
	err := r.walk(ctx, device, key, within, func(ts int64, values []muster.Value) bool {
		begins := beginning(ts, width)
		if n := len(all); n == 0 || all[n-1].TS != begins {
			if n == within.Limit {
				return false
			}
			all = append(all, muster.Bucket{TS: begins})
		}
		for _, v := range values {
			all[len(all)-1].Add(v)
		}
		return true
	})
	return all, err
}

// beginning returns the greatest multiple of width that is not after ts, or the earliest time if that is none.
func beginning(ts, width int64) int64 {
	since := ts % width
	if since < 0 {
		since += width
	}
	if ts < math.MinInt64+since {
		return math.MinInt64
	}
	return ts - since
}

// walk visits the times in the range that have readings of the key, with the values that stand, until visit says no. The
// values are valid during the visit.
func (r *Readings) walk(ctx context.Context, device muster.DeviceID, key string, within muster.Range, visit func(ts int64, values []muster.Value) bool) (err error) {
	if within.From >= within.To {
		return nil
	}
	tracks, err := r.tracks(ctx, device, key, within)
	defer func() {
		for _, t := range tracks {
			err = errors.Join(err, t.it.Close())
		}
	}()
	if err != nil {
		return err
	}
	var at moment
	for {
		p, ok, err := nextPoint(ctx, tracks)
		switch {
		case err != nil:
			return err
		case !ok:
			at.visit(visit)
			return nil
		case p.ts != at.ts && !at.visit(visit):
			return nil
		}
		at.add(p)
	}
}

// A moment gathers the values of one time.
type moment struct {
	ts      int64
	values  []muster.Value
	stamped int // place of the value that the device stamped; -1: none
}

func (m *moment) add(p point) {
	if len(m.values) == 0 {
		m.ts, m.stamped = p.ts, -1
	}
	if p.stamped {
		if m.stamped >= 0 {
			m.values = slices.Delete(m.values, m.stamped, m.stamped+1)
		}
		m.stamped = len(m.values)
	}
	m.values = append(m.values, p.value)
}

// visit hands on what was gathered, if anything was, and begins anew.
func (m *moment) visit(visit func(ts int64, values []muster.Value) bool) (more bool) {
	if len(m.values) == 0 {
		return true
	}
	more = visit(m.ts, m.values)
	m.values = m.values[:0]
	return more
}

// A point is a reading of the wanted key as it came.
type point struct {
	ts       int64
	sequence uint64
	stamped  bool
	value    muster.Value
}

func (p *point) before(q *point) bool {
	return p.ts < q.ts || p.ts == q.ts && p.sequence < q.sequence
}

// A track is what one class has of one key of one device, as points in order.
type track struct {
	*cursor
	key     string
	within  muster.Range
	waiting heap // points of packs that were read, until no pack can bring an earlier one
	thinAt  int  // how many are waiting when they are thinned next
}

func (r *Readings) tracks(ctx context.Context, device muster.DeviceID, key string, within muster.Range) ([]*track, error) {
	var tracks []*track
	first, ms := dayOf(within.From)
	last, _ := dayOf(within.To - 1)
	for _, class := range *r.classes.Load() {
		c, err := r.cursor(class, device, first, last)
		if err != nil {
			return tracks, err
		}
		tracks = append(tracks, &track{cursor: c, key: key, within: within, thinAt: thinFrom})
		// A pack that begins earlier may reach into the range.
		if err := c.seek(ctx, first, max(ms, maxPackSpan)-maxPackSpan); err != nil {
			return tracks, err
		}
	}
	return tracks, nil
}

// nextPoint takes the next point of all tracks; ok is false at the end.
func nextPoint(ctx context.Context, tracks []*track) (_ point, ok bool, err error) {
	var first *track
	for _, t := range tracks {
		if err := t.fill(ctx); err != nil {
			return point{}, false, err
		}
		if len(t.waiting) > 0 && (first == nil || t.waiting[0].before(&first.waiting[0])) {
			first = t
		}
	}
	if first == nil {
		return point{}, false, nil
	}
	return first.waiting.pop(), true, nil
}

// fill reads packs until the first waiting point is the next of the track. No pack has a point before its first.
func (t *track) fill(ctx context.Context) error {
	for !t.ended && t.ts < t.within.To {
		if first := (point{ts: t.ts, sequence: t.sequence}); len(t.waiting) > 0 && t.waiting[0].before(&first) {
			return nil
		}
		pack, err := t.it.ValueAndErr()
		if err != nil {
			return broken("read history", err)
		}
		t.read(pack)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read puts what a pack has of the key among the waiting points.
func (t *track) read(pack []byte) {
	sequence := t.sequence
	for since, stamped, values, rest, ok := cutPacked(pack); ok; since, stamped, values, rest, ok = cutPacked(rest) {
		if ts := t.ts + since; ts >= t.within.From && ts < t.within.To {
			if value, ok := lookUp(values, t.key); ok {
				t.waiting.push(point{ts, sequence, stamped, value})
			}
		}
		sequence++
	}
	if len(t.waiting) >= t.thinAt {
		t.waiting.thin()
		t.thinAt = max(thinFrom, 2*len(t.waiting))
	}
}

// lookUp returns the value of a key; of several the last.
func lookUp(v muster.Values, key string) (value muster.Value, found bool) {
	var last []byte
	for k, raw, rest, ok := v.Cut(); ok; k, raw, rest, ok = rest.Cut() {
		if string(k) == key {
			last = raw
		}
	}
	if last == nil {
		return muster.Value{}, false
	}
	value, _, found = muster.DecodeValue(last)
	return value, found
}

// A heap holds points, the first of them in front.
type heap []point

// thin drops the points that another replaces: without it a device that repeats its times fills the memory of who asks.
func (h *heap) thin() {
	slices.SortFunc(*h, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.ts, b.ts), cmp.Compare(a.sequence, b.sequence))
	})
	kept, stamped := (*h)[:0], -1 // stamped is the place of the point of this time that the device stamped
	for _, p := range *h {
		if n := len(kept); n > 0 && kept[n-1].ts != p.ts {
			stamped = -1
		}
		if p.stamped {
			if stamped >= 0 {
				kept = slices.Delete(kept, stamped, stamped+1)
			}
			stamped = len(kept)
		}
		kept = append(kept, p)
	}
	clear((*h)[len(kept):])
	*h = kept
}

func (h *heap) push(p point) {
	*h = append(*h, p)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s[i].before(&s[parent]) {
			return
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
}

func (h *heap) pop() point {
	s := *h
	first, last := s[0], len(s)-1
	s[0], s[last] = s[last], point{}
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && s[child+1].before(&s[child]) {
			child++
		}
		if child >= last || !s[child].before(&s[i]) {
			return first
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}
