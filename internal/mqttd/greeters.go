package mqttd

import "sync/atomic"

// freeGreeters bounds the goroutines that wait for a client to greet.
const freeGreeters = 16

// greeters are goroutines that greet one client after the other: a greeting makes the stack grow deep, and the next one
// finds it grown. There are as many as clients are being greeted, and few more.
type greeters struct {
	work    chan func() // received from by those who are free
	free    atomic.Int32
	stopped <-chan struct{}
}

func newGreeters(stopped <-chan struct{}) *greeters {
	return &greeters{work: make(chan func()), stopped: stopped}
}

// start has a client greeted and does not wait.
func (g *greeters) start(greet func()) {
	select {
	case g.work <- greet:
	default:
		go g.run(greet)
	}
}

func (g *greeters) run(greet func()) {
	for greet != nil {
		greet()
		greet = g.next()
	}
}

// next waits for another client to greet; nil if enough wait already or the server has stopped.
func (g *greeters) next() func() {
	defer g.free.Add(-1)
	if g.free.Add(1) > freeGreeters {
		return nil
	}
	select {
	case greet := <-g.work:
		return greet
	case <-g.stopped:
		return nil
	}
}
