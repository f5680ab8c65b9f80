package dispatch

import (
	"context"
	"time"
)

// A device that asks for attributes without end is served one part of so many of the time, and never rests longer than
// longestRest between two requests.
const (
	parts       = 4
	longestRest = 100 * time.Millisecond
)

// A pace keeps a device that always asks for more from taking a processor for itself: rest, begin and end come in this
// order for each request, and what comes between the first two is not the device's time. The zero pace holds nobody up. One
// goroutine at a time may use it.
type pace struct{ at int64 } // since when it is the device's turn, or when it is again, in Unix nanoseconds

// rest waits until it is the device's turn again, or until ctx ends.
func (p *pace) rest(ctx context.Context) {
	left := time.Until(time.Unix(0, p.at))
	if left <= 0 {
		return
	}
	t := time.NewTimer(min(left, longestRest)) // the clock may have been set back
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (p *pace) begin() { p.at = time.Now().UnixNano() }

func (p *pace) end() {
	now := time.Now()
	took := now.Sub(time.Unix(0, p.at))
	p.at = now.Add(min((parts-1)*took, longestRest)).UnixNano()
}
