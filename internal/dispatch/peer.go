package dispatch

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"

	"muster"
	"muster/internal/revocation"
)

// A Peer is a client with an open session: a device that proved who it is, or a client that wants to be let in.
type Peer struct {
	d            *Dispatcher
	who          muster.Identity
	claim        *claim                  // until Listen; of a client that wants to be let in, its certificate alone
	hangup       func(error)             // since Listen
	hearing      atomic.Pointer[hearing] // nil: it has not subscribed to anything that it is told without asking
	pace         pace                    // of its requests for attributes
	joining      bool
	certificates revocation.Shown // that it has shown

	// What of the greeting is still asked for.
	transport muster.Transport
	remote    netip.Addr
	clientID  string
}

// A claim is what a peer was recognised by.
type claim struct {
	proof      muster.Proof
	generation uint64 // of identity, in which proof was judged
}

// newPeer returns a peer that keeps little of its greeting: a million of them may be waiting.
func (d *Dispatcher) newPeer(h *muster.Hello) *Peer {
	return &Peer{d: d, transport: h.Transport, remote: h.Remote, clientID: h.ClientID}
}

func (p *Peer) hello() *muster.Hello {
	return &muster.Hello{Transport: p.transport, Remote: p.remote, ClientID: p.clientID}
}

// Provisioning reports whether the session is for being let in, and for nothing else.
func (p *Peer) Provisioning() bool { return p.joining }

// Identity returns who the peer is: the zero identity in a provisioning session.
func (p *Peer) Identity() *muster.Identity { return &p.who }

// Grants reports whether the peer may subscribe to filter.
func (p *Peer) Grants(filter string) bool {
	if p.joining {
		if p.who.Lapsed && filter != p.d.answerAddress {
			p.Note(muster.ActionMessage, muster.Refuse(muster.ReasonCredentialExpired, "a subscription, which the certificate is good for no more"))
		}
		return filter == p.d.answerAddress
	}
	granted := slices.ContainsFunc(p.d.dialects, func(d Dialect) bool { return d.Grants(&p.who, filter) })
	if trail := p.trail(); trail != nil {
		tellSubscription(trail, filter, granted)
	}
	return granted
}

// Handle takes what the peer sent to address to the job it is for. to.Answer is called exactly once with tag, as soon as
// there is something true to say: for telemetry not before it is durable. It may be called from any goroutine, also
// before Handle returns. Handle waits while the intake is full and while the peer asks for too much; address and body may be
// used again when it returns. One goroutine at a time may call it.
func (p *Peer) Handle(ctx context.Context, address, body []byte, to muster.Answerer, tag uint64) {
	var m muster.Message
	var err error
	if p.joining {
		m, err = p.join(ctx, address, body)
	} else {
		dialect, up, refused := p.d.read(&p.who, address, body)
		if trail := p.trail(); trail != nil {
			tellMessage(trail, p.transport, address, len(body), up, refused)
			to = &overheard{to, trail}
		}
		if t, ok := up.(*muster.Telemetry); ok && refused == nil {
			if err = p.d.o.Intake.Submit(ctx, &p.who, t, to, tag); err == nil {
				t.Release()
				return
			}
			t.Release()
		} else {
			m, err = p.answer(ctx, dialect, up, refused)
		}
	}
	to.Answer(tag, m, err)
	to.Flush()
}

func (p *Peer) join(ctx context.Context, address, body []byte) (muster.Message, error) {
	switch {
	case string(address) == p.d.joinAddress:
	case p.who.Lapsed:
		err := hushed(&p.who, muster.Refuse(muster.ReasonCredentialExpired, "the certificate has expired: it may be renewed, by way of %s, and nothing else", p.d.joinAddress))
		p.Note(muster.ActionMessage, err)
		return muster.Message{}, err
	default:
		err := muster.Refuse(muster.ReasonTopicUnknown, "only %s is served before a device is let in", p.d.joinAddress)
		p.Note(muster.ActionMessage, err)
		return muster.Message{}, err
	}
	h := p.hello()
	if p.claim != nil {
		h.Chain = p.claim.proof.Chain
	}
	return p.d.join(ctx, h, body)
}

func (p *Peer) answer(ctx context.Context, dialect Dialect, up muster.Uplink, err error) (muster.Message, error) {
	if req, ok := up.(*muster.ProvisionRequest); ok && err == nil {
		return p.d.tellRotation(ctx, p.hello(), &p.who, req, nil)
	}
	var down muster.Downlink
	asked, isTime := up.(*muster.TimeRequest)
	switch {
	case err != nil:
	case isTime:
		down, err = p.d.deviceTime(p.remote, asked)
	default:
		down, err = p.d.serve(ctx, &p.who, up, &p.pace)
	}
	if err != nil {
		p.Note(muster.ActionMessage, err)
	}
	m := dialect.Write(p.transport, up, down, err)
	if _, asked := up.(*muster.AttributeRequest); asked && err == nil {
		p.pace.end()
	}
	return m, err
}

// Listen makes the session one of its device's. hangup is called at most once, from any goroutine, when the session must
// end, with the reason, which the journal has; it must not block. An error means that the device has been put out since
// Connect, or that its sessions take each other over without end. The journal has how it went.
func (p *Peer) Listen(hangup func(error)) (leave func(), err error) {
	if p.joining {
		return func() {}, nil
	}
	if leave, err = p.open(hangup); err != nil {
		err = hushed(&p.who, err)
	}
	h := p.hello()
	h.Chain, h.Username, h.Password = p.claim.proof.Chain, p.claim.proof.Username, p.claim.proof.Password
	p.d.note(h, muster.ActionConnect, &p.who, err)
	p.claim, p.who.Claims = nil, nil
	return leave, err
}

func (p *Peer) open(hangup func(error)) (leave func(), err error) {
	p.hangup = hangup
	leave, err = p.d.o.Sessions.Open(p.who.Device, int(p.who.Sessions), link{p})
	if err != nil {
		return nil, err
	}
	// So was whose certificate was revoked.
	if err := p.d.revoked(p.certificates, p.who.Revocation); err != nil {
		leave()
		return nil, err
	}
	// Whoever was put out between Connect and Open was in nobody's list when the sessions were closed.
	if p.d.o.Identity.Generation() != p.claim.generation {
		if err := p.d.judgeAgain(&p.who, &p.claim.proof); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

// A link is a peer as the sessions of its device know it.
type link struct{ *Peer }

// Hangup ends the session; the journal has why.
func (l link) Hangup(why error) {
	l.Note(muster.ActionDisconnect, why)
	l.hangup(why)
}

// About returns what is known of the session.
func (l link) About() muster.Session {
	return muster.Session{
		Name: l.who.Name, Profile: l.who.Profile, Credential: l.who.Credential,
		Transport: l.transport, Remote: l.remote, ClientID: l.clientID,
	}
}

// judgeAgain refuses a proof that does not lead to the same credential any more.
func (d *Dispatcher) judgeAgain(was *muster.Identity, p *muster.Proof) error {
	who, err := d.o.Identity.Authenticate(context.Background(), p)
	if err == nil && who.Credential != was.Credential {
		err = muster.Refuse(muster.ReasonCredentialChanged, "")
	}
	return err
}

// Note writes into the journal that the peer was refused, or that its session was ended.
func (p *Peer) Note(action muster.Action, err error) { p.d.note(p.hello(), action, &p.who, err) }
