package main

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	topic   = "v1/devices/me/telemetry"
	reading = `{"temperature":21.5,"humidity":48,"firmware":"2.14.0"}`
)

// token is the access token of the i-th device, and deviceName its name.
func token(i int) string      { return "bench-token-" + strconv.Itoa(i) }
func deviceName(i int) string { return "bench-" + strconv.Itoa(i) }

func text(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// packet puts a fixed header before a body of less than 16 kB.
func packet(head byte, body []byte) []byte {
	if len(body) < 128 {
		return append([]byte{head, byte(len(body))}, body...)
	}
	return append([]byte{head, byte(len(body)) | 0x80, byte(len(body) >> 7)}, body...)
}

// connectPacket introduces the i-th device by MQTT 3.1.1 with a keep-alive of ten minutes.
func connectPacket(i int) []byte {
	body := text(nil, "MQTT")
	body = append(body, 4, 0b1000_0010, 600>>8, 600&0xff)
	body = text(body, "bench-"+strconv.Itoa(i))
	return packet(0x10, text(body, token(i)))
}

// publishPacket is one reading at QoS 1.
func publishPacket(id uint16) []byte {
	body := binary.BigEndian.AppendUint16(text(nil, topic), id)
	return packet(0x32, append(body, reading...))
}

// dial connects the i-th device and waits until the server takes it.
func dial(ctx context.Context, address string, secure clients, i int) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		c = tls.Client(c, secure(i))
	}
	if err := greet(c, i); err != nil {
		c.Close()
		return nil, fmt.Errorf("connect device %d: %w", i, err)
	}
	return c, nil
}

func greet(c net.Conn, i int) error {
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(connectPacket(i)); err != nil {
		return err
	}
	var answer [4]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return err
	}
	if answer != [4]byte{0x20, 2, 0, 0} {
		return fmt.Errorf("refused: % x", answer)
	}
	return c.SetDeadline(time.Time{})
}

// dialAll connects the devices 0 to n-1, as many at a time as callers. On an error it holds no connection.
func dialAll(ctx context.Context, address string, secure clients, n, callers int) ([]net.Conn, error) {
	conns, errs := make([]net.Conn, n), make([]error, callers)
	var next atomic.Int64
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for errs[caller] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				conns[i], errs[caller] = dial(ctx, address, secure, i)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			hangUp(conns)
			return nil, err
		}
	}
	return conns, nil
}

func hangUp(conns []net.Conn) {
	for _, c := range conns {
		if c != nil {
			c.Close()
		}
	}
}

// ping asks every connection for a sign of life.
func ping(conns []net.Conn) error {
	for i, c := range conns {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write([]byte{0xc0, 0}); err != nil {
			return fmt.Errorf("connection %d was lost: %w", i, err)
		}
		var answer [2]byte
		if _, err := io.ReadFull(c, answer[:]); err != nil || answer != [2]byte{0xd0, 0} {
			return fmt.Errorf("connection %d was lost: % x %w", i, answer, err)
		}
	}
	return nil
}
