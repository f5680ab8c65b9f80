//go:build !ackbeforecommit

package telemetry

// Messages are acknowledged after the commit that makes them durable.
const (
	ackBeforeCommit = false
	ackBeforeBy     = 0
)
