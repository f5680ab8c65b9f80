package dispatch

import (
	"context"
	"crypto/x509"
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"muster"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/provision"
	"muster/internal/revocation"
	"muster/internal/session"
	"muster/internal/telemetry"
	"muster/internal/trace"
)

// Limits of a session, which devices may ask for.
const (
	DefaultMaxPayload = 65536 // bytes in a message
	MaxInflight       = 100   // messages handed in and not yet answered
)

// Options are the rooms that a Dispatcher leads to, and its limits.
type Options struct {
	Identity   *identity.Service
	Provision  *provision.Service
	Issuer     *issuer.Issuer // signs the time; nil: nobody does
	Intake     *telemetry.Intake
	Attributes *telemetry.Attributes
	Sessions   *session.Registry
	Journal    *journal.Journal
	Tracer     *trace.Tracer
	Revocation *revocation.Service // judges certificates of other authorities; nil: nobody does
	Keys       *muster.Keyring     // reduces secrets to digests for the journal

	Platform Platform  // the dialect of last resort, and of every request of HTTP and CoAP
	Dialects []Dialect // asked before it, in this order
	Enroller Enroller  // nil: nobody asks for certificates at paths of their own

	// ProvisionFailures and AuthFailures are how often a minute one address may fail before it is refused for a minute.
	// 0 means 30 and 60; less than 0 means no limit.
	ProvisionFailures, AuthFailures int

	// MaxPayload is how many bytes a device is told that a message may have; 0 means DefaultMaxPayload.
	MaxPayload int

	Now func() time.Time // nil means time.Now
}

// A Platform is a dialect that also reads requests of HTTP and CoAP, lets devices in, and tells them of changes.
type Platform interface {
	Dialect
	Router
	Joiner
	Herald
}

// A Dispatcher is the one place that every attempt passes, whatever the transport. It is safe for concurrent use.
type Dispatcher struct {
	o             Options
	dialects      []Dialect // the time's first, the platform last
	joinAddress   string
	answerAddress string
	joining       *failures
	connecting    *failures
	asking        *failures     // of the time: here nothing fails, and every time counts
	signed        budget        // of times
	looking       chan struct{} // holds a token for each request for attributes that is looked up
	untold        untold
	waiters       sync.Pool // of *waiter
}

// New returns a Dispatcher between the given rooms.
func New(o Options) *Dispatcher {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxPayload <= 0 {
		o.MaxPayload = DefaultMaxPayload
	}
	if o.Tracer == nil {
		o.Tracer = trace.New(nil, nil) // nobody starts it
	}
	d := &Dispatcher{
		o:          o,
		dialects:   append(append([]Dialect{clocks{}}, o.Dialects...), o.Platform),
		joining:    newFailures(o.ProvisionFailures, 30),
		connecting: newFailures(o.AuthFailures, 60),
		asking:     newFailures(o.AuthFailures, 60),
		looking:    make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		waiters:    sync.Pool{New: newWaiter},
	}
	d.joinAddress, d.answerAddress = o.Platform.JoinAddress()
	d.untold.less.L = &d.untold.mu
	return d
}

// SetLimits changes ProvisionFailures and AuthFailures of the Options, from the next failure on.
func (d *Dispatcher) SetLimits(provisionFailures, authFailures int) {
	d.joining.setLimit(provisionFailures)
	d.connecting.setLimit(authFailures)
	d.asking.setLimit(authFailures)
}

// Connect judges a client that opens a session. The error is a *muster.Error with the whole truth; what the client may
// hear of it is muster.Public. A client that wants to be let in is given a session in which it can do nothing else. The
// journal has a refusal; that a device came in, it has from Listen. A device whose certificate has expired may be given one in
// which it can renew it.
func (d *Dispatcher) Connect(ctx context.Context, h *muster.Hello) (*Peer, error) {
	if d.o.Platform.Joins(h) {
		p := d.newPeer(h)
		p.joining = true
		if len(h.Chain) > 0 {
			p.claim = &claim{proof: muster.Proof{Chain: h.Chain}}
		}
		return p, nil
	}
	c := &claim{proof: d.proof(h), generation: d.o.Identity.Generation()}
	who, err := d.recognise(ctx, h, &c.proof)
	if err != nil {
		lapsed, err := d.lapsed(ctx, h, c, err)
		if err != nil {
			d.note(h, muster.ActionConnect, &who, err)
		}
		return lapsed, err
	}
	p := d.newPeer(h)
	p.who, p.claim, p.certificates = who, c, d.shownBy(c.proof.Chain, &who)
	return p, nil
}

// proof gathers what the dialects read in a greeting. A certificate decides alone; a JWT is judged before user name and
// password, which stay for the case that its device signs none.
func (d *Dispatcher) proof(h *muster.Hello) muster.Proof {
	var all muster.Proof
	for _, dialect := range d.dialects {
		p, ok := dialect.Proof(h)
		if !ok {
			continue
		}
		if len(p.Chain) > 0 {
			return p
		}
		if all.JWT != "" {
			p.JWT = all.JWT
		}
		all = p
	}
	return all
}

