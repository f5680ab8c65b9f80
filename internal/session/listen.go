package session

import "muster"

// How many may listen that are no sessions: a request that waits holds memory, and a device may send any number of them.
const (
	MaxListeners       = 16 << 10 // of all devices
	MaxDeviceListeners = 4        // of one
)

// A Hearer is a Link that may be told what its device has not asked for.
type Hearer interface {
	Link
	// Hears reports whether it wants to be told now. It is called from any goroutine and must be quick.
	Hears() bool
	// Hear tells it what has become of its device's shared attributes, from any goroutine; it must not block. It may still
	// come shortly after the session has ended.
	Hear(c *muster.AttributeChange)
}

// hears reports whether a link wants to be told now.
func hears(l Link) bool {
	h, ok := l.(Hearer)
	return ok && h.Hears()
}

// Listen files a Hearer that is no session, such as a request that waits to be told, until leave is called, which may be
// done more than once. It counts against no limit of sessions and nobody sees it among them; what ends the device's
// sessions ends it too. Of more than MaxDeviceListeners of a device the oldest are hung up, with ReasonTakenOver.
// ReasonServerBusy when there are MaxListeners; ReasonStopping after Close.
func (r *Registry) Listen(device muster.DeviceID, link Hearer) (leave func(), err error) {
	if r.listeners.Add(1) > MaxListeners {
		r.listeners.Add(-1)
		return nil, muster.Refuse(muster.ReasonServerBusy, "")
	}
	s := &session{device: device, link: link}
	cut, ok := r.listen(s)
	if !ok {
		r.listeners.Add(-1)
		return nil, muster.Refuse(muster.ReasonStopping, "")
	}
	r.dismiss(cut, muster.Refuse(muster.ReasonTakenOver, ""))
	return func() { r.unlisten(s) }, nil
}

// listen puts s before the device's other listeners and cuts off those beyond the limit, unless the registry is closed.
func (r *Registry) listen(s *session) (cut *session, ok bool) {
	sh := r.shard(s.device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if r.closed.Load() {
		return nil, false
	}
	s.older = sh.listening[s.device]
	sh.listening[s.device] = s
	last := s.nth(MaxDeviceListeners - 1)
	cut, last.older = last.older, nil
	return cut, true
}

// unlisten takes a listener out and reports whether it was there.
func (r *Registry) unlisten(s *session) bool {
	sh := r.shard(s.device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !take(sh.listening, s) {
		return false
	}
	r.listeners.Add(-1)
	return true
}

// dismiss hangs up every listener of a list that is filed no more. No lock is held.
func (r *Registry) dismiss(list *session, why error) {
	for s := list; s != nil; s = s.older {
		r.listeners.Add(-1)
		s.link.Hangup(why)
	}
}

// Heard reports whether a session or listener of the device wants to be told what it has not asked for.
func (r *Registry) Heard(device muster.DeviceID) bool {
	sh := r.shard(device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for s := sh.newest[device]; s != nil; s = s.older {
		if hears(s.link) {
			return true
		}
	}
	return sh.listening[device] != nil
}

// Tell tells every session and listener of the device that wants to hear of it. No lock is held meanwhile: who has to tell
// changes in their order calls it from one goroutine.
func (r *Registry) Tell(device muster.DeviceID, c *muster.AttributeChange) {
	for _, s := range r.those(device, hears) {
		s.link.(Hearer).Hear(c)
	}
}

// HangupHearers ends all sessions and listeners of the device that want to be told and cannot be, with why: they come
// again, and ask.
func (r *Registry) HangupHearers(device muster.DeviceID, why error) {
	r.hangUp(r.those(device, hears), why)
}

// Listeners returns how many listen that are no sessions.
func (r *Registry) Listeners() int { return int(r.listeners.Load()) }

// Close ends all listening, with ReasonStopping, and lets nobody begin. Sessions are left to their transports.
func (r *Registry) Close() {
	r.closed.Store(true)
	why := muster.Refuse(muster.ReasonStopping, "")
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		all := sh.listening
		sh.listening = make(map[muster.DeviceID]*session)
		sh.mu.Unlock()
		for _, list := range all {
			r.dismiss(list, why)
		}
	}
}
