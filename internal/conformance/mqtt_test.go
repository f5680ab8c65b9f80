package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// MQTT 3.1.1 by hand, where a library would be too heavy or too well-behaved.

// packet puts a fixed header before a body.
func packet(first byte, body []byte) []byte {
	b := []byte{first}
	n := len(body)
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(append(b, byte(n)), body...)
}

func text(s string) []byte { return append([]byte{byte(len(s) >> 8), byte(len(s))}, s...) }

// connectPacket is a CONNECT with a token, an empty client id and a keep-alive of a minute.
func connectPacket(token string) []byte {
	body := append(text("MQTT"), 4, 0x82, 0, 60, 0, 0)
	return packet(0x10, append(body, text(token)...))
}

// publishPacket is a PUBLISH at QoS 1.
func publishPacket(id uint16, topic, payload string) []byte {
	return packet(0x32, append(append(text(topic), byte(id>>8), byte(id)), payload...))
}

func dialRaw(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// A plain is a device that speaks MQTT over a plain connection.
type plain struct {
	net.Conn
	r  *bufio.Reader
	id uint16
}

// dialPlain comes in with a token, or returns how it was refused.
func dialPlain(address, token string) (*plain, error) {
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		return nil, err
	}
	p := &plain{Conn: conn, r: bufio.NewReaderSize(conn, 256)}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err = conn.Write(connectPacket(token)); err == nil {
		var connack [4]byte
		if _, err = io.ReadFull(p.r, connack[:]); err == nil && connack[3] != 0 {
			err = refusedWith(connack[3])
		}
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return p, nil
}

// A refusedWith is the return code of a CONNACK.
type refusedWith byte

func (r refusedWith) Error() string { return fmt.Sprintf("CONNACK %d", byte(r)) }

// report publishes telemetry and returns when it is acknowledged.
func (p *plain) report(payload string, patience time.Duration) error {
	p.id = max(p.id+1, 1)
	_ = p.SetDeadline(time.Now().Add(patience))
	if _, err := p.Write(publishPacket(p.id, telemetryTopic, payload)); err != nil {
		return err
	}
	var ack [4]byte
	if _, err := io.ReadFull(p.r, ack[:]); err != nil {
		return err
	}
	if ack[0] != 0x40 || uint16(ack[2])<<8|uint16(ack[3]) != p.id {
		return errors.New("something else than its PUBACK came")
	}
	return nil
}
