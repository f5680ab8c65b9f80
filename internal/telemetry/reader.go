package telemetry

import (
	"context"

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
	switch {
	case key == "" || len(key) > muster.MaxKeyLength:
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "a key has 1 to %d bytes", muster.MaxKeyLength)
	case span.Limit < 0 || span.Limit > muster.MaxRangeLimit:
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "the limit is between 1 and %d", muster.MaxRangeLimit)
	case span.From > span.To:
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "the range ends before it begins")
	case span.Limit == 0:
		span.Limit = muster.DefaultRangeLimit
	}
	return r.store.History(ctx, device, key, span)
}

// Forget removes every reading of a device that is gone. What it leaves behind, a Remover removes later.
func (r *Reader) Forget(ctx context.Context, device muster.DeviceID) error {
	return r.store.Forget(ctx, device)
}
