package pebble

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	cockroach "github.com/cockroachdb/pebble/v2"
)

// A logger hands Pebble's messages on. Pebble calls Fatalf when it can no longer believe itself, and counts on never
// coming back from it: what it would do next is undefined, and no later commit can be believed.
type logger struct {
	log   *slog.Logger
	fatal func(error)
}

// Infof drops nothing, but only who debugs wants to know.
func (l logger) Infof(format string, args ...any) {
	l.log.Debug("pebble", "message", fmt.Sprintf(format, args...))
}

// Errorf reports what Pebble goes on with.
func (l logger) Errorf(format string, args ...any) {
	l.log.Error("pebble", "error", fmt.Sprintf(format, args...))
}

// Fatalf ends the process, or whatever stands for it in a test. It does not return.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	l.log.Error("readings can no longer be written; stopping at once", "error", err)
	l.fatal(err)
	panic(err)
}

func exit(error) { os.Exit(1) }

// listener tells apart what an operator must know from what Pebble tells of its daily work. That a disk is slow while it
// refuses to be written, p has told.
func listener(l logger, p *patience) *cockroach.EventListener {
	return &cockroach.EventListener{
		BackgroundError: func(err error) {
			switch {
			case errors.Is(err, cockroach.ErrCancelledCompaction):
			case p.isHopeless():
				l.Fatalf("readings: background work fails again and again: %w", err)
			default:
				l.log.Error("readings: background work failed and is tried again", "error", err)
			}
		},
		DiskSlow: func(info cockroach.DiskSlowInfo) {
			if p.healthy() == nil {
				l.log.Warn("readings: the disk is slow", "operation", info.OpType.String(), "duration", info.Duration)
			}
		},
		WriteStallBegin: func(info cockroach.WriteStallBeginInfo) {
			l.log.Warn("readings: writing waits for the disk to catch up", "reason", info.Reason)
		},
		WriteStallEnd: func() { l.log.Info("readings: writing goes on") },
	}
}
