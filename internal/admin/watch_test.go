package admin

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

func TestWhatTakesLongEndsWithWhatItWasBegunWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		var answer atomic.Pointer[muster.Error]
		ctx, stop := whileLet(t.Context(), func() error {
			asked.Add(1)
			if refusal := answer.Load(); refusal != nil {
				return refusal
			}
			return nil
		})
		defer stop()
		time.Sleep(10*askedAgain + askedAgain/2)
		synctest.Wait()
		if ctx.Err() != nil || asked.Load() != 10 {
			t.Errorf("asked %d times, %v", asked.Load(), ctx.Err())
		}
		answer.Store(muster.Because(muster.ReasonStorageUnavailable, errors.New("busy")))
		time.Sleep(3 * askedAgain)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Errorf("an answer that cannot be had: %v", context.Cause(ctx))
		}
		answer.Store(muster.Refuse(muster.ReasonLoginOver, ""))
		time.Sleep(askedAgain)
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), muster.ReasonLoginOver) {
			t.Errorf("a login that is over: %v", context.Cause(ctx))
		}
		asked.Store(0)
		time.Sleep(10 * askedAgain)
		synctest.Wait()
		if asked.Load() > 0 {
			t.Error("it is asked on and on")
		}
	})
}

func TestWhatIsDoneIsNotAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		ctx, stop := whileLet(t.Context(), func() error { asked.Add(1); return nil })
		stop()
		time.Sleep(10 * askedAgain)
		synctest.Wait()
		if asked.Load() > 0 || ctx.Err() == nil {
			t.Errorf("asked %d times, %v", asked.Load(), ctx.Err())
		}
	})
}
