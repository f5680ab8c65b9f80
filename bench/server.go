package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A house is where both servers find their files.
type house struct {
	dir       string
	binary    string
	mosquitto string
	key       string // of the default profile
	secret    string
	roots     *x509.CertPool // of both servers

	certificates []tls.Certificate // of devices; nil before certify
	small, large *house            // nil before little and populous
	lived        bool              // it is grown
}

// A server is a running process and where it listens.
type server struct {
	command           *exec.Cmd
	http, mqtt, mqtts string
	coap              string // Muster alone
}

// furnish makes Muster's data directory and a certificate for mosquitto.
func furnish(ctx context.Context, binary, dir string) (*house, error) {
	mosquitto, err := exec.LookPath("mosquitto")
	if err != nil {
		if mosquitto, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			return nil, errors.New("mosquitto is missing; on Debian: apt-get install mosquitto")
		}
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return nil, err
	}
	made, err := exec.CommandContext(ctx, binary, "init", "--data", filepath.Join(dir, "muster"), "--json").Output()
	if err != nil {
		return nil, fmt.Errorf("muster init: %w", err)
	}
	var answer struct{ CAFile, ProvisionDeviceKey, ProvisionDeviceSecret string }
	if err := json.Unmarshal(made, &answer); err != nil {
		return nil, fmt.Errorf("muster init: %w", err)
	}
	h := &house{
		dir: dir, binary: binary, mosquitto: mosquitto,
		key: answer.ProvisionDeviceKey, secret: answer.ProvisionDeviceSecret, roots: x509.NewCertPool(),
	}
	root, err := os.ReadFile(answer.CAFile)
	if err != nil {
		return nil, err
	}
	own, err := selfSigned(h.file("mosquitto.crt"), h.file("mosquitto.key"))
	if err != nil {
		return nil, err
	}
	if !h.roots.AppendCertsFromPEM(root) || !h.roots.AppendCertsFromPEM(own) {
		return nil, errors.New("a server certificate cannot be read")
	}
	return h, nil
}

// another returns a house of its own below this one, with so many devices.
func (h *house) another(ctx context.Context, name string, devices int) (*house, error) {
	dir := h.file(name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	other, err := furnish(ctx, h.binary, dir)
	if err != nil {
		return nil, err
	}
	return other, other.fill(ctx, devices)
}

func (h *house) file(name string) string { return filepath.Join(h.dir, name) }

// The limits that refuse strangers would refuse the load, which comes from one address.
const musterConfig = "limits:\n  provisionPerKey: 0\n  provisionFailures: 0\n  authFailures: 0\n"

// startMuster runs Muster as it is delivered: every acknowledgement is durable.
func (h *house) startMuster(ctx context.Context) (*server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(h.file("muster.yaml"), []byte(musterConfig), 0o600); err != nil {
		return nil, err
	}
	s.command = exec.Command(h.binary, "serve", "--data", h.file("muster"), "--config", h.file("muster.yaml"),
		"--http", s.http, "--https", "off", "--mqtt", s.mqtt, "--mqtts", s.mqtts, "--coap", s.coap, "--coaps", "off")
	return s, s.start(ctx, h.file("muster.log"), func() bool {
		answer, err := http.Get("http://" + s.http + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

const mosquittoConfig = `user %s
persistence false
allow_anonymous true
log_dest none
max_connections -1
set_tcp_nodelay true
listener %s 127.0.0.1
listener %s 127.0.0.1
certfile %s
keyfile %s
`

// startMosquitto runs Debian's mosquitto as it is delivered: it keeps nothing before it acknowledges.
func (h *house) startMosquitto(ctx context.Context) (*server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	_, plain, _ := net.SplitHostPort(s.mqtt)
	_, secure, _ := net.SplitHostPort(s.mqtts)
	text := fmt.Sprintf(mosquittoConfig, me.Username, plain, secure, h.file("mosquitto.crt"), h.file("mosquitto.key"))
	if err := os.WriteFile(h.file("mosquitto.conf"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	// The soft limit of open files is far too low on most machines, and mosquitto does not raise it.
	s.command = exec.Command("/bin/sh", "-c", `ulimit -n "$(ulimit -Hn)"; exec "$0" -c "$1"`, h.mosquitto, h.file("mosquitto.conf"))
	return s, s.start(ctx, h.file("mosquitto.log"), func() bool { return listens(s.mqtt) && listens(s.mqtts) })
}

// newServer chooses free ports.
func newServer() (*server, error) {
	s := &server{}
	for _, address := range []*string{&s.http, &s.mqtt, &s.mqtts, &s.coap} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		*address = l.Addr().String()
	}
	return s, nil
}

func listens(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// start runs the command and returns once it is ready; a process that is not ready in time is ended.
func (s *server) start(ctx context.Context, log string, ready func() bool) error {
	out, err := os.Create(log)
	if err != nil {
		return err
	}
	defer out.Close()
	s.command.Stdout, s.command.Stderr = out, out
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		return err
	}
	for range 6000 {
		if ready() {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.stop())
		case <-time.After(5 * time.Millisecond):
		}
	}
	text, _ := os.ReadFile(log)
	return errors.Join(fmt.Errorf("%s is not ready:\n%s", s.command.Path, tail(string(text), 20)), s.stop())
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func (s *server) pid() int { return s.command.Process.Pid }

// stop asks the process to end and, after fifteen seconds, ends it.
func (s *server) stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.AfterFunc(15*time.Second, func() { _ = s.command.Process.Kill() })
	defer timer.Stop()
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stop %s: %w", filepath.Base(s.command.Path), err)
	}
	return nil
}

// pair starts both servers, calls work with them, and stops them.
func (h *house) pair(ctx context.Context, work func(muster, mosquitto *server) error) (err error) {
	muster, err := h.startMuster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	mosquitto, err := h.startMosquitto(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mosquitto.stop()) }()
	return work(muster, mosquitto)
}
