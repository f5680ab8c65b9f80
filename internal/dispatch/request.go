package dispatch

import (
	"context"
	"time"

	"muster"
)

// Do serves one request of HTTP or CoAP: it recognises the peer by the token in the path, else by its certificate, takes
// the request to its job and waits for the answer, for half a minute at most, or for as long as a request to be told of
// changes wants to wait. A Message that comes with an error is the refusal in the dialect's words.
func (d *Dispatcher) Do(ctx context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error) {
	limited := newLimit(ctx)
	defer limited.release()
	m, _, err := d.do(limited, h, r, nil)
	return m, err
}

// do is Do, and Observe where there is an observer.
func (d *Dispatcher) do(ctx *limit, h *muster.Hello, r *muster.Request, o Observer) (m muster.Message, leave func(), err error) {
	if asksTime(r) {
		m, err = d.stranger(h, r)
		return m, nil, err
	}
	if d.o.Enroller != nil && d.o.Enroller.Enrols(r.Path) {
		m, err = d.enrol(ctx, h, r)
		return m, nil, err
	}
	token, address, err := d.o.Platform.Route(r)
	if err != nil {
		return d.o.Platform.Write(h.Transport, nil, nil, err), nil, err
	}
	if address == d.joinAddress {
		m, err = d.joinRequest(ctx, h, token, r.Body)
		return m, nil, err
	}
	greeting := *h
	if greeting.Token = token; token != "" {
		greeting.Chain = nil // the path says who is speaking
	}
	c := claim{generation: d.o.Identity.Generation()}
	c.proof, _ = d.o.Platform.Proof(&greeting)
	who, err := d.recognise(ctx, &greeting, &c.proof)
	if err != nil {
		d.note(&greeting, muster.ActionConnect, &who, err)
		return muster.Message{}, nil, err
	}
	up, err := d.o.Platform.Read(&who, []byte(address), r.Body, d.o.Now())
	trail := d.o.Tracer.Trail(who.Device, who.Name)
	if trail != nil {
		tellMessage(trail, h.Transport, []byte(address), len(r.Body), up, err)
	}
	var down muster.Downlink
	watch, waits := up.(*muster.AttributeWatch)
	switch {
	case err != nil:
	case waits:
		l := &listener{d: d, who: who, transport: h.Transport, remote: h.Remote, watch: watch, observer: o}
		down, leave, err = d.listen(ctx, l, &c)
	default:
		down, err = d.serveRequest(ctx, &who, up)
	}
	if err != nil {
		err = hushed(&who, err)
		d.note(&greeting, muster.ActionMessage, &who, err)
	}
	m = d.o.Platform.Write(h.Transport, up, down, err)
	if trail != nil {
		tellAnswer(trail, &m, err)
	}
	return m, leave, err
}

func (d *Dispatcher) serveRequest(ctx *limit, who *muster.Identity, up muster.Uplink) (muster.Downlink, error) {
	t, ok := up.(*muster.Telemetry)
	if !ok {
		return d.serve(ctx, who, up, new(pace))
	}
	w := d.waiters.Get().(*waiter)
	err := d.o.Intake.Submit(ctx, who, t, w, 0)
	t.Release()
	if err == nil {
		if err = w.wait(ctx); w.waiting {
			return nil, err // the answer still comes, and nobody else may get it: w is left to it
		}
	}
	d.waiters.Put(w)
	return nil, err
}

// A waiter lets a request wait for its readings to be durable.
type waiter struct {
	answer  chan error
	late    *time.Timer // stopped between two requests
	waiting bool        // the answer has not come yet
}

func newWaiter() any {
	w := &waiter{answer: make(chan error, 1), late: time.NewTimer(answerWithin)}
	w.late.Stop()
	return w
}

// wait returns the answer, or why it was not waited for any longer.
func (w *waiter) wait(l *limit) (err error) {
	w.late.Reset(time.Until(l.until))
	defer w.late.Stop()
	select {
	case err = <-w.answer:
		return err
	case <-l.Context.Done():
		err = l.Context.Err()
	case <-w.late.C:
		err = context.DeadlineExceeded
	}
	w.waiting = true
	return muster.Because(muster.ReasonServerBusy, err)
}

// Answer hands the outcome to the waiting request.
func (w *waiter) Answer(_ uint64, _ muster.Message, err error) { w.answer <- err }

// Flush has nothing to do: a request waits for one answer.
func (w *waiter) Flush() {}
