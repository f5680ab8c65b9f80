package provision

import (
	"sync"
	"time"

	"muster"
)

// How many certificates one device is given by renewing in that time: each that it does not use is one more that is revoked.
const (
	mostRenewals  = 10
	renewalWindow = time.Hour
	maxRenewing   = 1 << 16 // devices that are counted
)

// renewals counts the certificates that devices are given by renewing.
type renewals struct {
	mu   sync.Mutex // guards seen
	seen map[muster.DeviceID]renewing
}

type renewing struct {
	since time.Time
	count int
}

// take counts one more, unless there were too many.
func (r *renewals) take(device muster.DeviceID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.seen[device]
	if !ok || now.Sub(t.since) >= renewalWindow {
		t = renewing{since: now}
		r.makeRoom(now)
	}
	if t.count == mostRenewals {
		return false
	}
	t.count++
	r.seen[device] = t
	return true
}

// makeRoom drops the counts that are over when there are many, and if none is, all of them. The caller holds mu.
func (r *renewals) makeRoom(now time.Time) {
	if r.seen == nil {
		r.seen = make(map[muster.DeviceID]renewing)
	}
	if len(r.seen) < maxRenewing {
		return
	}
	for device, t := range r.seen {
		if now.Sub(t.since) >= renewalWindow {
			delete(r.seen, device)
		}
	}
	if len(r.seen) >= maxRenewing {
		clear(r.seen)
	}
}
