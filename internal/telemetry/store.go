package telemetry

import (
	"context"
	"time"

	"muster"
)

// A Store keeps readings.
type Store interface {
	// Commit makes the batch durable: when it returns nil, every entry survives a power cut. The store does not keep
	// the batch's memory.
	Commit(b *muster.Batch) error
	// Latest returns the newest reading of each key of the device, by key: the one with the greatest timestamp, of equals
	// the one that came last.
	Latest(ctx context.Context, device muster.DeviceID) ([]muster.Reading, error)
	// History returns the readings of one key in the range, by time, those of equal time in the order they came. Of several
	// that the device stamped itself with the same time, the last alone stands. An answer may end before the limit where
	// it would fill the memory, but never with nothing, nor between readings of one time.
	History(ctx context.Context, device muster.DeviceID, key string, r muster.Range) ([]muster.Reading, error)
	// Buckets returns what the readings of History, without its limit, come to in stretches of width milliseconds, each of
	// which begins at a multiple of width since 1970. Those without readings are left out; r.Limit counts the others.
	Buckets(ctx context.Context, device muster.DeviceID, key string, r muster.Range, width int64) ([]muster.Bucket, error)
	// Remove removes the readings of one key in the range, whose limit does not count.
	// What is removed is not a latest reading any more, and nothing takes its place until the device sends again.
	Remove(ctx context.Context, device muster.DeviceID, key string, r muster.Range) error
	// Forget removes every reading of the device. Readings that are committed meanwhile may stay.
	Forget(ctx context.Context, device muster.DeviceID) error
	// Sweep removes readings whose retention has passed at now (epoch milliseconds). Latest values stay.
	Sweep(ctx context.Context, now int64) error
}

// A Watcher is told of readings that are durable.
type Watcher interface {
	// Stored is called with every batch that was committed, by the goroutine that commits: it must be quick, and may not
	// keep the batch.
	Stored(b *muster.Batch)
}

// A GoneStore knows which devices were deleted while their readings may still be there.
type GoneStore interface {
	// Gone returns the devices that were deleted before that time and of which Removed has not been told, at most limit.
	Gone(ctx context.Context, before time.Time, limit int) ([]muster.DeviceID, error)
	// Removed is told of devices whose readings are removed.
	Removed(ctx context.Context, devices []muster.DeviceID) error
}

// An AttributeStore keeps attributes.
type AttributeStore interface {
	// SaveAttributes creates or replaces the attributes, durably and all or none. NotFound if the device is gone;
	// ReasonPayloadInvalid if it would have more than muster.MaxAttributes, or more than muster.MaxAttributeBytes in them.
	SaveAttributes(ctx context.Context, device muster.DeviceID, attributes []muster.Attribute) error
	// Attributes returns all attributes of the device, by scope and key.
	Attributes(ctx context.Context, device muster.DeviceID) ([]muster.Attribute, error)
}
