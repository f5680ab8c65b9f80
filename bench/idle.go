package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// idling measures what a connection costs that says nothing: the growth of resident memory, divided. One server after the
// other holds its connections, so that they may be many; those with handshakes are a third, because they take long.
// There is one round: memory varies little.
func (p plan) idling(ctx context.Context, h *house) (results []result, err error) {
	if err := h.certify(ctx); err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		name   string
		most   float64
		n      int
		secure clients
		note   string
	}{
		{"idle connection", 5, p.idle, nil, "mosquitto"},
		{"idle TLS connection", 16, p.idle / 3, h.trusting(), "mosquitto"},
		{"idle mutual-TLS connection", 18, p.idle / 3, h.showing(), "mosquitto, TLS"},
	} {
		n := max(kind.n, 1)
		r := pairOf(fmt.Sprintf("%s (%d)", kind.name, n), "kB", kind.most, atMost)
		r.anchor.note = kind.note
		if err := p.idle1(ctx, h, n, kind.secure, &r.muster, &r.anchor); err != nil {
			return results, err
		}
		results = append(results, r)
	}
	few := max(p.idle*5/18, 1)
	line := pairOf(fmt.Sprintf("idle connection (%d)", p.idle), "kB", 1.1, ratioAtMost)
	line.muster, line.anchor.note = results[0].muster, fmt.Sprintf("with %d", few)
	if err := p.idle1(ctx, h, few, nil, &line.anchor, nil); err != nil {
		return results, err
	}
	return append(results, line), nil
}

// idle1 weighs on freshly started servers; the anchor is left out where nobody asks for its figure.
func (p plan) idle1(ctx context.Context, h *house, n int, secure clients, muster, anchor *figure) error {
	for _, side := range []struct {
		start  func(context.Context) (*server, error)
		figure *figure
	}{{h.startMuster, muster}, {h.startMosquitto, anchor}} {
		if side.figure == nil {
			continue
		}
		s, err := side.start(ctx)
		if err != nil {
			return err
		}
		each, err := p.weigh(ctx, s, n, secure)
		if err = errors.Join(err, s.stop()); err != nil {
			return err
		}
		side.figure.add(each / 1000)
	}
	return nil
}

// weigh returns the bytes of one of n idle connections to s. A few connections come and go first, so that code and tables
// that are needed once are not counted.
func (p plan) weigh(ctx context.Context, s *server, n int, secure clients) (float64, error) {
	address := s.mqtt
	if secure != nil {
		address = s.mqtts
	}
	few, err := dialAll(ctx, address, secure, min(50, n), 16)
	if err != nil {
		return 0, err
	}
	hangUp(few)
	time.Sleep(warmUp)
	before, err := usageOf(s.pid())
	if err != nil {
		return 0, err
	}
	conns, err := dialAll(ctx, address, secure, n, 64)
	if err != nil {
		return 0, err
	}
	defer hangUp(conns)
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(p.settle):
	}
	now, err := usageOf(s.pid())
	if err != nil {
		return 0, err
	}
	return float64(now.rss-before.rss) / float64(n), ping(conns)
}
