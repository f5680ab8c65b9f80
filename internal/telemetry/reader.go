package telemetry

import (
	"cmp"
	"context"
	"time"

	"muster"
)

// A Reader reads what was taken in.
type Reader struct{ store Store }

// NewReader returns a Reader of store.
func NewReader(store Store) *Reader { return &Reader{store} }

// Latest returns the newest reading of each key of the device, by key.
func (r *Reader) Latest(ctx context.Context, device muster.DeviceID) ([]muster.Reading, error) {
	return r.store.Latest(ctx, device)
}

// History returns readings of one key, oldest first. A Limit of 0 means muster.DefaultRangeLimit. The limit counts
// readings; an answer of some 64 MB ends early, and the rest is in the range that begins after its last reading.
func (r *Reader) History(ctx context.Context, device muster.DeviceID, key string, span muster.Range) ([]muster.Reading, error) {
	if err := checkRange(key, span, muster.MaxRangeLimit); err != nil {
		return nil, err
	}
	span.Limit = cmp.Or(span.Limit, muster.DefaultRangeLimit)
	return r.store.History(ctx, device, key, span)
}

// Buckets returns what the readings of one key come to in stretches of width, the oldest first: those that have readings, at
// most Limit, and muster.DefaultRangeLimit for a Limit of 0. They begin at multiples of width since 1970.
func (r *Reader) Buckets(ctx context.Context, device muster.DeviceID, key string, span muster.Range, width time.Duration) ([]muster.Bucket, error) {
	if err := checkRange(key, span, muster.MaxBuckets); err != nil {
		return nil, err
	}
	if width < time.Millisecond || width > maxWidth || width%time.Millisecond != 0 {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a bucket is 1 ms to %s wide, in whole milliseconds", maxWidth)
	}
	span.Limit = cmp.Or(span.Limit, muster.DefaultRangeLimit)
	return r.store.Buckets(ctx, device, key, span, width.Milliseconds())
}

// maxWidth bounds the width of a bucket.
const maxWidth = 366 * 24 * time.Hour

// Remove removes the readings of one key in the range; the latest reading goes with them if it is one of them.
func (r *Reader) Remove(ctx context.Context, device muster.DeviceID, key string, span muster.Range) error {
	if err := checkRange(key, span, 0); err != nil {
		return err
	}
	return r.store.Remove(ctx, device, key, span)
}

func checkRange(key string, span muster.Range, limit int) error {
	switch {
	case key == "" || len(key) > muster.MaxKeyLength:
		return muster.Refuse(muster.ReasonRequestInvalid, "a key has 1 to %d bytes", muster.MaxKeyLength)
	case span.Limit < 0 || span.Limit > limit:
		return muster.Refuse(muster.ReasonRequestInvalid, "the limit is between 1 and %d", limit)
	case span.From > span.To:
		return muster.Refuse(muster.ReasonRequestInvalid, "the range ends before it begins")
	}
	return nil
}

// Forget removes every reading of a device that is gone. What it leaves behind, a Remover removes later.
func (r *Reader) Forget(ctx context.Context, device muster.DeviceID) error {
	return r.store.Forget(ctx, device)
}
