package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
)

// askedAgain is how often it is asked again who sends a request that takes long.
const askedAgain = 500 * time.Millisecond

// watched returns a context for what actor asks for, which ends once they may not ask any more: so a stream of events does
// not outlast the login, the token or the role that it was begun with. stop frees what it takes.
func (a *api) watched(r *http.Request, v visitor, actor muster.Actor) (_ context.Context, stop func()) {
	return whileLet(muster.WithActor(r.Context(), actor), func() error {
		now, err := a.recognise(r, v)
		if err == nil && now.Role < actor.Role {
			return muster.Refuse(muster.ReasonRoleTooLow, "")
		}
		return err
	})
}

// whileLet returns a context that ends with what again refuses. An answer that cannot be had ends nothing.
func whileLet(ctx context.Context, again func() error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var timer *time.Timer
	timer = time.AfterFunc(time.Hour, func() {
		if ctx.Err() != nil {
			return
		}
		err := again()
		if k := muster.KindOf(err); err != nil && (k == muster.Unknown || k == muster.Forbidden) {
			cancel(err)
			return
		}
		timer.Reset(askedAgain) // after stop it finds the context ended
	})
	timer.Reset(askedAgain) // not before the function knows its timer
	return ctx, func() {
		cancel(nil)
		timer.Stop()
	}
}
