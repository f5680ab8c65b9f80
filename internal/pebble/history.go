package pebble

import (
	"cmp"
	"context"
	"errors"
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
func (r *Readings) History(ctx context.Context, device muster.DeviceID, key string, within muster.Range) (_ []muster.Reading, err error) {
	if within.From >= within.To || within.Limit <= 0 {
		return nil, nil
	}
	tracks, err := r.tracks(ctx, device, key, within)
	defer func() {
		for _, t := range tracks {
			err = errors.Join(err, t.it.Close())
		}
	}()
	if err != nil {
		return nil, err
	}
	line := timeline{key: key, limit: within.Limit}
	for {
		p, ok, err := nextPoint(ctx, tracks)
		if err != nil {
			return nil, err
		}
		if !ok || !line.add(p) {
			return line.result(), nil
		}
	}
}

// A timeline gathers the readings of one key from points in order.
type timeline struct {
	key      string
	limit    int
	size     int // of the readings, in bytes
	readings []muster.Reading
	stamped  int // place of the reading of the newest time that the device stamped; -1: none
}

// add takes the next point. It is false when no more are needed.
func (l *timeline) add(p point) bool {
	if n := len(l.readings); n == 0 || l.readings[n-1].TS != p.ts {
		if n >= l.limit || l.size >= maxAnswer {
			return false
		}
		l.stamped = -1
	}
	if p.stamped {
		if l.stamped >= 0 {
			l.size -= readingSize + len(l.readings[l.stamped].Value.Text())
			l.readings = slices.Delete(l.readings, l.stamped, l.stamped+1)
		}
		l.stamped = len(l.readings)
	}
	l.size += readingSize + len(p.value.Text())
	l.readings = append(l.readings, muster.Reading{Key: l.key, TS: p.ts, Value: p.value})
	return true
}

// result returns no more than the limit: the last time may have brought more.
func (l *timeline) result() []muster.Reading {
	return l.readings[:min(len(l.readings), l.limit)]
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
