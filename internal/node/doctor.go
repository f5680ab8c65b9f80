package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"muster/internal/admin"
	"muster/internal/issuer"
)

// What is enough.
const (
	enoughFiles = 20_000
	enoughSpace = 1 << 30
	enoughSync  = 50 * time.Millisecond
	enoughDays  = 14 // of a certificate
)

// Examine looks at everything on this machine that a server with these settings needs, whether one is running or not. It
// leaves nothing behind.
func Examine(ctx context.Context, c Config) []admin.Finding {
	found := []admin.Finding{clockFinding(time.Now()), filesFinding(openFiles())}
	info, err := os.Stat(c.Data)
	if err != nil {
		found = append(found, wrong("data directory", "it cannot be looked at: "+err.Error(), "Make it with `muster init`, or name another with --data."))
		return append(found, portFindings(ctx, &c, false)...)
	}
	found = append(found, directoryFinding(info), keyFinding(c.Data), spaceFinding(c.Data), syncFinding(c.Data))
	running := held(filepath.Join(c.Data, lockFile))
	found = append(found, portFindings(ctx, &c, running)...)
	if running {
		found = append(found, certificateFinding(ctx, &c))
		found = append(found, keptListFindings(c.Data)...)
	}
	return found
}

// keptListFindings says how old the authority's CRLs are, as they are kept.
func keptListFindings(data string) []admin.Finding {
	ages, err := issuer.KeptListAges(filepath.Join(data, authorityDir))
	if err != nil {
		return []admin.Finding{wrong("CRLs", err.Error(), "Look at the data directory.")}
	}
	var all []admin.Finding
	for _, l := range ages {
		all = append(all, ownListFinding(&l, time.Now()))
	}
	return all
}

// wrong is what is found where something is.
func wrong(about, says, fix string) admin.Finding {
	return admin.Finding{About: about, Says: says, Fix: fix}
}

// failed is what is found where something cannot be done.
func failed(code admin.FindingCode, about string, err error, fix string) admin.Finding {
	return admin.Finding{Code: code, About: about, Says: err.Error(), Detail: err.Error(), Fix: fix}
}

func clockFinding(now time.Time) admin.Finding {
	f := admin.Finding{
		Code: admin.FindClock, About: "clock", OK: now.Year() >= 2026 && now.Year() < 2100,
		Says: "it is " + now.UTC().Format(time.RFC3339), At: now.UTC().Truncate(time.Second),
	}
	if !f.OK {
		f.Fix = "Set the clock, and let it be kept by NTP: certificates and JWTs are judged by it."
	}
	return f
}

func filesFinding(files uint64) admin.Finding {
	f := admin.Finding{
		Code: admin.FindFiles, About: "open files", OK: files >= enoughFiles,
		Says:    fmt.Sprintf("%d may be open, which is %d MQTT connections", files, connections(files)),
		Figures: map[string]int64{"files": int64(min(files, math.MaxInt64)), "connections": int64(connections(files))},
	}
	if !f.OK {
		f.Fix = "Raise the limit: LimitNOFILE= in the systemd unit, or ulimit -n."
	}
	return f
}

func directoryFinding(info fs.FileInfo) admin.Finding {
	return modeFinding(admin.Finding{Code: admin.FindDirectory, About: "data directory"}, info, "chmod 700")
}

// modeFinding completes f, which is about a file that nobody else may read.
func modeFinding(f admin.Finding, info fs.FileInfo, command string) admin.Finding {
	mode := info.Mode().Perm()
	f.OK, f.Says, f.Figures = mode&0o077 == 0, fmt.Sprintf("its mode is %04o", mode), map[string]int64{"mode": int64(mode)}
	if !f.OK {
		f.Fix = "Others on this machine can read it: " + command + "."
	}
	return f
}

// keyFinding looks for the master key where a server would, and never says what it is.
func keyFinding(dir string) admin.Finding {
	f := admin.Finding{Code: admin.FindKey, About: "master key"}
	text, source, err := findKey(dir)
	if err == nil && text == nil {
		err = errors.New("it is missing: " + source)
	}
	if err == nil {
		_, err = parseKey(text, source)
	}
	if err != nil {
		return failed(admin.FindKeyWrong, f.About, err, "Put back the key that the data directory was made with; docs/operations.md says where it is looked for.")
	}
	f.Name = source
	if info, err := os.Stat(source); err == nil {
		f.Code = admin.FindKeyFile
		return modeFinding(f, info, "chmod 600 "+source)
	}
	f.OK, f.Says = true, "it comes from "+source
	return f
}

// freeSpace returns how many bytes there are for the server on the disk that holds dir.
func freeSpace(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("free space: %w", err)
	}
	return s.Bavail * uint64(s.Bsize), nil
}

