package coapd

import (
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"muster"
)

// Bounds of observing, besides those of the sessions: who is told of more than it takes is told that it is forgotten.
const (
	maxObservations = 16       // of one peer; a further one takes the place of the oldest
	maxNotices      = 16       // that wait until the one before is acknowledged, of one observation
	maxNoticeBytes  = 64 << 10 // in them
	maxTelling      = 16 << 20 // bytes in those of all peers
)

// The values of the Observe option in a request. [RFC 7641, 2]
const (
	notObserved = iota - 1
	register
	deregister
)

// An observation is a request whose client is told of changes from then on, under its token. [RFC 7641] Each notice says what
// has changed and not what there is (ThingsBoard device API 5.1), so none may be left out: the next goes out when the one
// before is acknowledged. The peer's mu guards what is below it.
type observation struct {
	peer        *peer
	key         string // of the request
	token       message.Token
	confirmable bool // and so are notices
	format      int

	leave    func() // nil: it is not known yet
	composed bool   // the answer to the request, which says that it is observed
	ready    bool   // that answer is sent
	farewell []byte // what is sent behind it; nil: nothing
	over     bool
	sequence uint32 // of the last message
	last     uint16 // its id
	awaited  bool   // it is to be acknowledged
	notices  [][]byte
	bytes    int // in notices
}

// observe begins an observation, in the place of one under the same token.
func (p *peer) observe(q *request) *observation {
	o := &observation{peer: p, key: q.key(), token: q.token, confirmable: q.confirmable, format: q.contentFormat()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.observed(q.token); old != nil {
		o.sequence = (old.sequence + 1) & maxSequence
		p.end(old)
	}
	if len(p.observations) >= maxObservations {
		p.end(p.observations[0])
	}
	if o.over = p.gone; !o.over {
		p.observations = append(p.observations, o)
	}
	return o
}

// maxSequence bounds the numbers of messages. [RFC 7641, 4.4]
const maxSequence = 1<<24 - 1

// observed returns the observation under a token, nil if there is none. The caller holds mu.
func (p *peer) observed(token message.Token) *observation {
	for _, o := range p.observations {
		if string(o.token) == string(token) {
			return o
		}
	}
	return nil
}

// cancel ends the observation under a token, as its client wishes.
func (p *peer) cancel(token message.Token) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.observed(token); o != nil {
		p.end(o)
	}
}

// end ends an observation, which may be over. The caller holds mu.
func (p *peer) end(o *observation) {
	if o.over {
		return
	}
	o.over = true
	p.observations = slices.DeleteFunc(p.observations, func(other *observation) bool { return other == o })
	p.server.telling.Add(int64(-o.bytes))
	o.notices, o.bytes = nil, 0
	if o.leave != nil {
		o.leave()
	}
}

// granted notes how to leave, and reports whether the observation goes on: it may be over already.
func (o *observation) granted(leave func()) bool {
	p := o.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.over {
		leave()
		return false
	}
	o.leave = leave
	return true
}

// refused ends an observation whose request is answered and no more.
func (o *observation) refused() {
	o.peer.mu.Lock()
	defer o.peer.mu.Unlock()
	o.peer.end(o)
}

// answered sends what was told while the request was answered.
func (o *observation) answered() {
	p := o.peer
	p.mu.Lock()
	o.ready = true
	due := o.due()
	if o.farewell != nil {
		due = append(due, o.farewell)
	}
	p.mu.Unlock()
	p.sendAll(due)
}

// Tell sends a notice, when those before it are acknowledged. It implements dispatch.Client.
func (o *observation) Tell(m muster.Message) {
	p := o.peer
	p.mu.Lock()
	var due [][]byte
	switch {
	case o.over:
	case len(o.notices) < maxNotices && o.bytes+len(m.Body) <= maxNoticeBytes && p.server.telling.Load() < maxTelling:
		o.notices = append(o.notices, m.Body)
		o.bytes += len(m.Body)
		p.server.telling.Add(int64(len(m.Body)))
		due = o.due()
	default:
		due = p.dismiss(o, muster.Refuse(muster.ReasonQueueFull, ""))
	}
	p.mu.Unlock()
	p.sendAll(due)
}

// Hangup tells the client that it is forgotten, and why. It implements dispatch.Observer.
func (o *observation) Hangup(why error) {
	p := o.peer
	p.mu.Lock()
	due := p.dismiss(o, why)
	p.mu.Unlock()
	p.sendAll(due)
}

// dismiss ends an observation with a last message, whose code says that nothing follows. [RFC 7641, 4.2] The caller holds mu
// and sends it.
func (p *peer) dismiss(o *observation, why error) [][]byte {
	if o.over {
		return nil
	}
	p.end(o)
	if !o.composed {
		return nil // who is not answered yet is answered and no more
	}
	a := bare(code(codes.GET, muster.Message{}, why))
	if refusal := muster.Public(why); !refusal.Quiet {
		a.payload = []byte(refusal.Reason)
	}
	var last []byte
	if o.confirmable && len(p.awaiting) < maxAwaiting {
		last = p.await(a, o.token)
	} else {
		last = encode(a.message(message.NonConfirmable, p.nextID(), o.token))
	}
	if !o.ready {
		o.farewell = last
		return nil
	}
	return [][]byte{last}
}

// due takes the notices out that may be sent now: one, if it is to be acknowledged. The caller holds mu and sends them.
func (o *observation) due() (datagrams [][]byte) {
	p := o.peer
	for o.ready && !o.over && !o.awaited && len(o.notices) > 0 {
		body := o.notices[0]
		o.notices = o.notices[1:]
		o.bytes -= len(body)
		p.server.telling.Add(int64(-len(body)))
		o.sequence = (o.sequence + 1) & maxSequence
		a := p.keep(o.key, answer{code: codes.Content, payload: body, format: o.format, observation: o}, block{size: largestBlock}, time.Now())
		if o.confirmable {
			return append(datagrams, p.await(a, o.token))
		}
		o.last = p.nextID()
		datagrams = append(datagrams, encode(a.message(message.NonConfirmable, o.last, o.token)))
	}
	return datagrams
}

// confirmed says that the client has the last message, or will not have it: then the observation is over.
func (o *observation) confirmed(has bool) (due [][]byte) {
	if o.awaited = false; !has {
		o.peer.end(o)
		return nil
	}
	return o.due()
}

// rejected ends the observation whose last message the client does not want. [RFC 7641, 3.6] The caller holds mu.
func (p *peer) rejected(id uint16) {
	for _, o := range p.observations {
		if o.last == id {
			p.end(o)
			return
		}
	}
}

func (p *peer) sendAll(datagrams [][]byte) {
	for _, d := range datagrams {
		p.send(d)
	}
}

// probe asks a peer that observes whether it is still there, when it was silent for half of the time after which it is
// forgotten, and again while it does not answer. Any peer answers an empty message with a reset. [RFC 7252, 4.3]
func (p *peer) probe(now time.Time, idle time.Duration) (datagram []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.observations) == 0 || now.Sub(p.lastHeard()) < idle/2 || now.Sub(p.probed) < idle/8 {
		return nil
	}
	p.probed = now
	return empty(message.Confirmable, p.nextID())
}
