package pebble

import (
	"context"
	"errors"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

// removeAtOnce is how many packs are written again in one batch.
const removeAtOnce = 256

// Remove removes the readings of one key in the range; the latest reading goes with them if it is one of them.
func (r *Readings) Remove(ctx context.Context, device muster.DeviceID, key string, within muster.Range) error {
	if within.From >= within.To {
		return nil
	}
	r.removing.Lock()
	defer r.removing.Unlock()
	for _, class := range *r.classes.Load() {
		if err := r.removeFrom(ctx, class, device, key, within); err != nil {
			return err
		}
	}
	return r.change("remove a latest reading", func(b *cockroach.Batch) error {
		return r.removeLatest(b, device, key, within)
	})
}

// A thinned pack is one without the readings that were removed from it; one without a pack has none left.
type thinned struct{ key, pack []byte }

func (r *Readings) removeFrom(ctx context.Context, class uint16, device muster.DeviceID, key string, within muster.Range) (err error) {
	first, ms := dayOf(within.From)
	last, _ := dayOf(within.To - 1)
	c, err := r.cursor(class, device, first, last)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.it.Close()) }()
	if err := c.seek(ctx, first, max(ms, maxPackSpan)-maxPackSpan); err != nil {
		return err
	}
	for !c.ended && c.ts < within.To {
		var packs []thinned
		for !c.ended && c.ts < within.To && len(packs) < removeAtOnce {
			pack, err := c.it.ValueAndErr()
			if err != nil {
				return broken("remove readings", err)
			}
			if rest, touched := without(pack, c.ts, key, within); touched {
				packs = append(packs, thinned{append([]byte(nil), c.it.Key()...), rest})
			}
			if err := c.next(ctx); err != nil {
				return err
			}
		}
		if err := r.change("remove readings", func(b *cockroach.Batch) error { return r.replace(b, packs) }); err != nil {
			return err
		}
	}
	return nil
}

// replace writes packs again that are still there: one that was forgotten meanwhile does not come back.
func (r *Readings) replace(b *cockroach.Batch, packs []thinned) error {
	for _, p := range packs {
		_, closer, err := r.db.Get(p.key)
		if errors.Is(err, cockroach.ErrNotFound) {
			continue
		}
		if err != nil {
			return broken("remove readings", err)
		}
		_ = closer.Close()
		// Writing to an open batch of ours cannot fail.
		if p.pack == nil {
			_ = b.Delete(p.key, nil)
		} else {
			_ = b.Set(p.key, p.pack, nil)
		}
	}
	return nil
}

// without returns a pack that begins at ts without the readings of a key in the range, nil if nothing is left, and whether
// there were any. A sample that has lost all its values stays, empty, so that the others keep their places in the order of
// arrival.
func without(pack []byte, ts int64, key string, within muster.Range) (rest []byte, touched bool) {
	left := false
	for since, stamped, values, more, ok := cutPacked(pack); ok; since, stamped, values, more, ok = cutPacked(more) {
		e := muster.Entry{TS: ts + since, Stamped: stamped, Values: values}
		if e.TS >= within.From && e.TS < within.To {
			if _, found := lookUp(values, key); found {
				touched = true
				e.Values = withoutKey(values, key)
			}
		}
		left = left || len(e.Values) > 0
		rest = appendPacked(rest, &e, ts)
	}
	if !left {
		rest = nil
	}
	return rest, touched
}

func withoutKey(v muster.Values, key string) (rest muster.Values) {
	for k, value := range v.Raw() {
		if string(k) != key {
			rest = append(rest.AddKey(string(k)), value...)
		}
	}
	return rest
}

// removeLatest takes the latest reading of a key away if it is in the range.
func (r *Readings) removeLatest(b *cockroach.Batch, device muster.DeviceID, key string, within muster.Range) error {
	at := appendLatest(nil, device)
	value, closer, err := r.db.Get(at)
	if errors.Is(err, cockroach.ErrNotFound) {
		return nil
	}
	if err != nil {
		return broken("remove a latest reading", err)
	}
	defer closer.Close()
	var rest []byte
	for ts, values, more, ok := cutSample(value); ok; ts, values, more, ok = cutSample(more) {
		if ts >= within.From && ts < within.To {
			values = withoutKey(values, key)
		}
		if len(values) > 0 {
			rest = appendSample(rest, ts, values)
		}
	}
	// Writing to an open batch of ours cannot fail.
	if len(rest) == 0 {
		_ = b.Delete(at, nil)
	} else {
		_ = b.Set(at, rest, nil)
	}
	return nil
}

// change commits what fill puts into a batch, if anything. Nothing else is written between what fill reads and the commit.
// It is done even when the disk is full, to make room.
func (r *Readings) change(doing string, fill func(*cockroach.Batch) error) error {
	if err := r.patience.healthy(); err != nil {
		return err
	}
	b := r.db.NewBatch()
	r.mu.Lock()
	r.writer.classes = r.writer.classes[:0] // it makes none
	if err := fill(b); err != nil || b.Empty() {
		r.mu.Unlock()
		return errors.Join(err, b.Close())
	}
	if err := r.apply(doing, b); err != nil {
		return err
	}
	return b.Close()
}
