package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/dispatch"
	"muster/internal/fleet"
)

// An audience keeps what it is told.
type audience chan string

func (c audience) Tell(m muster.Message) { c <- fmt.Sprintf("%s%s %s", m.Address, codeOf(m), m.Body) }
func (c audience) Hangup(why error)      { c <- "ended: " + string(muster.ReasonOf(why)) }

func codeOf(m muster.Message) string {
	if m.Code == 0 {
		return ""
	}
	return fmt.Sprintf("%x", m.Code)
}

func (c audience) want(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-c:
		if got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("not told %s", want)
	}
}

func (c audience) wantNothing(t *testing.T) {
	t.Helper()
	select {
	case got := <-c:
		t.Errorf("told %s", got)
	case <-time.After(50 * time.Millisecond):
	}
}

// set changes one shared attribute, or removes it.
func (h *house) set(device, key string, v muster.Value) {
	h.t.Helper()
	set, remove := map[string]muster.Value{key: v}, []string(nil)
	if v.Kind == muster.NoValue {
		set, remove = nil, []string{key}
	}
	if _, err := h.fleet.ChangeAttributes(h.t.Context(), device, muster.SharedScope, set, remove); err != nil {
		h.t.Fatal(err)
	}
}

// listen opens a session that has subscribed.
func (h *house) listen(token string, filters ...string) (*dispatch.Peer, audience) {
	h.t.Helper()
	p, c := h.connect(token), make(audience, 100)
	leave, err := p.Listen(func(error) {})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(leave)
	p.Subscribed(slices.Values(filters), c)
	return p, c
}

func TestADeviceIsToldOfItsSharedAttributesInTheFormThatItSubscribedToLast(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	h.device("e", "other")
	p, c := h.listen("own", "v1/devices/me/attributes", "v1/devices/me/rpc/request/+")
	_, other := h.listen("other", "v2/a")
	h.set("d", "interval", muster.LongValue(30))
	c.want(t, `v1/devices/me/attributes {"interval":30}`)
	p.Subscribed(slices.Values([]string{"v1/devices/me/attributes", "v2/a/j"}), c)
	h.set("d", "interval", muster.DoubleValue(30))
	c.want(t, `v2/a/j {"interval":30.0}`)
	h.set("d", "interval", muster.Value{})
	c.want(t, `v2/a/j {"deleted":["interval"]}`)
	if _, err := h.fleet.ChangeAttributes(t.Context(), "d", muster.ServerScope, map[string]muster.Value{"owner": muster.LongValue(1)}, nil); err != nil {
		t.Fatal(err)
	}
	c.wantNothing(t)
	p.Subscribed(slices.Values([]string{"v1/devices/me/rpc/request/+"}), c)
	h.set("d", "interval", muster.LongValue(31))
	c.wantNothing(t)
	other.wantNothing(t)
}

func TestADeviceIsToldOfOneAttributeOnATopicOfItsOwn(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	p, c := h.listen("own", "v1/devices/me/credentials/notice")
	h.set("d", "interval", muster.LongValue(30))
	c.wantNothing(t)
	h.set("d", muster.RotationWanted, muster.BoolValue(true))
	c.want(t, `v1/devices/me/credentials/notice {"credentialRotation":true}`)
	p.Subscribed(slices.Values([]string{"v2/a", "v1/devices/me/credentials/notice"}), c)
	h.set("d", muster.RotationWanted, muster.Value{})
	c.want(t, `v2/a {"deleted":["credentialRotation"]}`)
	c.want(t, `v1/devices/me/credentials/notice {"deleted":["credentialRotation"]}`)
}

func TestWhatADeviceIsToldLastIsWhatIsStored(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	_, c := h.listen("own", "v2/a")
	done := make(chan struct{})
	for w := range 4 {
		go func() {
			for i := range 25 {
				h.set("d", "n", muster.LongValue(int64(100*w+i)))
			}
			done <- struct{}{}
		}()
	}
	for range 4 {
		<-done
	}
	all, err := h.fleet.ScopeAttributes(t.Context(), "d", muster.SharedScope)
	if err != nil {
		t.Fatal(err)
	}
	want, last := fmt.Sprintf(`v2/a {"n":%d}`, all[0].Value.Long()), ""
	for last != want {
		select {
		case last = <-c:
		case <-time.After(10 * time.Second):
			t.Fatalf("told %s at last, and %s is stored", last, want)
		}
	}
	h.Close() // nothing is told any more
	for len(c) > 0 {
		if last = <-c; last != want { // the same may be told twice
			t.Errorf("told %s at last, and %s is stored", last, want)
		}
	}
}

func poll(token, timeout string) *muster.Request {
	return &muster.Request{Transport: muster.HTTP, Method: "GET", Path: []string{"api", "v1", token, "attributes", "updates"}, Query: []string{"timeout=" + timeout}}
}

