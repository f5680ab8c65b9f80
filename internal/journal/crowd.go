package journal

import (
	"net/netip"
	"time"

	"muster"
)

// Whoever makes one entry after the other, each a little different, has room for a thousand of them and then for ten a
// minute. What is beyond that is counted together, without the name under which it came.
const (
	crowdRoom = 1000
	crowdRate = 10.0 / 60 // entries a second
	maxCrowds = 4096
)

// A crowd is all that comes from one device, or for strangers from one address; an IPv6 address counts as its /64.
type crowd struct {
	device muster.DeviceID
	remote netip.Addr
}

func crowdOf(a *muster.Attempt) crowd {
	if !a.Device.IsZero() {
		return crowd{device: a.Device}
	}
	if a.Remote.Is6() {
		if network, err := a.Remote.Prefix(64); err == nil {
			return crowd{remote: network.Addr()}
		}
	}
	return crowd{remote: a.Remote}
}

// A share is how much of its room a crowd had left at a time.
type share struct {
	left float64
	at   time.Time
}

func (s share) fill(now time.Time) share {
	if since := now.Sub(s.at); since > 0 {
		s.left, s.at = min(s.left+since.Seconds()*crowdRate, crowdRoom), now
	}
	return s
}

// crowded reports whether the crowd of an attempt that is like none that waits has used up its room, and else takes some.
func (q *queue) crowded(a *muster.Attempt) bool {
	like := likenessOf(a)
	if _, waits := q.alike[like]; waits {
		return false
	}
	if _, paced := q.paces[like]; paced {
		return false
	}
	c := crowdOf(a)
	s, known := q.crowds[c]
	if !known {
		if len(q.crowds) >= maxCrowds {
			q.disperse(a.At)
		}
		s = share{crowdRoom, a.At}
	}
	s = s.fill(a.At)
	crowded := s.left < 1
	if !crowded {
		s.left--
	}
	q.crowds[c] = s
	return crowded
}

// disperse drops the crowds whose room is free again, and if none is, all of them.
func (q *queue) disperse(now time.Time) {
	for c, s := range q.crowds {
		if s.fill(now).left >= crowdRoom {
			delete(q.crowds, c)
		}
	}
	if len(q.crowds) >= maxCrowds {
		clear(q.crowds)
	}
}
