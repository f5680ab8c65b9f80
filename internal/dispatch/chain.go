package dispatch

import (
	"context"
	"errors"

	"muster"
)

// chained lets in a client whose certificate no device has, if an authority of a profile vouches for it, and recognises it
// then. An address that was refused too often is not looked at: unlike a certificate that is known, one that is not costs
// more than a look-up. unknown is how it was refused so far, and stays the answer where no profile knows the authority.
func (d *Dispatcher) chained(ctx context.Context, h *muster.Hello, p *muster.Proof, unknown error) (muster.Identity, error) {
	if d.joining.refused(h.Remote, d.o.Now()) {
		return muster.Identity{}, muster.Refuse(muster.ReasonRateLimited, "")
	}
	grant, err := d.o.Provision.Chained(ctx, p.Chain)
	if errors.Is(err, muster.ReasonCertificateUnknown) {
		return muster.Identity{}, unknown
	}
	d.noteChain(h, &grant, err)
	if err == nil {
		return d.o.Identity.Authenticate(ctx, p)
	}
	err = noted{err}
	if kind := muster.KindOf(err); kind != muster.Internal && kind != muster.Overloaded {
		d.joining.fail(h.Remote, d.o.Now())
	}
	return muster.Identity{Device: grant.Device, Name: grant.Name, Profile: grant.Profile}, err
}

// noteChain writes into the journal what became of a certificate that an authority may have vouched for.
func (d *Dispatcher) noteChain(h *muster.Hello, grant *muster.Grant, err error) {
	if wentAway(err) {
		return
	}
	a := muster.Attempt{
		Action: muster.ActionProvision, Transport: h.Transport, Remote: h.Remote.Unmap(), Device: grant.Device, Name: grant.Name,
		Profile: grant.Profile, Way: grant.Way,
		Shown: "certificate " + h.Chain[0].Subject.String(), Reason: muster.ReasonOf(err),
	}
	if a.Name == "" {
		a.Name = commonName(h.Chain)
	}
	if grant.Again != "" {
		a.Detail = "once more, because " + grant.Again
	}
	if err != nil {
		a.Detail = muster.MessageOf(err)
	}
	d.Note(a)
}

// noted is an error that the journal has: a certificate that was refused is one attempt, though it was to open a session.
type noted struct{ error }

// Unwrap returns the error itself.
func (n noted) Unwrap() error { return n.error }
