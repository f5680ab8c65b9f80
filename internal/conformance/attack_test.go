package conformance

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// attacks are run by a process of their own, so that they take neither the time nor the files of whoever measures. Each
// calls ready when it is in full swing, and goes on.
var attacks = map[string]func(target target, ready func()) error{
	"half-open handshakes":      halfOpen,
	"slow CONNECTs":             slowDrip,
	"a reader that never reads": neverRead,
	"a publisher that floods":   neverWait,
	"a device that asks":        neverSated,
	"reconnects of one device":  reconnect,
	"a takeover war":            wage,
}

// A target is what an attack is told.
type target struct{ mqtt, mqtts, token string }

// attackVariable holds the name of an attack, in a process that makes one.
const attackVariable = "MUSTER_TEST_ATTACK"

// attack makes the attack until standard input ends.
func attack(name string) int {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	err := attacks[name](target{os.Args[1], os.Args[2], os.Args[3]}, func() { fmt.Println("ready") })
	fmt.Fprintln(os.Stderr, name, err)
	return 1
}

// crowd is how many connections an attack holds at once, where files allow it.
func crowd(n int) int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		n = min(n, int(files.Cur)/2)
	}
	return n
}

// halfOpen begins TLS handshakes and never answers the server.
func halfOpen(to target, ready func()) error {
	hello := &clientHello{}
	_ = tls.Client(hello, &tls.Config{ServerName: "localhost"}).Handshake()
	open := make([]net.Conn, crowd(10_000))
	for {
		for i := range open {
			if open[i] != nil {
				open[i].Close()
			}
			conn, err := net.Dial("tcp", to.mqtts)
			if err != nil {
				return err
			}
			_, _ = conn.Write(hello.sent)
			open[i] = conn
		}
		ready()
		time.Sleep(15 * time.Second) // the server has given them up by then
	}
}

// A clientHello keeps what a TLS client says first.
type clientHello struct {
	net.Conn
	sent []byte
}

func (c *clientHello) Write(b []byte) (int, error) {
	c.sent = append(c.sent, b...)
	return 0, errors.New("enough")
}

// slowDrip sends CONNECTs byte by byte.
func slowDrip(to target, ready func()) error {
	open, sent := make([]net.Conn, crowd(3000)), make([]int, 3000)
	connect := connectPacket(to.token)
	for round := 0; ; round++ {
		for i, conn := range open {
			if conn != nil {
				if _, err := conn.Write(connect[sent[i] : sent[i]+1]); err == nil {
					sent[i] = (sent[i] + 1) % (len(connect) - 1) // it never ends
					continue
				}
				conn.Close()
			}
			conn, err := net.Dial("tcp", to.mqtt)
			if err != nil {
				return err
			}
			open[i], sent[i] = conn, 0
		}
		if round == 1 {
			ready()
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// neverRead reports and asks for much, and reads nothing of what it is answered until the server lets it go.
func neverRead(to target, ready func()) error {
	var many []byte
	for id := range uint16(50) {
		many = append(many, publishPacket(id+1, telemetryTopic, `{"temperature":21.5}`)...)
	}
	many = append(many, publishPacket(51, "v1/devices/me/attributes/request/1", "{}")...)
	for started := false; ; {
		p, err := dialPlain(to.mqtt, to.token)
		if err != nil {
			return err
		}
		subscribe := append([]byte{0, 1}, append(text("v1/devices/me/attributes/response/+"), 1)...)
		for _, err = p.Write(packet(0x82, subscribe)); err == nil; _, err = p.Write(many) {
			if !started {
				ready()
				started = true
			}
		}
		p.Close()
	}
}

// neverWait publishes as fast as it can and waits for no PUBACK.
func neverWait(to target, ready func()) error {
	p, err := dialPlain(to.mqtt, to.token)
	if err != nil {
		return err
	}
	go func() { _, _ = io.Copy(io.Discard, p.Conn) }()
	var many []byte
	for id := range uint16(500) {
		many = append(many, publishPacket(id+1, telemetryTopic, `{"temperature":21.5,"humidity":40,"state":"on"}`)...)
	}
	for started := false; ; started = true {
		if _, err := p.Write(many); err != nil {
			return err
		}
		if !started {
			ready()
		}
	}
}

// neverSated asks for its many attributes as fast as it can, and reads what it is answered.
func neverSated(to target, ready func()) error {
	p, err := dialPlain(to.mqtt, to.token)
	if err != nil {
		return err
	}
	go func() { _, _ = io.Copy(io.Discard, p.Conn) }()
	subscribe := append([]byte{0, 1}, append(text("v1/devices/me/attributes/response/+"), 0)...)
	if _, err := p.Write(packet(0x82, subscribe)); err != nil {
		return err
	}
	attributes := make(map[string]string)
	for i := range 900 {
		attributes[fmt.Sprintf("key-%d", i)] = strings.Repeat("x", 40)
	}
	all, err := json.Marshal(attributes)
	if err != nil {
		return err
	}
	if _, err := p.Write(publishPacket(1, "v1/devices/me/attributes", string(all))); err != nil {
		return err
	}
	var many []byte
	for id := range uint16(500) {
		many = append(many, publishPacket(id+1, fmt.Sprintf("v1/devices/me/attributes/request/%d", id), "{}")...)
	}
	for started := false; ; started = true {
		if _, err := p.Write(many); err != nil {
			return err
		}
		if !started {
			ready()
		}
	}
}

// reconnect is one device that connects a thousand times a second.
func reconnect(to target, ready func()) error {
	connect := connectPacket(to.token)
	ready()
	open := make([]net.Conn, 64) // so many connections are open at once, and each takes the one before over
	for i, next := 0, time.Now(); ; i++ {
		if slot := &open[i%len(open)]; *slot != nil {
			(*slot).Close()
		}
		conn, err := net.Dial("tcp", to.mqtt)
		if err != nil {
			return err
		}
		_, _ = conn.Write(connect)
		open[i%len(open)] = conn
		next = next.Add(time.Millisecond)
		time.Sleep(time.Until(next))
	}
}

// wage is two devices with one credential, each of which connects again at once when the other has come.
func wage(to target, ready func()) error {
	for range 2 {
		go func() {
			for {
				p, err := dialPlain(to.mqtt, to.token)
				if err != nil {
					time.Sleep(time.Millisecond)
					continue
				}
				_, _ = p.Read(make([]byte, 1))
				p.Close()
			}
		}()
	}
	time.Sleep(100 * time.Millisecond)
	ready()
	select {}
}
