package mqttd

import (
	"time"

	"muster"
	"muster/internal/mqtt"
)

// sweep moves the clock on and ends the sessions whose time is over, until the server has stopped. It is the only timer
// of all of them.
func (s *Server) sweep() {
	ticker := time.NewTicker(s.tick)
	defer ticker.Stop()
	began := time.Now()
	for {
		select {
		case <-s.stopped:
			return
		case <-ticker.C:
		}
		now := uint32(time.Since(began)/s.tick) + 1
		s.clock.Store(now)
		s.endOverdue(now)
	}
}

// endOverdue ends the sessions whose time is over, when it has let go of the roster: the journal may be slow.
func (s *Server) endOverdue(now uint32) {
	var late []*conn
	s.roster.each(func(c *conn) {
		if _, err := c.overdue(now); err != nil {
			late = append(late, c)
		}
	})
	for _, c := range late {
		if code, err := c.overdue(now); err != nil { // it may have been heard meanwhile
			c.endAndNote(code, err)
		}
	}
}

// overdue returns why the session has to end at now; a nil error means that it may go on.
func (c *conn) overdue(now uint32) (mqtt.Code, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.greeted || c.phase.Load() == over:
		return 0, nil
	case c.ring != nil && now-c.progress > answerPatience:
		if c.withheld != nil {
			return disconnectCode(c.withheld), c.withheld
		}
		return mqtt.ServerBusy, muster.Refuse(muster.ReasonServerBusy, "a publish was not answered in time")
	case c.ring == nil && c.keepAlive > 0 && now-min(now, c.seen.Load()) > c.keepAlive:
		return mqtt.KeepAliveTimeout, muster.Refuse(muster.ReasonKeepAliveTimeout, "") // [MQTT-3.1.2-24] of 3.1.1
	case c.until != 0 && now >= c.until && c.joining:
		return mqtt.MaximumConnectTime, errJoined
	case c.until != 0 && now >= c.until:
		return mqtt.MaximumConnectTime, muster.Refuse(c.peer.Identity().Expired(), "")
	}
	return 0, nil
}

// ticks is how many ticks d lasts at least, and 1 at the least.
func (s *Server) ticks(d time.Duration) uint32 {
	return uint32(min(max((d+s.tick-1)/s.tick, 1), 1<<31))
}
