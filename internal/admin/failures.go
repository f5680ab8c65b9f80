package admin

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

const (
	failuresAMinute = 60
	maxAddresses    = 4096
)

// failures counts how often addresses fail. An IPv6 client is its /64, because it may use any address in it.
type failures struct {
	mu   sync.Mutex
	seen map[netip.Addr]*rate.Limiter // at most maxAddresses
}

func newFailures() *failures { return &failures{seen: make(map[netip.Addr]*rate.Limiter)} }

// allow counts one failure of an address and reports whether it has failed no more than failuresAMinute times in a minute.
func (f *failures) allow(remote netip.Addr) bool {
	from := network(remote)
	f.mu.Lock()
	defer f.mu.Unlock()
	l, ok := f.seen[from]
	if !ok {
		if len(f.seen) >= maxAddresses {
			f.makeRoom()
		}
		l = rate.NewLimiter(rate.Limit(failuresAMinute)/60, failuresAMinute)
		f.seen[from] = l
	}
	return l.Allow()
}

// makeRoom drops who has not failed for a minute, and if nobody is so good, everybody: forgetting is cheaper than growing.
func (f *failures) makeRoom() {
	for from, l := range f.seen {
		if l.Tokens() >= failuresAMinute {
			delete(f.seen, from)
		}
	}
	if len(f.seen) >= maxAddresses {
		clear(f.seen)
	}
}

// addressOf returns the address that remote, host:port, names.
func addressOf(remote string) netip.Addr {
	at, _ := netip.ParseAddrPort(remote) // what is none counts with its like
	return at.Addr().Unmap()
}

func network(from netip.Addr) netip.Addr {
	if from.Is6() {
		p, _ := from.WithZone("").Prefix(64)
		from = p.Addr()
	}
	return from
}
