package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// idling measures what a connection costs that says nothing: the growth of resident memory, divided. Both servers hold
// their connections at the same time.
func (p plan) idling(ctx context.Context, h *house) ([]result, error) {
	plain := pairOf(fmt.Sprintf("idle connection (%d)", p.idle), "kB", 6, atMost)
	secure := pairOf(fmt.Sprintf("idle TLS connection (%d)", p.idle), "kB", 0, noFloor)
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
		a, err := p.hold(ctx, muster, secure)
		if err != nil {
			return err
		}
		defer a.hangUp()
		b, err := p.hold(ctx, mosquitto, secure)
		if err != nil {
			return err
		}
		defer b.hangUp()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(p.settle):
		}
		for _, side := range []struct {
			crowd  *crowd
			figure *figure
		}{{a, &r.muster}, {b, &r.anchor}} {
			each, err := side.crowd.each()
			if err != nil {
				return err
			}
			side.figure.add(each / 1000)
		}
		return nil
	})
}

// A crowd holds idle connections to one server.
type crowd struct {
	server *server
	before usage
	conns  []net.Conn
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
	c.conns, err = dialAll(ctx, address, secure, p.idle, 64)
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
