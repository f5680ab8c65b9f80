package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// How an attack is judged: the fleet's p99 from PUBLISH to PUBACK is measured in windows, with and without the attack in
// turn, and the median of those with it is held against the median of those without. Where the quiet one is below the
// floor, the floor stands for it: so near to nothing the scheduler of a small machine says more than the server does.
const (
	fleetSize  = 20
	pace       = 20 * time.Millisecond // between two messages of one device
	windowTime = 700 * time.Millisecond
	fewWindows = 3 // of each kind; more are measured, up to manyWindows, before an attack is said to have succeeded
	manyWindow = 9
	worst      = 3
	floor      = 20 * time.Millisecond
	mostMemory = 500 << 20 // of the server, whoever attacks it
)

func TestTheFleetIsServedWhileTheServerIsAttacked(t *testing.T) {
	s := startServer(t)
	s.profile("fleet", "create")
	f := newFleet(t, s)
	for _, name := range []string{
		"half-open handshakes", "slow CONNECTs", "a reader that never reads", "a publisher that floods", "a device that asks",
		"reconnects of one device", "a takeover war",
	} {
		t.Run(name, func(t *testing.T) {
			s.must("device", "create", attacker(name), "--profile", "fleet", "--token", "token-"+attacker(name))
			var quiet, attacked []time.Duration
			for len(quiet) < fewWindows || len(quiet) < manyWindow && tooSlow(quiet, attacked) {
				quiet = append(quiet, f.p99())
				stop := s.attack(t, name)
				attacked = append(attacked, f.p99())
				stop()
			}
			t.Logf("p99 %v quiet and %v attacked, medians of %d windows; the server has %d MB, %d MB at most",
				median(quiet), median(attacked), len(quiet), s.memory("VmRSS")>>20, s.memory("VmHWM")>>20)
			if tooSlow(quiet, attacked) {
				t.Errorf("p99 is %v quiet and %v attacked: more than %d times as much", quiet, attacked, worst)
			}
			if m := s.memory("VmHWM"); m > mostMemory {
				t.Errorf("the server took %d MB", m>>20)
			}
		})
	}
	t.Run("the journal tells of the war and is not filled by it", func(t *testing.T) { f.judgeWar(t) })
	f.stop()
	if strings.Contains(s.log.String(), "panicked") {
		t.Errorf("the log: %s", s.log)
	}
}

// attacker is the name of the device that an attack comes with.
func attacker(attack string) string { return strings.ReplaceAll(attack, " ", "-") }

func tooSlow(quiet, attacked []time.Duration) bool {
	starved := median(attacked) == windowTime && median(quiet) < windowTime
	return starved || median(attacked) > worst*max(median(quiet), floor)
}

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// judgeWar looks at what the journal says of those who connected without end.
func (f *fleet) judgeWar(t *testing.T) {
	for _, name := range []string{"a takeover war", "reconnects of one device"} {
		device := attacker(name)
		why := f.s.must("device", "why", device)
		if !strings.Contains(why, "credential-shared") {
			t.Errorf("%s: the journal does not say that a credential is shared: %s", device, why)
		}
		if n := strings.Count(why, "\n"); n > 100 {
			t.Errorf("%s: %d lines in the journal", device, n)
		}
		p, err := dialPlain(f.s.ports.mqtt, "token-"+device)
		for end := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(end); p, err = dialPlain(f.s.ports.mqtt, "token-"+device) {
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("%s: the rightful device is kept out for more than ten seconds: %v", device, err)
			continue
		}
		p.Close()
	}
	var metrics []string
	for line := range strings.Lines(f.s.metrics(t)) {
		if strings.Contains(line, `action="disconnect",reason="taken-over"`) {
			metrics = append(metrics, line)
		}
	}
	if len(metrics) != 1 {
		t.Fatalf("the metrics of those that were taken over: %q", metrics)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(metrics[0][strings.LastIndex(metrics[0], " "):])); err != nil || n > 150 {
		t.Errorf("%d were taken over: that is not damped; %v", n, err)
	}
}

// attack lets a process attack the server, and returns when it is in full swing.
func (s *server) attack(t *testing.T, name string) (stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], s.ports.mqtt, s.ports.mqtts, "token-"+attacker(name))
	cmd.Env = append(os.Environ(), attackVariable+"="+name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Errorf("%s: %q, %v", name, line, err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s ended early: %v", name, err)
		}
	}
}

// A fleet is devices that do as they should.
type fleet struct {
	t    *testing.T
	s    *server
	all  sync.WaitGroup
	quit chan struct{}

	mu     sync.Mutex // guards what follows
	window int
	took   []time.Duration
	err    error // the first
}

func newFleet(t *testing.T, s *server) *fleet {
	f := &fleet{t: t, s: s, quit: make(chan struct{})}
	for i := range fleetSize {
		name := fmt.Sprintf("good-%d", i)
		s.must("device", "create", name, "--profile", "fleet", "--token", "token-"+name)
		p, err := dialPlain(s.ports.mqtt, "token-"+name)
		if err != nil {
			t.Fatal(err)
		}
		f.all.Go(func() { f.run(p) })
	}
	t.Cleanup(f.stop)
	return f
}

// run reports at an even pace. A message that is late because the one before was counts from when it was due, within its
// window.
func (f *fleet) run(p *plain) {
	defer p.Close()
	due, window := time.Now(), 0
	for {
		due = due.Add(pace)
		select {
		case <-f.quit:
			return
		case <-time.After(time.Until(due)):
		}
		err := p.report(`{"temperature":21.5,"humidity":40,"state":"on"}`, 10*time.Second)
		f.mu.Lock()
		if window == f.window {
			f.took = append(f.took, time.Since(due))
		} else {
			window, due = f.window, time.Now()
		}
		if err != nil && f.err == nil {
			f.err = err
		}
		f.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// p99 is how long 99 of 100 messages of a window took at most; the whole window, where a device has had none of it.
func (f *fleet) p99() time.Duration {
	f.t.Helper()
	f.mu.Lock()
	f.took = f.took[:0]
	f.window++
	f.mu.Unlock()
	time.Sleep(windowTime)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		f.t.Fatalf("a device of the fleet: %v", f.err)
	}
	slices.Sort(f.took)
	if len(f.took) < fleetSize {
		return windowTime // whoever waits has waited for so long, or longer
	}
	return f.took[len(f.took)*99/100]
}

func (f *fleet) stop() {
	select {
	case <-f.quit:
	default:
		close(f.quit)
	}
	f.all.Wait()
}

// memory reads a line of the server's /proc status, in bytes.
func (s *server) memory(key string) int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			kB, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				s.t.Fatal(err)
			}
			return kB << 10
		}
	}
	s.t.Fatalf("no %s in %s", key, status)
	return 0
}

// metrics returns what the server tells of itself.
func (s *server) metrics(t testing.TB) string {
	t.Helper()
	_, text := s.get(t, "/metrics")
	return text
}

// get returns what is served under a path.
func (s *server) get(t testing.TB, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(patience(t), http.MethodGet, s.url()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
