//go:build !race

package mqttd

import (
	"crypto/tls"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"muster/internal/mqtt"
)

// TestAnIdleSessionIsSmall holds many idle connections, whose other ends are bare file descriptors, and weighs heap
// and stacks. The race detector would weigh more than they do.
func TestAnIdleSessionIsSmall(t *testing.T) {
	const conns, limit = 1000, 4500
	s, address := open(t, &house{}, Options{}, time.Second)
	weigh := func() uint64 {
		m := memory()
		return m.HeapAlloc + m.StackInuse
	}
	lull(t)
	before := weigh()
	fds := make([]int, 0, conns)
	defer func() {
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}()
	connect := connectPacket(mqtt.V311, "c", "", 0)
	for range conns {
		fds = append(fds, bareConnect(t, address, connect))
	}
	eventually(t, "all are in", func() bool { return s.open.Load() == conns })
	each := (weigh() - before) / conns
	t.Logf("%d bytes a connection", each)
	if each > limit {
		t.Errorf("an idle connection weighs %d bytes, not at most %d", each, limit)
	}
}

// lull starts goroutines that do nothing. The runtime gives a new one the stack that most have needed: many small ones make
// it small, as in a server with many devices.
func lull(t *testing.T) {
	rest := make(chan struct{})
	t.Cleanup(func() { close(rest) })
	for range 1000 {
		go func() { <-rest }()
	}
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return m
}

// TestAnIdleSessionOverTLSHasASmallStack weighs the stacks alone: the other ends have none.
func TestAnIdleSessionOverTLSHasASmallStack(t *testing.T) {
	const conns, limit = 400, 3000
	s, address := openTLS(t, &house{}, time.Second)
	lull(t)
	before := memory().StackInuse
	for range conns {
		d := dialTLS(t, address, &tls.Config{})
		d.send(connectPacket(mqtt.V311, "c", "", 0))
		d.expect([]byte{0x20, 2, 0, 0})
	}
	eventually(t, "all are in", func() bool { return s.open.Load() == conns })
	each := int(memory().StackInuse-before) / conns
	t.Logf("%d bytes a connection", each)
	if each > limit {
		t.Errorf("an idle connection has %d bytes of stack, not at most %d", each, limit)
	}
}

// bareConnect opens a session without an object of Go's.
func bareConnect(t *testing.T, address string, connect []byte) int {
	t.Helper()
	var port int
	if _, err := fmt.Sscanf(address, "127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		_, err = syscall.Write(fd, connect)
	}
	var ack [4]byte
	if err == nil {
		_, err = syscall.Read(fd, ack[:])
	}
	if err != nil || ack != [4]byte{0x20, 2, 0, 0} {
		t.Fatalf("CONNACK % x: %v", ack, err)
	}
	return fd
}
