// Package simulate is a fleet of devices that let themselves in, report and reconnect as real ones do.
package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"muster"
)

// Bounds of a simulation.
const (
	MaxDevices  = 100_000
	MaxRate     = 100_000 // reports a second
	MaxDuration = 24 * time.Hour
	workers     = 64 // devices that wait for the server at once
	patience    = 10 * time.Second
)

// Options say what fleet it is, and how it gets in.
type Options struct {
	Devices    int
	Prefix     string             // of the devices' names; a number follows
	Transports []muster.Transport // dealt to the devices in turn
	HTTP       string             // host:port of each transport that is used
	MQTT       string
	CoAP       string
	Key        string // the provision key
	Secret     muster.Secret
	JoinRate   float64       // devices that ask to be let in, a second
	Rate       float64       // reports a second, of the whole fleet; 0: none
	For        time.Duration // how long it reports
	Session    time.Duration // how long an MQTT device stays connected, more or less; 0: to the end
}

// Check refuses what cannot be simulated.
func (o *Options) Check() error {
	switch {
	case o.Devices < 1 || o.Devices > MaxDevices:
		return invalid("a simulated fleet has 1 to %d devices, not %d", MaxDevices, o.Devices)
	case !(o.Rate >= 0 && o.Rate <= MaxRate):
		return invalid("a simulated fleet reports at most %d times a second", MaxRate)
	case !(o.JoinRate > 0 && o.JoinRate <= MaxRate):
		return invalid("devices join one by one, at most %d a second", MaxRate)
	case o.For < 0 || o.For > MaxDuration:
		return invalid("a simulation lasts at most %v", MaxDuration)
	case o.Session < 0:
		return invalid("a session lasts some time")
	case len(o.Transports) == 0:
		return invalid("devices speak mqtt, http or coap")
	}
	if muster.CheckDeviceName(o.name(o.Devices)) != nil {
		return invalid("devices cannot be called %.80q", o.name(1))
	}
	return nil
}

func invalid(format string, args ...any) error {
	return muster.Refuse(muster.ReasonRequestInvalid, format, args...)
}

func (o *Options) name(number int) string { return fmt.Sprintf("%s%06d", o.Prefix, number) }

// A Fleet is a simulation. It runs once.
type Fleet struct {
	Options
	devices []*device
	figures [4]figures // by transport
	began   time.Time

	mu    sync.Mutex // guards phase
	phase Phase
}

var transportNames = [...]string{muster.MQTT: "mqtt", muster.HTTP: "http", muster.CoAP: "coap"}

// A Phase is what a fleet is doing.
type Phase string

// The phases, in their order.
const (
	Joining   Phase = "joining"
	Reporting Phase = "reporting"
	Ended     Phase = "ended"
)

// A device is one of the fleet.
type device struct {
	mu        sync.Mutex // held while it speaks, and guards what follows
	name      string
	transport muster.Transport
	token     string // empty until it was let in
	line      line
	until     time.Time // when its session ends; zero: never
	met       bool      // it has had a session
}

// New returns a fleet that has not begun.
func New(o Options) (*Fleet, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	f := &Fleet{Options: o, began: time.Now(), phase: Joining}
	for i := range o.Devices {
		t := o.Transports[i%len(o.Transports)]
		f.devices = append(f.devices, &device{name: o.name(i + 1), transport: t})
	}
	return f, nil
}

// Run lets the fleet in, has it report until its time is up or ctx ends, and returns what has come of it. It fails if no
// device is let in.
func (f *Fleet) Run(ctx context.Context) (Summary, error) {
	lines := newLines(&f.Options)
	defer lines.close()
	defer f.hangUp()
	f.each(ctx, f.JoinRate, len(f.devices), func(ctx context.Context, d *device) { f.join(ctx, lines, d) })
	in := f.admitted()
	if len(in) == 0 {
		f.enter(Ended)
		if err := ctx.Err(); err != nil {
			return f.Summary(), err
		}
		return f.Summary(), muster.Refuse(muster.ReasonProvisionDataNotFound, "no device was let in: %s", f.commonest())
	}
	f.devices = in
	f.enter(Reporting)
	if f.Rate > 0 && f.For > 0 {
		during, stop := context.WithTimeout(ctx, f.For)
		f.each(during, f.Rate, 0, func(ctx context.Context, d *device) { f.report(ctx, lines, d) })
		stop()
	}
	f.enter(Ended)
	return f.Summary(), nil
}

func (f *Fleet) enter(p Phase) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.phase = p
}

