package live_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/live"
)

var traffic = live.Filter{Kinds: []live.Kind{live.Traffic}}

// running is a feed that tells of each second until the test is over; connected is how many devices are.
func running(t *testing.T, connected *atomic.Int64) *live.Feed {
	t.Helper()
	f := live.New(live.Options{Keep: 3}) // which says nothing of traffic
	ctx, stop := context.WithCancel(t.Context())
	go f.Run(ctx, func() int { return int(connected.Load()) })
	t.Cleanup(stop)
	return f
}

func TestEachSecondIsToldOnceWithWhatWasDoneInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var connected atomic.Int64
		connected.Store(2)
		f := running(t, &connected)
		if s := f.Seconds(10); s == nil || len(s) != 0 {
			t.Errorf("before the first is over there are %+v", s)
		}
		f.Stored(batch(muster.NewID[muster.Device](), 1))
		f.Stored(batch(muster.NewID[muster.Device](), 2))
		time.Sleep(1500 * time.Millisecond)
		l := listen(t, f, traffic)
		connected.Store(1)
		f.Stored(batch(muster.NewID[muster.Device](), 3))
		time.Sleep(2 * time.Second)
		at := want(t, l, "1 of 3 by 1", "0 of 3 by 1")
		told := []live.Second{
			{At: began.Add(1 * time.Second), Passed: live.Passed{Samples: 2, Total: 2, Sessions: 2}},
			{At: began.Add(2 * time.Second), Passed: live.Passed{Samples: 1, Total: 3, Sessions: 1}},
			{At: began.Add(3 * time.Second), Passed: live.Passed{Total: 3, Sessions: 1}},
		}
		if s := f.Seconds(10); !slices.Equal(s, told) {
			t.Errorf("kept are %+v", s)
		}
		if s := f.Seconds(2); !slices.Equal(s, told[1:]) {
			t.Errorf("the latest two are %+v", s)
		}
		if s := f.Seconds(-1); len(s) != 0 {
			t.Errorf("fewer than none are %+v", s)
		}
		l.Close()
		time.Sleep(2 * time.Second)
		want(t, listen(t, f, traffic, at), "0 of 3 by 1", "0 of 3 by 1") // who comes back is told what came between
		want(t, listen(t, f, traffic, live.ID{}), "2 of 2 by 2", "1 of 3 by 1", "0 of 3 by 1", "0 of 3 by 1", "0 of 3 by 1")
	})
}

func TestTenMinutesOfTrafficAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connected atomic.Int64
		f := running(t, &connected)
		l := listen(t, f, traffic)
		began := time.Now()
		time.Sleep(2*live.KeptSeconds*time.Second + time.Millisecond)
		s := f.Seconds(2 * live.KeptSeconds)
		if len(s) != live.KeptSeconds {
			t.Fatalf("%d seconds are kept", len(s))
		}
		for i := range s {
			if want := began.Add(time.Duration(live.KeptSeconds+1+i) * time.Second); !s[i].At.Equal(want) {
				t.Fatalf("second %d is that of %v, want %v", i, s[i].At, want)
			}
		}
		if told, _ := taken(t, l); len(told) != 1+live.KeptSeconds || told[0] != "lost traffic 600" {
			t.Errorf("a slow listener is told %d times, first %s", len(told), told[0])
		}
	})
}
