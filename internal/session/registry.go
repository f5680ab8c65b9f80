// Package session knows which devices are connected to this node, and ends their sessions.
package session

import (
	"sync"
	"sync/atomic"
	"time"

	"muster"
)

const shards = 64 // a power of two

// A Registry knows the open sessions of this node. It is safe for concurrent use.
type Registry struct {
	watcher   Watcher // nil: nobody; set before anybody connects
	open      atomic.Int64
	listeners atomic.Int64
	closed    atomic.Bool // nobody may listen any more
	shards    [shards]shard
}

// A Watcher is told who connects and who leaves.
type Watcher interface {
	// Opened and Ended are called once each for a session, in this order, while its shard is locked: they must be quick, and
	// may not use the registry. why is nil if the device has left.
	Opened(s muster.Session)
	Ended(s muster.Session, why error)
}

type shard struct {
	mu        sync.Mutex // guards what follows and the lists that begin in newest and listening
	newest    map[muster.DeviceID]*session
	listening map[muster.DeviceID]*session // no sessions, but filed as they are
	contests  contests
}

// A session is one link of the list of a device's sessions, the newest first.
type session struct {
	device muster.DeviceID
	link   Link
	older  *session
	since  int64 // epoch milliseconds, later than older's; 0: it is a listener
}

// A Link is what a session leads to.
type Link interface {
	// Hangup ends the session. It is called at most once, from any goroutine, and must not block. It may still come while
	// leave runs or shortly after.
	Hangup(why error)
	// About returns what is known of the session but its Device and Since. It is called from any goroutine and must not block.
	About() muster.Session
}

// A Leaver is a Link that wants to know when its session has left by itself.
type Leaver interface{ Left() }

// New returns a Registry in which nobody is connected.
func New() *Registry {
	r := &Registry{}
	for i := range r.shards {
		r.shards[i].newest = make(map[muster.DeviceID]*session)
		r.shards[i].listening = make(map[muster.DeviceID]*session)
	}
	return r
}

// Watch has w told of every session. It is called at most once, before anybody connects.
func (r *Registry) Watch(w Watcher) { r.watcher = w }

// about returns what is known of a session.
func (s *session) about() muster.Session {
	about := s.link.About()
	about.Device, about.Since = s.device, time.UnixMilli(s.since).UTC()
	return about
}

// ended tells the watcher that the sessions of a list are over. The caller holds their shard's mu.
func (r *Registry) ended(list *session, why error) {
	if r.watcher == nil {
		return
	}
	for s := list; s != nil; s = s.older {
		r.watcher.Ended(s.about(), why)
	}
}

// shard returns where a device's sessions are. The last byte of an ID is random.
func (r *Registry) shard(device muster.DeviceID) *shard {
	return &r.shards[device[len(device)-1]%shards]
}

// Open files a session of the device until leave is called, which may be done more than once. When the device has more
// than limit sessions then, its oldest are hung up, with ReasonTakenOver, and are filed no more; a limit below 1
// means 1. While the device's sessions take each other over again and again, one that has just done so stands for some
// seconds, and a further one is refused with ReasonCredentialShared.
func (r *Registry) Open(device muster.DeviceID, limit int, link Link) (leave func(), err error) {
	s := &session{device: device, link: link}
	cut, ok := r.add(s, limit)
	if !ok {
		return nil, muster.Refuse(muster.ReasonCredentialShared, "")
	}
	r.open.Add(1)
	if cut != nil {
		r.end(cut, muster.Refuse(muster.ReasonTakenOver, ""))
	}
	return func() { r.leave(s) }, nil
}

