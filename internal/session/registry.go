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
	open   atomic.Int64
	shards [shards]shard
}

type shard struct {
	mu       sync.Mutex // guards what follows and the lists that begin in newest
	newest   map[muster.DeviceID]*session
	contests contests
}

// A session is one link of the list of a device's sessions, the newest first.
type session struct {
	device muster.DeviceID
	link   Link
	older  *session
	since  int64 // epoch milliseconds, later than older's
}

// A Link is what a session leads to.
type Link interface {
	// Hangup ends the session. It is called at most once, from any goroutine, and must not block. It may still come while
	// leave runs or shortly after.
	Hangup(why error)
	// About returns what is known of the session but its Device and Since. It is called from any goroutine and must not block.
	About() muster.Session
}

// New returns a Registry in which nobody is connected.
func New() *Registry {
	r := &Registry{}
	for i := range r.shards {
		r.shards[i].newest = make(map[muster.DeviceID]*session)
	}
	return r
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
	cut, ok := r.shard(device).add(s, limit)
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
func (sh *shard) add(s *session, limit int) (cut *session, ok bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.older, s.since = sh.newest[s.device], time.Now().UnixMilli()
	if s.older != nil {
		s.since = max(s.since, s.older.since+1)
	}
	last := s
	for range limit - 1 {
		if last.older == nil {
			break
		}
		last = last.older
	}
	if last.older != nil && !sh.contests.takeOver(s.device, time.Now()) {
		return nil, false
	}
	sh.newest[s.device] = s
	cut, last.older = last.older, nil
	return cut, true
}

// end tells every session of a list that is filed no more. No lock is held, so Hangup may call leave.
func (r *Registry) end(list *session, why error) {
	for s := list; s != nil; s = s.older {
		r.open.Add(-1)
		s.link.Hangup(why)
	}
}

func (r *Registry) leave(s *session) {
	if r.shard(s.device).remove(s) {
		r.open.Add(-1)
	}
}

// remove takes s out of its device's list and reports whether it was there.
func (sh *shard) remove(s *session) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	head := sh.newest[s.device]
	if head == s {
		if s.older == nil {
			delete(sh.newest, s.device)
		} else {
			sh.newest[s.device] = s.older
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

// Hangup ends every session of the device with why.
func (r *Registry) Hangup(device muster.DeviceID, why error) {
	sh := r.shard(device)
	sh.mu.Lock()
	list := sh.newest[device]
	delete(sh.newest, device)
	sh.mu.Unlock()
	r.end(list, why)
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
