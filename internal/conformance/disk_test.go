package conformance

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A disk is where a server keeps its data, and can be made to refuse it.
type disk interface {
	// fail makes the disk refuse; the reason is what /readyz then says.
	fail(t *testing.T) (reason string)
	mend(t *testing.T)
}

func TestAFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	survives(t, func(t *testing.T, s *server) disk { return mountSmall(t, s) })
}

func TestAFailingDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	survives(t, func(_ *testing.T, s *server) disk {
		s.start()
		return &fileLimit{s}
	})
}

// survives lets devices report and others let themselves in while the disk fails twice, and looks for what was acknowledged.
func survives(t *testing.T, on func(*testing.T, *server) disk) {
	s := newServer(t, "")
	t.Cleanup(s.kill)
	d := on(t, s)
	load := newLoadOn(t, s)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, w := range load.writers {
		all.Go(func() { w.run(ctx, s) })
	}
	for i, over := range transports {
		all.Go(func() { load.join(ctx, over, i) })
	}
	pid := s.cmd.Process.Pid
	for range 2 {
		time.Sleep(time.Second)
		reason := d.fail(t)
		within(t, 30*time.Second, "/readyz says that the disk refuses", func() bool {
			status, body := s.get(t, "/readyz")
			return status == http.StatusServiceUnavailable && strings.HasPrefix(body, reason+": ")
		})
		// Acknowledgements that were on their way arrive.
		within(t, 30*time.Second, "for a second nothing is acknowledged", func() bool {
			before := load.acknowledged()
			time.Sleep(time.Second)
			return load.acknowledged() == before
		})
		stopped := load.acknowledged()
		time.Sleep(time.Second)
		if n := load.acknowledged() - stopped; n > 0 {
			t.Errorf("%d readings were acknowledged that the disk does not take", n)
		}
		if status, _ := s.get(t, "/livez"); status != http.StatusOK {
			t.Errorf("/livez answers %d", status)
		}
		d.mend(t)
		within(t, 30*time.Second, "/readyz says that it is over", func() bool {
			status, _ := s.get(t, "/readyz")
			return status == http.StatusOK
		})
		before := load.acknowledged()
		within(t, 30*time.Second, "readings are acknowledged again", func() bool { return load.acknowledged() > before+50 })
	}
	stop()
	all.Wait()
	if err := syscall.Kill(pid, 0); err != nil {
		t.Errorf("the server ended: %v\n%s", err, s.log)
	}
	if n := strings.Count(s.log.String(), "level=ERROR"); n > 2*3 { // readings, attempts, and one for whoever asked the registry
		t.Errorf("%d lines for two failures:\n%s", n, s.log)
	}
	s.kill()
	s.start()
	lost, acked := load.check()
	t.Logf("%d readings acknowledged, %d lost; %d devices let in", acked, lost, len(load.joined))
	if lost > 0 || acked == 0 {
		t.Errorf("%d of %d acknowledged readings are gone", lost, acked)
	}
	load.checkJoined()
}

// A fileLimit refuses with EFBIG whatever would make a file longer: no privilege is needed, and the registry, the log and
// the tables meet it each in the middle of their work.
type fileLimit struct{ s *server }

func (f *fileLimit) fail(t *testing.T) string {
	f.set(t, 0)
	return "storage-unavailable"
}

func (f *fileLimit) mend(t *testing.T) { f.set(t, unix.RLIM_INFINITY) }

func (f *fileLimit) set(t *testing.T, bytes uint64) {
	t.Helper()
	limit := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(f.s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}

// A smallDisk is a file system that holds little, in a mount namespace of its own.
type smallDisk struct {
	root string // of the file system, as it is seen from outside
	full bool
}

// diskSize is more than the reserve that the server keeps free.
const diskSize = 640 << 20

// mountSmall starts the server with its data on a file system of diskSize, which stays until the test ends.
func mountSmall(t *testing.T, s *server) *smallDisk {
	t.Helper()
	holder := exec.Command("sh", "-c", fmt.Sprintf(`mount -t tmpfs -o size=%d tmpfs "$0" && echo mounted && exec cat`, diskSize), s.data)
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	enter := []string{"nsenter", "-m", "-t"}
	if os.Geteuid() != 0 {
		holder.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		holder.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		holder.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		enter = []string{"nsenter", "-U", "--preserve-credentials", "-m", "-t"}
	}
	var complaint bytes.Buffer
	holder.Stderr = &complaint
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = holder.Start(); err == nil {
		t.Cleanup(func() {
			s.kill()
			in.Close()
			_ = holder.Wait()
		})
		_, err = bufio.NewReader(out).ReadString('\n')
	}
	if err != nil {
		complain := t.Skipf
		if os.Getenv("MUSTER_TOOLS") != "" {
			complain = t.Fatalf
		}
		complain("no file system can be mounted here, so a full one cannot be shown: %v %s", err, &complaint)
	}
	d := &smallDisk{root: fmt.Sprintf("/proc/%d/root%s", holder.Process.Pid, s.data)}
	if out, err := exec.Command("cp", "-a", s.data+"/.", d.root).CombinedOutput(); err != nil { // what init has made
		t.Fatalf("%v: %s", err, out)
	}
	s.within = append(enter, strconv.Itoa(holder.Process.Pid))
	s.start()
	return d
}

// fail fills the disk: the first time up to the reserve, and then to its end.
func (d *smallDisk) fail(t *testing.T) string {
	t.Helper()
	var room unix.Statfs_t
	if err := unix.Statfs(d.root, &room); err != nil {
		t.Fatal(err)
	}
	leave := int64(200 << 20)
	if d.full {
		leave = 0
	}
	d.full = true
	f, err := os.Create(filepath.Join(d.root, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Fallocate(int(f.Fd()), 0, 0, int64(room.Bavail)*room.Bsize-leave); err != nil && !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	for leave == 0 { // what the server has freed meanwhile
		if _, err := f.Seek(0, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	return "storage-full"
}

func (d *smallDisk) mend(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.root, "filler")); err != nil {
		t.Fatal(err)
	}
}
