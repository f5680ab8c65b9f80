//go:build !race

package mqttd

import (
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
		runtime.GC()
		runtime.GC()
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	// The runtime gives a new goroutine the stack that most have needed: many small ones make it small, as in a server
	// with many devices.
	rest := make(chan struct{})
	defer close(rest)
	for range conns {
		go func() { <-rest }()
	}
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
