package node

import (
	"context"
	"runtime/debug"
	"time"
)

// storm is how many sessions more than before make it worth to collect what their connecting has left behind.
const storm = 500

// trim gives memory back to the system after many devices have connected: judging a thousand greetings leaves garbage that
// a quiet server would keep for minutes. It waits until the storm is over, and ends with ctx.
func (n *Node) trim(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var before, trimmed int
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := n.sessions.Count()
		grows := now > before+before/100
		before, trimmed = now, min(trimmed, now)
		if !grows && now > trimmed+trimmed/10+storm {
			debug.FreeOSMemory()
			trimmed = now
		}
	}
}