// waiting waits until n requests wait to be told.
func (h *house) waiting(n int) {
	h.t.Helper()
	for range 1000 {
		if h.listens() == n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	h.t.Fatalf("%d requests wait, not %d", h.listens(), n)
}

func TestARequestWaitsForAChange(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	over := &muster.Hello{Transport: muster.HTTP, Remote: hello("").Remote}
	answers := make(chan heard, 1)
	ask := func(ctx context.Context, timeout string) {
		go func() {
			m, err := h.Do(ctx, over, poll("own", timeout))
			answers <- heard{m, err}
		}()
	}
	for _, test := range []struct {
		name, timeout string
		then          func(cancel func())
		code          int
		body          string
		reason        muster.Reason
	}{
		{"and hears of it", "60000", func(func()) { h.set("d", "a", muster.BoolValue(true)) }, 0, `{"a":true}`, ""},
		{"and hears that an attribute is gone", "", func(func()) { h.set("d", "a", muster.Value{}) }, 0, `{"deleted":["a"]}`, ""},
		{"until its time is over", "30", func(func()) {}, 408, "", ""},
		{"until the client has gone", "60000", func(cancel func()) { cancel() }, 0, "", muster.ReasonServerBusy},
		{"until the device is suspended", "60000", func(func()) {
			if _, err := h.fleet.SuspendDevice(t.Context(), "d"); err != nil {
				t.Error(err)
			}
		}, 0, "", muster.ReasonDeviceSuspended},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ask(ctx, test.timeout)
			if test.timeout != "30" {
				h.waiting(1)
			}
			test.then(cancel)
			got := <-answers
			if got.m.Code != test.code || string(got.m.Body) != test.body || muster.ReasonOf(got.err) != test.reason {
				t.Errorf("%d %s, %v", got.m.Code, got.m.Body, got.err)
			}
			h.waiting(0)
		})
	}
}

func TestRequestsThatWaitAreBounded(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	answers := make(chan error, 10)
	for n := range 6 {
		go func() {
			_, err := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP}, poll("own", "60000"))
			answers <- err
		}()
		h.waiting(min(n+1, 4))
	}
	for range 2 {
		if err := <-answers; !errors.Is(err, muster.ReasonTakenOver) {
			t.Errorf("the oldest ends with %v", err)
		}
	}
	h.Close()
	for range 4 {
		if err := <-answers; !errors.Is(err, muster.ReasonStopping) {
			t.Errorf("stopping, one ends with %v", err)
		}
	}
	if _, err := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP}, poll("own", "1")); !errors.Is(err, muster.ReasonStopping) {
		t.Errorf("after the end: %v", err)
	}
	h.set("d", "a", muster.LongValue(1)) // waits for nobody
}

func TestAnObserverHearsWhatThereIsAndWhatBecomesOfIt(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	over := &muster.Hello{Transport: muster.CoAP, Remote: hello("").Remote}
	request := &muster.Request{Transport: muster.CoAP, Method: "GET", Path: strings.Split("api/v1/own/attributes", "/"), Observe: true}
	c := make(audience, 10)
	m, leave, err := h.Observe(t.Context(), over, request, c)
	if err != nil || m.Code != 0x45 || string(m.Body) != "{}" {
		t.Fatalf("%x %s, %v", m.Code, m.Body, err)
	}
	h.set("d", "a", muster.LongValue(1))
	c.want(t, `45 {"a":1}`)
	leave()
	h.set("d", "a", muster.LongValue(2))
	c.wantNothing(t)
	m, _, err = h.Observe(t.Context(), over, request, c)
	if err != nil || string(m.Body) != `{"a":2}` {
		t.Fatalf("%s, %v", m.Body, err)
	}
	if _, err := h.fleet.SuspendDevice(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	c.want(t, "ended: device-suspended")
	if got := h.attempts("d")[0]; got.Action != muster.ActionDisconnect || got.Reason != muster.ReasonDeviceSuspended {
		t.Errorf("the journal has %v %s", got.Action, got.Reason)
	}
	request.Observe = false
	if _, leave, err := h.Observe(t.Context(), over, request, c); leave != nil || !errors.Is(err, muster.ReasonDeviceSuspended) {
		t.Errorf("observing, it is told %v", err)
	}
}

func TestAnObserverHearsNothingWhenItsCredentialHasExpired(t *testing.T) {
	h := newHouse(t)
	h.device("d", "own")
	lease := fleet.NewCredential{Credentials: fleet.Credentials{Token: "lease"}, ExpiresAt: time.Now().Add(time.Hour)}
	if _, _, err := h.fleet.AddCredential(t.Context(), "d", lease); err != nil {
		t.Fatal(err)
	}
	over := &muster.Hello{Transport: muster.CoAP, Remote: hello("").Remote}
	lasting, leased := make(audience, 10), make(audience, 10)
	for token, c := range map[string]audience{"own": lasting, "lease": leased} {
		request := &muster.Request{Transport: muster.CoAP, Method: "GET", Path: []string{"api", "v1", token, "attributes"}, Observe: true}
		if _, _, err := h.Observe(t.Context(), over, request, c); err != nil {
			t.Fatal(err)
		}
	}
	h.set("d", "a", muster.LongValue(1))
	leased.want(t, `45 {"a":1}`)
	lasting.want(t, `45 {"a":1}`)
	h.ahead.Store(int64(2 * time.Hour))
	h.set("d", "a", muster.LongValue(2))
	leased.want(t, "ended: credential-expired")
	lasting.want(t, `45 {"a":2}`)
	h.waiting(1)
}
