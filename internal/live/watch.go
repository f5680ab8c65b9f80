package live

import (
	"maps"
	"time"

	"muster"
)

// maxWatches bounds the devices whose readings are kept, those included whose listeners went away a moment ago.
const maxWatches = 256

// A watch is on a device whose readings are kept: somebody listens, or may come back.
type watch struct {
	name      string
	since     uint64 // readings behind this event were kept; those before may not have been
	listeners int
	lapse     *time.Timer // ends the watch after the last listener
}

// watch begins to keep the readings of a device, unless they are kept already. The caller holds mu.
func (f *Feed) watch(device muster.DeviceID, name string) *watch {
	w := f.watches[device]
	if w == nil {
		f.makeRoom()
		f.seq++ // so that nobody who was here before takes what came between for nothing
		w = &watch{name: name, since: f.seq}
		f.watches[device] = w
		f.publish()
	}
	if w.lapse != nil {
		w.lapse.Stop()
	}
	w.listeners++
	return w
}

// leave notes that a listener of a device is gone. The caller holds mu.
func (f *Feed) leave(device muster.DeviceID, w *watch) {
	if w.listeners--; w.listeners > 0 || f.watches[device] != w {
		return
	}
	w.lapse = time.AfterFunc(f.o.Linger, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if w.listeners == 0 && f.watches[device] == w {
			f.unwatch(device)
		}
	})
}

// makeRoom ends a watch whose listeners are gone, if there are many. The caller holds mu.
func (f *Feed) makeRoom() {
	if len(f.watches) < maxWatches {
		return
	}
	for device, w := range f.watches {
		if w.listeners == 0 {
			f.unwatch(device)
			return
		}
	}
}

// unwatch ends a watch. The caller holds mu.
func (f *Feed) unwatch(device muster.DeviceID) {
	if w := f.watches[device]; w.lapse != nil {
		w.lapse.Stop()
	}
	delete(f.watches, device)
	f.publish()
}

// publish lets Stored know whose readings are kept. The caller holds mu.
func (f *Feed) publish() {
	if len(f.watches) == 0 {
		f.watched.Store(nil)
		return
	}
	watched := maps.Clone(f.watches)
	f.watched.Store(&watched)
}
