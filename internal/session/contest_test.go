package session_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/session"
)

// A war is devices with one credential that connect again as soon as they may.
type war struct {
	r      *session.Registry
	device muster.DeviceID
	taken  int
}

// connect reports whether one of them came in.
func (w *war) connect(t *testing.T) bool {
	t.Helper()
	_, err := w.r.Open(w.device, 1, session.HangupFunc(func(error) { w.taken++ }))
	if err != nil && (!errors.Is(err, muster.ReasonCredentialShared) || !errors.Is(err, muster.Overloaded)) {
		t.Errorf("refused with %v", err)
	}
	return err == nil
}

func TestADeviceThatComesBackNowAndThenIsLetInAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := war{r: session.New(), device: muster.NewID[muster.Device]()}
		for i := range 100 {
			if !w.connect(t) {
				t.Fatalf("attempt %d is refused", i+1)
			}
			if time.Sleep(time.Second); i%6 == 5 {
				time.Sleep(10 * time.Second)
			}
		}
	})
}

func TestAWarOfTwoDevicesIsDamped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := war{r: session.New(), device: muster.NewID[muster.Device]()}
		bystander := muster.NewID[muster.Device]()
		began := time.Now()
		var in []time.Duration
		for range 60_000 {
			if w.connect(t) {
				in = append(in, time.Since(began))
			}
			time.Sleep(time.Millisecond)
		}
		// The first, five at once, and then after 1, 2, 4, 8, 8 … seconds.
		if want := 1 + 5 + 1 + 3 + 5; len(in) < want || len(in) > want+1 || w.taken != len(in)-1 {
			t.Errorf("within a minute %d came in and %d were taken over: %v", len(in), w.taken, in)
		}
		for i := 1; i < len(in); i++ {
			if gap := in[i] - in[i-1]; gap > 8*time.Second+10*time.Millisecond {
				t.Errorf("the other one had to wait for %v", gap)
			}
		}
		open(t, w.r, bystander, 1, func(error) {})
		open(t, w.r, bystander, 1, func(error) {})
		time.Sleep(10 * time.Second)
		for i := range 6 {
			if !w.connect(t) {
				t.Errorf("after ten quiet seconds attempt %d is refused", i+1)
			}
		}
	})
}

func TestWhoeverTakesNobodyOverIsNeverRefused(t *testing.T) {
	r, device := session.New(), muster.NewID[muster.Device]()
	for range 20 {
		_, _ = r.Open(device, 1, session.HangupFunc(func(error) {}))
	}
	r.Hangup(device, muster.ReasonCredentialChanged)
	for range 1000 {
		open(t, r, device, 1, func(error) {})()
	}
}

func TestContestsThatAreOverTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := session.New()
		for range 100_000 {
			device := muster.NewID[muster.Device]()
			open(t, r, device, 1, func(error) {})
			leave := open(t, r, device, 1, func(error) {})
			leave()
			time.Sleep(time.Millisecond)
		}
		if n := r.Contests(); n > 30_000 {
			t.Errorf("%d contests are remembered, of which 10,000 are not over", n)
		}
	})
}
