package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"muster"
	"muster/internal/akenza"
	"muster/internal/dispatch"
	"muster/internal/est"
	"muster/internal/fleet"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/pebble"
	"muster/internal/provision"
	"muster/internal/session"
	"muster/internal/sqlite"
	"muster/internal/telemetry"
	"muster/internal/thingsboard"
	"muster/internal/trace"
)

// A house is everything below the transports, on real stores.
type house struct {
	*dispatch.Dispatcher
	t       testing.TB
	fleet   *fleet.Service
	reader  *telemetry.Reader
	journal *journal.Journal
	tracer  *trace.Tracer
	forget  func(muster.DeviceID, error)
	listens func() int
	ahead   atomic.Int64 // how far the clock is, a time.Duration

	registry *sqlite.Registry
	keys     *muster.Keyring
	who      *identity.Service
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func newHouse(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := sqlite.Open(t.Context(), filepath.Join(dir, "registry.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	readings, err := pebble.Open(filepath.Join(dir, "readings"), pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, journal: journal.New(registry, journal.Options{}), reader: telemetry.NewReader(readings), tracer: trace.New(registry, slog.New(slog.DiscardHandler)), registry: registry, keys: keys}
	sessions, who := session.New(), identity.New(registry, keys, identity.Options{Now: h.now})
	h.who = who
	h.forget = func(device muster.DeviceID, why error) {
		who.Forget(device)
		sessions.Hangup(device, why)
	}
	h.listens = sessions.Listeners
	h.fleet = fleet.New(registry, keys, fleet.Options{Changed: h.forget, Shared: func(device muster.DeviceID, keys []string) { h.SharedChanged(device, keys) }})
	intake := telemetry.New(readings, telemetry.Options{})
	authority, err := issuer.Open(filepath.Join(dir, "ca"), issuer.Options{Keys: keys, Now: h.now})
	if err != nil {
		t.Fatal(err)
	}
	h.Dispatcher = dispatch.New(dispatch.Options{
		Issuer: authority, Identity: who, Intake: intake,
		Attributes: telemetry.NewAttributes(registry), Sessions: sessions, Journal: h.journal, Tracer: h.tracer, Keys: keys,
		Platform: &thingsboard.Dialect{}, Dialects: []dispatch.Dialect{akenza.Dialect{}},
		Provision: provision.New(registry, keys, provision.Options{
			Authority: issuer.NewAuthority(authority, registry, keys, h.forget), Changed: h.forget, Now: h.now,
		}),
		Enroller: est.Dialect{}, ProvisionFailures: 5, AuthFailures: 5, Now: h.now,
	})
	t.Cleanup(func() {
		h.Close()
		ctx := context.Background()
		if err := errors.Join(intake.Close(ctx), h.journal.Close(ctx), readings.Close(), registry.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := h.fleet.CreateProfile(t.Context(), fleet.NewProfile{Name: "open", Strategy: muster.StrategyAllowCreate, ProvisionKey: "key", ProvisionSecret: "secret"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func hello(username string) *muster.Hello {
	return &muster.Hello{Transport: muster.MQTT, ClientID: "test", Username: username, Remote: netip.MustParseAddr("192.0.2.1")}
}

// An ear hears answers.
type ear struct {
	mu      sync.Mutex
	answers map[uint64]heard
	flushed chan struct{}
}

type heard struct {
	m   muster.Message
	err error
}

func (e *ear) Answer(tag uint64, m muster.Message, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.answers[tag]; twice {
		err = fmt.Errorf("answered twice, now with %v", err)
	}
	e.answers[tag] = heard{m, err}
}

func (e *ear) Flush() {
	select {
	case e.flushed <- struct{}{}:
	default:
	}
}

// say hands a message in and waits for its answer.
func (h *house) say(p *dispatch.Peer, topic, body string) (muster.Message, error) {
	h.t.Helper()
	e := &ear{answers: map[uint64]heard{}, flushed: make(chan struct{}, 1)}
	p.Handle(h.t.Context(), []byte(topic), []byte(body), e, 7)
	select {
	case <-e.flushed:
	case <-time.After(10 * time.Second):
		h.t.Fatal("no answer")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.answers[7].m, e.answers[7].err
}

func (h *house) device(name, token string) {
	h.t.Helper()
	if _, _, err := h.fleet.CreateDevice(h.t.Context(), fleet.NewDevice{Name: name, Profile: "open", Credentials: fleet.Credentials{Token: muster.Secret(token)}}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) connect(token string) *dispatch.Peer {
	h.t.Helper()
	p, err := h.Connect(h.t.Context(), hello(token))
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

const telemetryTopic = "v1/devices/me/telemetry"

func TestADeviceJoinsComesBackReportsAndIsSuspended(t *testing.T) {
	h := newHouse(t)
	joiner := h.connect("provision")
	if !joiner.Provisioning() || !joiner.Grants("/provision/response") || joiner.Grants(telemetryTopic) {
		t.Fatal("that is no provisioning session")
	}
	m, err := h.say(joiner, "/provision/request", `{"provisionDeviceKey":"key","provisionDeviceSecret":"secret","deviceName":"d","token":"own"}`)
	if err != nil || m.Address != "/provision/response" || !strings.Contains(string(m.Body), `"credentialsValue":"own"`) {
		t.Fatalf("%s %s, %v", m.Address, m.Body, err)
	}
	device := h.connect("own")
	var ended error
	leave, err := device.Listen(func(err error) { ended = err })
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if m, err := h.say(device, telemetryTopic, `{"t":42.0}`); err != nil || m.Body != nil {
		t.Fatalf("%s, %v", m.Body, err)
	}
	if latest, err := h.reader.Latest(t.Context(), device.Identity().Device); err != nil || len(latest) != 1 || latest[0].Value != muster.DoubleValue(42) {
		t.Fatalf("%v, %v", latest, err)
	}
	if _, err := h.say(device, "v1/devices/me/attributes", `{"fw":"v1.2"}`); err != nil {
		t.Fatal(err)
	}
	if m, err := h.say(device, "v1/devices/me/attributes/request/3", `{"clientKeys":"fw"}`); err != nil ||
		m.Address != "v1/devices/me/attributes/response/3" || string(m.Body) != `{"client":{"fw":"v1.2"}}` {
		t.Fatalf("%s %s, %v", m.Address, m.Body, err)
	}
	if m, err := h.say(device, "v1/devices/me/rpc/request/1", `{"method":"getSessionLimits","params":{}}`); err != nil || !strings.Contains(string(m.Body), `"maxInflightMessages":100`) {
		t.Fatalf("%s, %v", m.Body, err)
	}
	if _, err := h.fleet.SuspendDevice(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(ended, muster.ReasonDeviceSuspended) {
		t.Errorf("the session ended with %v", ended)
	}
	if _, err := h.Connect(t.Context(), hello("own")); !errors.Is(err, muster.ReasonDeviceSuspended) {
		t.Errorf("suspended, it is told %v", err)
	}
	var journal []string
	for _, a := range h.attempts("d") {
		journal = append(journal, a.Action.String()+" "+string(a.Reason))
	}
	if want := []string{"connect device-suspended", "disconnect device-suspended", "connect ", "provision "}; !slices.Equal(journal, want) {
		t.Errorf("the journal, the newest first: %q", journal)
	}
}

func TestWhatIsRefused(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	device, joiner := h.connect("token"), h.connect("provision")
	for name, c := range map[string]struct {
		peer        *dispatch.Peer
		topic, body string
		want        muster.Reason
	}{
		"a topic that nobody serves":              {device, "v1/devices/me/telemetri", "{}", muster.ReasonTopicUnknown},
		"a payload that is no JSON":               {device, telemetryTopic, "{", muster.ReasonPayloadInvalid},
		"attributes in a list":                    {device, "v1/devices/me/attributes", "[{}]", muster.ReasonPayloadInvalid},
		"another device's topic":                  {device, "/up/device/id/somebody", "{}", muster.ReasonTopicUnknown},
		"a device that wants to be let in again":  {device, "/provision/request", `{"provisionDeviceKey":"key","provisionDeviceSecret":"secret"}`, muster.ReasonTopicUnknown},
		"a device that asks for that in nonsense": {device, "/provision/request", "{", muster.ReasonTopicUnknown},
		"an address of requests over HTTP":        {device, "v1/devices/me/attributes/request", "", muster.ReasonTopicUnknown},
		"telemetry before being let in":           {joiner, telemetryTopic, "{}", muster.ReasonTopicUnknown},
		"a request without a key":                 {joiner, "/provision/request", `{"provisionDeviceSecret":"secret"}`, muster.ReasonRequestInvalid},
		"a request that is neither JSON nor that": {joiner, "/provision/request", "\xff\xff", muster.ReasonPayloadInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := h.say(c.peer, c.topic, c.body)
			if muster.ReasonOf(err) != c.want || m.Body != nil {
				t.Errorf("%v with %q, want %s", err, m.Body, c.want)
			}
		})
	}
}

func TestAnEmptyMessageIsAcknowledged(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	for _, body := range []string{"{}", "[]"} {
		if _, err := h.say(h.connect("token"), telemetryTopic, body); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAnAddressThatGuessesIsRefusedAndProvenDevicesGoOn(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	for i := range 7 {
		_, err := h.Connect(t.Context(), hello(fmt.Sprint("guess", i)))
		want := muster.ReasonTokenUnknown
		if i >= 5 {
			want = muster.ReasonRateLimited
		}
		if !errors.Is(err, want) {
			t.Errorf("guess %d is told %v, want %s", i, err, want)
		}
	}
	h.connect("token")
	joiner := h.connect("provision")
	for i := range 7 {
		m, err := h.say(joiner, "/provision/request", `{"provisionDeviceKey":"key","provisionDeviceSecret":"guess"}`)
		want, status := muster.ReasonProvisionSecretWrong, "NOT_FOUND"
		if i >= 5 {
			want, status = muster.ReasonRateLimited, "FAILURE"
		}
		if !errors.Is(err, want) || !strings.Contains(string(m.Body), status) {
			t.Errorf("guess %d is told %s, %v", i, m.Body, err)
		}
	}
}

func TestWhoeverIsPutOutWhileConnectingStaysOut(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	p := h.connect("token")
	if _, err := h.fleet.SuspendDevice(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Listen(func(error) {}); !errors.Is(err, muster.ReasonDeviceSuspended) {
		t.Errorf("Listen after the suspension: %v", err)
	}
	if a := h.attempts("d")[0]; a.Reason != muster.ReasonDeviceSuspended || a.Action != muster.ActionConnect || !strings.HasPrefix(a.Shown, "user name ") {
		t.Errorf("the journal: %+v", a)
	}
	other := func() *dispatch.Peer { h.device("e", "other"); return h.connect("other") }()
	h.forget(p.Identity().Device, nil)
	if _, err := other.Listen(func(error) {}); err != nil {
		t.Errorf("another device is put out with it: %v", err)
	}
}

func TestACredentialThatIsAnothersByNowIsNotBelieved(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	p := h.connect("token")
	if err := h.fleet.DeleteDevice(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	h.device("e", "token")
	if _, err := p.Listen(func(error) {}); !errors.Is(err, muster.ReasonCredentialChanged) {
		t.Errorf("Listen with the token of a device that was made since: %v", err)
	}
}

func TestAClientThatGoesAwayIsNoErrorOfTheServer(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	gone, goes := context.WithCancel(t.Context())
	goes()
	for path, body := range map[string]string{
		"api/v1/token/telemetry": `{"a":1}`, "api/v1/token/attributes": `{"a":1}`,
		"api/v1/provision": `{"provisionDeviceKey":"key","provisionDeviceSecret":"secret","deviceName":"d"}`,
	} {
		m, err := h.Do(gone, &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.9")},
			&muster.Request{Transport: muster.HTTP, Method: "POST", Path: strings.Split(path, "/"), Body: []byte(body)})
		if muster.KindOf(err) != muster.Overloaded || m.Body != nil {
			t.Errorf("%s: %v with %s", path, err, m.Body)
		}
	}
	if all := h.attempts("d"); len(all) != 0 {
		t.Errorf("the journal: %+v", all)
	}
}

func TestRequestsWithoutASession(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	do := func(method, path, body string) (muster.Message, error) {
		return h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.9")},
			&muster.Request{Transport: muster.HTTP, Method: method, Path: strings.Split(path, "/"), Body: []byte(body)})
	}
	if _, err := do("POST", "api/v1/token/telemetry", `{"a":1}`); err != nil {
		t.Error(err)
	}
	if _, err := do("POST", "api/v1/token/attributes", `{"b":"x"}`); err != nil {
		t.Error(err)
	}
	if m, err := do("GET", "api/v1/token/attributes", ""); err != nil || string(m.Body) != `{"client":{"b":"x"}}` {
		t.Errorf("%s, %v", m.Body, err)
	}
	for name, c := range map[string]struct {
		method, path, body string
		want               muster.Reason
		code               int
	}{
		"an unknown token is refused before its body is read": {"POST", "api/v1/nobody/telemetry", "{", muster.ReasonTokenUnknown, 0},
		"a body that is no JSON":                              {"POST", "api/v1/token/telemetry", "{", muster.ReasonPayloadInvalid, 500},
		"no body":                                             {"POST", "api/v1/token/telemetry", "", muster.ReasonPayloadInvalid, 400},
		"a wrong method":                                      {"DELETE", "api/v1/token/telemetry", "", muster.ReasonMethodNotAllowed, 405},
		"an unknown path":                                     {"POST", "api/v1/token/telemetri", "{}", muster.ReasonTopicUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := do(c.method, c.path, c.body)
			if muster.ReasonOf(err) != c.want || m.Code != c.code {
				t.Errorf("%d %q, %v", m.Code, m.Body, err)
			}
		})
	}
}
