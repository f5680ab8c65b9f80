package mqttd

import (
	"math"
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
	s.roster.look(now, func(c *conn) uint32 {
		next, _, err := c.overdue(now)
		if err != nil {
			late = append(late, c)
		}
		return next
	})
	for _, c := range late {
		if _, code, err := c.overdue(now); err != nil { // it may have been heard meanwhile
			c.endAndNote(code, err)
		}
	}
}

// never is a tick that does not come.
const never = math.MaxUint32

// overdue returns why the session has to end at now; a nil error means that it may go on. Whatever happens meanwhile, it does
// not have to end before next, which is after now.
func (c *conn) overdue(now uint32) (next uint32, code mqtt.Code, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.greeted:
		return now + 1, 0, nil // its terms may be settled by then
	case c.phase.Load() == over:
		return never, 0, nil
	}
	answer, silence, end := c.deadlines(now)
	switch {
	case answer <= now && c.withheld != nil:
		code, err = disconnectCode(c.withheld), c.withheld
	case answer <= now:
		code, err = mqtt.ServerBusy, muster.Refuse(muster.ReasonServerBusy, "a publish was not answered in time")
	case silence <= now:
		code, err = mqtt.KeepAliveTimeout, muster.Refuse(muster.ReasonKeepAliveTimeout, "") // [MQTT-3.1.2-24] of 3.1.1
	case end <= now && c.joining:
		code, err = mqtt.MaximumConnectTime, errJoined
	case end <= now:
		code, err = mqtt.MaximumConnectTime, muster.Refuse(c.peer.Identity().Expired(), "")
	default:
		return min(answer, silence, end), 0, nil
	}
	return now + 1, code, err
}

// deadlines returns the ticks at which the session ends for want of an answer, for want of a word from the client, and in
// any case. What has not begun begins now at the earliest. Call it with mu held.
func (c *conn) deadlines(now uint32) (answer, silence, end uint32) {
	asked, heard := now, now
	if c.ring != nil {
		asked = c.progress
	} else { // silence counts from when all is answered
		heard = c.seen.Load()
	}
	answer, silence, end = asked+answerPatience+1, never, never
	if c.keepAlive > 0 {
		silence = heard + c.keepAlive + 1
	}
	if c.until != 0 {
		end = c.until
	}
	return answer, silence, end
}

// ticks is how many ticks d lasts at least, and 1 at the least.
func (s *Server) ticks(d time.Duration) uint32 {
	return uint32(min(max((d+s.tick-1)/s.tick, 1), 1<<31))
}
