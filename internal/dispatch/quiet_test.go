package dispatch_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"muster"
	"muster/internal/fleet"
)

func TestAProfileKeepsItsReasonsFromWhoeverIsPutOutWhileConnecting(t *testing.T) {
	h := newHouse(t)
	if _, _, err := h.fleet.CreateProfile(t.Context(), fleet.NewProfile{
		Name: "quiet", Strategy: muster.StrategyAllowCreate, Settings: muster.ProfileSettings{HideReasons: true},
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.fleet.CreateDevice(t.Context(), fleet.NewDevice{Name: "hushed", Profile: "quiet", Credentials: fleet.Credentials{Token: "token"}}); err != nil {
		t.Fatal(err)
	}
	p := h.connect("token")
	if _, err := h.fleet.SuspendDevice(t.Context(), "hushed"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Listen(func(error) {}); !errors.Is(err, muster.ReasonDeviceSuspended) || !muster.Public(err).Quiet {
		t.Errorf("Listen: %v", err)
	}
	for i := range 8 { // the limit has no reason to tell either
		if _, err := h.Connect(t.Context(), hello("token")); !muster.Public(err).Quiet {
			t.Errorf("attempt %d is told %v", i, err)
		}
	}
}

func TestAProfileMayKeepItsReasons(t *testing.T) {
	h := newHouse(t)
	if _, _, err := h.fleet.CreateProfile(t.Context(), fleet.NewProfile{
		Name: "quiet", Strategy: muster.StrategyAllowCreate, ProvisionKey: "quiet", ProvisionSecret: "secret", Settings: muster.ProfileSettings{HideReasons: true},
	}); err != nil {
		t.Fatal(err)
	}
	ask := func(key string) string {
		m, _ := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.9")}, &muster.Request{
			Transport: muster.HTTP, Method: "POST", Path: []string{"api", "v1", "provision"},
			Body: []byte(`{"provisionDeviceKey":"` + key + `","provisionDeviceSecret":"secret","deviceName":"taken"}`),
		})
		return string(m.Body)
	}
	ask("quiet")
	if got := ask("quiet"); strings.Contains(got, "reason") || !strings.Contains(got, "FAILURE") {
		t.Errorf("the quiet profile says %s", got)
	}
	if _, _, err := h.fleet.CreateDevice(t.Context(), fleet.NewDevice{Name: "hushed", Profile: "quiet", Credentials: fleet.Credentials{Token: "hushed-token"}}); err != nil {
		t.Fatal(err)
	}
	m, err := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.9")}, &muster.Request{
		Transport: muster.HTTP, Method: "POST", Path: []string{"api", "v1", "hushed-token", "telemetry"}, Body: []byte(`{"a":`),
	})
	if !errors.Is(err, muster.ReasonPayloadInvalid) || m.Code != 500 || len(m.Body) != 0 {
		t.Errorf("a bad payload is answered %d %s, %v", m.Code, m.Body, err)
	}
	if got := ask("key"); !strings.Contains(got, `"reason":"device-name-taken"`) {
		t.Errorf("the open profile says %s", got)
	}
	attempts, err := h.journal.Attempts(t.Context(), muster.AttemptQuery{Name: "taken", Limit: 10})
	if err != nil || attempts[0].Reason != muster.ReasonDeviceNameTaken {
		t.Errorf("the journal says %+v, %v", attempts, err)
	}
}
