package dispatch

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"muster"
	"muster/internal/revocation"
)

// An Observer is whoever a request comes from that wants to be told of changes after its answer.
type Observer interface {
	Client
	// Hangup says that nothing more is told, and why. It is called at most once, from any goroutine, and must not block.
	Hangup(why error)
}

// Observe is Do for a request that is answered with what there is now, and told of changes from then on until leave is called
// or o is hung up. o may be told of one before Observe returns. leave is nil if nothing is told after the answer.
func (d *Dispatcher) Observe(ctx context.Context, h *muster.Hello, r *muster.Request, o Observer) (m muster.Message, leave func(), err error) {
	limited := newLimit(ctx)
	defer limited.release()
	return d.do(limited, h, r, o)
}

// A listener is a request that waits to be told, as the sessions of its device know it.
type listener struct {
	d            *Dispatcher
	who          muster.Identity
	transport    muster.Transport
	remote       netip.Addr
	watch        *muster.AttributeWatch
	certificates revocation.Shown // that it has shown
	observer     Observer         // nil: the request waits for its answer

	// Of a request that waits; each holds one.
	changed chan *muster.AttributeChange
	ended   chan error
}

// listen answers a request that wants to be told of changes. leave is nil unless it is told of more than one.
func (d *Dispatcher) listen(ctx *limit, l *listener, c *claim) (down muster.Downlink, leave func(), err error) {
	if l.observer == nil {
		l.changed, l.ended = make(chan *muster.AttributeChange, 1), make(chan error, 1)
	}
	l.certificates = d.shownBy(c.proof.Chain, &l.who)
	leave, err = d.o.Sessions.Listen(l.who.Device, l)
	if err != nil {
		return nil, nil, err
	}
	if err = d.revoked(l.certificates, l.who.Revocation); err == nil && d.o.Identity.Generation() != c.generation { // as for a session
		err = d.judgeAgain(&l.who, &c.proof)
	}
	switch {
	case err != nil:
	case l.observer == nil:
		down, err = l.wait(ctx.Context)
	default:
		values, refused := d.lookUp(ctx, &l.who, &muster.AttributeRequest{}, new(pace))
		if err = timely(refused); err == nil {
			return &muster.AttributeChange{Set: values.Shared}, leave, nil
		}
	}
	leave()
	return down, nil, err
}

// wait waits for a change, and answers nothing if there is none in time.
func (l *listener) wait(ctx context.Context) (muster.Downlink, error) {
	late := time.NewTimer(l.watch.Wait)
	defer late.Stop()
	select {
	case c := <-l.changed:
		return c, nil
	case why := <-l.ended:
		return nil, why
	case <-late.C:
		return nil, nil //nolint:nilnil // nothing has changed, as said above
	case <-ctx.Done():
		return nil, timely(ctx.Err())
	}
}

// Hears reports true: that is all that a listener does.
func (l *listener) Hears() bool { return true }

// Hear passes a change on. A request that has its answer hears no more, and when the proof that came with it has ended,
// whatever rests on its credential ends.
func (l *listener) Hear(c *muster.AttributeChange) {
	if until := l.who.Until; !until.IsZero() && !l.d.o.Now().Before(until) {
		l.d.o.Sessions.HangupResting(l.who.Device, l.who.Credential, muster.Refuse(l.who.Expired(), ""))
		return
	}
	if l.observer == nil {
		select {
		case l.changed <- c:
		default:
		}
		return
	}
	m := l.d.o.Platform.Write(l.transport, l.watch, c, nil)
	if trail := l.d.o.Tracer.Trail(l.who.Device, l.who.Name); trail != nil {
		tellChange(trail, c, &m)
	}
	l.observer.Tell(m)
}

// Hangup ends the waiting; the journal has why.
func (l *listener) Hangup(why error) {
	if l.observer == nil {
		l.ended <- why
		return
	}
	why = hushed(&l.who, why)
	if !errors.Is(why, muster.ReasonStopping) {
		l.d.note(&muster.Hello{Transport: l.transport, Remote: l.remote}, muster.ActionDisconnect, &l.who, why)
	}
	l.observer.Hangup(why)
}

// About returns what is known of the request.
func (l *listener) About() muster.Session {
	return muster.Session{Name: l.who.Name, Profile: l.who.Profile, Credential: l.who.Credential, Transport: l.transport, Remote: l.remote}
}
