package live

import (
	"time"

	"muster"
)

// maxTaken bounds the events that one Take looks at.
const maxTaken = 256

// A Listener is told what happens. One goroutine at a time may use it.
type Listener struct {
	feed   *Feed
	who    string
	filter Filter
	watch  *watch // of filter.Device; nil: its readings are not wanted
	news   chan struct{}
	begun  ID // of the last event that there was

	// Guarded by the feed's mu.
	places  [kinds]uint64 // of the next event, in each ring
	unknown []Lost        // what is told first
	closed  bool
}

// Listen begins to tell who of what is wanted: of what happens from now on, or behind the event of that ID, or, for the zero
// ID, of all that is kept. It must be closed. Refused with ReasonTooManyStreams, ReasonRequestInvalid or ReasonStopping.
func (f *Feed) Listen(who string, wanted Filter, after *ID) (*Listener, error) {
	if wanted.Wants(Telemetry) && wanted.Device.IsZero() {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "telemetry is told of one device: name it")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, muster.Refuse(muster.ReasonStopping, "")
	case f.each[who] >= f.o.MostEach:
		return nil, muster.Refuse(muster.ReasonTooManyStreams, "%s has %d streams open, the most that there may be", who, f.each[who])
	case len(f.listeners) >= f.o.Most:
		return nil, muster.Refuse(muster.ReasonTooManyStreams, "%d streams are open, the most that there may be", len(f.listeners))
	}
	l := &Listener{feed: f, who: who, filter: wanted, news: make(chan struct{}, 1), begun: ID{f.run, f.seq}}
	if wanted.Wants(Telemetry) {
		l.watch = f.watch(wanted.Device, wanted.Name)
	}
	l.begin(after)
	f.listeners[l] = struct{}{}
	f.each[who]++
	l.rouse()
	return l, nil
}

// begin finds the places from which on l is told. The caller holds mu.
func (l *Listener) begin(after *ID) {
	if after == nil {
		for k := range l.places {
			l.places[k] = l.feed.rings[k].next
		}
		return
	}
	if after.IsZero() {
		after = &ID{run: l.feed.run}
	}
	foreign := after.run != l.feed.run || after.seq > l.feed.seq // of a run before: then all of this one is news
	for _, k := range l.filter.Kinds {
		switch {
		case foreign:
			l.unknown = append(l.unknown, Lost{Kind: k})
			l.places[k] = l.feed.rings[k].first
			continue
		case k == Telemetry && after.seq < l.watch.since:
			l.unknown = append(l.unknown, Lost{Kind: k})
		}
		l.places[k] = l.feed.rings[k].behind(after.seq)
	}
}

// rouse says that there may be something to take. It does not wait.
func (l *Listener) rouse() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// Begun returns until where things had happened when the listening began.
func (l *Listener) Begun() ID { return l.begun }

// News returns a channel that is sent to when there may be something to take.
func (l *Listener) News() <-chan struct{} { return l.news }

// Take returns what has happened since the last time, in its order, and until where that is all: whoever listens again
// behind at misses nothing that is still kept. It returns some at a time, and there is news while there is more. The error
// is ReasonStopping.
func (l *Listener) Take() (events []Event, at ID, err error) {
	f := l.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ID{}, muster.Refuse(muster.ReasonStopping, "")
	}
	at = ID{f.run, f.seq}
	for _, lost := range l.unknown {
		events = append(events, l.lost(lost, ID{}))
	}
	l.unknown = nil
	for range maxTaken {
		e, ok := l.next()
		if !ok {
			return events, at, nil
		}
		if e.What.wanted(&l.filter) {
			events = append(events, e)
		}
		at = e.ID
	}
	l.rouse()
	return events, at, nil
}

// next returns the next event of the kinds that are wanted, in the order of all. The caller holds mu.
func (l *Listener) next() (Event, bool) {
	kind, earliest := kinds, uint64(0)
	for _, k := range l.filter.Kinds {
		r := &l.feed.rings[k]
		if l.places[k] == r.next {
			continue
		}
		if seq := r.seqAt(l.places[k]); kind == kinds || seq < earliest {
			kind, earliest = k, seq
		}
	}
	if kind == kinds {
		return Event{}, false
	}
	r, place := &l.feed.rings[kind], l.places[kind]
	if place < r.first {
		l.places[kind] = r.first
		return l.lost(Lost{Kind: kind, AtMost: r.first - place}, ID{l.feed.run, earliest}), true
	}
	l.places[kind]++
	return *r.slot(place), true
}

// lost is the event that events are lost, up to that one; zero: nobody knows up to which.
func (l *Listener) lost(what Lost, to ID) Event {
	l.feed.metrics.lost.Inc()
	return Event{to, time.Now(), what}
}

// Close ends the listening. It may be called more than once.
func (l *Listener) Close() {
	f := l.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	delete(f.listeners, l)
	if f.each[l.who]--; f.each[l.who] == 0 {
		delete(f.each, l.who)
	}
	if l.watch != nil {
		f.leave(l.filter.Device, l.watch)
	}
}
