package node

import (
	"context"
	"runtime/debug"
	"time"
)

// A storm is over when for so many seconds no more than a hundredth has come; it was one if so many more sessions are open
// than before that collecting what their connecting has left behind is worth it.
const (
	calm  = 3
	storm = 500
)

// trim gives memory back to the system after many devices have connected: judging a thousand greetings leaves garbage that
// a quiet server would keep for minutes. It waits until the storm is over, and ends with ctx.
func (n *Node) trim(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var before, trimmed, quiet int
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := n.sessions.Count()
		if quiet++; now > before+before/100 {
			quiet = 0
		}
		before, trimmed = now, min(trimmed, now)
		if quiet >= calm && now > trimmed+trimmed/10+storm {
			debug.FreeOSMemory()
			trimmed = now
		}
	}
}
