package dispatch

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"muster"
)

// A Client can be told what it has not asked for.
type Client interface {
	// Tell sends a message, or has it wait while others are sent. It is called from any goroutine and must not block.
	Tell(m muster.Message)
}

// A hearing is how a peer has subscribed: to changes of all shared attributes, and of one.
type hearing struct {
	all, one *muster.AttributeWatch // nil: it has not
	to       Client
}

// Subscribed says what the peer has subscribed to now, in the order in which it has done so. It is told of changes in the
// form of the last that there is one for (ThingsBoard device API 3.3).
func (p *Peer) Subscribed(filters iter.Seq[string], to Client) {
	if p.joining {
		return
	}
	h := &hearing{to: to}
	for filter := range filters {
		switch w := p.d.o.Platform.Watch(filter); {
		case w == nil:
		case w.Key != "":
			h.one = w
		default:
			h.all = w
		}
	}
	if h.all == nil && h.one == nil {
		h = nil
	}
	p.hearing.Store(h)
}

// Hears reports whether the peer has subscribed to changes.
func (l link) Hears() bool { return l.hearing.Load() != nil }

// Hear tells the peer of a change.
func (l link) Hear(c *muster.AttributeChange) {
	h := l.hearing.Load()
	if h == nil {
		return
	}
	if h.all != nil {
		l.tell(h, h.all, c)
	}
	if h.one == nil {
		return
	}
	if c = only(c, h.one.Key); c != nil {
		l.tell(h, h.one, c)
	}
}

func (l link) tell(h *hearing, watch *muster.AttributeWatch, c *muster.AttributeChange) {
	m := l.d.o.Platform.Write(l.transport, watch, c, nil)
	if trail := l.trail(); trail != nil {
		tellChange(trail, c, &m)
	}
	h.to.Tell(m)
}

// only returns what of a change is of one key; nil: nothing is.
func only(c *muster.AttributeChange, key string) *muster.AttributeChange {
	for _, a := range c.Set {
		if a.Key == key {
			return &muster.AttributeChange{Set: []muster.Attribute{a}}
		}
	}
	if slices.Contains(c.Removed, key) {
		return &muster.AttributeChange{Removed: []string{key}}
	}
	return nil
}

// maxUntold bounds the keys that wait to be told of, of all devices.
const maxUntold = 1 << 16

// What is untold is told by one goroutine, which is there only while anything is. It reads what is stored when it tells it,
// so changes that come close are told as one, and what a device is told last is what is stored. It never waits for a device.
type untold struct {
	mu      sync.Mutex // guards what follows
	keys    map[muster.DeviceID][]string
	count   int       // of all keys
	less    sync.Cond // there are fewer keys, or the telling has ended
	telling bool
	closed  bool
}

// SharedChanged has the device told that its shared attributes with these keys were changed or removed, wherever it has
// subscribed to that or waits for it. It is called when the change is committed. While very many changes wait to be told it
// waits too, for the registry to be read and never for a device.
func (d *Dispatcher) SharedChanged(device muster.DeviceID, keys []string) {
	if len(keys) == 0 || !d.o.Sessions.Heard(device) {
		return
	}
	u := &d.untold
	u.mu.Lock()
	defer u.mu.Unlock()
	for u.count > maxUntold && !u.closed {
		u.less.Wait()
	}
	if u.closed {
		return
	}
	if u.keys == nil {
		u.keys = make(map[muster.DeviceID][]string)
	}
	u.keys[device] = append(u.keys[device], keys...)
	u.count += len(keys)
	if !u.telling {
		u.telling = true
		go d.tellAll()
	}
}

// tellAll tells what is untold until nothing is.
func (d *Dispatcher) tellAll() {
	for {
		device, keys, ok := d.untold.take()
		if !ok {
			return
		}
		slices.Sort(keys)
		d.tell(device, slices.Compact(keys))
	}
}

// take returns the keys of one device. Not ok: there are none, and the telling has ended.
func (u *untold) take() (device muster.DeviceID, keys []string, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for device, keys = range u.keys {
		delete(u.keys, device)
		u.count -= len(keys)
		ok = true
		break
	}
	if u.telling = ok; !ok {
		u.keys = nil // which may have been large
	}
	u.less.Broadcast()
	return device, keys, ok
}

// tell tells a device what has become of its shared attributes with these keys. If that cannot be read, its sessions that
// want to know end: it comes again, and asks.
func (d *Dispatcher) tell(device muster.DeviceID, keys []string) {
	values, err := d.o.Attributes.Values(context.Background(), device, nil, keys)
	if err != nil {
		d.o.Sessions.HangupHearers(device, err)
		return
	}
	gone := make(map[string]bool, len(keys))
	for _, key := range keys {
		gone[key] = true
	}
	for _, a := range values.Shared {
		delete(gone, a.Key)
	}
	d.o.Sessions.Tell(device, &muster.AttributeChange{Set: values.Shared, Removed: slices.Sorted(maps.Keys(gone))})
}

// Close has nobody wait any longer to be told anything, and tells nobody of anything more. Sessions are left to their
// transports.
func (d *Dispatcher) Close() {
	d.o.Sessions.Close()
	u := &d.untold
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	clear(u.keys)
	u.count = 0
	u.less.Broadcast()
	for u.telling {
		u.less.Wait()
	}
}
