package main

import (
	"context"
	"log/slog"

	"muster"
)

// A leveled handler drops what is below its level, but not what is told of a device that is traced.
type leveled struct {
	slog.Handler
	least slog.Leveler
}

// Enabled reports whether something of that level is written.
func (h leveled) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least.Level() || muster.Traced(ctx)
}

// WithAttrs is slog.Handler's.
func (h leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{h.Handler.WithAttrs(attrs), h.least}
}

// WithGroup is slog.Handler's.
func (h leveled) WithGroup(name string) slog.Handler {
	return leveled{h.Handler.WithGroup(name), h.least}
}
