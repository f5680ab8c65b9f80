package people

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"muster"
)

// Guessing is slowed down by waiting, never by a lock: after some failures each further try of a name in a lane, which is a
// network or a marked browser, waits before it is looked at, and is let in if it is right. Who has signed in from a network
// before has more tries there, and others who fail at the same network do not count.
const (
	freeTries        = 5  // of one name from one network
	freeTriesKnown   = 30 // likewise, where the name has signed in from there before
	freeTriesNetwork = 30 // of whatever names from one network
	firstDelay       = time.Second
	longestDelay     = 8 * time.Second
	waitingTogether  = 2   // tries of a record that wait at once; further ones are refused
	waitingAtAll     = 256 // tries that wait at once
	forgiven         = 15 * time.Minute
	maxRecords       = 8192
)

// A trial is what tries are counted by. Without a name it is a whole network.
type trial struct {
	lane string
	name string // in lower case
}

// A record is how tries of one sort went.
type record struct {
	tries   int // that failed, or are not over
	waiting int
	last    time.Time
}

// delays remember who has failed.
type delays struct {
	mu      sync.Mutex // guards all below
	records map[trial]*record
	waiting int
}

func newDelays() *delays { return &delays{records: make(map[trial]*record)} }

// begin counts a try and waits as long as it has to. It reports whether this is the first that had to wait. Refused with
// ReasonSignInDelayed if too many wait already.
func (d *delays) begin(ctx context.Context, lane, name string, known bool) (first bool, err error) {
	wait, first, records, err := d.count(lane, strings.ToLower(name), known)
	if err != nil || wait == 0 {
		return first, err
	}
	defer d.leave(records)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return first, nil
	case <-ctx.Done():
		return first, ctx.Err()
	}
}

func (d *delays) count(lane, name string, known bool) (wait time.Duration, first bool, waiting []*record, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	type limit struct {
		record *record
		free   int
	}
	limits := []limit{{d.record(trial{lane, name}), freeTries}}
	if known {
		limits[0].free = freeTriesKnown
	} else {
		limits = append(limits, limit{d.record(trial{lane, ""}), freeTriesNetwork})
	}
	for _, l := range limits {
		if l.record.tries >= l.free {
			wait = max(wait, delay(l.record.tries-l.free))
			first = first || l.record.tries == l.free
			waiting = append(waiting, l.record)
		}
	}
	for _, r := range waiting {
		if r.waiting >= waitingTogether || d.waiting >= waitingAtAll {
			return 0, false, nil, muster.Refuse(muster.ReasonSignInDelayed, "")
		}
	}
	for _, l := range limits {
		l.record.tries++
		l.record.last = time.Now()
	}
	for _, r := range waiting {
		r.waiting++
	}
	if wait > 0 {
		d.waiting++
	}
	return wait, first, waiting, nil
}

// delay doubles with each try beyond those that are free.
func delay(tries int) time.Duration { return min(firstDelay<<min(tries, 8), longestDelay) }

func (d *delays) leave(waiting []*record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting--
	for _, r := range waiting {
		r.waiting--
	}
}

// right takes back what begin has counted: the try was right.
func (d *delays) right(lane, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.records, trial{lane, strings.ToLower(name)})
	if r := d.records[trial{lane, ""}]; r != nil && r.tries > 0 {
		r.tries--
	}
}

func (d *delays) record(t trial) *record {
	r, ok := d.records[t]
	if ok && time.Since(r.last) < forgiven {
		return r
	}
	if !ok && len(d.records) >= maxRecords {
		d.makeRoom()
	}
	r = &record{last: time.Now()}
	d.records[t] = r
	return r
}

// makeRoom drops what is forgiven, and if nothing is, everything: forgetting is cheaper than growing.
func (d *delays) makeRoom() {
	for t, r := range d.records {
		if time.Since(r.last) >= forgiven {
			delete(d.records, t)
		}
	}
	if len(d.records) >= maxRecords {
		clear(d.records)
	}
}

// networkOf is what an address counts as: an IPv6 client is its /64, because it may use any address in it.
func networkOf(from netip.Addr) string {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			return p.String()
		}
	}
	return from.String()
}
