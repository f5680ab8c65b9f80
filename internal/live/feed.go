package live

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// What holds where no option says otherwise.
const (
	DefaultKeep      = 8192
	DefaultKeepBytes = 8 << 20
	DefaultMost      = 64
	DefaultMostEach  = 8
	DefaultLinger    = time.Minute
)

// Options are what a Feed may be given. The zero Options are good ones.
type Options struct {
	Keep       int                   // events of each kind that are kept, but for Traffic; 0 means DefaultKeep
	KeepBytes  int                   // and what they may take, of each kind; 0 means DefaultKeepBytes
	Most       int                   // listeners at once; 0 means DefaultMost
	MostEach   int                   // of one person or token; 0 means DefaultMostEach
	Linger     time.Duration         // how long readings are kept of a device whose last listener went away; 0 means DefaultLinger
	Registerer prometheus.Registerer // of the metrics; nil: nobody reads them
}

// A Feed tells its listeners what happens. Whoever tells the feed never waits for them: they read at their own pace from a
// ring, and those who fall behind are told how much they have missed. It is safe for concurrent use.
type Feed struct {
	o       Options
	run     uint64
	metrics *metrics

	samples atomic.Uint64                              // that became durable
	counted atomic.Uint64                              // of these, until the second that has passed last
	watched atomic.Pointer[map[muster.DeviceID]*watch] // never changed; nil: readings of no device are wanted

	mu        sync.Mutex // guards what follows, and the listeners' places
	seq       uint64     // of the last event
	rings     [kinds]ring
	listeners map[*Listener]struct{}
	each      map[string]int // listeners, by who listens
	watches   map[muster.DeviceID]*watch
	closed    bool
}

// New returns a Feed that nobody listens to.
func New(o Options) *Feed {
	o.Keep, o.KeepBytes = positive(o.Keep, DefaultKeep), positive(o.KeepBytes, DefaultKeepBytes)
	o.Most, o.MostEach = positive(o.Most, DefaultMost), positive(o.MostEach, DefaultMostEach)
	o.Linger = positive(o.Linger, DefaultLinger)
	f := &Feed{
		o: o, run: uint64(time.Now().UnixMicro()),
		listeners: make(map[*Listener]struct{}), each: make(map[string]int), watches: make(map[muster.DeviceID]*watch),
	}
	for k := range f.rings {
		f.rings[k].keep, f.rings[k].keepBytes = o.Keep, o.KeepBytes
	}
	f.rings[Traffic].keep = KeptSeconds
	f.metrics = newMetrics(o.Registerer, f.count)
	return f
}

// positive returns n, or the standard where n is not positive.
func positive[T int | time.Duration](n, standard T) T {
	if n > 0 {
		return n
	}
	return standard
}

// Stored tells of readings that are durable. It copies those of devices that somebody listens to; while nobody listens to
// any, it counts and returns.
func (f *Feed) Stored(b *muster.Batch) {
	f.samples.Add(uint64(len(b.Entries)))
	watched := f.watched.Load()
	if watched == nil {
		return
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		if w := (*watched)[e.Device]; w != nil {
			f.tell(Reported{Device: e.Device, Name: w.name, TS: e.TS, Values: slices.Clone(e.Values)})
		}
	}
}

// Filed tells of attempts that the journal has filed.
func (f *Feed) Filed(attempts []muster.Attempt) {
	for i := range attempts {
		f.tell(Attempted{attempts[i]})
	}
}

// Opened tells of a session that has begun.
func (f *Feed) Opened(s muster.Session) { f.tell(Opened{s}) }

// Ended tells of a session that is over, and why; nil: the device has left.
func (f *Feed) Ended(s muster.Session, why error) { f.tell(Ended{s, why}) }

// Progressed tells of an import that has got further.
func (f *Feed) Progressed(i muster.Import) { f.tell(Progressed{i}) }

// Expiring tells of a credential that ends in less than so many days. What could open a door is not kept.
func (f *Feed) Expiring(h muster.Holder, days int) {
	h.Credential.Value = nil
	f.tell(Expiring{h, days})
}

// Outdated tells of a revocation list that is past its date.
func (f *Feed) Outdated(list string, since time.Time) { f.tell(Outdated{list, since}) }

// Campaigned tells of a campaign that was begun, has got further, or has ended.
func (f *Feed) Campaigned(c muster.Campaign) { f.tell(Campaigned{c}) }

// tell keeps what has happened and wakes those who want to know.
func (f *Feed) tell(what Happening) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	f.rings[what.kind()].add(Event{ID{f.run, f.seq}, time.Now(), what})
	for l := range f.listeners {
		if l.filter.Wants(what.kind()) {
			l.rouse()
		}
	}
}

// Close ends all listening: Take says that the server stops.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for l := range f.listeners {
		l.rouse()
	}
	for device := range f.watches {
		f.unwatch(device)
	}
}

func (f *Feed) count() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return float64(len(f.listeners))
}
