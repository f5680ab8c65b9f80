package coapd

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	maxUnproven = 512 // handshakes whose client has not shown that it is where it says; the oldest makes room
	maxQueued   = 32  // datagrams that wait for one session; more are lost
	backlog     = 64  // handshakes that wait to be accepted
)

// A portal is the UDP port of the DTLS sessions: it hands each datagram to the line of the session that it belongs to, by
// its connection id, else by the address that it comes from.
//
// A device that was switched off and on begins a handshake from the address of a session that it has forgotten. It gets a
// line of its own beside the old one, which ends when the new one is proven: when the client has echoed the cookie, so
// that nobody else can end the session. [RFC 6347, 4.2.8]
type portal struct {
	conn     *net.UDPConn
	accepted chan *line
	done     chan struct{} // closed by Close

	mu       sync.Mutex // guards what follows
	lines    int        // that are open
	closing  bool
	byID     map[string]*line
	byRemote map[netip.AddrPort]*pair
	unproven *list.List // of *line, the oldest in front
}

// A pair is the lines of one address. At least one of them is there.
type pair struct {
	current *line // the proven one, if one is
	next    *line // a handshake besides it
}

func newPortal(conn *net.UDPConn) *portal {
	p := &portal{
		conn: conn, accepted: make(chan *line, backlog), done: make(chan struct{}),
		byID: make(map[string]*line), byRemote: make(map[netip.AddrPort]*pair), unproven: list.New(),
	}
	go p.read()
	return p
}

// Accept returns the next line on which a handshake begins.
func (p *portal) Accept() (net.PacketConn, net.Addr, error) {
	select {
	case l := <-p.accepted:
		return l, net.UDPAddrFromAddrPort(l.remote), nil
	case <-p.done:
		return nil, nil, net.ErrClosed
	}
}

// Addr returns where the portal listens.
func (p *portal) Addr() net.Addr { return p.conn.LocalAddr() }

// Close accepts no more. The lines that were accepted stay open, and the port until the last of them is closed.
func (p *portal) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return nil
	}
	p.closing = true
	close(p.done)
	for len(p.accepted) > 0 {
		p.drop(<-p.accepted)
	}
	if p.lines > 0 {
		return nil
	}
	return p.conn.Close()
}

func (p *portal) read() {
	buffer := make([]byte, maxRecord)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			p.mu.Lock()
			over := p.closing && p.lines == 0
			p.mu.Unlock()
			if over {
				return
			}
			time.Sleep(readPause)
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if l := p.find(from, buffer[:n]); l != nil {
			l.take(from, buffer[:n])
		}
	}
}

// find returns the line that a datagram is for, nil if there is none.
func (p *portal) find(from netip.AddrPort, datagram []byte) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := recordID(datagram); ok {
		return p.byID[id]
	}
	at := p.byRemote[from]
	random, hello := clientRandom(datagram)
	switch {
	case !hello && at == nil:
		return nil
	case !hello:
		return at.current
	case at == nil:
		return p.open(from, random)
	case at.current != nil && at.current.random == random:
		return at.current
	case at.next != nil && at.next.random == random:
		return at.next
	case at.next != nil:
		p.drop(at.next)
	}
	return p.open(from, random)
}

// open makes a line for a handshake. It makes none where too many wait to be accepted: the client asks again. The caller
// holds mu.
func (p *portal) open(from netip.AddrPort, random string) *line {
	if p.closing {
		return nil
	}
	busy := len(p.accepted) == cap(p.accepted)
	if oldest := p.unproven.Front(); oldest != nil && (busy || p.unproven.Len() >= maxUnproven) {
		p.drop(oldest.Value.(*line))
	}
	if busy {
		return nil
	}
	l := newLine(p, from, random)
	l.place = p.unproven.PushBack(l)
	p.lines++
	at := p.byRemote[from]
	if at == nil {
		at = new(pair)
		p.byRemote[from] = at
	}
	if at.current == nil {
		at.current = l
	} else {
		at.next = l
	}
	p.accepted <- l // there is room, and only open sends
	return l
}

// prove notes that the client of l is where it says and has begun a session, which is told by the server's ServerHello.
// It ends the session that was there before.
func (p *portal) prove(l *line, hello []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.place == nil || l.isClosed() {
		return
	}
	p.unproven.Remove(l.place)
	l.place = nil
	if l.id = connectionIDOf(hello); l.id != "" {
		p.byID[l.id] = l
	}
	at := p.byRemote[l.remote]
	if at == nil || at.next != l {
		return
	}
	old := at.current
	at.current, at.next = l, nil
	if old != nil && old.peerAt() == l.remote { // else it has moved, and is somebody else's
		p.drop(old)
	}
}

// drop closes a line and forgets it. The caller holds mu.
func (p *portal) drop(l *line) {
	if l.isClosed() {
		return
	}
	close(l.closed)
	p.lines--
	if l.place != nil {
		p.unproven.Remove(l.place)
		l.place = nil
	}
	if p.byID[l.id] == l {
		delete(p.byID, l.id)
	}
	if at := p.byRemote[l.remote]; at != nil {
		if at.next == l {
			at.next = nil
		}
		if at.current == l {
			at.current, at.next = at.next, nil
		}
		if at.current == nil {
			delete(p.byRemote, l.remote)
		}
	}
}
