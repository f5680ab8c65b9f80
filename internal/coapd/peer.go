package coapd

import (
	"crypto/x509"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	coapnet "github.com/plgd-dev/go-coap/v3/net"
)

// What is remembered of one peer. The first is more than the second, so that no request in work is forgotten.
const (
	maxRecent   = 64 // exchanges, to recognise requests that come twice
	maxInWork   = 32 // requests
	maxAwaiting = 16 // answers whose acknowledgement is awaited
)

// A peer is who speaks from one address, or through one DTLS session.
type peer struct {
	server *Server
	remote netip.AddrPort // when it was first heard; a DTLS session may move
	secure bool
	chain  []*x509.Certificate
	send   func(datagram []byte)                  // from any goroutine; datagrams may be lost
	hangUp func()                                 // ends the session; over plain UDP there is none
	local  atomic.Pointer[coapnet.ControlMessage] // where answers leave from; nil in a session

	heard atomic.Int64 // time since epoch

	mu       sync.Mutex // guards what follows
	gone     bool
	inWork   int
	recent   []*exchange // a ring
	oldest   int         // in recent, once it is full
	awaiting map[uint16]*confirmation
	lastID   uint16
	upload   *upload
	download *download

	observations []*observation // the oldest first
	probed       time.Time
}

func (s *Server) newPeer(remote netip.AddrPort) *peer {
	p := &peer{server: s, remote: remote, hangUp: func() {}, lastID: uint16(rand.Uint32())}
	p.hear()
	return p
}

// hear notes that the peer was heard now; the time is one that no change of the clock moves.
func (p *peer) hear() { p.heard.Store(int64(time.Since(p.server.epoch))) }

func (p *peer) lastHeard() time.Time { return p.server.epoch.Add(time.Duration(p.heard.Load())) }

// busy reports whether the peer waits for something.
func (p *peer) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inWork > 0 || len(p.observations) > 0
}

// forget ends all waiting: the peer is not remembered any more.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for _, c := range p.awaiting {
		c.timer.Stop()
	}
	p.awaiting, p.download = nil, nil
	p.dropUpload()
	for len(p.observations) > 0 {
		p.end(p.observations[0])
	}
}
