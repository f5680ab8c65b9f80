package session

import "muster"

// A HangupFunc is a Link of which nothing else is known.
type HangupFunc func(error)

// Hangup calls f.
func (f HangupFunc) Hangup(why error) { f(why) }

// About returns nothing.
func (f HangupFunc) About() muster.Session { return muster.Session{} }

// Contests returns of how many devices it is remembered that their sessions were taken over.
func (r *Registry) Contests() int {
	n := 0
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		n += len(sh.contests.of)
		sh.mu.Unlock()
	}
	return n
}
