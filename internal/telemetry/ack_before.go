//go:build ackbeforecommit

package telemetry

import "time"

// The control of the durability test: this build acknowledges messages as they come in, a while before the commit. It
// must fail that test.
const (
	ackBeforeCommit = true
	ackBeforeBy     = 20 * time.Millisecond
)
