package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"muster"
	"muster/internal/admin"
	"muster/internal/akenza"
	"muster/internal/backup"
	"muster/internal/bulk"
	"muster/internal/campaign"
	"muster/internal/coapd"
	"muster/internal/dispatch"
	"muster/internal/est"
	"muster/internal/expiry"
	"muster/internal/fleet"
	"muster/internal/httpd"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/live"
	"muster/internal/mqttd"
	"muster/internal/pebble"
	"muster/internal/people"
	"muster/internal/provision"
	"muster/internal/revocation"
	"muster/internal/session"
	"muster/internal/telemetry"
	"muster/internal/thingsboard"
	"muster/internal/trace"
)

// A Node is one running Muster.
type Node struct {
	config  Config // that it was opened with
	version string
	log     *slog.Logger
	level   *slog.LevelVar
	load    func() (Settings, error)
	metrics *prometheus.Registry
	made    *Made

	reloading sync.Mutex      // guards these
	holds     Settings        // now
	shown     []admin.Setting // the same, and where each comes from

	dir *directory
	*foundation
	readings *pebble.Readings

	journal    *journal.Journal
	identity   *identity.Service
	provision  *provision.Service
	sessions   *session.Registry
	tracer     *trace.Tracer
	fleet      *fleet.Service
	people     *people.Service
	authority  *issuer.Authority
	revocation *revocation.Service
	provider   *admin.Provider
	bulk       *bulk.Service
	live       *live.Feed
	expiry     *expiry.Service
	campaigns  *campaign.Service
	intake     *telemetry.Intake
	reader     *telemetry.Reader
	dispatcher *dispatch.Dispatcher

	mqtt      *mqttd.Server
	https     *httpd.TLS
	coap      *coapd.Server
	listeners listeners
	bound     Addresses // of the listeners
	disk      syncTimer
	started   time.Time
	ready     atomic.Bool
}

// Options are what a node is given besides its settings.
type Options struct {
	Version string
	Logger  *slog.Logger
	Level   *slog.LevelVar           // of the Logger; nil: it stays as it is
	Load    func() (Settings, error) // reads the settings again; nil: they stay as they are
}

// Open makes the data directory where needed, opens everything in it and binds every address, so that Addresses are
// known. Nobody is served before Run. A node that is not run must be closed.
func Open(ctx context.Context, s Settings, o Options) (n *Node, err error) {
	c := s.Config
	if err := c.Check(); err != nil {
		return nil, err
	}
	n = &Node{
		config: c, version: o.Version, log: o.Logger, level: o.Level, load: o.Load, holds: s, shown: settingsOf(&s),
		metrics: prometheus.NewRegistry(), started: time.Now(),
	}
	n.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.dir, err = openDirectory(c.Data); err != nil {
		return n, err
	}
	if err := os.RemoveAll(n.dir.file(backup.WorkDir)); err != nil {
		return n, fmt.Errorf("remove what is left of a backup: %w", err)
	}
	if n.foundation, err = openFoundation(ctx, &n.config, n.log, n.dir.path, n.dir.fresh); err != nil {
		return n, err
	}
	if n.readings, err = pebble.Open(n.dir.file(readingsDir), pebble.Options{Logger: n.log, Tables: tables(openFiles())}); err != nil {
		return n, err
	}
	if n.provider, err = n.config.OIDC.provider(); err != nil {
		return n, err
	}
	n.wire()
	if err := n.revocation.Load(ctx); err != nil {
		return n, err
	}
	if err := n.listeners.bind(&n.config, n.coap.ListenDTLS); err != nil {
		return n, err
	}
	n.bound = n.listeners.addresses()
	if err := n.hearProxies(); err != nil {
		return n, err
	}
	if !n.dir.fresh {
		return n, nil
	}
	// Only a start that will serve shows its secrets, once: a port in use has been noticed by now.
	made, err := n.furnish(ctx, &n.config, n.dir)
	n.made = &made
	return n, err
}