func spaceFinding(dir string) admin.Finding {
	free, err := freeSpace(dir)
	if err != nil {
		return failed(admin.FindSpaceUnknown, "free space", err, "Look at the disk that holds the data directory.")
	}
	f := admin.Finding{
		Code: admin.FindSpace, About: "free space", OK: free >= enoughSpace,
		Says: fmt.Sprintf("%d MB are free", free>>20), Figures: map[string]int64{"megabytes": int64(free >> 20)},
	}
	if !f.OK {
		f.Fix = "Free space: readings are refused below 256 MB."
	}
	return f
}

// syncFinding measures how long the disk takes to make a small write durable: that is how long a device waits at least.
func syncFinding(dir string) admin.Finding {
	const about = "disk sync"
	f, err := os.CreateTemp(dir, "doctor-*.new")
	if err != nil {
		return failed(admin.FindDirectoryLocked, about, err, "Let the server's user write to the data directory.")
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	for range 15 {
		began := time.Now()
		_, err := f.Write(make([]byte, 4096))
		if err := errors.Join(err, f.Sync()); err != nil {
			return failed(admin.FindSyncFailed, about, err, "Look at the disk that holds the data directory.")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	finding := admin.Finding{
		Code: admin.FindSync, About: about, OK: middle <= enoughSync,
		Says: fmt.Sprintf("a small write is durable after %v", middle.Round(10*time.Microsecond)), Figures: map[string]int64{"microseconds": middle.Microseconds()},
	}
	if !finding.OK {
		finding.Fix = "Use a disk that syncs sooner; every acknowledgement waits for it."
	}
	return finding
}

// held reports whether a running server holds the lock.
func held(lock string) bool {
	f, err := os.Open(lock)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// portFindings says of each address whether the server answers there, or could listen.
func portFindings(ctx context.Context, c *Config, running bool) []admin.Finding {
	var found []admin.Finding
	for _, l := range []struct {
		key, set, port string
		plain, udp     bool
	}{
		{"http", c.HTTP, "8080", true, false},
		{"https", c.HTTPS, "8443", false, false},
		{"mqtt", c.MQTT, "1883", true, false},
		{"mqtts", c.MQTTS, "8883", false, false},
		{"coap", c.CoAP, "5683", true, true},
		{"coaps", c.CoAPS, "5684", false, true},
	} {
		address := c.listen(l.set, l.port, l.plain)
		if address == off {
			continue
		}
		f := admin.Finding{About: l.key, OK: true}
		switch err := portError(ctx, address, l.udp, running); {
		case err != nil && running:
			f.OK, f.Says, f.Fix = false, address+" does not answer: "+err.Error(), "Look whether the server was started with these settings."
		case err != nil:
			f.OK, f.Says, f.Fix = false, err.Error(), "Stop what uses the address, or set another with --"+l.key+"."
		case running && !l.udp:
			f.Says = address + " answers"
		case running:
			f.Says = address + " is the server's"
		default:
			f.Says = address + " is free"
		}
		found = append(found, f)
	}
	return found
}

func portError(ctx context.Context, address string, udp, running bool) error {
	var bind net.ListenConfig
	switch {
	case running && udp:
		return nil // a datagram that nobody answers proves nothing
	case running:
		c, err := dialTCP(ctx, address)
		if err != nil {
			return err
		}
		return c.Close()
	case udp:
		c, err := bind.ListenPacket(ctx, "udp", address)
		if err != nil {
			return err
		}
		return c.Close()
	}
	c, err := bind.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 3 * time.Second}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(reachable(host), port))
}

// certificateFinding asks the running server for its certificate.
func certificateFinding(ctx context.Context, c *Config) admin.Finding {
	const about = "certificate"
	address := c.listen(c.MQTTS, "8883", false)
	if address == off {
		address = c.listen(c.HTTPS, "8443", false)
	}
	if address == off {
		return admin.Finding{About: about, OK: true, Says: "MQTT over TLS and HTTPS are off"}
	}
	plain, err := dialTCP(ctx, address)
	if err != nil {
		return wrong(about, err.Error(), "Look whether the server was started with these settings.")
	}
	defer plain.Close()
	_ = plain.SetDeadline(time.Now().Add(3 * time.Second))
	// It is looked at, and nothing is sent: it need not be believed.
	client := tls.Client(plain, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(ctx); err != nil {
		return wrong(about, err.Error(), "Look at the server's log.")
	}
	until := client.ConnectionState().PeerCertificates[0].NotAfter
	f := admin.Finding{About: about, OK: time.Until(until) > enoughDays*24*time.Hour, Says: "it is valid until " + until.UTC().Format(time.DateOnly)}
	if !f.OK {
		f.Fix = "Renew the files of --tls-cert and --tls-key; the server reads them again by itself."
	}
	return f
}
