package session

import (
	"bytes"
	"slices"
	"time"

	"muster"
)

// lookedAt bounds the devices that one page looks at.
const lookedAt = 20_000

// Page returns the sessions of devices behind after that are wanted: of limit devices at most, and of few enough to take
// little time. The order is of no meaning and stays while devices come and go. next is where the following page begins;
// zero: there is none.
func (r *Registry) Page(after muster.DeviceID, limit int, wanted func(muster.Session) bool) (page []muster.Session, next muster.DeviceID) {
	looked := 0
	first := 0
	if !after.IsZero() {
		first = int(after[len(after)-1] % shards)
	}
	for i := first; i < shards; i++ {
		sh := &r.shards[i]
		for _, device := range sh.behind(after) {
			some := false
			for _, s := range sh.of(device) {
				if wanted(s) {
					page, some = append(page, s), true
				}
			}
			if some {
				limit--
			}
			if looked++; limit <= 0 || looked == lookedAt {
				return page, device
			}
		}
		after = muster.DeviceID{}
	}
	return page, muster.DeviceID{}
}

// behind returns the devices of the shard that are greater than after, in order.
func (sh *shard) behind(after muster.DeviceID) []muster.DeviceID {
	sh.mu.Lock()
	all := make([]muster.DeviceID, 0, len(sh.newest))
	for device := range sh.newest {
		if bytes.Compare(device[:], after[:]) > 0 {
			all = append(all, device)
		}
	}
	sh.mu.Unlock()
	slices.SortFunc(all, func(a, b muster.DeviceID) int { return bytes.Compare(a[:], b[:]) })
	return all
}

// of returns the sessions of a device, the newest first.
func (sh *shard) of(device muster.DeviceID) (all []muster.Session) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for s := sh.newest[device]; s != nil; s = s.older {
		all = append(all, s.about())
	}
	return all
}

// End ends the session of the device that is open since then, and reports whether there was one.
func (r *Registry) End(device muster.DeviceID, since time.Time, why error) bool {
	sh := r.shard(device)
	sh.mu.Lock()
	s := sh.newest[device]
	for s != nil && s.since != since.UnixMilli() {
		s = s.older
	}
	sh.mu.Unlock()
	if s == nil || !r.remove(s, why) {
		return false
	}
	r.open.Add(-1)
	s.link.Hangup(why)
	return true
}
