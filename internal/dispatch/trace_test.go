package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/trace"
)

// traced has a device traced, and returns what shows its lines.
func (h *house) traced(name string) func() string {
	h.t.Helper()
	d, err := h.fleet.Device(h.t.Context(), name)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.tracer.Start(h.t.Context(), &d, time.Minute); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = h.tracer.Stop(h.t.Context(), &d) })
	return func() string {
		seen, _ := h.tracer.Trace(d.ID, 0, trace.Most*1000)
		var b strings.Builder
		for _, l := range seen.Lines {
			b.WriteString(l.Event + " " + l.Text + "\n")
		}
		return b.String()
	}
}

func TestATraceTellsWhatADeviceDoesAndNoSecret(t *testing.T) {
	h := newHouse(t)
	h.device("pump", "a-token-that-is-secret")
	h.device("other", "another-secret-token")
	lines := h.traced("pump")
	p, err := h.Connect(t.Context(), hello("a-token-that-is-secret"))
	if err != nil {
		t.Fatal(err)
	}
	leave, err := p.Listen(func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	p.Grants("v1/devices/me/attributes")
	p.Grants("secret-in-a-filter")
	_, _ = h.say(p, "v1/devices/me/telemetry", `{"temperature":"value-that-is-secret","b":1}`)
	_, _ = h.say(p, "v1/devices/me/attributes", `{"serial":"value-that-is-secret"}`)
	_, _ = h.say(p, "v1/devices/me/telemetry", `{"temperature":`)
	_, _ = h.say(p, "api/v1/a-token-that-is-secret/telemetry", `{}`)
	leave()
	request := &muster.Request{Transport: muster.HTTP, Method: "POST", Path: []string{"api", "v1", "a-token-that-is-secret", "telemetry"}, Body: []byte(`{"web":1}`)}
	if _, err := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP}, request); err != nil {
		t.Fatal(err)
	}
	if q, err := h.Connect(t.Context(), hello("another-secret-token")); err == nil {
		_, _ = h.say(q, "v1/devices/me/telemetry", `{"others":1}`)
	}

	told := lines()
	for _, want := range []string{
		"connect transport=mqtt remote=192.0.2.1\n",
		"check name=credential result=passed ",
		"subscribe filter=v1/devices/me/attributes granted=true\n",
		"subscribe filterBytes=18 granted=false\n",
		"message transport=mqtt address=v1/devices/me/telemetry bytes=44 keys=temperature,b\nanswer reason=none",
		"message transport=mqtt address=v1/devices/me/attributes bytes=33 keys=serial\n",
		"answer reason=payload-invalid ",
		"message transport=mqtt addressBytes=39 bytes=2\n",
		"left transport=mqtt\n",
		"message transport=http address=v1/devices/me/telemetry bytes=9 keys=web\nanswer reason=none bytes=0\n",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, never := range []string{"secret", "others"} {
		if strings.Contains(told, never) {
			t.Errorf("told: %s", never)
		}
	}
	if t.Failed() {
		t.Log(told)
	}
}
