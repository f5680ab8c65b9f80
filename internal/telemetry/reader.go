package telemetry

import (
	"context"
	"log/slog"
	"time"

	"muster"
)

// A Reader reads what was taken in, and removes what has been kept for long enough.
type Reader struct {
	store Store
	log   *slog.Logger
}

// NewReader returns a Reader of store.
func NewReader(store Store, log *slog.Logger) *Reader { return &Reader{store, log} }

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

// Forget removes every reading of a device.
func (r *Reader) Forget(ctx context.Context, device muster.DeviceID) error {
	return r.store.Forget(ctx, device)
}

const sweepEvery = time.Hour

// Run removes readings whose retention has passed, now and every hour, until ctx ends.
func (r *Reader) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := r.store.Sweep(ctx, time.Now().UnixMilli()); err != nil && ctx.Err() == nil {
			r.log.Error("old readings cannot be removed", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
