package live

import "sort"

// A ring keeps the latest events of one kind. Each has a place, counted from the first that there ever was.
type ring struct {
	keep, keepBytes int

	slots     []Event
	first     uint64 // place of the oldest that is kept
	next      uint64 // place of the one that comes next
	forgotten uint64 // seq of the newest that is not kept any more
	bytes     int
}

// overhead is about what an event takes besides its size.
const overhead = 256

func (r *ring) add(e Event) {
	if r.next-r.first == uint64(r.keep) {
		r.forget()
	}
	if len(r.slots) < r.keep {
		r.slots = append(r.slots, e)
	} else {
		*r.slot(r.next) = e
	}
	r.next++
	r.bytes += overhead + e.What.size()
	for r.bytes > r.keepBytes && r.next-r.first > 1 {
		r.forget()
	}
}

func (r *ring) slot(place uint64) *Event { return &r.slots[place%uint64(r.keep)] }

func (r *ring) forget() {
	e := r.slot(r.first)
	r.forgotten = e.ID.seq
	r.bytes -= overhead + e.What.size()
	*e = Event{}
	r.first++
}

// seqAt returns where among the events of all kinds the one at that place is, or the last that was forgotten.
func (r *ring) seqAt(place uint64) uint64 {
	if place < r.first {
		return r.forgotten
	}
	return r.slot(place).ID.seq
}

// behind returns the place of the first event behind seq. If some of those are forgotten, it lies as many places before the
// first that is kept as there may be.
func (r *ring) behind(seq uint64) uint64 {
	if r.forgotten > seq {
		return r.first - min(r.first, r.forgotten-seq)
	}
	n := sort.Search(int(r.next-r.first), func(i int) bool { return r.seqAt(r.first+uint64(i)) > seq })
	return r.first + uint64(n)
}
