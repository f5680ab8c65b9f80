package trace

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"muster"
)

// Bounds of tracing.
const (
	Standard = 10 * time.Minute // how long a device is traced
	Longest  = time.Hour
	Most     = 8    // devices that are traced at once
	room     = 1000 // lines that are kept of each, the newest
	maxText  = 512  // bytes of a line
	backlog  = 1024 // lines that wait for the log
)

// A Store has the audit log.
type Store interface {
	// TraceSwitched notes in the audit log that somebody has a device traced until then, or, at the zero time, no more.
	TraceSwitched(ctx context.Context, device string, until time.Time) error
}

// A Line is one thing that a device did, or was told.
type Line struct {
	Number int64 // of the trace, from 1 on
	At     time.Time
	Event  string
	Text   string // key=value, with spaces between
}

// A Trace is what is known of a device since it is traced.
type Trace struct {
	Device muster.DeviceID
	Name   string
	Since  time.Time
	Until  time.Time
	On     bool
	Lines  []Line // the oldest first
	Lost   int64  // older lines that there was no room for
}

// A Tracer traces devices. It is safe for concurrent use. Nothing of it outlives the process.
type Tracer struct {
	store Store
	log   *slog.Logger
	lines chan logged
	on    atomic.Int32 // how many devices are traced: all that is looked at while there are none

	mu     sync.Mutex // guards trails and the fields of each that say so
	trails []*Trail   // at most Most, the oldest first; those that are over stay until their place is needed
}

type logged struct {
	name string
	line Line
}

// New returns a Tracer that writes to log whatever its level is, as muster.Traced tells. Without Run, nothing is logged.
func New(store Store, log *slog.Logger) *Tracer {
	return &Tracer{store: store, log: log, lines: make(chan logged, backlog)}
}

// Run writes lines to the log until ctx ends.
func (t *Tracer) Run(ctx context.Context) {
	traced := muster.WithTrace(context.WithoutCancel(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-t.lines:
			t.log.LogAttrs(traced, slog.LevelDebug, "trace", slog.String("device", l.name), slog.Time("at", l.line.At),
				slog.String("event", l.line.Event), slog.String("text", l.line.Text))
		}
	}
}

// Start traces a device from now on, for that long at least: a trace that is to go on for longer is not cut short. It ends by
// itself. Refused with ReasonTracesFull while as many others are traced as may be.
func (t *Tracer) Start(ctx context.Context, d *muster.Device, length time.Duration) (Trace, error) {
	if length < time.Second || length > Longest {
		return Trace{}, muster.Refuse(muster.ReasonRequestInvalid, "a device is traced for a second to %v", Longest)
	}
	now := time.Now()
	until, err := t.checkRoom(d.ID)
	if err != nil {
		return Trace{}, err
	}
	if end := now.Add(length); until.Before(end) {
		until = end
	}
	if err := t.store.TraceSwitched(ctx, d.Name, until); err != nil {
		return Trace{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.find(d.ID)
	if tr == nil || !tr.on {
		t.trails = slices.DeleteFunc(t.trails, func(o *Trail) bool { return o == tr })
		if err := t.drop(); err != nil { // others may have come meanwhile
			return Trace{}, err
		}
		tr = &Trail{t: t, device: d.ID, since: now, until: until, on: true}
		tr.timer = time.AfterFunc(length, func() { t.end(tr) })
		t.trails = append(t.trails, tr)
		t.on.Add(1)
	}
	tr.name = d.Name
	if tr.until.Before(until) {
		tr.until = until
		tr.timer.Reset(time.Until(until))
	}
	return tr.trace(0, 0), nil
}

// checkRoom refuses a device that there is no room for, and returns until when it is traced already; the zero time: it is not.
func (t *Tracer) checkRoom(device muster.DeviceID) (until time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tr := t.find(device); tr != nil && tr.on {
		return tr.until, nil
	}
	if int(t.on.Load()) >= Most {
		return until, muster.Refuse(muster.ReasonTracesFull, "")
	}
	return until, nil
}

// drop forgets the oldest trace that is over, if all places are taken. The caller holds mu.
func (t *Tracer) drop() error {
	if len(t.trails) < Most {
		return nil
	}
	over := slices.IndexFunc(t.trails, func(tr *Trail) bool { return !tr.on })
	if over < 0 {
		return muster.Refuse(muster.ReasonTracesFull, "")
	}
	t.trails = slices.Delete(t.trails, over, over+1)
	return nil
}

// end ends a trace whose time is over; one that was made longer meanwhile goes on.
func (t *Tracer) end(tr *Trail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tr.on && !time.Now().Before(tr.until) {
		tr.on = false
		t.on.Add(-1)
	}
}

// Stop ends the trace of a device and forgets its lines. A device that is not traced is no error.
func (t *Tracer) Stop(ctx context.Context, d *muster.Device) error {
	if err := t.store.TraceSwitched(ctx, d.Name, time.Time{}); err != nil {
		return err
	}
	t.Forget(d.ID)
	return nil
}

// Forget ends the trace of a device that is gone, and forgets its lines.
func (t *Tracer) Forget(device muster.DeviceID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tr := t.find(device); tr != nil {
		tr.timer.Stop()
		if tr.on {
			tr.on = false
			t.on.Add(-1)
		}
		t.trails = slices.DeleteFunc(t.trails, func(o *Trail) bool { return o == tr })
	}
}

// Trace returns the lines of a device with numbers greater than since, the oldest first and limit at most; false: it was not
// traced, or so long ago that nothing is left of it.
func (t *Tracer) Trace(device muster.DeviceID, since int64, limit int) (Trace, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tr := t.find(device)
	if tr == nil {
		return Trace{}, false
	}
	return tr.trace(since, limit), true
}

// Traces returns all traces there are, without their lines, the oldest first.
func (t *Tracer) Traces() []Trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Trace, len(t.trails))
	for i, tr := range t.trails {
		all[i] = tr.trace(0, 0)
	}
	return all
}

// Trail returns where to tell what a device does, by its id or, for a client that was not recognised, by the name that it
// says; nil: nobody wants to know. While nobody is traced, that is one atomic load.
func (t *Tracer) Trail(device muster.DeviceID, name string) *Trail {
	if t.on.Load() == 0 {
		return nil
	}
	return t.trail(device, name)
}

func (t *Tracer) trail(device muster.DeviceID, name string) *Trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tr := range t.trails {
		if tr.on && (tr.device == device || device.IsZero() && tr.name == name) {
			return tr
		}
	}
	return nil
}

// find returns the trace of a device, on or over, or nil. The caller holds mu.
func (t *Tracer) find(device muster.DeviceID) *Trail {
	at := slices.IndexFunc(t.trails, func(tr *Trail) bool { return tr.device == device })
	if at < 0 {
		return nil
	}
	return t.trails[at]
}
