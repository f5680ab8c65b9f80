package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"muster/internal/coapd"
	"muster/internal/mqttd"
	"muster/internal/telemetry"
)

// servers are the transports of a running node and its work in the background.
type servers struct {
	http       *http.Server
	mqtt       *mqttd.Server
	coap       *coapd.Server
	background sync.WaitGroup
	failed     chan error
}

// serve starts every transport and the work in the background, which ends with ctx.
func (n *Node) serve(ctx context.Context) *servers {
	s := &servers{
		http: &http.Server{
			Handler:           n.handler(ctx),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       60 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
		},
		mqtt:   n.mqtt,
		coap:   n.coap,
		failed: make(chan error, 8),
	}
	s.http.RegisterOnShutdown(n.live.Close) // streams of events would go on
	l := n.listeners
	gate := newGate(s.http, requests(openFiles()))
	if l.http != nil {
		s.start(func() error { return s.serveHTTP(gate.at(l.http)) })
	}
	if l.https != nil {
		s.start(func() error { return s.serveHTTP(n.https.Over(gate.at(l.https))) })
	}
	if l.mqtt != nil {
		s.start(func() error { return s.mqtt.Serve(l.mqtt) })
	}
	if l.mqtts != nil {
		s.start(func() error { return s.mqtt.ServeTLS(l.mqtts, n.tls()) })
	}
	if l.coap != nil {
		s.start(func() error { return s.coap.ServeUDP(ctx, l.coap) })
	}
	if l.coaps != nil {
		s.start(func() error { return s.coap.ServeDTLS(ctx, l.coaps) })
	}
	count := func(ctx context.Context) { n.live.Run(ctx, n.sessions.Count) }
	remover := telemetry.NewRemover(n.readings, n.registry, n.log)
	for _, work := range []func(context.Context){n.issuer.Run, n.authority.Run, n.identity.Run, n.fleet.Run, n.expiry.Run, n.revocation.Run, n.campaigns.Run, remover.Run, n.bulk.Run, n.tracer.Run, n.trim, count} {
		s.background.Go(func() { work(ctx) })
	}
	return s
}

func (s *servers) serveHTTP(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *servers) start(serve func() error) {
	go func() {
		if err := serve(); err != nil {
			s.failed <- err
		}
	}()
}

// shutdown stops all transports at once: each accepts no more and answers what came in. HTTP requests that have not
// arrived whole in time are left to cut, so that a client that is slow, or means to be, does not use up the time of all.
func (s *servers) shutdown(ctx context.Context) error {
	requests, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i, stop := range []func(context.Context) error{s.mqtt.Shutdown, s.coap.Shutdown} {
		all.Go(func() { errs[i] = stop(ctx) })
	}
	all.Go(func() { _ = s.http.Shutdown(requests) }) // cut asks again
	all.Wait()
	return errors.Join(errs...)
}

// cut closes the HTTP connections that are still open. It is called when the intake has answered everything.
func (s *servers) cut() error {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if s.http.Shutdown(ctx) == nil {
		return nil
	}
	return s.http.Close()
}

// tls returns the configuration of MQTT over TLS and of HTTPS: a client certificate is asked for, and judged at CONNECT or at
// each request, where the client can be told why it was refused. So no session that is resumed brings back what was revoked.
func (n *Node) tls(protocols ...string) *tls.Config {
	return &tls.Config{
		NextProtos:     protocols,
		MinVersion:     tls.VersionTLS12,
		ClientAuth:     tls.RequestClientCert,
		GetCertificate: n.issuer.GetCertificate,
	}
}
