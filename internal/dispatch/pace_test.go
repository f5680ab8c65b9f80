package dispatch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/telemetry"
	"muster/internal/thingsboard"
)

func TestADeviceThatAsksWithoutEndIsServedItsPartOfTheTime(t *testing.T) {
	tests := []struct {
		name         string
		takes, pause time.Duration // of each request, and before it
		rests        time.Duration // the server's, before it serves the next
	}{
		{"at once", 2 * time.Millisecond, 0, 6 * time.Millisecond},
		{"at once, and much", 60 * time.Millisecond, 0, longestRest},
		{"after a moment", 2 * time.Millisecond, 4 * time.Millisecond, 2 * time.Millisecond},
		{"when it was long quiet", 2 * time.Millisecond, time.Second, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pace
				for i := range 5 {
					time.Sleep(test.pause)
					asked := time.Now()
					p.rest(t.Context())
					if rested := time.Since(asked); i > 0 && rested != test.rests || i == 0 && rested != 0 {
						t.Errorf("request %d waits %v", i, rested)
					}
					time.Sleep(time.Second) // others are served
					p.begin()
					time.Sleep(test.takes)
					p.end()
				}
			})
		})
	}
}

func TestARestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := pace{at: began.Add(time.Hour).UnixNano()} // the clock was set back
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		p.rest(ctx)
		if took := time.Since(began); took != time.Millisecond {
			t.Errorf("it took %v", took)
		}
		p.rest(t.Context())
		if took := time.Since(began); took != time.Millisecond+longestRest {
			t.Errorf("it took %v", took)
		}
	})
}

// A slowStore takes a while for all it does.
type slowStore struct{}

const slowly = 2 * time.Millisecond

func (slowStore) SaveAttributes(context.Context, muster.DeviceID, []muster.Attribute) error {
	time.Sleep(slowly)
	return nil
}

func (slowStore) Attributes(context.Context, muster.DeviceID) ([]muster.Attribute, error) {
	time.Sleep(slowly)
	return nil, nil
}

// An asker is answered.
type asker struct{ answers int }

func (a *asker) Answer(uint64, muster.Message, error) { a.answers++ }
func (a *asker) Flush()                               {}

func TestADeviceThatAsksWithoutEndKeepsOnlyItselfWaiting(t *testing.T) {
	const asks, topic = 10, "v1/devices/me/attributes/request/1"
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{Attributes: telemetry.NewAttributes(slowStore{}), Platform: &thingsboard.Dialect{}})
		greedy, modest := d.newPeer(&muster.Hello{}), d.newPeer(&muster.Hello{})
		began, done := time.Now(), make(chan time.Duration)
		go func() {
			var a asker
			for range asks {
				greedy.Handle(t.Context(), []byte(topic), []byte("{}"), &a, 1)
			}
			done <- time.Since(began)
			if a.answers != asks {
				t.Errorf("%d answers", a.answers)
			}
		}()
		for range 3 {
			time.Sleep(parts * slowly)
			asked, a := time.Now(), asker{}
			modest.Handle(t.Context(), []byte(topic), []byte("{}"), &a, 1)
			if took := time.Since(asked); took > 2*slowly || a.answers != 1 {
				t.Errorf("%d answers to the other, after %v", a.answers, took)
			}
		}
		if took := <-done; took < (asks-1)*parts*slowly {
			t.Errorf("%d requests took %v", asks, took)
		}
	})
}
