package simulate

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster"
)

func TestFleetsThatCannotBe(t *testing.T) {
	good := Options{Devices: 1, Prefix: "sim-", Transports: []muster.Transport{muster.HTTP}, JoinRate: 1, Rate: 1, For: time.Second}
	for name, change := range map[string]func(*Options){
		"no device":          func(o *Options) { o.Devices = 0 },
		"too many devices":   func(o *Options) { o.Devices = MaxDevices + 1 },
		"a negative rate":    func(o *Options) { o.Rate = -1 },
		"a rate too high":    func(o *Options) { o.Rate = MaxRate + 1 },
		"nobody joins":       func(o *Options) { o.JoinRate = 0 },
		"no end":             func(o *Options) { o.For = MaxDuration + 1 },
		"a negative session": func(o *Options) { o.Session = -1 },
		"no transport":       func(o *Options) { o.Transports = nil },
		"a name with markup": func(o *Options) { o.Prefix = "<b>" },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			if _, err := New(o); muster.ReasonOf(err) != muster.ReasonRequestInvalid {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestAHistogramIsRightToAnEighth(t *testing.T) {
	var h histogram
	var all []float64
	for range 10_000 {
		ms := rand.ExpFloat64() * 50
		all = append(all, ms)
		h.add(time.Duration(ms * float64(time.Millisecond)))
	}
	slices.Sort(all)
	f := h.figure()
	for _, c := range []struct{ got, want float64 }{{f.P50, all[4999]}, {f.P99, all[9899]}, {f.Max, all[9999]}} {
		if c.got < c.want*0.99 || c.got > c.want*1.14 {
			t.Errorf("got %.3f, want %.3f", c.got, c.want)
		}
	}
	if f.Count != 10_000 {
		t.Errorf("%d were counted", f.Count)
	}
	var ends histogram
	ends.add(0)
	ends.add(1 << 62)
	if f := ends.figure(); f.Count != 2 {
		t.Errorf("%d were counted", f.Count)
	}
}

// run runs a fleet over HTTP against a handler.
func run(t *testing.T, o Options, handle http.HandlerFunc) (Summary, error) {
	t.Helper()
	s := httptest.NewServer(handle)
	defer s.Close()
	o.HTTP, o.Transports, o.Prefix, o.JoinRate = strings.TrimPrefix(s.URL, "http://"), []muster.Transport{muster.HTTP}, "sim-", 1000
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f.Run(t.Context())
}

func TestADeviceThatIsToldToComeLaterDoes(t *testing.T) {
	var asked atomic.Int64
	s, err := run(t, Options{Devices: 1}, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			_, _ = w.Write([]byte(`{"status":"FAILURE","errorMsg":"no","reason":"rate-limited"}`))
			return
		}
		_, _ = w.Write([]byte(`{"status":"SUCCESS","credentialsType":"ACCESS_TOKEN","credentialsValue":"token"}`))
	})
	if err != nil || s.Joined != 1 || s.Failed != 0 || s.Parts[0].JoinedLate != 1 || s.Phase != Ended {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAFleetThatIsNotLetInSaysWhy(t *testing.T) {
	s, err := run(t, Options{Devices: 3, Rate: 1, For: time.Second}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"NOT_FOUND","errorMsg":"no","reason":"provision-data-not-found"}`))
	})
	if muster.ReasonOf(err) != muster.ReasonProvisionDataNotFound || s.Failed != 3 || s.Parts[0].Reasons["provision-data-not-found"] != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestReportsThatAreRefusedAreCounted(t *testing.T) {
	var asked atomic.Int64
	s, err := run(t, Options{Devices: 2, Rate: 100, For: 500 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/provision"):
			_, _ = w.Write([]byte(`{"status":"SUCCESS","credentialsValue":"token"}`))
		case asked.Add(1)%2 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err != nil || s.Reports == 0 || s.Failed == 0 || s.Parts[0].Reasons["server-busy"] != s.Failed {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAnInterruptEndsAFleetAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // who never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := New(Options{
		Devices: 1000, Prefix: "sim-", Transports: []muster.Transport{muster.HTTP}, HTTP: l.Addr().String(), JoinRate: 1000, Rate: 1, For: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	began := time.Now()
	if _, err := f.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("it ended after %v with %v", time.Since(began), err)
	}
}

func TestAServerThatIsNotThereIsSaidToBe(t *testing.T) {
	for _, transport := range []muster.Transport{muster.MQTT, muster.HTTP, muster.CoAP} {
		t.Run(transport.String(), func(t *testing.T) {
			t.Parallel()
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			nowhere := c.LocalAddr().String()
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			f, err := New(Options{
				Devices: 1, Prefix: "sim-", Transports: []muster.Transport{transport}, HTTP: nowhere, MQTT: nowhere, CoAP: nowhere, JoinRate: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			s, err := f.Run(t.Context())
			if err == nil || s.Parts[0].Reasons["server-unreachable"] != 1 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}
