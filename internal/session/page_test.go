package session_test

import (
	"testing"
	"time"

	"muster"
	"muster/internal/session"
)

func TestPagesShowEverySessionOnceWhileOthersComeAndGo(t *testing.T) {
	r := session.New()
	wanted := map[muster.DeviceID]bool{}
	for range 300 {
		device := muster.NewID[muster.Device]()
		open(t, r, device, 2, func(error) {})
		open(t, r, device, 2, func(error) {})
		wanted[device] = true
	}
	seen := map[muster.DeviceID][]time.Time{}
	for after, pages := (muster.DeviceID{}), 0; ; pages++ {
		page, next := r.Page(after, 7, func(muster.Session) bool { return true })
		for _, s := range page {
			if wanted[s.Device] {
				seen[s.Device] = append(seen[s.Device], s.Since)
			}
		}
		if len(page) > 14 || pages > 1000 {
			t.Fatalf("a page of %d sessions, the %dth", len(page), pages)
		}
		if after = next; next.IsZero() {
			break
		}
		stranger := muster.NewID[muster.Device]()
		leave := open(t, r, stranger, 1, func(error) {})
		defer leave()
	}
	if len(seen) != len(wanted) {
		t.Errorf("saw %d devices of %d", len(seen), len(wanted))
	}
	for device, since := range seen {
		if len(since) != 2 || !since[0].After(since[1]) {
			t.Errorf("%s has sessions since %v", device, since)
		}
	}
}

func TestOneSessionOfADeviceIsEnded(t *testing.T) {
	r, l, device := session.New(), &log{}, muster.NewID[muster.Device]()
	open(t, r, device, 3, l.hangup("a"))
	open(t, r, device, 3, l.hangup("b"))
	leave := open(t, r, device, 3, l.hangup("c"))
	page, _ := r.Page(muster.DeviceID{}, 10, func(muster.Session) bool { return true })
	if len(page) != 3 {
		t.Fatalf("there are %v", page)
	}
	why := muster.Refuse(muster.ReasonDisconnected, "")
	for _, want := range []bool{true, false} {
		if got := r.End(device, page[1].Since, why); got != want {
			t.Errorf("ended: %v, want %v", got, want)
		}
	}
	l.want(t, "b: disconnected")
	if n := r.Count(); n != 2 {
		t.Errorf("%d sessions are left", n)
	}
	leave()
	if r.End(device, page[0].Since, why) || !r.End(device, page[2].Since, why) {
		t.Error("one that has left is ended, or one that is there is not")
	}
	l.want(t, "a: disconnected")
}
