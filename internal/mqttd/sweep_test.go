package mqttd

import (
	"math/rand/v2"
	"testing"
)

// crew makes sessions without connections.
func crew(s *Server, n int) []*conn {
	all := make([]*conn, n)
	for i := range all {
		c := &conn{s: s, peer: &guest{house: &house{}}, leave: func() {}, greeted: true, finished: true}
		c.seen.Store(s.clock.Load())
		s.roster.add(c)
		all[i] = c
	}
	return all
}

func TestASessionEndsInTheTickInWhichItsTimeIsOver(t *testing.T) {
	s := newServer(&house{}, Options{})
	random := rand.New(rand.NewPCG(1, 2))
	all := crew(s, 500)
	for i, c := range all {
		c.greeted = i%50 > 0
		c.keepAlive = []uint32{0, 6, 60, 300, 5000}[random.IntN(5)]
		if c.joining = i%7 == 0; c.joining {
			c.until = provisionLinger
		}
	}
	// What may happen to a session in a tick. An answer or a word may keep it alive, and a publish gives it another deadline.
	happen := func(c *conn, now uint32) {
		switch chance := random.IntN(1000); {
		case !c.greeted && chance < 20:
			c.greeted = true
			c.seen.Store(now)
		case chance < 3:
			c.seen.Store(now)
		case chance < 6 && c.ring == nil:
			c.ring, c.progress = new(ring), now
			c.seen.Store(now)
		case chance < 9 && c.ring != nil:
			c.progress = now
		case chance < 12 && c.ring != nil:
			c.ring, c.progress = nil, now
			c.seen.Store(now)
		case chance < 13 && c.joining:
			c.until = now + provisionLinger
		}
	}
	tooLate := func(c *conn, now uint32) bool {
		silent := c.ring == nil && c.keepAlive > 0 && now-c.seen.Load() > c.keepAlive
		unanswered := c.ring != nil && now-c.progress > answerPatience
		return c.greeted && (silent || unanswered || c.until > 0 && c.until <= now)
	}
	ended := make(map[*conn]bool)
	for now := uint32(2); now < 3000; now++ {
		s.clock.Store(now)
		for _, c := range all {
			if !ended[c] {
				happen(c, now)
			}
		}
		if random.IntN(20) == 0 {
			continue // the machine is busy: the next sweep catches up
		}
		s.endOverdue(now)
		for i, c := range all {
			if ended[c] {
				continue
			}
			ended[c] = c.phase.Load() == over
			if ended[c] != tooLate(c, now) {
				t.Fatalf("tick %d: session %d is over: %v", now, i, ended[c])
			}
		}
	}
}

func TestAQuietSessionIsLookedAtOnceARound(t *testing.T) {
	var r roster
	const conns, rounds = 1000, 5
	for range conns {
		r.add(new(conn))
	}
	looks := 0
	for now := uint32(1); now <= rounds*round; now++ {
		r.look(now, func(*conn) uint32 {
			looks++
			return never
		})
	}
	if looks < (rounds-1)*conns || looks > (rounds+1)*conns {
		t.Errorf("%d sessions were looked at %d times in %d rounds", conns, looks, rounds)
	}
}

func TestConnectionsComeAndGoWhileTheRosterTurns(t *testing.T) {
	var r roster
	r.look(1000, nil)
	here := make(map[*conn]bool)
	for now := uint32(1001); now < 2000; now++ {
		for range 5 {
			c := new(conn)
			r.add(c)
			here[c] = true
		}
		looked := 0
		r.look(now, func(c *conn) uint32 {
			if looked++; !here[c] {
				t.Fatal("one that has gone is looked at")
			}
			return now + 1 + rand.Uint32N(2*round)
		})
		if looked < 5 {
			t.Fatalf("of five new ones %d are looked at", looked)
		}
		for c := range here {
			if rand.IntN(100) == 0 {
				r.remove(c)
				delete(here, c)
			}
		}
	}
	r.each(func(c *conn) { delete(here, c) })
	if len(here) > 0 {
		t.Errorf("%d are not in the roster", len(here))
	}
}

// BenchmarkASweep is a tick of a server with 100,000 sessions that are silent.
func BenchmarkASweep(b *testing.B) {
	s := newServer(&house{}, Options{})
	for _, c := range crew(s, 100_000) {
		c.keepAlive = 90 * second
		c.seen.Store(never / 2)
	}
	now := uint32(0)
	for b.Loop() {
		now++
		s.endOverdue(now)
	}
}
