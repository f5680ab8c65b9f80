package session_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"muster"
	"muster/internal/session"
)

// An ear is a session that may have subscribed.
type ear struct {
	session.HangupFunc
	*log
	name string
	deaf bool
	on   muster.CredentialID
}

func (e *ear) Hears() bool           { return !e.deaf }
func (e *ear) About() muster.Session { return muster.Session{Credential: e.on} }

func (e *ear) Hear(c *muster.AttributeChange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines, e.name+" hears "+fmt.Sprint(c.Removed))
}

func (l *log) ear(name string, on muster.CredentialID) *ear {
	return &ear{HangupFunc: l.hangup(name), log: l, name: name, on: on}
}

func listen(t *testing.T, r *session.Registry, device muster.DeviceID, e *ear) (leave func()) {
	t.Helper()
	leave, err := r.Listen(device, e)
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

func TestWhoListensIsTold(t *testing.T) {
	r, l, device := session.New(), &log{}, muster.NewID[muster.Device]()
	on := muster.NewID[muster.Credential]()
	deaf, subscribed := l.ear("deaf", on), l.ear("subscribed", muster.CredentialID{})
	deaf.deaf = true
	if _, err := r.Open(device, 2, deaf); err != nil {
		t.Fatal(err)
	}
	if r.Heard(device) {
		t.Error("nobody has subscribed, and somebody hears")
	}
	if _, err := r.Open(device, 2, subscribed); err != nil {
		t.Fatal(err)
	}
	leave := listen(t, r, device, l.ear("poll", on))
	if n := r.Count(); n != 2 || r.Listeners() != 1 || !r.Heard(device) {
		t.Errorf("%d sessions, %d listeners", n, r.Listeners())
	}
	r.Tell(device, &muster.AttributeChange{Removed: []string{"x"}})
	l.want(t, "subscribed hears [x]", "poll hears [x]")
	r.Tell(muster.NewID[muster.Device](), &muster.AttributeChange{})
	l.want(t)

	r.HangupResting(device, on, muster.ReasonCredentialChanged)
	l.want(t, "deaf: credential-changed", "poll: credential-changed")
	leave()
	listen(t, r, device, l.ear("poll", on))
	r.HangupHearers(device, muster.ReasonInternal)
	l.want(t, "subscribed: internal", "poll: internal")
	if r.Heard(device) || r.Listeners() != 0 || r.Count() != 0 {
		t.Error("somebody is left")
	}
}

func TestListenersAreBoundedAndEndWithTheirDevice(t *testing.T) {
	r, l, device := session.New(), &log{}, muster.NewID[muster.Device]()
	open(t, r, device, 1, l.hangup("session"))
	first := listen(t, r, device, l.ear("a", muster.CredentialID{}))
	for _, name := range []string{"b", "c", "d", "e"} {
		listen(t, r, device, l.ear(name, muster.CredentialID{}))
	}
	l.want(t, "a: taken-over")
	first()
	if n := r.Listeners(); n != session.MaxDeviceListeners {
		t.Errorf("%d listeners", n)
	}
	r.Hangup(device, muster.ReasonDeviceSuspended)
	l.want(t, "session: device-suspended", "e: device-suspended", "d: device-suspended", "c: device-suspended", "b: device-suspended")
	for range session.MaxListeners {
		listen(t, r, muster.NewID[muster.Device](), l.ear("x", muster.CredentialID{}))
	}
	if _, err := r.Listen(device, l.ear("x", muster.CredentialID{})); !errors.Is(err, muster.ReasonServerBusy) {
		t.Errorf("one too many is told %v", err)
	}
	r.Close()
	if _, err := r.Listen(device, l.ear("x", muster.CredentialID{})); !errors.Is(err, muster.ReasonStopping) || r.Listeners() != 0 {
		t.Errorf("after the end, %d listen: %v", r.Listeners(), err)
	}
}

func TestListenersComeAndGoAtOnce(t *testing.T) {
	r, device := session.New(), muster.NewID[muster.Device]()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				leave, err := r.Listen(device, (&log{}).ear("x", muster.CredentialID{}))
				if err != nil {
					t.Error(err)
					return
				}
				r.Tell(device, &muster.AttributeChange{})
				leave()
			}
		})
	}
	all.Go(func() {
		for range 200 {
			r.Hangup(device, muster.ReasonDeviceChanged)
		}
	})
	all.Wait()
	if n := r.Listeners(); n != 0 {
		t.Errorf("%d listeners are left", n)
	}
}
