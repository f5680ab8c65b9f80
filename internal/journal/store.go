package journal

import (
	"context"

	"muster"
)

// A Store keeps attempts, the newest so many.
type Store interface {
	// AppendAttempts files attempts and drops the oldest beyond keep.
	AppendAttempts(ctx context.Context, attempts []muster.Attempt, keep int) error
	// Attempts returns the newest attempts first.
	Attempts(ctx context.Context, q muster.AttemptQuery) ([]muster.Attempt, error)
}
