package main

import (
	"context"
	"errors"
	"time"
)

// handshakes measures what a mutual-TLS connect costs the server, from the first byte to CONNACK, beside a server that
// does the same handshake and nothing else.
func (p plan) handshakes(ctx context.Context, h *house) (results []result, err error) {
	if err := h.certify(ctx); err != nil {
		return nil, err
	}
	cpu := pairOf("server CPU a mutual-TLS connect (P-256)", "µs", 1.25, ratioAtMost)
	cpu.anchor.note = "crypto/tls alone"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	anchor, address, err := h.startAnchor(ctx, "tls")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, anchor.kill()) }()
	err = p.beside(muster, muster.mqtts, anchor, address, &cpu, func(s *server, address string) (float64, error) {
		_, cpu, err := connects(ctx, s, address, h.showing(), p.measure, certified, 1)
		return cpu, err
	})
	return []result{cpu}, err
}

// connects returns how many connects the server takes a second, and what one costs it in microseconds of CPU. Sixteen callers
// connect one after another of the first so many devices and hang up at once; step is how far apart in number those are that
// follow each other.
func connects(ctx context.Context, s *server, address string, secure clients, during time.Duration, devices, step int) (perSecond, cpu float64, err error) {
	const callers = 16
	next := make([]int, callers)
	return timed(s, callers, during, func(caller int) error {
		i := (next[caller]*callers + caller) * step % devices
		next[caller]++
		c, err := dial(ctx, address, secure, i)
		if err != nil {
			return err
		}
		return c.Close()
	})
}
