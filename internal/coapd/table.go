package coapd

import (
	"net/netip"
	"sync"
	"time"
)

// evictionSample is how many peers, drawn at random, are looked at to find one that was silent for long.
const evictionSample = 8

// A table is the peers that are remembered, bounded as a whole and for each source address.
type table struct {
	limit, perSource int

	mu       sync.Mutex // guards what follows
	peers    map[*peer]struct{}
	byRemote map[netip.AddrPort]*peer // over plain UDP
	bySource map[netip.Addr]map[*peer]struct{}
}

func newTable(limit, perSource int) *table {
	return &table{
		limit: limit, perSource: perSource,
		peers:    make(map[*peer]struct{}),
		byRemote: make(map[netip.AddrPort]*peer),
		bySource: make(map[netip.Addr]map[*peer]struct{}),
	}
}

// source is what counts as one address: an IPv6 client may use any address of its /64.
func source(remote netip.AddrPort) netip.Addr {
	a := remote.Addr().Unmap().WithZone("")
	if a.Is6() {
		prefix, _ := a.Prefix(64) // 64 fits an IPv6 address
		return prefix.Addr()
	}
	return a
}

// plain returns the peer at remote, made by build if there is none. A full table forgets a peer that was silent for long:
// that costs it the memory of its last exchanges and nothing else.
func (t *table) plain(remote netip.AddrPort, build func() *peer) *peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.byRemote[remote]; p != nil {
		return p
	}
	t.makeRoom(remote)
	p := build()
	t.insert(p)
	t.byRemote[remote] = p
	return p
}

// session adds a session. In a full table it takes the place of one that was silent for long, which the caller hangs up:
// that device shakes hands again when it has something to say, and nobody keeps others out by being there.
func (t *table) session(p *peer) (silent *peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	silent = t.makeRoom(p.remote)
	t.insert(p)
	return silent
}

// makeRoom removes a peer if there is no room for another at remote. The caller holds mu.
func (t *table) makeRoom(remote netip.AddrPort) (silent *peer) {
	switch of := t.bySource[source(remote)]; {
	case len(of) >= t.perSource:
		silent = longestSilent(of)
	case len(t.peers) >= t.limit:
		silent = longestSilent(t.peers)
	default:
		return nil
	}
	t.remove(silent)
	return silent
}

// insert adds p. The caller holds mu.
func (t *table) insert(p *peer) {
	t.peers[p] = struct{}{}
	from := source(p.remote)
	of := t.bySource[from]
	if of == nil {
		of = make(map[*peer]struct{}, 1)
		t.bySource[from] = of
	}
	of[p] = struct{}{}
}

// remove takes p out and has it forget what it waits for. The caller holds mu.
func (t *table) remove(p *peer) {
	if _, ok := t.peers[p]; !ok {
		return
	}
	delete(t.peers, p)
	from := source(p.remote)
	delete(t.bySource[from], p)
	if len(t.bySource[from]) == 0 {
		delete(t.bySource, from)
	}
	if t.byRemote[p.remote] == p {
		delete(t.byRemote, p.remote)
	}
	p.forget()
}

// leave takes out a session that has ended.
func (t *table) leave(p *peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(p)
}

// sweep takes out the peers that were silent for longer than idle, ends their sessions, gives up bodies that nobody
// finishes, and asks those that observe whether they are there.
func (t *table) sweep(now time.Time, idle time.Duration) {
	var silent []*peer
	probes := make(map[*peer][]byte)
	t.mu.Lock()
	for p := range t.peers {
		if now.Sub(p.lastHeard()) > idle {
			silent = append(silent, p)
			t.remove(p)
			continue
		}
		p.giveUpBody(now)
		if probe := p.probe(now, idle); probe != nil {
			probes[p] = probe
		}
	}
	t.mu.Unlock()
	for p, probe := range probes {
		p.send(probe)
	}
	for _, p := range silent {
		p.hangUp()
	}
}

func (t *table) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.peers)
}

// longestSilent returns one of a few peers that happen to come first: a map is ranged over in random order. Peers whose
// request is worked on are spared if another is among them.
func longestSilent(peers map[*peer]struct{}) *peer {
	var best *peer
	bestBusy := false
	looked := 0
	for p := range peers {
		busy := p.busy()
		if best == nil || bestBusy && !busy || bestBusy == busy && p.lastHeard().Before(best.lastHeard()) {
			best, bestBusy = p, busy
		}
		if looked++; looked == evictionSample {
			break
		}
	}
	return best
}
