package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// idling measures what a connection costs that says nothing: the growth of resident memory, divided. One server after the
// other holds its connections, so that they may be many.
func (p plan) idling(ctx context.Context, h *house) ([]result, error) {
	plain := pairOf(fmt.Sprintf("idle connection (%d)", p.crowdSize(nil)), "kB", 6, atMost)
	secure := pairOf(fmt.Sprintf("idle TLS connection (%d)", p.crowdSize(&tls.Config{})), "kB", 0, noFloor)
	plain.anchor.note, secure.anchor.note = "mosquitto", "mosquitto"
	for range p.rounds {
		if err := p.idle1(ctx, h, &plain, nil); err != nil {
			return nil, err
		}
		if err := p.idle1(ctx, h, &secure, &tls.Config{RootCAs: h.roots, ServerName: "localhost", MinVersion: tls.VersionTLS13}); err != nil {
			return nil, err
		}
	}
	return []result{plain, secure}, nil
}

// idle1 is one round on freshly started servers.
func (p plan) idle1(ctx context.Context, h *house, r *result, secure *tls.Config) error {
	return h.pair(ctx, func(muster, mosquitto *server) error {
		if err := p.weigh(ctx, muster, &r.muster, secure); err != nil {
			return err
		}
		return p.weigh(ctx, mosquitto, &r.anchor, secure)
	})
}

// weigh adds what one idle connection to s costs to f.
func (p plan) weigh(ctx context.Context, s *server, f *figure, secure *tls.Config) error {
	crowd, err := p.hold(ctx, s, secure)
	if err != nil {
		return err
	}
	defer crowd.hangUp()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.settle):
	}
	each, err := crowd.each()
	if err != nil {
		return err
	}
	f.add(each / 1000)
	return nil
}

// A crowd holds idle connections to one server.
type crowd struct {
	server *server
	before usage
	conns  []net.Conn
}

// crowdSize is how many connections a crowd has: over TLS a third, because their handshakes take long.
func (p plan) crowdSize(secure *tls.Config) int {
	if secure != nil {
		return max(p.idle/3, 1)
	}
	return p.idle
}

// hold connects a crowd. A few connections come and go first, so that code and tables that are needed once are not
// counted.
func (p plan) hold(ctx context.Context, s *server, secure *tls.Config) (*crowd, error) {
	address := s.mqtt
	if secure != nil {
		address = s.mqtts
	}
	few, err := dialAll(ctx, address, secure, min(50, p.idle), 16)
	if err != nil {
		return nil, err
	}
	hangUp(few)
	time.Sleep(warmUp)
	c := &crowd{server: s}
	if c.before, err = usageOf(s.pid()); err != nil {
		return nil, err
	}
	c.conns, err = dialAll(ctx, address, secure, p.crowdSize(secure), 64)
	return c, err
}

func (c *crowd) hangUp() { hangUp(c.conns) }

// each returns the bytes of one connection, and makes sure that all are alive.
func (c *crowd) each() (float64, error) {
	now, err := usageOf(c.server.pid())
	if err != nil {
		return 0, err
	}
	return float64(now.rss-c.before.rss) / float64(len(c.conns)), ping(c.conns)
}
