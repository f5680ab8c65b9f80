package session_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"muster"
	"muster/internal/session"
)

// A log keeps who was hung up on and why, in order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) hangup(name string) func(error) {
	return func(why error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, name+": "+string(muster.ReasonOf(why)))
	}
}

func (l *log) want(t *testing.T, lines ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, lines) {
		t.Errorf("hung up: %q, want %q", l.lines, lines)
	}
	l.lines = nil
}

// open files a session that must not be refused.
func open(t *testing.T, r *session.Registry, device muster.DeviceID, limit int, hangup func(error)) (leave func()) {
	t.Helper()
	leave, err := r.Open(device, limit, session.HangupFunc(hangup))
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

func TestTheNewestStay(t *testing.T) {
	r, l, device := session.New(), &log{}, muster.NewID[muster.Device]()
	leaveA := open(t, r, device, 1, l.hangup("a"))
	open(t, r, device, 1, l.hangup("b"))
	l.want(t, "a: taken-over")
	leaveC := open(t, r, device, 3, l.hangup("c"))
	open(t, r, device, 3, l.hangup("d"))
	l.want(t)
	open(t, r, device, 3, l.hangup("e"))
	l.want(t, "b: taken-over")
	if n := r.Count(); n != 3 {
		t.Errorf("%d sessions", n)
	}

	leaveA()
	leaveA()
	if n := r.Count(); n != 3 {
		t.Errorf("leaving after being taken over changes the count to %d", n)
	}
	leaveC()
	leaveC()
	if n := r.Count(); n != 2 {
		t.Errorf("%d sessions after one of three left", n)
	}
	open(t, r, device, 1, l.hangup("f")) // the limit was lowered meanwhile
	l.want(t, "e: taken-over", "d: taken-over")
	open(t, r, device, 0, l.hangup("g"))
	l.want(t, "f: taken-over")
}

func TestHangupEndsAllSessionsOfOneDevice(t *testing.T) {
	r, l := session.New(), &log{}
	one, other := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
	leave := open(t, r, one, 2, l.hangup("1a"))
	open(t, r, one, 2, l.hangup("1b"))
	leaveOther := open(t, r, other, 2, l.hangup("2"))
	r.Hangup(one, muster.Refuse(muster.ReasonDeviceSuspended, ""))
	r.Hangup(one, muster.Refuse(muster.ReasonDeviceSuspended, ""))
	r.Hangup(muster.NewID[muster.Device](), muster.ReasonDeviceDeleted)
	l.want(t, "1b: device-suspended", "1a: device-suspended")
	leave()
	if r.Connected(one) || !r.Connected(other) || r.Count() != 1 {
		t.Errorf("connected: %v, %v; %d sessions", r.Connected(one), r.Connected(other), r.Count())
	}
	leaveOther()
	if r.Connected(other) || r.Count() != 0 {
		t.Errorf("connected after leaving; %d sessions", r.Count())
	}
}

func TestHangupMayUseTheRegistry(t *testing.T) {
	r, device := session.New(), muster.NewID[muster.Device]()
	var leave func()
	leave = open(t, r, device, 1, func(error) {
		leave()
		if !r.Connected(device) {
			t.Error("the new session is not there while the old one is told")
		}
	})
	open(t, r, device, 1, func(error) {})
	if r.Count() != 1 {
		t.Errorf("%d sessions", r.Count())
	}
}

// However opening, leaving and hanging up cross, the count comes out right and nobody is told twice.
func TestEverythingAtOnce(t *testing.T) {
	r := session.New()
	devices := make([]muster.DeviceID, 4)
	for i := range devices {
		devices[i] = muster.NewID[muster.Device]()
	}
	var all sync.WaitGroup
	var refused atomic.Int32
	for range 8 {
		all.Go(func() {
			for range 2000 {
				device := devices[rand.IntN(len(devices))]
				var told atomic.Int32
				leave, err := r.Open(device, 1+rand.IntN(3), session.HangupFunc(func(error) {
					if told.Add(1) > 1 {
						t.Error("told twice")
					}
				}))
				if err != nil { // the devices take themselves over without end
					refused.Add(1)
					continue
				}
				switch rand.IntN(3) {
				case 0:
					r.Hangup(device, muster.ReasonDeviceSuspended)
				case 1:
					r.Connected(device)
				}
				leave()
				leave()
			}
		})
	}
	all.Wait()
	if n := r.Count(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	for _, d := range devices {
		if r.Connected(d) {
			t.Error("a device is still connected")
		}
	}
}

// A million idle devices cost their registry about a hundred megabytes.
func TestASessionIsSmall(t *testing.T) {
	const n, limit = 50_000, 150
	r := session.New()
	leave := make([]func(), n)
	hangup := func(error) {}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range leave {
		leave[i] = open(t, r, muster.NewID[muster.Device](), 1, hangup)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := int(after.HeapAlloc-before.HeapAlloc) / n; each > limit {
		t.Errorf("a session takes %d bytes, more than %d", each, limit)
	} else {
		t.Logf("a session takes %d bytes", each)
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(leave)
}

// A resting is a Link that rests on a credential.
type resting struct {
	session.HangupFunc
	on muster.CredentialID
}

func (l resting) About() muster.Session { return muster.Session{Credential: l.on} }

func TestSessionsThatRestOnACredentialAreEnded(t *testing.T) {
	r, l, device := session.New(), &log{}, muster.NewID[muster.Device]()
	old, fresh := muster.NewID[muster.Credential](), muster.NewID[muster.Credential]()
	for name, on := range map[string]muster.CredentialID{"old": old, "fresh": fresh} {
		if _, err := r.Open(device, 3, resting{l.hangup(name), on}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		r.HangupResting(device, old, muster.Refuse(muster.ReasonCredentialChanged, ""))
	}
	l.want(t, "old: credential-changed")
	if n := r.Count(); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
}
