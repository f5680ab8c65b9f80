package provision

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"muster"
)

const (
	defaultPerKey = 200
	defaultBurst  = 2000
	burstSeconds  = 10   // of a key with a rate of its own
	maxBuckets    = 1024 // beyond it, those that are full are dropped: they know nothing
)

// A key with a rate of its own that is asked for a multiple of it, second after second, is in the wrong hands.
const (
	overrun        = 3
	overrunSeconds = 10
)

// An allowance bounds how many new devices a second each provision key lets in. Only devices that get in count: what was
// taken for one that did not is given back.
type allowance struct {
	mu      sync.Mutex // guards buckets and what they hold, and the usual
	usual   pace       // of keys without a rate of their own
	buckets map[muster.ProvisionKeyID]*bucket
}

// A pace is devices a second, and devices at once. A rate below 0: no limit.
type pace struct{ rate, burst float64 }

type bucket struct {
	pace
	left float64 // devices
	at   time.Time

	second int64 // Unix time in which asked counts
	asked  int   // how often the key was asked in it
	over   int   // seconds on end in which it was asked for a multiple of its rate
}

// A verdict says whether a key may let in one more device.
type verdict uint8

const (
	allowed verdict = iota
	tooMany
	stolen // too many by far, and for too long
)

func newAllowance(perKey, burst int) *allowance {
	a := &allowance{buckets: make(map[muster.ProvisionKeyID]*bucket)}
	a.set(perKey, burst)
	return a
}

// set changes the pace of keys without a rate of their own, from the next device on.
func (a *allowance) set(perKey, burst int) {
	if perKey == 0 {
		perKey = defaultPerKey
	}
	if burst <= 0 {
		burst = defaultBurst
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.usual = pace{rate: float64(perKey), burst: float64(burst)}
}

// anew returns an allowance with the same paces, of which nothing is used up.
func (a *allowance) anew() *allowance {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &allowance{usual: a.usual, buckets: make(map[muster.ProvisionKeyID]*bucket)}
}

// of returns how many devices a second the key lets in, and how many at once.
func (a *allowance) of(key *muster.ProvisionKey) pace {
	if key.Rate > 0 {
		return pace{rate: float64(key.Rate), burst: float64(key.Rate * burstSeconds)}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.usual
}

// take says whether the key may let in one more device at now, and if so counts it.
func (a *allowance) take(key *muster.ProvisionKey, now time.Time) verdict {
	p := a.of(key)
	if p.rate < 0 {
		return allowed
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.buckets[key.ID]
	if !ok || b.pace != p {
		if len(a.buckets) >= maxBuckets {
			a.tidy(now)
		}
		b = &bucket{pace: p, left: p.burst, at: now}
		a.buckets[key.ID] = b
	}
	if key.Rate > 0 && b.overrun(now) {
		return stolen
	}
	b.fill(now)
	if b.left < 1 {
		return tooMany
	}
	b.left--
	return allowed
}

// overrun counts one more request and reports whether it is one too many for the last of overrunSeconds.
func (b *bucket) overrun(now time.Time) bool {
	if second := now.Unix(); second != b.second {
		if second != b.second+1 || !b.beyond() {
			b.over = 0
		}
		b.second, b.asked = second, 0
	}
	b.asked++
	if b.beyond() && float64(b.asked-1) < overrun*b.rate {
		b.over++
	}
	return b.over >= overrunSeconds
}

// beyond reports whether the key was asked for too many in the present second.
func (b *bucket) beyond() bool { return float64(b.asked) >= overrun*b.rate }

// giveBack takes back one take.
func (a *allowance) giveBack(key muster.ProvisionKeyID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b, ok := a.buckets[key]; ok {
		b.left = min(b.left+1, b.burst)
	}
}

// forget drops what is known of a key.
func (a *allowance) forget(key muster.ProvisionKeyID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.buckets, key)
}

// fill adds what has trickled in since the bucket was last looked at.
func (b *bucket) fill(now time.Time) {
	if since := now.Sub(b.at); since > 0 {
		b.left = min(b.left+since.Seconds()*b.rate, b.burst)
		b.at = now
	}
}

func (a *allowance) tidy(now time.Time) {
	for key, b := range a.buckets {
		if b.fill(now); b.left >= b.burst {
			delete(a.buckets, key)
		}
	}
}

// ration refuses a device that comes too soon after others with the same key, and suspends a key with a rate of its own
// that is asked for overrun times as many, for overrunSeconds on end: whoever has stolen it does not wait.
func (s *Service) ration(ctx context.Context, key *muster.ProvisionKey, now time.Time) error {
	v := s.allowance.take(key, now)
	if v == stolen {
		if err := s.store.SuspendProvisionKey(context.WithoutCancel(ctx), key.ID, now); err != nil {
			return fmt.Errorf("suspend provision key %s: %w", key.ID, err)
		}
		s.allowance.forget(key.ID)
		s.metrics.suspended.Inc()
		s.log.LogAttrs(ctx, slog.LevelWarn, "a provision key is suspended: it was asked for far more devices than its rate allows",
			slog.String("key", key.Key), slog.Int("rate", key.Rate))
	}
	return s.allowance.refusal(key, v)
}

// refusal is what a device hears of a verdict; nil: it may come in.
func (a *allowance) refusal(key *muster.ProvisionKey, v verdict) error {
	rate := a.of(key).rate
	switch v {
	case tooMany:
		return muster.Refuse(muster.ReasonRateLimited, "the provision key lets in %.0f new devices a second; try again later", rate)
	case stolen:
		return muster.Refuse(muster.ReasonProvisionKeySuspended,
			"the provision key is suspended: it was asked for more than %.0f devices a second, %d times its rate, for %d seconds",
			overrun*rate, overrun, overrunSeconds)
	case allowed:
	}
	return nil
}
