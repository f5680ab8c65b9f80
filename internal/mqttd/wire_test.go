package mqttd

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"muster"
)

// wired returns a wire with little room in its socket, and its other end.
func wired(t *testing.T, patience time.Duration) (*wire, net.Conn) {
	t.Helper()
	l := listen(t)
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = near.(*net.TCPConn).SetWriteBuffer(4096)
	w := new(wire)
	if err := w.attach(near, newBuffers(packetLimit), patience); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = far.Close()
		_ = near.Close()
		eventually(t, "nobody writes any more", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return !w.writing || w.err != nil
		})
	})
	return w, far
}

// fill writes until n bytes are queued, and returns all it has written.
func fill(t *testing.T, w *wire, n int) (all []byte) {
	t.Helper()
	for queued := 0; queued < n; {
		part := bytes.Repeat([]byte{byte(len(all) / 1000)}, 1000)
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
		w.mu.Lock()
		queued = len(w.queue)
		w.mu.Unlock()
	}
	return all
}

func TestASlowReaderGetsEverythingInOrder(t *testing.T) {
	w, far := wired(t, time.Minute)
	want := fill(t, w, maxQueue/2)
	w.finish() // and then the end, although much is queued
	_ = far.SetReadDeadline(time.Now().Add(10 * time.Second))
	got, err := io.ReadAll(far)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d came: %v", len(got), len(want), err)
	}
}

func TestAQueueThatWasEmptiedIsWrittenPastAgain(t *testing.T) {
	w, far := wired(t, time.Minute)
	want := fill(t, w, 1)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		t.Fatal("not what was written", err)
	}
	eventually(t, "nobody writes any more", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return !w.writing
	})
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, got[:1]); err != nil || got[0] != 'x' {
		t.Error("not what was written", err)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	w, _ := wired(t, time.Minute)
	fill(t, w, maxQueue-10000)
	if _, err := w.Write(make([]byte, 20000)); !errors.Is(err, muster.ReasonQueueFull) {
		t.Error(err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, muster.ReasonQueueFull) {
		t.Error(err)
	}
}

func TestAllQueuesTogetherAreBounded(t *testing.T) {
	w, far := wired(t, time.Minute)
	want := fill(t, w, 1) // the socket is full
	w.buffers.queued.Add(maxQueues)
	for range 2 {
		more := make([]byte, fairQueue/4)
		if _, err := w.Write(more); err != nil {
			t.Fatal(err)
		}
		want = append(want, more...)
	}
	var err error
	for range 100 { // the system may find room for some of it
		more := make([]byte, fairQueue)
		if _, err = w.Write(more); err != nil {
			break
		}
		want = append(want, more...)
	}
	if !errors.Is(err, muster.ReasonQueueFull) {
		t.Error(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, want) {
		t.Error("not what was written", err)
	}
	eventually(t, "nothing is queued", func() bool { return w.buffers.queued.Load() == maxQueues })
}

func TestWhoeverTakesNothingIsGivenUp(t *testing.T) {
	w, _ := wired(t, 20*time.Millisecond)
	for queued := 0; queued < maxQueue/2 && w.failure() == nil; { // it may have failed before so much is queued
		_, _ = w.Write(make([]byte, 1000))
		w.mu.Lock()
		queued = len(w.queue)
		w.mu.Unlock()
	}
	eventually(t, "the wire has failed", func() bool { return errors.Is(w.failure(), muster.ReasonQueueFull) })
	eventually(t, "nothing is queued", func() bool { return w.buffers.queued.Load() == 0 })
}
