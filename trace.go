package muster

import "context"

type traced struct{}

// WithTrace returns a context for log lines about a device that is traced, which are written whatever the level of the log.
func WithTrace(ctx context.Context) context.Context { return context.WithValue(ctx, traced{}, true) }

// Traced reports whether a context is WithTrace's.
func Traced(ctx context.Context) bool { return ctx.Value(traced{}) != nil }
