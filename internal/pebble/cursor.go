package pebble

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	cockroach "github.com/cockroachdb/pebble/v2"

	"muster"
)

// A cursor walks the samples of one device in one class, leaping from day to day that has any.
type cursor struct {
	it        *cockroach.Iterator
	class     uint16
	device    muster.DeviceID
	prefix    []byte // of the device's samples of the current day
	ts        int64
	sequence  uint64
	handedOut bool // the current sample was
	ended     bool
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

// seek moves to the first sample that is not before ts.
func (c *cursor) seek(ctx context.Context, ts int64) error {
	day, ms := dayOf(ts)
	c.prefix = appendDevice(c.prefix[:0], c.class, day, c.device)
	from := append(make([]byte, 0, readingLen), c.prefix...)
	return c.settle(ctx, c.it.SeekGE(binary.BigEndian.AppendUint32(from, ms)))
}

// next moves to the next sample.
func (c *cursor) next(ctx context.Context) error {
	c.handedOut = false
	return c.settle(ctx, c.it.Next())
}

// nextDay moves to the first sample of a later day.
func (c *cursor) nextDay(ctx context.Context) error {
	day, _ := dayOf(c.ts)
	c.prefix = appendDevice(c.prefix[:0], c.class, day+1, c.device)
	return c.settle(ctx, c.it.SeekGE(c.prefix))
}

// settle accepts where the iterator is if it is a sample of the device, or else goes on to the next day that has one.
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

func (c *cursor) before(other *cursor) bool {
	return c.ts < other.ts || c.ts == other.ts && c.sequence < other.sequence
}

// A stored is one sample as it is kept. Its values are valid until the cursor moves.
type stored struct {
	ts      int64
	stamped bool
	values  muster.Values
}

func (c *cursor) sample() (stored, error) {
	value, err := c.it.ValueAndErr()
	if err != nil {
		return stored{}, broken("read history", err)
	}
	if len(value) == 0 {
		return stored{}, broken("read history", fmt.Errorf("%w: a sample without flags", cockroach.ErrCorruption))
	}
	return stored{c.ts, value[0]&stamped != 0, muster.Values(value[1:])}, nil
}
