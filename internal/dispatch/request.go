package dispatch

import (
	"context"
	"sync"

	"muster"
)

// Do serves one request of HTTP or CoAP: it recognises the peer by the token in the path, else by its certificate, takes
// the request to its job and waits for the answer. A Message that comes with an error is the refusal in the dialect's
// words.
func (d *Dispatcher) Do(ctx context.Context, h *muster.Hello, r *muster.Request) (muster.Message, error) {
	token, address, err := d.o.Platform.Route(r)
	if err != nil {
		return d.o.Platform.Write(h.Transport, nil, nil, err), err
	}
	if address == d.joinAddress {
		return d.join(ctx, h, r.Body)
	}
	greeting := *h
	if greeting.Token = token; token != "" {
		greeting.Chain = nil // the path says who is speaking
	}
	proof, _ := d.o.Platform.Proof(&greeting)
	who, err := d.recognise(ctx, &greeting, &proof)
	if err != nil {
		d.note(&greeting, muster.ActionConnect, &who, err)
		return muster.Message{}, err
	}
	up, err := d.o.Platform.Read(&who, []byte(address), r.Body, d.o.Now())
	var down muster.Downlink
	if err == nil {
		down, err = d.serveRequest(ctx, &who, up)
	}
	if err != nil {
		err = hushed(&who, err)
		d.note(&greeting, muster.ActionMessage, &who, err)
	}
	return d.o.Platform.Write(h.Transport, up, down, err), err
}

func (d *Dispatcher) serveRequest(ctx context.Context, who *muster.Identity, up muster.Uplink) (muster.Downlink, error) {
	t, ok := up.(*muster.Telemetry)
	if !ok {
		return d.serve(ctx, who, up)
	}
	w := waiters.Get().(*waiter)
	err := d.o.Intake.Submit(ctx, who, t, w, 0)
	t.Release()
	if err != nil {
		waiters.Put(w)
		return nil, err
	}
	select {
	case err = <-w.answer:
		waiters.Put(w)
		return nil, err
	case <-ctx.Done(): // the answer still comes, and nobody else may get it: w is left to it
		return nil, muster.Because(muster.ReasonServerBusy, ctx.Err())
	}
}

// A waiter lets a request wait for its readings to be durable.
type waiter struct{ answer chan error }

var waiters = sync.Pool{New: func() any { return &waiter{make(chan error, 1)} }}

// Answer hands the outcome to the waiting request.
func (w *waiter) Answer(_ uint64, _ muster.Message, err error) { w.answer <- err }

// Flush has nothing to do: a request waits for one answer.
func (w *waiter) Flush() {}
