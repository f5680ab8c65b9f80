package dispatch

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	failureWindow = time.Minute
	maxAddresses  = 1 << 16
)

// failures counts how often addresses fail and refuses those that fail too often, for a minute. An IPv6 client is its
// /64, because it may use any address in it.
type failures struct {
	limit    atomic.Int64 // 0: none
	standard int

	mu   sync.Mutex
	seen map[netip.Addr]tally // at most maxAddresses
}

type tally struct {
	since time.Time // of the window, or of the refusal
	count int
}

func newFailures(limit, standard int) *failures {
	f := &failures{standard: standard, seen: make(map[netip.Addr]tally)}
	f.setLimit(limit)
	return f
}

// setLimit changes how often an address may fail from now on: 0 means the standard, less than 0 no limit.
func (f *failures) setLimit(limit int) {
	if limit == 0 {
		limit = f.standard
	}
	f.limit.Store(int64(max(limit, 0)))
}

// fail counts one failure and reports whether the address was refused already.
func (f *failures) fail(from netip.Addr, now time.Time) bool {
	limit := int(f.limit.Load())
	if limit == 0 {
		return false
	}
	from = prefix(from)
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.seen[from]
	if ok && now.Sub(t.since) < failureWindow {
		if t.count >= limit {
			return true
		}
	} else {
		if !ok && len(f.seen) >= maxAddresses {
			f.makeRoom(now)
		}
		t = tally{since: now}
	}
	if t.count++; t.count >= limit {
		t.since = now // a minute from here
	}
	f.seen[from] = t
	return false
}

// refused reports whether the address is refused, without counting.
func (f *failures) refused(from netip.Addr, now time.Time) bool {
	limit := int(f.limit.Load())
	if limit == 0 {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.seen[prefix(from)]
	return ok && t.count >= limit && now.Sub(t.since) < failureWindow
}

// makeRoom drops the tallies that are over, and if none is, all of them: forgetting is cheaper than growing.
func (f *failures) makeRoom(now time.Time) {
	for from, t := range f.seen {
		if now.Sub(t.since) >= failureWindow {
			delete(f.seen, from)
		}
	}
	if len(f.seen) >= maxAddresses {
		clear(f.seen)
	}
}

func prefix(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if a.Is4() || !a.IsValid() {
		return a
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.Addr()
}
