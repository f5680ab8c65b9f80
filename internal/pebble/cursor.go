package pebble

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

// A cursor walks the packs of one device in one class, leaping from day to day that has any.
type cursor struct {
	it       *cockroach.Iterator
	class    uint16
	device   muster.DeviceID
	prefix   []byte // of the device's packs of the current day
	ts       int64  // of the current pack's first sample
	sequence uint64
	ended    bool
}

// A cursor stays within the days from first to last. The caller closes its iterator.
func (r *Readings) cursor(class uint16, device muster.DeviceID, first, last int64) (*cursor, error) {
	it, err := r.db.NewIter(&cockroach.IterOptions{
		LowerBound: appendDay(nil, class, first),
		UpperBound: appendDay(nil, class, last+1),
	})
	if err != nil {
		return nil, broken("read history", err)
	}
	return &cursor{it: it, class: class, device: device}, nil
}

// seek moves to the first pack that does not begin before the time given as dayOf gives it.
func (c *cursor) seek(ctx context.Context, day int64, ms uint32) error {
	c.prefix = appendDevice(c.prefix[:0], c.class, day, c.device)
	from := append(make([]byte, 0, readingLen), c.prefix...)
	return c.settle(ctx, c.it.SeekGE(binary.BigEndian.AppendUint32(from, ms)))
}

// next moves to the next pack.
func (c *cursor) next(ctx context.Context) error {
	return c.settle(ctx, c.it.Next())
}

// nextDay moves to the first pack of a later day.
func (c *cursor) nextDay(ctx context.Context) error {
	day, _ := dayOf(c.ts)
	c.prefix = appendDevice(c.prefix[:0], c.class, day+1, c.device)
	return c.settle(ctx, c.it.SeekGE(c.prefix))
}

// settle accepts where the iterator is if it is a pack of the device, or else goes on to the next day that has one.
func (c *cursor) settle(ctx context.Context, valid bool) error {
	for valid {
		k := c.it.Key()
		if len(k) != readingLen {
			return broken("read history", fmt.Errorf("%w: a key of %d bytes", cockroach.ErrCorruption, len(k)))
		}
		if !bytes.HasPrefix(k, c.prefix) {
			day := keyDay(k)
			if bytes.Compare(k[dayEnd:deviceEnd], c.device[:]) > 0 {
				day++ // that day has none of the device
			}
			c.prefix = appendDevice(c.prefix[:0], c.class, day, c.device)
		}
		if bytes.HasPrefix(k, c.prefix) {
			c.ts, c.sequence = keyPosition(k)
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		valid = c.it.SeekGE(c.prefix)
	}
	c.ended = true
	if err := c.it.Error(); err != nil {
		return broken("read history", err)
	}
	return nil
}
