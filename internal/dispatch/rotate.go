package dispatch

import (
	"context"
	"errors"

	"muster"
)

// lapsed opens a session in which a device may do nothing but renew its certificate, which has expired; nil: it may not.
// Whoever is refused hears err, how the device was refused so far, or what stands in the way of the renewal.
func (d *Dispatcher) lapsed(ctx context.Context, h *muster.Hello, c *claim, err error) (*Peer, error) {
	if len(c.proof.Chain) == 0 || !errors.Is(err, muster.ReasonCredentialExpired) {
		return nil, err
	}
	who, err := d.o.Identity.Lapsed(ctx, c.proof.Chain)
	if err == nil {
		err = d.stillGood(ctx, c.proof.Chain, &who)
	}
	if err != nil {
		return nil, hushed(&who, timely(err))
	}
	p := d.newPeer(h)
	p.joining, p.who, p.claim = true, who, c
	return p, nil
}

// presenting returns the device whose certificate a client presents that has not been asked who it is: the zero identity if
// that opens no door. It leaves no trace. An address that was refused too often is looked at too: others behind it must not
// keep a device from renewing.
func (d *Dispatcher) presenting(ctx context.Context, h *muster.Hello) (muster.Identity, error) {
	if len(h.Chain) == 0 {
		return muster.Identity{}, nil
	}
	who, err := d.o.Identity.Examine(ctx, &muster.Proof{Chain: h.Chain})
	if errors.Is(err, muster.ReasonCredentialExpired) {
		who, err = d.o.Identity.Lapsed(ctx, h.Chain)
	}
	if err == nil {
		err = d.stillGood(ctx, h.Chain, &who)
	}
	if errors.Is(err, muster.ReasonCertificateUnknown) {
		return muster.Identity{}, nil
	}
	return who, err
}

// rotate gives a device that is in another credential, or tells why not; err is what stands in the way already.
func (d *Dispatcher) rotate(ctx context.Context, h *muster.Hello, who *muster.Identity, req *muster.ProvisionRequest, err error) (*muster.Grant, error) {
	var grant *muster.Grant
	if err == nil {
		grant, err = d.o.Provision.Rotate(ctx, who, req)
	}
	d.refused(ctx, who, err)
	err = hushed(who, timely(err))
	d.noteRotation(h, who, req, grant, err)
	return grant, err
}

// refused tells campaigns of a device that is refused what they may have asked it for, and the device that it is asked no more.
func (d *Dispatcher) refused(ctx context.Context, who *muster.Identity, err error) {
	if err != nil && !who.Device.IsZero() && d.o.Provision.Refused(ctx, who.Device, err) {
		d.SharedChanged(who.Device, []string{muster.RotationWanted})
	}
}

// tellRotation is rotate in the words of the platform.
func (d *Dispatcher) tellRotation(ctx context.Context, h *muster.Hello, who *muster.Identity, req *muster.ProvisionRequest, err error) (muster.Message, error) {
	grant, err := d.rotate(ctx, h, who, req, err)
	if err != nil {
		return d.o.Platform.Write(h.Transport, req, nil, err), err
	}
	return d.o.Platform.Write(h.Transport, req, grant, nil), nil
}

func (d *Dispatcher) noteRotation(h *muster.Hello, who *muster.Identity, req *muster.ProvisionRequest, grant *muster.Grant, err error) {
	if wentAway(err) {
		return
	}
	a := muster.Attempt{
		Action: muster.ActionRotate, Transport: h.Transport, Remote: h.Remote.Unmap(), Device: who.Device, Name: who.Name,
		Profile: who.Profile, Reason: muster.ReasonOf(err),
	}
	if a.Name == "" {
		a.Name = callsItself(h)
	}
	if grant != nil {
		a.Way, a.Detail = grant.Way, grant.Again+" for a "+req.Evidence.Kind.String()
	}
	if err != nil {
		a.Detail = muster.MessageOf(err)
	}
	d.Note(a)
}

// joinRequest serves a request to be let in; with the token of a device in its path and neither key nor secret in its body, it
// is that device's to rotate.
func (d *Dispatcher) joinRequest(ctx context.Context, h *muster.Hello, token muster.Secret, body []byte) (muster.Message, error) {
	req, _, err := d.readJoin(body)
	if token == "" || err != nil || req.Keyless == nil {
		return d.join(ctx, h, body)
	}
	greeting := *h
	greeting.Token, greeting.Chain = token, nil
	proof, _ := d.o.Platform.Proof(&greeting)
	who, err := d.recognise(ctx, &greeting, &proof)
	if err != nil {
		d.note(&greeting, muster.ActionConnect, &who, err)
		return muster.Message{}, err
	}
	return d.tellRotation(ctx, h, &who, req, nil)
}
