package live

import (
	"context"
	"time"
)

// KeptSeconds is how many seconds of traffic are kept.
const KeptSeconds = 600

// A Second is what the whole fleet did in one, and when that was over.
type Second struct {
	At time.Time
	Passed
}

// Run tells of each second that passes until ctx ends; sessions counts the devices that are connected.
func (f *Feed) Run(ctx context.Context, sessions func() int) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			f.Passed(sessions())
		}
	}
}

// Passed tells that a second has passed, at the end of which so many devices were connected. One goroutine at a time may
// call it.
func (f *Feed) Passed(sessions int) {
	total := f.samples.Load()
	f.tell(Passed{Samples: total - f.counted.Swap(total), Total: total, Sessions: sessions})
}

// Seconds returns the latest seconds, the oldest first, and no more than so many.
func (f *Feed) Seconds(most int) []Second {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.rings[Traffic]
	n := min(r.next-r.first, uint64(max(most, 0)))
	seconds := make([]Second, 0, n)
	for place := r.next - n; place < r.next; place++ {
		e := r.slot(place)
		seconds = append(seconds, Second{e.At, e.What.(Passed)})
	}
	return seconds
}
