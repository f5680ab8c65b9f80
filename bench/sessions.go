package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/akenza"
	"muster/internal/dispatch"
	"muster/internal/identity"
	"muster/internal/journal"
	"muster/internal/mqttd"
	"muster/internal/pebble"
	"muster/internal/provision"
	"muster/internal/session"
	"muster/internal/sqlite"
	"muster/internal/telemetry"
	"muster/internal/thingsboard"
)

// inMemory measures the heap and the stack of a session, with more sessions than a machine for everyday has file
// descriptors: in this process, over connections that are none. The anchor is a quarter of them.
func (p plan) inMemory(ctx context.Context, h *house) (results []result, err error) {
	if h, err = h.populous(ctx, p.devices); err != nil {
		return nil, err
	}
	hall, err := open(ctx, h)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, hall.close(ctx)) }()
	all := min(p.crowd, p.devices)
	var first figure
	for _, n := range []int{all / 4, all / 2, all} {
		r := pairOf(fmt.Sprintf("heap and stack a session (%s)", number(float64(n))), "kB", 1.1, ratioAtMost)
		each, err := hall.weigh(ctx, n)
		if err != nil {
			return results, err
		}
		r.muster.add(each / 1000)
		if len(results) == 0 {
			first = r.muster
			r.rule = noFloor
		}
		r.anchor = first
		r.anchor.note = "the first"
		results = append(results, r)
	}
	return results, nil
}

// inUse returns the bytes that live objects and stacks take.
func inUse() uint64 {
	var m runtime.MemStats
	for range 2 { // what the first collection finalizes, the second one frees
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// A hall is the rooms of a server in this process, with an MQTT server and no listener.
type hall struct {
	registry *sqlite.Registry
	readings *pebble.Readings
	intake   *telemetry.Intake
	journal  *journal.Journal
	server   *mqttd.Server
	waiting  chan struct{} // a place for each session that is being greeted
	empty    uint64        // bytes in use without sessions
	admitted int
	refused  atomic.Int64
	end      chan struct{}
}

func open(ctx context.Context, h *house) (*hall, error) {
	keys, err := h.keyring()
	if err != nil {
		return nil, err
	}
	a := &hall{waiting: make(chan struct{}, 64), end: make(chan struct{})}
	if a.registry, err = sqlite.Open(ctx, h.registry(), sqlite.Options{Fingerprint: keys.Fingerprint()}); err != nil {
		return nil, err
	}
	if a.readings, err = pebble.Open(filepath.Join(h.file("muster"), "readings"), pebble.Options{}); err != nil {
		return nil, errors.Join(err, a.registry.Close())
	}
	a.intake = telemetry.New(a.readings, telemetry.Options{})
	a.journal = journal.New(a.registry, journal.Options{})
	a.server = mqttd.New(dispatch.New(dispatch.Options{
		Identity: identity.New(a.registry, keys, identity.Options{}), Provision: provision.New(a.registry, keys, provision.Options{}),
		Intake: a.intake, Attributes: telemetry.NewAttributes(a.registry), Sessions: session.New(), Journal: a.journal, Keys: keys,
		Platform: &thingsboard.Dialect{}, Dialects: []dispatch.Dialect{akenza.Dialect{}},
	}), mqttd.Options{})
	a.empty = inUse()
	return a, nil
}

// weigh returns the bytes of one of n sessions. There are no more than that yet.
func (a *hall) weigh(ctx context.Context, n int) (each float64, err error) {
	if err := a.admit(ctx, a.admitted, n); err != nil {
		return 0, err
	}
	a.admitted = n
	return float64(inUse()-a.empty) / float64(n), nil
}

func (a *hall) close(ctx context.Context) error {
	close(a.end)
	return errors.Join(a.server.Shutdown(ctx), a.intake.Close(ctx), a.journal.Close(ctx), a.readings.Close(), a.registry.Close())
}

// admit connects the devices from first to before last and returns when all of them have a session.
func (a *hall) admit(ctx context.Context, first, last int) error {
	for i := first; i < last; i++ {
		select {
		case a.waiting <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		a.server.ServeConn(ctx, &wordless{hall: a, connect: connectPacket(i)}, nil)
	}
	for range cap(a.waiting) {
		a.waiting <- struct{}{}
	}
	for range cap(a.waiting) {
		<-a.waiting
	}
	if n := a.refused.Load(); n > 0 {
		return fmt.Errorf("%d sessions were refused", n)
	}
	return nil
}

// A wordless client says CONNECT and then nothing.
type wordless struct {
	hall    *hall
	connect []byte
	once    sync.Once
}

func (w *wordless) Read(b []byte) (int, error) {
	if len(w.connect) > 0 {
		n := copy(b, w.connect)
		if w.connect = w.connect[n:]; len(w.connect) == 0 {
			w.connect = nil
		}
		return n, nil
	}
	<-w.hall.end
	return 0, io.EOF
}

func (w *wordless) Await() error {
	if len(w.connect) == 0 {
		<-w.hall.end
	}
	return nil
}

// Write takes CONNACK.
func (w *wordless) Write(b []byte) (int, error) {
	w.once.Do(func() {
		if len(b) < 4 || [4]byte(b) != [4]byte{0x20, 2, 0, 0} {
			w.hall.refused.Add(1)
		}
		<-w.hall.waiting
	})
	return len(b), nil
}

func (w *wordless) Close() error                     { return nil }
func (w *wordless) CloseWrite() error                { return nil }
func (w *wordless) SetDeadline(time.Time) error      { return nil }
func (w *wordless) SetReadDeadline(time.Time) error  { return nil }
func (w *wordless) SetWriteDeadline(time.Time) error { return nil }
func (w *wordless) LocalAddr() net.Addr              { return nowhere }
func (w *wordless) RemoteAddr() net.Addr             { return nowhere }

var nowhere = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
