package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kills is how often the server is killed under load.
const kills = 20

func TestWhatWasAcknowledgedSurvives(t *testing.T) {
	t.Parallel()
	s := newServer(t, "")
	t.Cleanup(s.kill)
	load := newLoad(t, s)
	load.run(kills)
	lost, acked := load.check()
	t.Logf("%d kills: %d readings acknowledged, %d lost; %d devices let in", kills, acked, lost, len(load.joined))
	if lost > 0 {
		t.Errorf("%d of %d acknowledged readings are gone", lost, acked)
	}
	load.checkJoined()
}

// The control of the test above: a build that acknowledges before the commit must fail it.
func TestTheDurabilityTestCanFail(t *testing.T) {
	t.Parallel()
	s := newServer(t, "ackbeforecommit")
	t.Cleanup(s.kill)
	load := newLoad(t, s)
	load.run(5)
	if lost, acked := load.check(); lost == 0 {
		t.Errorf("a server that acknowledges before the commit lost none of %d readings", acked)
	}
}

// A load is devices that report over every transport, and others that let themselves in, while the server is killed.
type load struct {
	t       *testing.T
	s       *server
	open    profile
	writers []*writer

	mu     sync.Mutex
	joined map[string]string // name → token, of those that were told SUCCESS
	asked  []string          // every name that was asked for
}

// A writer is a device that counts: each reading is the next number.
type writer struct {
	over  transport
	name  string
	proof proof
	next  atomic.Int64
	mu    sync.Mutex
	acked []int64
}

func newLoad(t *testing.T, s *server) *load {
	s.start()
	return newLoadOn(t, s)
}

// newLoadOn is newLoad on a server that runs.
func newLoadOn(t *testing.T, s *server) *load {
	l := &load{t: t, s: s, joined: map[string]string{}}
	l.open = s.profile("open", "create")
	for _, over := range transports {
		for i := range 2 {
			name := fmt.Sprintf("writer-%s-%d", over.name, i)
			s.must("device", "create", name, "--profile", "open", "--token", "token-"+name)
			l.writers = append(l.writers, &writer{over: over, name: name, proof: proof{token: "token-" + name}})
		}
	}
	return l
}

// run lets the devices go on for so many lives of the server, each of which ends in a kill, and leaves it running. In every
// life at least 50 readings are acknowledged.
func (l *load) run(kills int) {
	ctx, stop := context.WithCancel(l.t.Context())
	var all sync.WaitGroup
	for _, w := range l.writers {
		all.Go(func() { w.run(ctx, l.s) })
	}
	for i, over := range transports {
		all.Go(func() { l.join(ctx, over, i) })
	}
	within(l.t, 60*time.Second, "every device reports", func() bool {
		return !slices.ContainsFunc(l.writers, func(w *writer) bool { return w.acknowledged() == 0 })
	})
	for range kills {
		before := l.acknowledged()
		time.Sleep(150*time.Millisecond + time.Duration(rand.IntN(250))*time.Millisecond)
		within(l.t, 60*time.Second, "there is a load", func() bool { return l.acknowledged() >= before+50 })
		l.s.kill()
		l.s.start()
	}
	stop()
	all.Wait()
}

// acknowledged returns how many readings were acknowledged so far.
func (l *load) acknowledged() (n int) {
	for _, w := range l.writers {
		n += w.acknowledged()
	}
	return n
}

func (w *writer) acknowledged() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

func (w *writer) run(ctx context.Context, s *server) {
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 3*time.Second)
		if link, err := w.over.connect(try, s, w.proof); err == nil {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { w.report(try, cancel, link) })
			}
			all.Wait()
			link.close()
		} else {
			time.Sleep(20 * time.Millisecond)
		}
		cancel()
	}
}

func (w *writer) report(ctx context.Context, failed func(), l link) {
	for ctx.Err() == nil {
		n := w.next.Add(1)
		if err := l.report(ctx, fmt.Sprintf(`{"n":%d,"text":"reading"}`, n)); err != nil {
			failed()
			return
		}
		w.mu.Lock()
		w.acked = append(w.acked, n)
		w.mu.Unlock()
	}
}

func (l *load) join(ctx context.Context, over transport, i int) {
	for n := 0; ctx.Err() == nil; n++ {
		if !l.joinOnce(ctx, over, fmt.Sprintf("joiner-%d-%d", i, n)) {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// joinOnce asks for one device to be let in, and reports whether there was an answer.
func (l *load) joinOnce(ctx context.Context, over transport, name string) bool {
	l.mu.Lock()
	l.asked = append(l.asked, name)
	l.mu.Unlock()
	try, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	text, err := over.provision(try, l.s, request(l.open, name, ""))
	var a answer
	if err != nil || json.Unmarshal([]byte(text), &a) != nil {
		return false
	}
	if a.Status == "SUCCESS" {
		l.mu.Lock()
		l.joined[name] = a.token()
		l.mu.Unlock()
	}
	return true
}

// check counts the acknowledged readings and those of them that the server does not have.
func (l *load) check() (lost, acked int) {
	for _, w := range l.writers {
		have := map[int64]bool{}
		for from := int64(0); ; {
			var page []struct{ TS, Value int64 }
			l.s.json(&page, "device", "history", w.name, "n", "--limit", "100000", "--from", strconv.FormatInt(from, 10))
			for _, r := range page {
				have[r.Value] = true
			}
			if len(page) < 100_000 {
				break
			}
			from = page[len(page)-1].TS
		}
		acked += len(w.acked)
		for _, n := range w.acked {
			if !have[n] {
				lost++
			}
		}
	}
	return lost, acked
}

// checkJoined looks at every name that was ever asked for: it is a whole device or none, and whoever was told a token
// comes in with it.
func (l *load) checkJoined() {
	if len(l.joined) < kills {
		l.t.Errorf("only %d devices were let in", len(l.joined))
	}
	for i, name := range l.asked {
		token, told := l.joined[name]
		if told && i%10 == 0 {
			come(l.t, patience(l.t), l.s, overHTTP, proof{token: token})
		}
		if told && i%10 != 0 {
			continue // showing each takes a process; the untold ones are those that may be half
		}
		out, err := l.s.cli("device", "show", name, "--json")
		if err != nil {
			if told || !strings.Contains(err.Error(), "not-found") {
				l.t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var d shown
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			l.t.Fatal(err)
		}
		if len(d.Credentials) != 1 || d.State != "active" || d.Attributes.Server["provisionState"] != "provisioned" {
			l.t.Errorf("%s is half a device: %s", name, out)
		}
	}
}

func TestStoppingAnswersWhatCameIn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.profile("open", "create")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	w := &writer{over: overMQTT3, name: "stopping", proof: proof{token: "token-stopping"}}
	s.must("device", "create", w.name, "--profile", "open", "--token", w.proof.token)
	var all sync.WaitGroup
	all.Go(func() { w.run(ctx, s) })
	time.Sleep(300 * time.Millisecond)
	start := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, s.log)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	cancel()
	all.Wait()
	s.start()
	l := &load{t: t, s: s, writers: []*writer{w}}
	if lost, acked := l.check(); lost > 0 || acked == 0 {
		t.Errorf("%d of %d acknowledged readings are gone", lost, acked)
	}
}
