package session

import (
	"time"

	"muster"
)

// How takeovers are damped. A device whose network is bad takes its own sessions over now and then, and is let in at once.
// Two devices with one credential do so without end.
const (
	calm         = 10 * time.Second // without a takeover, after which those before are forgotten
	peaceful     = 5                // takeovers that come closer than that and are not damped
	shortestHold = 1 * time.Second  // how long the session after the last of them stands; each further one doubles it
	longestHold  = 8 * time.Second  // and no longer, so that whoever is kept out is soon let in
)

// A contest is how often the sessions of one device were taken over, each no later than calm after the one before.
type contest struct {
	last  time.Time
	taken int
}

// hold is how long the session that took over last stands.
func (c contest) hold() time.Duration {
	if c.taken <= peaceful {
		return 0
	}
	return min(shortestHold<<min(c.taken-peaceful-1, 8), longestHold)
}

// contests are the contests of a shard's devices.
type contests struct {
	of      map[muster.DeviceID]contest
	purgeAt int // how many there are when those that are over are looked for
}

const fewContests = 64

// takeOver reports whether a session of the device may be taken over now, and counts it.
func (c *contests) takeOver(device muster.DeviceID, now time.Time) bool {
	was := c.of[device]
	since := now.Sub(was.last)
	if since < was.hold() {
		return false
	}
	if since >= calm {
		was.taken = 0
	}
	if len(c.of) >= max(c.purgeAt, fewContests) {
		c.purge(now)
	}
	if c.of == nil {
		c.of = make(map[muster.DeviceID]contest)
	}
	c.of[device] = contest{now, was.taken + 1}
	return true
}

// purge forgets the contests that are over.
func (c *contests) purge(now time.Time) {
	for device, was := range c.of {
		if now.Sub(was.last) >= calm {
			delete(c.of, device)
		}
	}
	c.purgeAt = 2 * len(c.of)
}
