package session

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