// recognise asks who is speaking and counts failures against the address. Right proof gets in from a refused address
// too: others behind it must not lock a device out.
func (d *Dispatcher) recognise(ctx context.Context, h *muster.Hello, p *muster.Proof) (muster.Identity, error) {
	who, err := d.o.Identity.Authenticate(ctx, p)
	if errors.Is(err, muster.ReasonCertificateUnknown) {
		who, err = d.chained(ctx, h, p, err)
	}
	if err == nil {
		err = d.stillGood(ctx, p.Chain, &who)
	}
	if err == nil {
		return who, nil
	}
	if kind := muster.KindOf(err); kind == muster.Unknown || kind == muster.Forbidden {
		if d.connecting.fail(h.Remote, d.o.Now()) {
			err = muster.Because(muster.ReasonRateLimited, err) // which a certificate that has lapsed is still known by
		}
	}
	return who, hushed(&who, timely(err))
}

// hushed keeps the reason from a device whose profile wants it so.
func hushed(who *muster.Identity, err error) error {
	if who.Quiet {
		return muster.Hush(err)
	}
	return err
}

// timely says of an error that is the end of a context, by which nothing was done, what that means to whoever waits.
func timely(err error) error {
	if _, known := errors.AsType[*muster.Error](err); known || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return muster.Because(muster.ReasonServerBusy, err)
}

// join lets a device in, or tells it why not.
func (d *Dispatcher) join(ctx context.Context, h *muster.Hello, body []byte) (muster.Message, error) {
	from := h.Remote
	req, up, err := d.readJoin(body)
	if err == nil && req.Keyless != nil {
		who, wrong := d.presenting(ctx, h)
		if wrong != nil || !who.Device.IsZero() {
			return d.tellRotation(ctx, h, &who, req, wrong)
		}
		if !req.Binary { // which leaves nothing out: what it does not say is empty
			req, up, err = nil, nil, req.Keyless
		}
	}
	var grant *muster.Grant
	if err == nil {
		req.Chain = h.Chain
		grant, err = d.admit(ctx, req, from)
	}
	d.noteJoin(h, req, grant, err)
	if err != nil {
		return d.o.Platform.Write(h.Transport, up, nil, err), err
	}
	return d.o.Platform.Write(h.Transport, req, grant, nil), nil
}

// readJoin reads a request to be let in.
func (d *Dispatcher) readJoin(body []byte) (*muster.ProvisionRequest, muster.Uplink, error) {
	up, err := d.o.Platform.Read(&muster.Identity{}, []byte(d.joinAddress), body, d.o.Now())
	req, _ := up.(*muster.ProvisionRequest)
	if err == nil && req == nil {
		err = muster.Refuse(muster.ReasonTopicUnknown, "")
	}
	return req, up, err
}

// errTooOften refuses a request to be let in before anything is asked of it.
var errTooOften = muster.Refuse(muster.ReasonRateLimited, "")

func (d *Dispatcher) admit(ctx context.Context, req *muster.ProvisionRequest, from netip.Addr) (*muster.Grant, error) {
	if d.joining.refused(from, d.o.Now()) {
		return nil, errTooOften
	}
	grant, err := d.o.Provision.Provision(ctx, req, from)
	if kind := muster.KindOf(err); err != nil && kind != muster.Internal && kind != muster.Overloaded {
		d.joining.fail(from, d.o.Now())
	}
	return grant, timely(err)
}

// read finds the dialect that owns the address and lets it read the message.
func (d *Dispatcher) read(who *muster.Identity, address, body []byte) (Dialect, muster.Uplink, error) {
	if string(address) == d.joinAddress {
		req, up, err := d.readJoin(body)
		if errors.Is(err, muster.ReasonPayloadInvalid) || err == nil && req.Keyless == nil { // whoever is in does not ask to be let in
			up, err = nil, muster.Refuse(muster.ReasonTopicUnknown, "")
		}
		return d.o.Platform, up, err
	}
	for _, dialect := range d.dialects {
		if dialect.Owns(address) {
			up, err := dialect.Read(who, address, body, d.o.Now())
			return dialect, up, err
		}
	}
	return d.o.Platform, nil, muster.Refuse(muster.ReasonTopicUnknown, "")
}

// serve does what is answered at once: everything but telemetry. What is looked up begins on p.
func (d *Dispatcher) serve(ctx context.Context, who *muster.Identity, up muster.Uplink, p *pace) (muster.Downlink, error) {
	switch up := up.(type) {
	case *muster.Attributes:
		return nil, timely(d.o.Attributes.Save(ctx, who, up))
	case *muster.AttributeRequest:
		values, err := d.lookUp(ctx, who, up, p)
		if err != nil {
			return nil, timely(err)
		}
		return values, nil
	case *muster.LimitsRequest:
		return &muster.Limits{MaxPayload: d.o.MaxPayload, MaxInflight: MaxInflight}, nil
	}
	return nil, muster.Refuse(muster.ReasonTopicUnknown, "")
}

// lookUp reads attributes. Half of the processors do so at once at most, and for each session at its pace: devices that ask
// without end do not keep those waiting that report.
func (d *Dispatcher) lookUp(ctx context.Context, who *muster.Identity, up *muster.AttributeRequest, p *pace) (*muster.AttributeValues, error) {
	p.rest(ctx)
	select {
	case d.looking <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-d.looking }()
	p.begin()
	return d.o.Attributes.Values(ctx, who.Device, up.ClientKeys, up.SharedKeys)
}

// commonName returns what a certificate calls its holder.
func commonName(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return ""
	}
	return chain[0].Subject.CommonName
}
