package dispatch_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
)

// A told time is what the answer says.
type told struct {
	Time   int64
	ISO    time.Time
	Signed string
}

func readTold(t *testing.T, m muster.Message) (got told) {
	t.Helper()
	if err := json.Unmarshal(m.Body, &got); err != nil || !m.Fresh {
		t.Fatalf("the answer %q, fresh %v: %v", m.Body, m.Fresh, err)
	}
	if off := time.Since(time.UnixMilli(got.Time)); off < 0 || off > time.Minute || !got.ISO.Equal(time.UnixMilli(got.Time)) {
		t.Errorf("it says %q", m.Body)
	}
	return got
}

func ask(h *house, method, path, query string, from string) (muster.Message, error) {
	r := muster.Request{Transport: muster.HTTP, Method: method, Path: strings.Split(path, "/")}
	if query != "" {
		r.Query = []string{query}
	}
	return h.Do(h.t.Context(), &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr(from)}, &r)
}

func TestAnybodyIsToldTheTime(t *testing.T) {
	h := newHouse(t)
	const from = "192.0.2.9"
	m, err := ask(h, "GET", "api/v1/time", "", from)
	if err != nil {
		t.Fatal(err)
	}
	if got := readTold(t, m); got.Signed != "" {
		t.Error("it is signed though nobody asked for that")
	}
	if m, err = ask(h, "GET", "api/v1/time", "nonce=0123456789", from); err != nil || !readTold(t, m).signed() {
		t.Errorf("with a nonce: %q, %v", m.Body, err)
	}
	for query, want := range map[string]muster.Reason{
		"nonce=short": muster.ReasonRequestInvalid, "nonce=" + strings.Repeat("n", 65): muster.ReasonRequestInvalid,
		"nonce=0123456789\"": muster.ReasonRequestInvalid,
	} {
		if _, err := ask(h, "GET", "api/v1/time", query, from); !errors.Is(err, want) {
			t.Errorf("%s: %v", query, err)
		}
	}
	if _, err := ask(h, "POST", "api/v1/time", "", from); !errors.Is(err, muster.ReasonMethodNotAllowed) {
		t.Errorf("POST: %v", err)
	}
}

func (got told) signed() bool { return strings.Count(got.Signed, ".") == 2 }

func TestAnAddressThatAsksForTheTimeTooOftenIsRefused(t *testing.T) {
	h := newHouse(t)
	for range 5 {
		if _, err := ask(h, "GET", "api/v1/time", "", "192.0.2.9"); err != nil {
			t.Fatal(err)
		}
	}
	m, err := ask(h, "GET", "api/v1/time", "", "192.0.2.9")
	if !errors.Is(err, muster.ReasonRateLimited) || m.RetryAfter != 60 {
		t.Errorf("the sixth time: %v, again after %d s", err, m.RetryAfter)
	}
	if _, err := ask(h, "GET", "api/v1/time", "", "192.0.2.10"); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestADeviceIsToldTheTimeOnATopic(t *testing.T) {
	h := newHouse(t)
	h.device("pump", "pump-token")
	p := h.connect("pump-token")
	if !p.Grants("/time/response") {
		t.Error("nobody may listen for the answer")
	}
	for body, signed := range map[string]bool{"": false, "{}": false, `{"nonce":"0123456789"}`: true} {
		m, err := h.say(p, "/time/request", body)
		if err != nil || m.Address != "/time/response" || readTold(t, m).signed() != signed {
			t.Errorf("%q: %+v, %v", body, m, err)
		}
	}
	for body, want := range map[string]muster.Reason{"{": muster.ReasonPayloadInvalid, `{"nonce":"x"}`: muster.ReasonRequestInvalid} {
		if _, err := h.say(p, "/time/request", body); !errors.Is(err, want) {
			t.Errorf("%q: %v", body, err)
		}
	}
	for range 6 { // no session ends because others ask
		if _, err := h.say(p, "/time/request", `{"nonce":"0123456789"}`); err != nil {
			t.Error(err)
		}
	}
	if m, _ := h.say(p, "/time/request", `{"nonce":"0123456789"}`); readTold(t, m).signed() {
		t.Error("times are signed without end")
	}
}
