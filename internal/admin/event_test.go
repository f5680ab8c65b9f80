package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
	"muster/internal/people"
	"muster/internal/session"
)

// A following is a stream of events that is read over a real connection.
type following struct {
	t      *testing.T
	lines  *bufio.Reader
	lastID string
}

// served lets the house serve over real connections.
func served(t *testing.T, h *house) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h.handler)
	s.Config.ReadTimeout = 200 * time.Millisecond // which a stream outlasts
	s.Start()
	t.Cleanup(s.Close)
	t.Cleanup(h.live.Close) // before the server is closed, which waits for its streams
	return s
}

// follow begins a stream; header are names and values.
func follow(t *testing.T, s *httptest.Server, token muster.Secret, query string, header ...string) *following {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/events?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("%s %s: %s", res.Status, res.Header.Get("Content-Type"), text)
	}
	f := &following{t: t, lines: bufio.NewReader(res.Body)}
	if name, _ := f.line(); name != "retry" {
		t.Errorf("a stream begins with %q", name)
	}
	if len(header) == 0 && !strings.Contains(query, "after=") || header != nil && header[0] == "Cookie" {
		if e := f.next(); e.Event != "begin" || e.ID == "" {
			t.Errorf("a stream that goes on behind nothing begins with %+v", e)
		}
	}
	return f
}

func (f *following) line() (name, value string) {
	f.t.Helper()
	text, err := f.lines.ReadString('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			return "over", ""
		}
		f.t.Fatal(err)
	}
	name, value, _ = strings.Cut(strings.TrimSuffix(text, "\n"), ": ")
	if name == "id" {
		f.lastID = value
	}
	return name, value
}

// next returns the next event.
func (f *following) next() (e admin.Event) {
	f.t.Helper()
	for {
		switch name, value := f.line(); name {
		case "over":
			f.t.Fatal("the stream is over")
		case "data":
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				f.t.Fatalf("%v in %s", err, value)
			}
			if e.ID != "" && e.ID != f.lastID || e.At.IsZero() {
				f.t.Errorf("event %+v behind id %s", e, f.lastID)
			}
			return e
		}
	}
}

