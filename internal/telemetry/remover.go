package telemetry

import (
	"context"
	"log/slog"
	"time"
)

const (
	sweepEvery   = time.Hour
	settled      = time.Minute // after it nothing that a device sent before it was deleted is still on its way
	goneTogether = 1000        // devices that are looked at together
)

// A Remover removes readings that are not wanted any more.
type Remover struct {
	store Store
	gone  GoneStore
	log   *slog.Logger
}

// NewRemover returns a Remover of what is in store.
func NewRemover(store Store, gone GoneStore, log *slog.Logger) *Remover {
	return &Remover{store, gone, log}
}

// Run removes readings whose retention has passed, and what is left of those of devices that were deleted, now and every
// hour, until ctx ends. What cannot be removed is tried again the next time.
func (r *Remover) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := r.store.Sweep(ctx, time.Now().UnixMilli()); err != nil && ctx.Err() == nil {
			r.log.Error("old readings cannot be removed", "error", err)
		}
		if err := r.removeGone(ctx, time.Now().Add(-settled)); err != nil && ctx.Err() == nil {
			r.log.Error("readings of deleted devices cannot be removed", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// removeGone removes the readings of the devices that were deleted before that time.
func (r *Remover) removeGone(ctx context.Context, before time.Time) error {
	for {
		gone, err := r.gone.Gone(ctx, before, goneTogether)
		if err != nil || len(gone) == 0 {
			return err
		}
		for _, device := range gone {
			if err := r.store.Forget(ctx, device); err != nil {
				return err
			}
		}
		if err := r.gone.Removed(ctx, gone); err != nil {
			return err
		}
	}
}
