// Package conformance holds what the house promises as black-box tests: the real binary and real clients over every transport.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/internal/freeport"
)

// binaries builds the program once for each set of build tags.
var binaries sync.Map // tags → func() (string, error)

func TestMain(m *testing.M) {
	if name := os.Getenv(attackVariable); name != "" {
		os.Exit(attack(name))
	}
	dir, err := os.MkdirTemp("", "muster-conformance-")
	if err != nil {
		panic(err)
	}
	for _, tags := range []string{"", "ackbeforecommit"} {
		binaries.Store(tags, sync.OnceValues(func() (string, error) {
			path := filepath.Join(dir, "muster"+tags)
			build := exec.Command("go", "build", "-trimpath", "-tags", tags, "-o", path, "muster/cmd/muster")
			build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
			out, err := build.CombinedOutput()
			if err != nil {
				return "", fmt.Errorf("build: %w\n%s", err, out)
			}
			return path, nil
		}))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func binary(t testing.TB, tags string) string {
	t.Helper()
	build, _ := binaries.Load(tags)
	path, err := build.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A server is a running muster with a data directory of its own. Its ports stay the same when it is started again.
type server struct {
	t      testing.TB
	binary string
	data   string
	config string
	ports  struct{ http, https, mqtt, mqtts, coap, coaps string }
	token  string
	setup  string // the token of the setup link
	caFile string
	within []string // a command that it is started with; nil: none
	cmd    *exec.Cmd
	log    *output
	exited chan error
}

// An output is what a process has printed so far.
type output struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ports are those of all servers of all tests.
var ports freeport.Ports

// freePort returns an address on which nobody listens and nobody else in this process will.
func freePort(t testing.TB) string {
	t.Helper()
	address, err := ports.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// newServer starts a server on a fresh directory, with the limits that would stop a test from failing often.
func newServer(t testing.TB, tags string) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, binary: binary(t, tags), data: filepath.Join(dir, "data"), config: filepath.Join(dir, "muster.yaml")}
	text := "limits:\n  provisionFailures: 0\n  authFailures: 0\n  provisionPerKey: 0\n"
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*string{&s.ports.http, &s.ports.https, &s.ports.mqtt, &s.ports.mqtts, &s.ports.coap, &s.ports.coaps} {
		*p = freePort(t)
	}
	out, err := exec.Command(s.binary, "init", "--data", s.data, "--json").Output()
	if err != nil {
		t.Fatalf("init: %v", err)
	}
	var made struct{ APIToken, CAFile, SetupURL string }
	if err := json.Unmarshal(out, &made); err != nil {
		t.Fatal(err)
	}
	s.token, s.caFile = made.APIToken, made.CAFile
	_, s.setup, _ = strings.Cut(made.SetupURL, "token=")
	return s
}

// configure adds lines to the configuration.
func (s *server) configure(lines string) {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err == nil {
		err = os.WriteFile(s.config, append(text, lines...), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// startServer is newServer and start; the server ends with the test, and what it said last is shown where the test fails.
func startServer(t testing.TB) *server { return startServerThat(t, "") }

// startServerThat is startServer with lines more in the configuration.
func startServerThat(t testing.TB, lines string) *server {
	t.Helper()
	s := newServer(t, "")
	s.configure(lines)
	s.start()
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			said := s.log.String()
			t.Logf("the server said at last:\n%s", said[max(0, len(said)-4096):])
		}
	})
	return s
}

func (s *server) url() string { return "http://" + s.ports.http }

func (s *server) start() {
	s.t.Helper()
	s.log = &output{}
	line := append(s.within[:len(s.within):len(s.within)], s.binary, "serve", "--data", s.data, "--config", s.config, "--http", s.ports.http,
		"--https", s.ports.https, "--mqtt", s.ports.mqtt, "--mqtts", s.ports.mqtts, "--coap", s.ports.coap, "--coaps", s.ports.coaps)
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, exited := s.cmd, make(chan error, 1)
	s.exited = exited
	go func() { exited <- cmd.Wait() }()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if r, err := http.Get(s.url() + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-exited:
			s.t.Fatalf("the server ended: %v\n%s", err, s.log)
		default:
		}
	}
	s.t.Fatalf("the server is not ready\n%s", s.log)
}

// kill ends the server as a crash would, at once.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.exited
	s.cmd = nil
}

// stop ends the server as an operator would and returns how it went.
func (s *server) stop() error {
	defer func() { s.cmd = nil }()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.exited:
		return err
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
		return errors.New("it still ran after 10 s")
	}
}

// cli runs a command of the binary against the server and returns what it printed.
func (s *server) cli(args ...string) (string, error) {
	cmd := exec.Command(s.binary, args...)
	cmd.Env = append(os.Environ(), "MUSTER_URL="+s.url(), "MUSTER_TOKEN="+s.token)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("muster %s: %w: %s", strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}

func (s *server) must(args ...string) string {
	s.t.Helper()
	out, err := s.cli(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *server) json(into any, args ...string) {
	s.t.Helper()
	out := s.must(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		s.t.Fatalf("muster %s: %v in %s", strings.Join(args, " "), err, out)
	}
}

// A profile is one that a test made, with its key and secret.
type profile struct{ name, key, secret string }

func (s *server) profile(name, strategy string, more ...string) profile {
	s.t.Helper()
	p := profile{name, name + "-key", name + "-secret"}
	s.must(append([]string{
		"profile", "create", name, "--strategy", strategy, "--provision-key", p.key, "--provision-secret", p.secret,
	}, more...)...)
	return p
}

// latest returns the newest value of a key, as JSON; "" if there is none.
func (s *server) latest(device, key string) string {
	s.t.Helper()
	var all map[string]struct{ Value json.RawMessage }
	s.json(&all, "device", "latest", device)
	return string(all[key].Value)
}

// within waits until ok, at most so long.
func within(t testing.TB, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(d); ; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, d)
		}
	}
}

// patience is how long a test waits at most for what happens sooner unless the machine is very busy.
func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
