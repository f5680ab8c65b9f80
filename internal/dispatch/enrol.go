package dispatch

import (
	"context"
	"errors"
	"strings"

	"muster"
	"muster/internal/provision"
)

// enrol serves a request for a certificate.
func (d *Dispatcher) enrol(ctx context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error) {
	asked, err := d.o.Enroller.Read(r)
	var answer muster.Downlink
	if err == nil {
		answer, err = d.enrolled(ctx, h, asked)
	}
	err = timely(err)
	return d.o.Enroller.Write(h.Transport, asked, answer, err), err
}

// enrolled does what is asked for. What everybody may know is told to everybody.
func (d *Dispatcher) enrolled(ctx context.Context, h *muster.Hello, asked *muster.Enrolment) (muster.Downlink, error) {
	switch {
	case !h.Secure:
		return nil, muster.Refuse(muster.ReasonTLSRequired, "")
	case asked.Operation == muster.EnrolAuthorities:
		return d.o.Provision.Authorities(), nil
	case asked.Operation == muster.EnrolAttributes, asked.Operation == muster.EnrolDiscovery:
		return nil, nil
	}
	if h.Username != "" && asked.Operation != muster.EnrolAgain {
		return d.enrolByKey(ctx, h, asked)
	}
	return d.enrolByProof(ctx, h, asked)
}

// enrolByKey lets a device in that shows a provision key and its secret, as one that asks to be let in any other way.
func (d *Dispatcher) enrolByKey(ctx context.Context, h *muster.Hello, asked *muster.Enrolment) (muster.Downlink, error) {
	req, key, err := d.o.Provision.Enrolling(asked, h.Username, h.Password)
	var grant *muster.Grant
	if err == nil {
		req.Chain = h.Chain
		grant, err = d.admit(ctx, req, h.Remote)
	}
	d.noteJoin(h, req, grant, err)
	if err != nil {
		return nil, err
	}
	grant.Key = key
	return grant, nil
}

// enrolByProof gives a certificate to a device that shows its access token or its certificate. A certificate for which an
// authority of a profile vouches lets it in first.
func (d *Dispatcher) enrolByProof(ctx context.Context, h *muster.Hello, asked *muster.Enrolment) (muster.Downlink, error) {
	greeting := *h
	greeting.Username, greeting.Password = "", ""
	if asked.Operation == muster.EnrolAgain {
		greeting.Token = "" // it is the certificate that is renewed
	}
	if greeting.Token != "" {
		greeting.Chain = nil
	}
	who, err := d.enroller(ctx, &greeting, asked)
	var grant *muster.Grant
	if err == nil {
		grant, err = d.o.Provision.Renew(ctx, &provision.Renewal{Who: who, Enrolment: asked, Chain: greeting.Chain})
		d.refused(ctx, &who, err)
		err = hushed(&who, timely(err))
	}
	d.noteEnrolment(&greeting, asked, &who, grant, err)
	if err != nil {
		return nil, err
	}
	return grant, nil
}

// enroller returns who asks for a certificate. One that has expired is taken within the grace of its profile, to be renewed;
// else whoever shows it hears what stands in the way of that. A device that would come in by another profile than the one that
// it names is refused before it does.
func (d *Dispatcher) enroller(ctx context.Context, h *muster.Hello, asked *muster.Enrolment) (muster.Identity, error) {
	if asked.Operation == muster.EnrolAgain {
		who, err := d.presenting(ctx, h)
		if who.Lapsed && !errors.Is(err, muster.ReasonCredentialExpired) {
			return who, hushed(&who, timely(err))
		}
	}
	if len(h.Chain) > 0 && !d.joining.refused(h.Remote, d.o.Now()) {
		if err := d.o.Provision.InProfile(ctx, asked.Profile, h.Chain); err != nil {
			d.joining.fail(h.Remote, d.o.Now())
			return muster.Identity{}, err
		}
	}
	return d.recognise(ctx, h, &muster.Proof{Chain: h.Chain, Token: h.Token})
}

// noteEnrolment writes into the journal what became of a request for a certificate by a device that shows who it is.
func (d *Dispatcher) noteEnrolment(h *muster.Hello, asked *muster.Enrolment, who *muster.Identity, grant *muster.Grant, err error) {
	if _, had := errors.AsType[noted](err); had || wentAway(err) {
		return
	}
	a := muster.Attempt{
		Action: muster.ActionProvision, Transport: h.Transport, Remote: h.Remote.Unmap(), Device: who.Device, Name: who.Name,
		Profile: who.Profile, Shown: "for a certificate, " + d.shown(h), Reason: muster.ReasonOf(err),
	}
	if a.Name == "" {
		a.Name = strings.TrimSpace(asked.Name())
	}
	if err != nil {
		a.Detail, a.Certificate = muster.MessageOf(err), strangers(h, a.Reason)
	} else {
		a.Way, a.Detail = grant.Way, grant.Again
	}
	d.Note(a)
}
