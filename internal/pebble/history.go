package pebble

import (
	"context"
	"errors"

	"muster"
)

// History returns the readings of one key in the range, by time, those of equal time in the order they came. Of several
// that the device stamped itself with the same time, the last alone stands.
func (r *Readings) History(ctx context.Context, device muster.DeviceID, key string, within muster.Range) (_ []muster.Reading, err error) {
	if within.From >= within.To || within.Limit <= 0 {
		return nil, nil
	}
	scan, err := r.scan(ctx, device, within)
	defer func() { err = errors.Join(err, scan.close()) }()
	if err != nil {
		return nil, err
	}
	found := timeline{key: key, limit: within.Limit}
	for n := 1; ; n++ {
		sample, ok, err := scan.next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok || !found.add(sample) {
			return found.result(), nil
		}
		if n%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// A timeline gathers the readings of one key from samples in order.
type timeline struct {
	key      string
	limit    int
	readings []muster.Reading
	group    int // where the readings of the newest time begin
	stamped  int // which of them the device stamped; -1: none
}

// add takes the next sample. It is false when no more are needed.
func (t *timeline) add(s stored) bool {
	fresh := len(t.readings) == 0 || t.readings[len(t.readings)-1].TS != s.ts
	if fresh && len(t.readings) >= t.limit {
		return false
	}
	value, ok := lookUp(s.values, t.key)
	if !ok {
		return true
	}
	if fresh {
		t.group, t.stamped = len(t.readings), -1
	}
	if s.stamped {
		if t.stamped >= 0 {
			t.readings = append(t.readings[:t.stamped], t.readings[t.stamped+1:]...)
		}
		t.stamped = len(t.readings)
	}
	t.readings = append(t.readings, muster.Reading{Key: t.key, TS: s.ts, Value: value})
	return true
}

// result returns no more than the limit: the last time may have brought more.
func (t *timeline) result() []muster.Reading {
	return t.readings[:min(len(t.readings), t.limit)]
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

// A scan walks the samples of one device by time and arrival, through all classes at once.
type scan struct {
	cursors []*cursor
	to      int64
}

func (r *Readings) scan(ctx context.Context, device muster.DeviceID, within muster.Range) (*scan, error) {
	s := &scan{to: within.To}
	first, _ := dayOf(within.From)
	last, _ := dayOf(within.To - 1)
	for _, class := range *r.classes.Load() {
		c, err := r.cursor(class, device, first, last)
		if err != nil {
			return s, err
		}
		s.cursors = append(s.cursors, c)
		if err := c.seek(ctx, within.From); err != nil {
			return s, err
		}
	}
	return s, nil
}

// next returns the next sample; ok is false at the end.
func (s *scan) next(ctx context.Context) (_ stored, ok bool, err error) {
	var first *cursor
	for _, c := range s.cursors {
		if c.handedOut {
			if err := c.next(ctx); err != nil {
				return stored{}, false, err
			}
		}
		if !c.ended && c.ts < s.to && (first == nil || c.before(first)) {
			first = c
		}
	}
	if first == nil {
		return stored{}, false, nil
	}
	first.handedOut = true
	sample, err := first.sample()
	return sample, err == nil, err
}

func (s *scan) close() error {
	var errs []error
	for _, c := range s.cursors {
		errs = append(errs, c.it.Close())
	}
	return errors.Join(errs...)
}
