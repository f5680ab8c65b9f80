package pebble

import (
	cockroach "github.com/cockroachdb/pebble/v2"
)

// CopyTo makes a copy of the readings in a new directory, with all in it that was committed before the call, while everybody goes
// on. What does not change any more is linked, not copied.
func (r *Readings) CopyTo(dir string) error {
	if err := r.db.Checkpoint(dir, cockroach.WithFlushedWAL()); err != nil {
		return broken("copy readings", err)
	}
	return nil
}
