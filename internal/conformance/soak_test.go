package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// soakTime is how long the server is soaked. The variable MUSTER_SOAK asks for another time; make soak asks for half an hour.
const soakTime = 2 * time.Minute

// How a soak is judged: what the server takes is looked at every second, without the first quarter, in which it warms up. The
// median of the last quarter is held against that of the second.
const (
	grownMemory     = 1.25
	grownGoroutines = 1.25
	someMemory      = 48 << 20 // by which memory may grow in any case: readings are gathered in memory until there are 64 MB
	someGoroutines  = 100      // many more than that come and go meanwhile
)

func TestASoakLosesNothingAndGrowsNothing(t *testing.T) {
	t.Parallel()
	length := soakTime
	if text := os.Getenv("MUSTER_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(t, "")
	t.Cleanup(s.kill)
	load := newLoad(t, s)
	ctx, stop := context.WithTimeout(t.Context(), length)
	defer stop()
	var all sync.WaitGroup
	for _, w := range load.writers {
		all.Go(func() { w.soak(ctx, s) })
	}
	for i, over := range transports {
		all.Go(func() { load.soakJoin(ctx, over, i) })
	}
	s.must("device", "create", "contested", "--profile", "open", "--token", "token-contested")
	for range 2 {
		all.Go(func() { takeOver(ctx, s) })
	}
	all.Go(func() { comeAndGo(ctx, s) })
	all.Go(func() { failNowAndThen(t, ctx, s) })
	memory, goroutines := s.watch(ctx)
	all.Wait()

	judge(t, "bytes of memory", memory, grownMemory, someMemory)
	judge(t, "goroutines", goroutines, grownGoroutines, someGoroutines)
	if strings.Contains(s.log.String(), "panic") {
		t.Errorf("the log: %s", s.log)
	}
	if err := s.stop(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	s.start()
	lost, acked := load.check()
	t.Logf("%v: %d readings acknowledged, %d lost; %d devices let in", length, acked, lost, len(load.joined))
	if lost > 0 || acked < int(length/time.Second)*50 {
		t.Errorf("%d of %d acknowledged readings are gone", lost, acked)
	}
	load.checkJoined()
}

// watch looks every second at what the server takes, until ctx ends.
func (s *server) watch(ctx context.Context) (memory, goroutines []int) {
	for {
		select {
		case <-ctx.Done():
			return memory, goroutines
		case <-time.After(time.Second):
		}
		memory = append(memory, s.memory("VmRSS"))
		for line := range strings.Lines(s.metrics(s.t)) {
			if text, ok := strings.CutPrefix(line, "go_goroutines "); ok {
				n, err := strconv.Atoi(strings.TrimSpace(text))
				if err != nil {
					s.t.Error(err)
				}
				goroutines = append(goroutines, n)
			}
		}
	}
}

func judge(t *testing.T, what string, seen []int, times float64, more int) {
	t.Helper()
	quarter := len(seen) / 4
	if quarter == 0 {
		t.Fatalf("%s: seen %d times", what, len(seen))
	}
	middle := func(part []int) int {
		part = slices.Sorted(slices.Values(part))
		return part[len(part)/2]
	}
	early, late := middle(seen[quarter:2*quarter]), middle(seen[len(seen)-quarter:])
	t.Logf("%s: %d in the second quarter and %d in the last, medians of %d", what, early, late, quarter)
	if late > max(int(float64(early)*times), early+more) {
		t.Errorf("%s grow from %d to %d", what, early, late)
	}
}

// soak is run with a pause after each reading, and a new connection every few seconds.
func (w *writer) soak(ctx context.Context, s *server) {
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		link, err := w.over.connect(try, s, w.proof)
		for err == nil && try.Err() == nil {
			n := w.next.Add(1)
			if err = link.report(try, fmt.Sprintf(`{"n":%d,"text":"reading"}`, n)); err == nil {
				w.mu.Lock()
				w.acked = append(w.acked, n)
				w.mu.Unlock()
			}
			pause(try, 50*time.Millisecond)
		}
		if link != nil && err == nil {
			link.close()
		}
		cancel()
		pause(ctx, 50*time.Millisecond)
	}
}

// soakJoin lets a new device in now and then.
func (l *load) soakJoin(ctx context.Context, over transport, i int) {
	for n := 0; ctx.Err() == nil; n++ {
		once, cancel := context.WithTimeout(ctx, time.Second)
		l.joinOnce(once, over, fmt.Sprintf("joiner-%d-%d", i, n))
		<-once.Done()
		cancel()
	}
}

// takeOver is one of two devices with one credential.
func takeOver(ctx context.Context, s *server) {
	for ctx.Err() == nil {
		if p, err := dialPlain(s.ports.mqtt, "token-contested"); err == nil {
			_ = p.SetReadDeadline(time.Now().Add(3 * time.Second))
			_, _ = p.Read(make([]byte, 1))
			p.Close()
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// comeAndGo is guests: some come in wrongly, some say nonsense, and some say nothing.
func comeAndGo(ctx context.Context, s *server) {
	for i := 0; ctx.Err() == nil; i++ {
		switch conn, err := dialRaw(ctx, s.ports.mqtt); {
		case err != nil:
		case i%3 == 0:
			_, _ = conn.Write(connectPacket("no such token"))
			_, _ = conn.Read(make([]byte, 4))
			conn.Close()
		case i%3 == 1:
			_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
			conn.Close()
		default:
			time.AfterFunc(2*time.Second, func() { conn.Close() })
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// failNowAndThen makes the disk refuse to be written for two seconds of every fifteen.
func failNowAndThen(t *testing.T, ctx context.Context, s *server) {
	disk := &fileLimit{s}
	for pause(ctx, 13*time.Second); ctx.Err() == nil; pause(ctx, 13*time.Second) {
		disk.fail(t)
		pause(ctx, 2*time.Second)
		disk.mend(t)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