// add puts s before the device's other sessions and cuts off those beyond limit, unless it may not do so now.
func (r *Registry) add(s *session, limit int) (cut *session, ok bool) {
	sh := r.shard(s.device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.older, s.since = sh.newest[s.device], time.Now().UnixMilli()
	if s.older != nil {
		s.since = max(s.since, s.older.since+1)
	}
	last := s.nth(limit - 1)
	if last.older != nil && !sh.contests.takeOver(s.device, time.Now()) {
		return nil, false
	}
	sh.newest[s.device] = s
	cut, last.older = last.older, nil
	if r.watcher != nil {
		r.ended(cut, muster.ReasonTakenOver)
		r.watcher.Opened(s.about())
	}
	return cut, true
}

// nth returns the session that is n behind s in the list, or the last.
func (s *session) nth(n int) *session {
	for range n {
		if s.older == nil {
			break
		}
		s = s.older
	}
	return s
}

// end tells every session of a list that is filed no more. No lock is held, so Hangup may call leave.
func (r *Registry) end(list *session, why error) {
	for s := list; s != nil; s = s.older {
		r.open.Add(-1)
		s.link.Hangup(why)
	}
}

func (r *Registry) leave(s *session) {
	if r.remove(s, nil) {
		r.open.Add(-1)
		if l, ok := s.link.(Leaver); ok {
			l.Left()
		}
	}
}

// remove takes s, which is over because of why, out of its device's list and reports whether it was there.
func (r *Registry) remove(s *session, why error) bool {
	sh := r.shard(s.device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !take(sh.newest, s) {
		return false
	}
	s.older = nil
	r.ended(s, why)
	return true
}

// take takes s out of its device's list and reports whether it was there. The caller holds mu.
func take(lists map[muster.DeviceID]*session, s *session) bool {
	head := lists[s.device]
	if head == s {
		if s.older == nil {
			delete(lists, s.device)
		} else {
			lists[s.device] = s.older
		}
		return true
	}
	for ; head != nil; head = head.older {
		if head.older == s {
			head.older = s.older
			return true
		}
	}
	return false
}

// Hangup ends every session of the device, and all listening for it, with why.
func (r *Registry) Hangup(device muster.DeviceID, why error) {
	sh := r.shard(device)
	sh.mu.Lock()
	list, listening := sh.newest[device], sh.listening[device]
	delete(sh.newest, device)
	delete(sh.listening, device)
	r.ended(list, why)
	sh.mu.Unlock()
	r.end(list, why)
	r.dismiss(listening, why)
}

// HangupEach ends each session, and all listening, for which judge says why. judge is called while the shard of the session is
// locked: it must be quick, and may not use the registry.
func (r *Registry) HangupEach(judge func(Link) error) {
	for i := range r.shards {
		for s, why := range r.shards[i].judged(judge) {
			r.hangUp([]*session{s}, why)
		}
	}
}

// judged returns the sessions and listeners for which judge says why.
func (sh *shard) judged(judge func(Link) error) map[*session]error {
	some := map[*session]error{}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, lists := range []map[muster.DeviceID]*session{sh.newest, sh.listening} {
		for _, s := range lists {
			for ; s != nil; s = s.older {
				if why := judge(s.link); why != nil {
					some[s] = why
				}
			}
		}
	}
	return some
}

// HangupResting ends the sessions of the device that rest on a credential, and what listens for it so, with why.
func (r *Registry) HangupResting(device muster.DeviceID, on muster.CredentialID, why error) {
	r.hangUp(r.those(device, func(l Link) bool { return l.About().Credential == on }), why)
}

// those returns the sessions and listeners of the device whose link is wanted.
func (r *Registry) those(device muster.DeviceID, wanted func(Link) bool) (some []*session) {
	sh := r.shard(device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, list := range []*session{sh.newest[device], sh.listening[device]} {
		for s := list; s != nil; s = s.older {
			if wanted(s.link) {
				some = append(some, s)
			}
		}
	}
	return some
}

// hangUp ends sessions and listeners that have not left meanwhile.
func (r *Registry) hangUp(some []*session, why error) {
	for _, s := range some {
		switch {
		case s.since == 0:
			if !r.unlisten(s) {
				continue
			}
		case !r.remove(s, why):
			continue
		default:
			r.open.Add(-1)
		}
		s.link.Hangup(why)
	}
}

// Count returns how many sessions are open.
func (r *Registry) Count() int { return int(r.open.Load()) }

// Connected reports whether the device has an open session.
func (r *Registry) Connected(device muster.DeviceID) bool {
	sh := r.shard(device)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.newest[device] != nil
}