// wire puts the rooms together; nothing runs yet.
func (n *Node) wire() {
	limits := n.config.Limits
	n.live = live.New(live.Options{Registerer: n.metrics})
	n.journal = journal.New(n.registry, journal.Options{
		Keep: limits.JournalEntries, Age: time.Duration(limits.JournalDays) * 24 * time.Hour, Watcher: n.live, Logger: n.log, Registerer: n.metrics,
	})
	n.identity = identity.New(n.registry, n.keys, identity.Options{
		ServerNames: n.config.TLSNames, Logger: n.log, Registerer: n.metrics,
		Replaced: func(was muster.Succession) {
			if !was.Credential.IsZero() {
				n.sessions.HangupResting(was.Device, was.Credential, muster.Refuse(muster.ReasonCredentialChanged, ""))
			}
			if was.Wanted {
				n.dispatcher.SharedChanged(was.Device, []string{muster.RotationWanted})
			}
		},
	})
	n.sessions = session.New()
	n.sessions.Watch(n.live)
	n.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "muster_attribute_listeners",
		Help: "Requests over HTTP and CoAP that wait to be told of changed attributes.",
	}, func() float64 { return float64(n.sessions.Listeners()) }))
	n.tracer = trace.New(n.registry, n.log)
	n.people = people.New(n.registry, n.keys, people.Options{Logger: n.log})
	changed := func(device muster.DeviceID, why error) {
		n.identity.Forget(device)
		n.sessions.Hangup(device, why)
	}
	shared := func(device muster.DeviceID, keys []string) { n.dispatcher.SharedChanged(device, keys) }
	n.authority = issuer.NewAuthority(n.issuer, n.registry, n.keys, changed)
	responders, _ := networks("responderNetworks", n.config.ResponderNetworks) // which Check has read before
	n.revocation = revocation.New(n.registry, revocation.Options{
		Fetch: newFetcher().fetch, Ask: newAsker(responders).ask, Watcher: n.live, Registerer: n.metrics, Logger: n.log,
		Changed: func() { n.dispatcher.JudgeAgain() }, Own: n.authority.Owns,
	})
	n.fleet = fleet.New(n.registry, n.keys, fleet.Options{Changed: changed, Shared: shared, Logger: n.log})
	n.expiry = expiry.New(n.registry, expiry.Options{Watcher: n.live, Registerer: n.metrics, Logger: n.log})
	n.campaigns = campaign.New(n.registry, campaign.Options{
		Shared: shared, Settle: n.identity.Settle, Watcher: n.live, Logger: n.log, Registerer: n.metrics,
		Withdrawn: func(w muster.Withdrawal) {
			n.identity.Forget(w.Device)
			n.sessions.HangupResting(w.Device, w.Credential, muster.Refuse(muster.ReasonCredentialRevoked, ""))
		},
	})
	n.metrics.MustRegister(newCertificateMetrics(n.issuer, n.authority))
	n.bulk = bulk.New(n.registry, n.keys, bulk.Options{
		Dir: n.dir.file(importsDir), Readings: n.readings, Changed: changed, Shared: shared, Watcher: n.live, Logger: n.log, Registerer: n.metrics,
	})
	n.intake = telemetry.New(n.readings, telemetry.Options{Watcher: n.live, Logger: n.log, Registerer: n.metrics, MaxBytes: limits.QueueBytes})
	n.reader = telemetry.NewReader(n.readings)
	n.provision = provision.New(n.registry, n.keys, provision.Options{
		Authority: n.authority, Revoked: n.revocation.Check, Verify: n.identity.Signed,
		PerKey: unlimited(limits.ProvisionPerKey), Burst: limits.ProvisionBurst, Changed: changed, Logger: n.log, Registerer: n.metrics,
	})
	n.dispatcher = dispatch.New(dispatch.Options{
		Identity:          n.identity,
		Provision:         n.provision,
		Issuer:            n.issuer,
		Intake:            n.intake,
		Attributes:        telemetry.NewAttributes(n.registry),
		Sessions:          n.sessions,
		Journal:           n.journal,
		Tracer:            n.tracer,
		Revocation:        n.revocation,
		Keys:              n.keys,
		Platform:          &thingsboard.Dialect{},
		Dialects:          []dispatch.Dialect{&akenza.Dialect{}},
		Enroller:          est.Dialect{},
		ProvisionFailures: unlimited(limits.ProvisionFailures),
		AuthFailures:      unlimited(limits.AuthFailures),
		MaxPayload:        limits.MaxPacket,
	})
	files := openFiles()
	n.log.Info("open files", "limit", files, "mqttConnections", connections(files))
	n.mqtt = mqttd.New(n.dispatcher, mqttd.Options{
		Logger: n.log, Registerer: n.metrics, MaxPacket: limits.MaxPacket, MaxConns: connections(files),
	})
	n.https = httpd.NewTLS(httpd.TLSOptions{
		Logger: n.log, Registerer: n.metrics, Config: n.tls("http/1.1"), MaxHandshakes: int(min(requests(files)/2, httpd.DefaultMaxHandshakes)),
	})
	n.coap = coapd.New(n.dispatcher, coapd.Options{
		Logger: n.log, Registerer: n.metrics, GetCertificate: n.issuer.GetCertificate,
	})
}

