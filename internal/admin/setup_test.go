package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
	"muster/internal/backup"
	"muster/internal/bulk"
	"muster/internal/campaign"
	"muster/internal/expiry"
	"muster/internal/fleet"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/live"
	"muster/internal/pebble"
	"muster/internal/people"
	"muster/internal/provision"
	"muster/internal/revocation"
	"muster/internal/session"
	"muster/internal/sqlite"
	"muster/internal/telemetry"
	"muster/internal/trace"
)

// A house is the API over real stores, with a token that opens it.
type house struct {
	t         testing.TB
	handler   http.Handler
	options   admin.Options
	registry  *sqlite.Registry
	keys      *muster.Keyring
	fleet     *fleet.Service
	people    *people.Service
	journal   *journal.Journal
	readings  *pebble.Readings
	sessions  *session.Registry
	bulk      *bulk.Service
	live      *live.Feed
	campaigns *campaign.Service
	log       *bytes.Buffer
	token     muster.Secret
	remote    string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	keys, err := muster.NewKeyring(bytes.Repeat([]byte{7}, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	authority, err := issuer.Open(filepath.Join(dir, "ca"), issuer.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := sqlite.Open(t.Context(), filepath.Join(dir, "registry.db"), sqlite.Options{Fingerprint: keys.Fingerprint()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.Close() })
	h := &house{t: t, registry: registry, keys: keys, log: &bytes.Buffer{}, sessions: session.New(), live: live.New(live.Options{}), remote: "192.0.2.1:4711"}
	h.sessions.Watch(h.live)
	log := slog.New(slog.NewTextHandler(h.log, nil))
	if h.readings, err = pebble.Open(filepath.Join(dir, "readings"), pebble.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.readings.Close() })
	h.journal = journal.New(registry, journal.Options{Watcher: h.live})
	t.Cleanup(func() { _ = h.journal.Close(t.Context()) })
	h.fleet = fleet.New(registry, keys, fleet.Options{Changed: h.sessions.Hangup})
	ctx, stop := context.WithCancel(t.Context())
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		h.fleet.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-swept })
	h.people = people.New(registry, keys, people.Options{Cost: people.Cost{Memory: 8, Passes: 1}, Logger: log})
	h.token = h.newToken("test", muster.RoleAdmin)
	if _, err := h.fleet.EnsureDefaultProfile(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.bulk = bulk.New(registry, keys, bulk.Options{Dir: filepath.Join(dir, "imports"), Readings: h.readings, Changed: h.sessions.Hangup, Watcher: h.live})
	h.campaigns = campaign.New(registry, campaign.Options{Watcher: h.live})
	h.options = admin.Options{
		Fleet: h.fleet, People: h.people, Journal: h.journal, Identity: identity.New(registry, keys, identity.Options{}),
		Provision: provision.New(registry, keys, provision.Options{}),
		Authority: issuer.NewAuthority(authority, registry, keys, h.sessions.Hangup),
		Backups: backup.New(backup.Options{
			Dir: dir, Registry: registry, Readings: h.readings, Format: "1\n", Now: time.Now,
			Keys: func() (backup.Keys, error) { return backup.Keys{}, nil },
		}),
		Readings: telemetry.NewReader(h.readings), Sessions: h.sessions, Tracer: trace.New(registry, log), Bulk: h.bulk, Live: h.live, Expiry: expiry.New(registry, expiry.Options{}), Revocation: revocation.New(registry, revocation.Options{}), Campaigns: h.campaigns, Machine: machine{},
		Version: "test", Logger: log,
	}
	h.handler = admin.New(h.options)
	return h
}

// newToken makes an API token of that role.
func (h *house) newToken(name string, role muster.Role) muster.Secret {
	h.t.Helper()
	t, err := h.people.CreateToken(h.t.Context(), people.NewToken{Name: name, Role: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return t.Secret
}

// ask sends a request with the house's token and returns the answer.
func (h *house) ask(method, path, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.askAs(h.token.Reveal(), method, path, body)
}

func (h *house) askAs(token, method, path, body string) *httptest.ResponseRecorder {
	h.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(h.t.Context(), method, path, r)
	req.RemoteAddr = h.remote
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	theContract().check(h.t, req, w)
	return w
}

// must asks for what has to succeed and reads the answer into out, unless that is nil.
func (h *house) must(method, path, body string, out any) {
	h.t.Helper()
	w := h.ask(method, path, body)
	if w.Code >= 300 {
		h.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		h.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
}

// refused asks for what has to be refused with that status and reason.
func (h *house) refused(method, path, body string, status int, reason muster.Reason) admin.Problem {
	h.t.Helper()
	return h.problem(h.ask(method, path, body), status, reason)
}

func (h *house) problem(w *httptest.ResponseRecorder, status int, reason muster.Reason) admin.Problem {
	h.t.Helper()
	var p admin.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		h.t.Fatalf("no problem document: %d %s", w.Code, w.Body)
	}
	if w.Code != status || p.Status != status || p.Reason != string(reason) || p.Title == "" || p.Detail == "" {
		h.t.Fatalf("%d %+v, want %d %s", w.Code, p, status, reason)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		h.t.Fatalf("the content type of a problem is %q", got)
	}
	return p
}

// device returns the path of a device.
func device(name string, more ...string) string {
	return "/v1/devices/" + url.PathEscape(name) + strings.Join(append([]string{""}, more...), "/")
}

// report files readings of a device.
func (h *house) report(name string, ts int64, values muster.Values) {
	h.t.Helper()
	d, err := h.fleet.Device(h.t.Context(), name)
	if err != nil {
		h.t.Fatal(err)
	}
	var b muster.Batch
	b.Add(d.ID, 0, muster.Sample{TS: ts, Stamped: true, Values: values})
	if err := h.readings.Commit(&b); err != nil {
		h.t.Fatal(err)
	}
}

// noted waits until the journal has filed what it was told.
func (h *house) noted(a muster.Attempt) {
	h.t.Helper()
	h.journal.Note(a)
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all, err := h.journal.Attempts(h.t.Context(), muster.AttemptQuery{Device: a.Device, Name: a.Name, Limit: 1})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(all) == 1 && all[0].Reason == a.Reason {
			return
		}
		if time.Now().After(end) {
			h.t.Fatalf("the journal has %v", all)
		}
	}
}

// A hangup is a session of which nothing is known but how it ends.
type hangup func(error)

func (f hangup) Hangup(why error)      { f(why) }
func (f hangup) About() muster.Session { return muster.Session{} }
