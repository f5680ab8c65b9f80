package journal

import (
	"context"
	"time"

	"muster"
)

// A Store keeps attempts: of devices the newest so many, and of strangers, whom no device was recognised in, as many.
type Store interface {
	// AppendAttempts files attempts, those without a profile under that of the provision key that they name, gives each its
	// Number, and drops those older than since (zero: none), the oldest of devices beyond keep, and the oldest of strangers
	// beyond keep.
	AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int, since time.Time) error
	// Attempts returns the newest attempts first.
	Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error)
	// CountAttempts returns how often attempts ended with each reason from one time on and before another (zero: at any
	// time), the most frequent first.
	CountAttempts(ctx context.Context, from, to time.Time) ([]muster.ReasonCount, error)
}

// A Watcher is told of attempts that are filed.
type Watcher interface {
	// Filed is called with the attempts that were filed together, in their order. It must be quick, and may not keep the slice.
	Filed(attempts []muster.Attempt)
}