// Made tells what Open made of an empty data directory, secrets included; nil if the directory was there.
func (n *Node) Made() *Made { return n.made }

// RootFile returns the absolute path of the PEM file with the root certificate of the built-in authority.
func (n *Node) RootFile() string { return n.issuer.RootFile() }

// RootFingerprint returns the SHA-256 of the root certificate, as people compare it.
func (n *Node) RootFingerprint() string { return n.issuer.RootFingerprint() }

// Healthy returns why the node should not be sent devices, or nil.
func (n *Node) Healthy() error {
	if !n.ready.Load() {
		return muster.Refuse(muster.ReasonStopping, "not ready: starting or stopping")
	}
	if err := n.registry.Healthy(); err != nil {
		return err
	}
	if err := n.readings.Healthy(); err != nil {
		return err
	}
	return n.intake.Healthy()
}

const (
	stopTime    = 9 * time.Second        // how long a stop may take; what is not answered by then is not
	requestTime = 4 * time.Second        // how much of it an HTTP request has to arrive whole
	farewell    = 500 * time.Millisecond // and how much what the disk has answered meanwhile has to be told
)

// Run serves until ctx ends or a listener fails, and then stops in order: nothing more comes in, everything that came in
// is answered, everything is closed. It returns nil after an orderly stop.
func (n *Node) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	s := n.serve(work)
	n.ready.Store(true)
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-s.failed:
	}
	n.ready.Store(false)
	n.log.Info("stopping", "sessions", n.sessions.Count())
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	n.dispatcher.Close() // else requests that wait to be told of changes would wait on
	// The order is the promise: accept no more and answer what came in, close the intake, then the rest.
	err := errors.Join(failed, s.shutdown(deadline), n.intake.Close(deadline), s.cut())
	stopWork()
	s.background.Wait()
	err = errors.Join(err, n.identity.Close(deadline), n.journal.Close(deadline), n.Close())
	n.log.Info("stopped", "uptime", time.Since(n.started).Round(time.Second))
	return err
}

// Close releases what Open holds. Run does so by itself.
func (n *Node) Close() error {
	var errs []error
	errs = append(errs, n.listeners.close())
	if n.intake != nil { // closed already if the node has run
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		errs = append(errs, n.intake.Close(ctx), n.journal.Close(ctx))
	}
	if n.readings != nil {
		errs = append(errs, n.readings.Close())
		n.readings = nil
	}
	if n.foundation != nil {
		errs = append(errs, n.foundation.close())
		n.foundation = nil
	}
	if n.dir != nil {
		errs = append(errs, n.dir.close())
		n.dir = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the node: %w", err)
	}
	return nil
}