// admitted are the devices that were let in.
func (f *Fleet) admitted() (in []*device) {
	for _, d := range f.devices {
		if d.token != "" {
			in = append(in, d)
		}
	}
	return in
}

// each does work with one device after the other, so many a second, until ctx ends or, unless it is 0, the limit is reached.
// It returns when everything is done.
func (f *Fleet) each(ctx context.Context, perSecond float64, limit int, work func(context.Context, *device)) {
	pace := rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/100)))
	next := make(chan *device)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for d := range next {
				d.mu.Lock()
				work(ctx, d)
				d.mu.Unlock()
			}
		})
	}
	for i := 0; limit == 0 || i < limit; i++ {
		if pace.Wait(ctx) != nil {
			break
		}
		select {
		case next <- f.devices[i%len(f.devices)]:
		case <-ctx.Done():
		}
	}
	close(next)
	all.Wait()
}

// How often a device asks to be let in that is told to come later, or that nobody answers.
const (
	tries      = 30
	unanswered = 3
)

// join lets a device in.
func (f *Fleet) join(ctx context.Context, lines *lines, d *device) {
	body, _ := json.Marshal(map[string]string{ // texts always encode
		"deviceName": d.name, "provisionDeviceKey": f.Key, "provisionDeviceSecret": f.Secret.Reveal(),
		"requestId": d.name, // so that a lost answer can be asked for again
	})
	figures := &f.figures[d.transport]
	var err error
	for try := range tries {
		var token string
		start := time.Now()
		token, err = lines.join(ctx, d.transport, body)
		if err == nil {
			d.token = token
			figures.joins.add(time.Since(start))
			return
		}
		kind := muster.KindOf(err)
		later := kind == muster.Overloaded || kind == muster.Unreachable && try+1 < unanswered
		if !later || !pause(ctx, time.Second) {
			break
		}
		figures.again.Add(1)
	}
	if ctx.Err() == nil {
		figures.fail(err)
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// report has a device say how it is, over a new connection if it has none or it is time for one.
func (f *Fleet) report(ctx context.Context, lines *lines, d *device) {
	figures := &f.figures[d.transport]
	if d.line != nil && !d.until.IsZero() && time.Now().After(d.until) {
		d.hangUp()
	}
	if d.line == nil {
		start := time.Now()
		l, err := lines.open(ctx, d.transport, d.name, d.token)
		if err != nil {
			f.failed(ctx, figures, err)
			return
		}
		if figures.connects.add(time.Since(start)); d.met {
			figures.returns.Add(1)
		}
		d.line, d.met = l, true
		if f.Session > 0 {
			d.until = time.Now().Add(f.Session/2 + rand.N(f.Session))
		}
	}
	start := time.Now()
	if err := d.line.report(ctx, reading()); err != nil {
		d.hangUp()
		f.failed(ctx, figures, err)
		return
	}
	figures.reports.add(time.Since(start))
}

// failed counts what went wrong, unless it is only that the time is up.
func (f *Fleet) failed(ctx context.Context, to *figures, err error) {
	if ctx.Err() == nil {
		to.fail(err)
	}
}

// reading is what a device has measured.
func reading() []byte {
	return fmt.Appendf(nil, `{"temperature":%.1f,"humidity":%d,"battery":%d}`, 15+10*rand.Float64(), 30+rand.IntN(40), 50+rand.IntN(50))
}

func (d *device) hangUp() {
	if d.line != nil {
		d.line.close()
		d.line = nil
	}
}

func (f *Fleet) hangUp() {
	for _, d := range f.devices {
		d.mu.Lock()
		d.hangUp()
		d.mu.Unlock()
	}
}

// Names are those of the devices that were let in.
func (f *Fleet) Names() (names []string) {
	for _, d := range f.devices {
		if d.token != "" {
			names = append(names, d.name)
		}
	}
	return names
}

// grant is what a device is told that has asked to be let in.
type grant struct {
	Status           string `json:"status"`
	CredentialsValue string `json:"credentialsValue"`
	ErrorMsg         string `json:"errorMsg"`
	Reason           string `json:"reason"`
}

// tokenOf returns the token that an answer grants.
func tokenOf(answer []byte) (string, error) {
	var g grant
	if err := json.Unmarshal(answer, &g); err != nil {
		return "", errors.New("the answer to a provision request is no JSON")
	}
	if g.Status != "SUCCESS" || g.CredentialsValue == "" {
		return "", muster.Refuse(muster.Reason(cmp.Or(g.Reason, "refused")), "%s", cmp.Or(g.ErrorMsg, g.Status))
	}
	return g.CredentialsValue, nil
}
