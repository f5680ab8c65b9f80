package journal

import (
	"net/netip"
	"time"

	"muster"
)

const (
	maxWaiting = 4096        // attempts that may wait; more are counted and lost
	maxGap     = time.Minute // between two entries of attempts alike that go on and on
)

// A likeness is what attempts share that are kept as one.
type likeness struct {
	action    muster.Action
	transport muster.Transport
	remote    netip.Addr
	device    muster.DeviceID
	name      string
	reason    muster.Reason
	way       muster.Way
}

func likenessOf(a *muster.Attempt) likeness {
	return likeness{a.Action, a.Transport, a.Remote, a.Device, a.Name, a.Reason, a.Way}
}

// A queue is the attempts that wait to be filed, those alike as one. Attempts alike that go on and on are filed ever more
// seldom, down to one entry a minute with their count, so that one device cannot push all others out of the journal.
type queue struct {
	waiting []muster.Attempt
	alike   map[likeness]int  // index into waiting
	paces   map[likeness]pace // of what was filed lately; at most maxWaiting
	crowds  map[crowd]share   // whose room is in use; at most maxCrowds
}

// A pace is how soon attempts alike may be filed again.
type pace struct {
	filed time.Time
	gap   time.Duration
}

func newQueue() queue {
	return queue{alike: make(map[likeness]int), paces: make(map[likeness]pace), crowds: make(map[crowd]share)}
}

// add puts a among those that wait and returns how many there are, 0 if there was no room.
func (q *queue) add(a *muster.Attempt) int {
	if q.crowded(a) {
		a.Blur()
	}
	like := likenessOf(a)
	if i, ok := q.alike[like]; ok {
		a.Count += q.waiting[i].Count
		q.waiting[i] = *a
		return len(q.waiting)
	}
	if len(q.waiting) >= maxWaiting {
		return 0
	}
	q.alike[like] = len(q.waiting)
	q.waiting = append(q.waiting, *a)
	return len(q.waiting)
}

// take returns what is to be filed at now: everything if all is set or half of the room is taken, and else what its pace
// lets through.
func (q *queue) take(now time.Time, all bool) []muster.Attempt {
	all = all || len(q.waiting) > maxWaiting/2
	due := make([]muster.Attempt, 0, len(q.waiting))
	stay := q.waiting[:0]
	clear(q.alike)
	for i := range q.waiting {
		a := &q.waiting[i]
		like := likenessOf(a)
		if q.pass(like, now, all) {
			due = append(due, *a)
			continue
		}
		q.alike[like] = len(stay)
		stay = append(stay, *a)
	}
	clear(q.waiting[len(stay):])
	q.waiting = stay
	return due
}

// pass reports whether attempts of the likeness are filed now, and if so sets when they may be again.
func (q *queue) pass(like likeness, now time.Time, all bool) bool {
	p, known := q.paces[like]
	since := now.Sub(p.filed)
	switch {
	case known && !all && since < p.gap:
		return false
	case !known || since >= maxGap+p.gap:
		p.gap = 0
	}
	if !known && len(q.paces) >= maxWaiting {
		q.forget(now)
	}
	q.paces[like] = pace{now, min(max(2*p.gap, window), maxGap)}
	return true
}

// forget drops the paces that hold nothing back any more, and if none is, all of them.
func (q *queue) forget(now time.Time) {
	for like, p := range q.paces {
		if now.Sub(p.filed) >= p.gap {
			delete(q.paces, like)
		}
	}
	if len(q.paces) >= maxWaiting {
		clear(q.paces)
	}
}
