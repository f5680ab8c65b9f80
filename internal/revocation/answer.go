package revocation

import (
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An answer is what a responder says of a certificate: at first nothing, and later perhaps something else.
type answer struct {
	certificate [sha256.Size]byte
	ends        time.Time // the certificate does
	stays       bool      // it makes no room for others; answers.mu guards this
	said        atomic.Pointer[said]
	wanted      atomic.Int64           // when somebody asked for it last, Unix nanoseconds
	above       atomic.Pointer[[]step] // of a device's own: those above it that are asked about, too; nil: nobody has looked

	mu     sync.Mutex  // guards what follows
	asks   []*question // of each profile one, the last one last; none: nobody has shown the certificate since the start
	asking chan struct{}
}

// maxAsks bounds the profiles that are remembered to want an answer.
const maxAsks = 16

// A said is what is known of a certificate. Nobody changes it.
type said struct {
	status     status
	thisUpdate time.Time
	nextUpdate time.Time
	due        time.Time // it is asked again
}

type status uint8

const (
	statusUnknown status = iota // nobody has said, or whoever was asked does not know
	statusGood
	statusRevoked
)

// String returns the status in a word.
func (s status) String() string { return [...]string{"unknown", "good", "revoked"}[s] }

// at returns what it counts for at a time: revoked it stays until somebody says otherwise.
func (s *said) at(now time.Time) status {
	if s == nil || s.status == statusGood && !now.Before(s.nextUpdate) {
		return statusUnknown
	}
	return s.status
}

// isDue reports whether nothing was said yet, or it is asked again.
func (s *said) isDue(now time.Time) bool { return s == nil || !now.Before(s.due) }

// later has nothing asked before a time, unless there is another answer by now.
func (a *answer) later(known *said, due time.Time) {
	next := said{}
	if known != nil {
		next = *known
	}
	next.due = due
	a.said.CompareAndSwap(known, &next)
}

// isDue reports whether there is no answer, or one that is to be asked for again, and notes that somebody wants it.
func (a *answer) isDue(now time.Time) bool {
	a.wanted.Store(now.UnixNano())
	return a.said.Load().isDue(now)
}

// rest has nothing asked for a while, if it is due.
func (a *answer) rest(now time.Time) {
	if known := a.said.Load(); known.isDue(now) {
		a.later(known, now.Add(askRest))
	}
}

// put has a question asked, rather than those of other profiles.
func (a *answer) put(q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	others := slices.DeleteFunc(a.asks, func(other *question) bool { return other.profile == q.profile })
	a.asks = append(others[max(0, len(others)-maxAsks+1):], q)
}

// question returns what is asked; nil: nothing.
func (a *answer) question() *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last()
}

// instead has another question asked, or none, in the place of one, if that is still asked, and returns what is asked then.
func (a *answer) instead(q, other *question) *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch at := slices.Index(a.asks, q); {
	case at >= 0 && other == nil:
		a.asks = slices.Delete(a.asks, at, at+1)
	case at >= 0:
		a.asks[at] = other
	}
	return a.last()
}

// last returns the question of the profile that has asked last; nil: none has. The caller holds mu.
func (a *answer) last() *question {
	if len(a.asks) == 0 {
		return nil
	}
	return a.asks[len(a.asks)-1]
}