func TestEventsComeAsTheyHappen(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	d, err := h.fleet.Device(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	s := served(t, h)
	all := follow(t, s, h.token, "kind=attempts&kind=sessions&kind=imports&kind=warnings")
	one := follow(t, s, h.newToken("viewer", muster.RoleViewer), "kind=telemetry&kind=traffic&device=pump")
	time.Sleep(250 * time.Millisecond) // longer than a request may take to arrive

	leave, err := h.sessions.Open(d.ID, 1, sitting{muster.Session{Name: "pump", Profile: d.Profile, Transport: muster.MQTT, Remote: netip.MustParseAddr("10.0.0.9")}})
	if err != nil {
		t.Fatal(err)
	}
	e := all.next()
	if e.Event != "connected" || e.Session == nil || e.Session.Device != "pump" || e.Session.Profile != "default" || e.Session.Remote != "10.0.0.9" {
		t.Errorf("a device connects: %+v", e)
	}
	h.sessions.Hangup(d.ID, muster.Refuse(muster.ReasonDisconnected, ""))
	leave()
	if e = all.next(); e.Event != "disconnected" || e.Reason != "disconnected" {
		t.Errorf("and is disconnected: %+v", e)
	}
	h.noted(muster.Attempt{Action: muster.ActionConnect, Transport: muster.MQTT, Name: "stranger", Reason: muster.ReasonTokenUnknown, Count: 1})
	if e = all.next(); e.Event != "attempt" || e.Attempt == nil || e.Attempt.Reason != "token-unknown" || e.Attempt.Advice == "" || e.Attempt.Number == 0 {
		t.Errorf("a stranger tries: %+v", e)
	}
	if w := h.ask("GET", "/v1/attempts/"+jsonText(e.Attempt.Number), ""); w.Code != http.StatusOK {
		t.Errorf("the journal has %d for that number", w.Code)
	}
	h.live.Expiring(muster.Holder{Device: d, Credential: muster.Credential{Device: d.ID, ExpiresAt: time.Now(), Value: muster.Sealed("secret")}}, 14)
	if e = all.next(); e.Event != "expiring" || e.Expiring == nil || e.Expiring.Days != 14 || e.Expiring.Device != "pump" || e.Expiring.ExpiresAt.IsZero() {
		t.Errorf("a credential ends soon: %+v", e)
	}
	h.must("POST", "/v1/imports?file=fleet.csv", "name,state\nfan,\nfog,gone\n", nil)
	if e = all.next(); e.Event != "import" || e.Import == nil || e.Import.State != "waiting" || e.Import.File != "fleet.csv" {
		t.Errorf("a file is handed in: %+v", e)
	}
	h.filing()
	for e.Import.State != "done" {
		if e = all.next(); e.Event != "import" || e.Import == nil || e.Import.State != "running" && e.Import.State != "done" {
			t.Fatalf("it is filed: %+v", e)
		}
	}
	if e.Import.Rows != 2 || e.Import.Created != 1 || e.Import.Failed != 1 || e.Import.FinishedAt.IsZero() {
		t.Errorf("it is done: %+v", e.Import)
	}

	var b muster.Batch
	b.Add(d.ID, 0, muster.Sample{TS: 1700000000000, Values: muster.Values{}.Add("t", muster.DoubleValue(42)).Add("on", muster.BoolValue(true))})
	h.live.Stored(&b)
	h.live.Passed(3)
	if e = one.next(); e.Event != "telemetry" || e.Telemetry == nil || e.Telemetry.TS != 1700000000000 || string(e.Telemetry.Values["t"]) != "42.0" || e.Telemetry.Device != "pump" {
		t.Errorf("readings: %+v", e)
	}
	if e = one.next(); e.Event != "traffic" || e.Traffic.Samples != 1 || e.Traffic.SamplesTotal != 1 || e.Traffic.Sessions != 3 || e.ID == "" {
		t.Errorf("the traffic of a second: %+v", e)
	}
}

func jsonText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// A sitting is a session of which that is known.
type sitting struct{ muster.Session }

func (sitting) Hangup(error)            {}
func (s sitting) About() muster.Session { return s.Session }

var _ session.Link = sitting{}

func TestAStreamGoesOnWhereItBrokeOff(t *testing.T) {
	h := newHouse(t)
	s := served(t, h)
	before := follow(t, s, h.token, "kind=attempts").lastID
	h.live.Filed([]muster.Attempt{{Number: 1, Name: "one"}, {Number: 2, Name: "two"}})
	for _, how := range []struct {
		name  string
		query string
		last  []string
	}{
		{"by the header", "", []string{"Last-Event-ID", before}},
		{"by the parameter", "&after=" + before, nil},
		{"by the header before the parameter", "&after=zz.1", []string{"Last-Event-ID", before}},
	} {
		t.Run(how.name, func(t *testing.T) {
			f := follow(t, s, h.token, "kind=attempts"+how.query, how.last...)
			if one, two := f.next(), f.next(); one.Attempt.Name != "one" || two.Attempt.Name != "two" {
				t.Errorf("%+v, %+v", one.Attempt, two.Attempt)
			}
		})
	}
	t.Run("and says what nobody knows any more", func(t *testing.T) {
		f := follow(t, s, h.token, "kind=attempts&after=zz.1")
		if e := f.next(); e.Event != "lost" || e.Lost == nil || e.Lost.Kind != "attempts" || e.Lost.AtMost != 0 || e.ID != "" {
			t.Errorf("%+v", e)
		}
		if e := f.next(); e.Attempt == nil || e.Attempt.Name != "one" {
			t.Errorf("%+v", e)
		}
	})
}

func TestAStreamEndsWithWhatItWasBegunWith(t *testing.T) {
	h := newHouse(t)
	s := served(t, h)
	ends := func(t *testing.T, f *following, reason muster.Reason) {
		t.Helper()
		began := time.Now()
		if e := f.next(); e.Event != "end" || e.Problem == nil || e.Problem.Reason != string(reason) {
			t.Errorf("%+v", e)
		}
		if name, _ := f.line(); name != "" {
			t.Errorf("%q behind the event", name)
		}
		if name, _ := f.line(); name != "over" {
			t.Errorf("%q behind the end", name)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	}
	t.Run("a token that is revoked", func(t *testing.T) {
		f := follow(t, s, h.newToken("short", muster.RoleViewer), "kind=attempts")
		if _, err := h.people.RevokeToken(t.Context(), "short"); err != nil {
			t.Fatal(err)
		}
		ends(t, f, muster.ReasonAPITokenRevoked)
	})
	signedIn := func(t *testing.T, name string, role muster.Role) *following {
		t.Helper()
		h.newUser(name, role)
		b := h.newBrowser()
		if w := b.signIn(name, rightPassword); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return follow(t, s, "", "kind=attempts", "Cookie", "muster="+b.cookies["muster"])
	}
	t.Run("a user who is deleted", func(t *testing.T) {
		f := signedIn(t, "anna", muster.RoleViewer)
		if err := h.people.DeleteUser(t.Context(), "anna"); err != nil {
			t.Fatal(err)
		}
		ends(t, f, muster.ReasonLoginOver)
	})
	t.Run("a user who may do less", func(t *testing.T) {
		f := signedIn(t, "bert", muster.RoleOperator)
		lower := muster.RoleViewer
		if _, err := h.people.UpdateUser(t.Context(), "bert", people.UserChange{Role: &lower}); err != nil {
			t.Fatal(err)
		}
		ends(t, f, muster.ReasonRoleTooLow)
	})
	t.Run("a server that stops", func(t *testing.T) {
		f := follow(t, s, h.token, "kind=traffic")
		h.live.Close()
		ends(t, f, muster.ReasonStopping)
		h.refused("GET", "/v1/events?kind=attempts", "", http.StatusServiceUnavailable, muster.ReasonStopping)
	})
}

func TestAStreamThatCannotBe(t *testing.T) {
	h := newHouse(t)
	for _, no := range []struct {
		name   string
		query  string
		status int
		reason muster.Reason
	}{
		{"of nothing", "", http.StatusBadRequest, muster.ReasonRequestInvalid},
		{"of what there is not", "kind=weather", http.StatusBadRequest, muster.ReasonRequestInvalid},
		{"of every device's readings", "kind=telemetry", http.StatusBadRequest, muster.ReasonRequestInvalid},
		{"of the readings of a device that there is not", "kind=telemetry&device=none", http.StatusNotFound, muster.ReasonNotFound},
		{"with a reason that there is not", "kind=attempts&reason=mood", http.StatusBadRequest, muster.ReasonRequestInvalid},
		{"from nowhere", "kind=attempts&remote=here", http.StatusBadRequest, muster.ReasonRequestInvalid},
		{"behind nothing", "kind=attempts&after=" + url.QueryEscape("1 2"), http.StatusBadRequest, muster.ReasonRequestInvalid},
	} {
		t.Run(no.name, func(t *testing.T) {
			h.t = t
			h.refused("GET", "/v1/events?"+no.query, "", no.status, no.reason)
		})
	}
	h.t = t
	s := served(t, h)
	for range 8 {
		follow(t, s, h.token, "kind=attempts")
	}
	h.refused("GET", "/v1/events?kind=attempts", "", http.StatusTooManyRequests, muster.ReasonTooManyStreams)
	follow(t, s, h.newToken("another", muster.RoleViewer), "kind=attempts")
}
