package pebble

import (
	"bytes"
	"context"
	"errors"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

// forgetAtOnce is how many days of a device are forgotten in one batch.
const forgetAtOnce = 1000

// Forget removes every reading of the device. Readings that are committed meanwhile may stay.
func (r *Readings) Forget(ctx context.Context, device muster.DeviceID) error {
	for _, class := range *r.classes.Load() {
		if err := r.forgetClass(ctx, class, device); err != nil {
			return err
		}
	}
	return r.change("forget readings", func(b *cockroach.Batch) error { return b.Delete(appendLatest(nil, device), nil) })
}

func (r *Readings) forgetClass(ctx context.Context, class uint16, device muster.DeviceID) (err error) {
	c, err := r.cursor(class, device, firstDay, lastDay)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.it.Close()) }()
	if err := c.seek(ctx, firstDay, 0); err != nil {
		return err
	}
	for !c.ended {
		var days [][]byte
		for !c.ended && len(days) < forgetAtOnce {
			days = append(days, bytes.Clone(c.prefix))
			if err := c.nextDay(ctx); err != nil {
				return err
			}
		}
		err := r.change("forget readings", func(b *cockroach.Batch) error {
			for _, day := range days {
				_ = b.DeleteRange(day, after(day), nil) // never fails before the commit
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes the days all of whose readings have outlived their retention at now (epoch milliseconds); so a reading
// may stay for up to a day longer than it must. Latest values stay.
func (r *Readings) Sweep(ctx context.Context, now int64) error {
	today, _ := dayOf(now)
	for _, class := range *r.classes.Load() {
		if class == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.sweepClass(class, today-int64(class)); err != nil {
			return err
		}
	}
	return nil
}

// sweepClass removes the days of a class before the given one, if there are any.
func (r *Readings) sweepClass(class uint16, before int64) error {
	start, end := appendClass(nil, class), appendDay(nil, class, before)
	it, err := r.db.NewIter(&cockroach.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		return broken("sweep readings", err)
	}
	any := it.First()
	if err := it.Close(); err != nil {
		return broken("sweep readings", err)
	}
	if !any {
		return nil
	}
	return r.change("sweep readings", func(b *cockroach.Batch) error { return b.DeleteRange(start, end, nil) })
}
