package provision

import (
	"sync"
	"time"

	"muster"
)

const (
	defaultPerKey = 200
	defaultBurst  = 2000
	maxBuckets    = 1024 // beyond it, those that are full are dropped: they know nothing
)

// An allowance bounds how many new devices a second each provision key lets in. Only devices that get in count: what was
// taken for one that did not is given back.
type allowance struct {
	rate, burst float64 // devices a second, devices; a rate below 0: no limit

	mu      sync.Mutex // guards buckets and what they hold
	buckets map[muster.ProvisionKeyID]*bucket
}

type bucket struct {
	left float64 // devices
	at   time.Time
}

func newAllowance(perKey, burst int) *allowance {
	if perKey == 0 {
		perKey = defaultPerKey
	}
	if burst <= 0 {
		burst = defaultBurst
	}
	return &allowance{rate: float64(perKey), burst: float64(burst), buckets: make(map[muster.ProvisionKeyID]*bucket)}
}

// take reports whether the key may let in one more device at now, and counts it.
func (a *allowance) take(key muster.ProvisionKeyID, now time.Time) bool {
	if a.rate < 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.buckets[key]
	if !ok {
		if len(a.buckets) >= maxBuckets {
			a.tidy(now)
		}
		b = &bucket{left: a.burst, at: now}
		a.buckets[key] = b
	}
	a.fill(b, now)
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// giveBack takes back one take.
func (a *allowance) giveBack(key muster.ProvisionKeyID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b, ok := a.buckets[key]; ok {
		b.left = min(b.left+1, a.burst)
	}
}

// fill adds what has trickled in since the bucket was last looked at.
func (a *allowance) fill(b *bucket, now time.Time) {
	if since := now.Sub(b.at); since > 0 {
		b.left = min(b.left+since.Seconds()*a.rate, a.burst)
		b.at = now
	}
}

func (a *allowance) tidy(now time.Time) {
	for key, b := range a.buckets {
		if a.fill(b, now); b.left >= a.burst {
			delete(a.buckets, key)
		}
	}
}
