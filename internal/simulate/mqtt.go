package simulate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"muster"
	"muster/internal/mqtt"
)

const (
	provisionUser     = "provision"
	provisionRequest  = "/provision/request"
	provisionResponse = "/provision/response"
	telemetryTopic    = "v1/devices/me/telemetry"
	longest           = 65535 // seconds of keep-alive: devices report more often, or come back
)

// An mqttLine is a session of MQTT 3.1.1.
type mqttLine struct {
	conn net.Conn
	in   []byte // what has arrived and was not looked at
	out  []byte
	room [256]byte
	id   uint16 // of the last publish
}

// dialMQTT opens a session.
func dialMQTT(ctx context.Context, address, clientID, username string) (*mqttLine, error) {
	dialer := net.Dialer{Timeout: patience}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, unreached(err)
	}
	l := &mqttLine{conn: c}
	if err := l.greet(clientID, username); err != nil {
		l.close()
		return nil, unreached(err)
	}
	return l, nil
}

func (l *mqttLine) greet(clientID, username string) error {
	if err := l.send(appendConnect(l.out[:0], clientID, username)); err != nil {
		return err
	}
	p, err := l.await(mqtt.TypeConnack)
	switch {
	case err != nil:
		return err
	case len(p.Body) != 2:
		return errors.New("the CONNACK cannot be read")
	}
	switch code := p.Body[1]; code {
	case 0:
		return nil
	case 3:
		return muster.Refuse(muster.ReasonServerBusy, "")
	case 4, 5:
		return muster.Refuse(muster.ReasonTokenUnknown, "")
	default:
		return fmt.Errorf("the server refuses the connection with %d", code)
	}
}

// appendConnect appends a CONNECT with a user name, a clean session and no password.
func appendConnect(b []byte, clientID, username string) []byte {
	body := appendText(nil, "MQTT")
	body = append(body, byte(mqtt.V311), 0b1000_0010)
	body = binary.BigEndian.AppendUint16(body, longest)
	body = appendText(appendText(body, clientID), username)
	b = append(b, byte(mqtt.TypeConnect)<<4)
	return append(binary.AppendUvarint(b, uint64(len(body))), body...) // the length is written alike
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) //nolint:gosec // names and tokens are short
}

func (l *mqttLine) send(b []byte) error {
	l.out = b
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := l.conn.Write(b)
	return err
}

// await returns the next packet of a type and drops others. The packet is good until the next call.
func (l *mqttLine) await(want mqtt.Type) (mqtt.Packet, error) {
	for {
		p, size, err := mqtt.Next(l.in, mqtt.V311, maxAnswer)
		switch {
		case err != nil:
			return p, err
		case size == 0 || size > len(l.in):
			n, err := l.conn.Read(l.room[:])
			if err != nil {
				return p, err
			}
			l.in = append(l.in, l.room[:n]...)
		default:
			l.in = l.in[size:]
			if p.Type == want {
				return p, nil
			}
		}
	}
}

func (l *mqttLine) publish(topic string, body []byte) error {
	if l.id++; l.id == 0 {
		l.id = 1
	}
	return l.send(mqtt.AppendPublish(l.out[:0], mqtt.V311, &mqtt.Publish{Topic: []byte(topic), Payload: body, ID: l.id, QoS: 1}))
}

func (l *mqttLine) report(_ context.Context, body []byte) error {
	if err := l.publish(telemetryTopic, body); err != nil {
		return unreached(err)
	}
	p, err := l.await(mqtt.TypePuback)
	if err != nil {
		return unreached(err)
	}
	if ack, err := p.Ack(mqtt.V311); err != nil || ack.ID != l.id {
		return errors.New("the server acknowledges something else")
	}
	return nil
}

// close takes leave and hangs up when the server has: whoever comes back sooner takes over a session that has not ended.
func (l *mqttLine) close() {
	if l.send([]byte{byte(mqtt.TypeDisconnect) << 4, 0}) == nil {
		_, _ = io.Copy(io.Discard, l.conn)
	}
	_ = l.conn.Close()
}

// joinMQTT asks to be let in over a connection that is there for nothing else.
func joinMQTT(ctx context.Context, address string, request []byte) ([]byte, error) {
	l, err := dialMQTT(ctx, address, "", provisionUser)
	if err != nil {
		return nil, err
	}
	defer l.close()
	if err := l.publish(provisionRequest, request); err != nil {
		return nil, err
	}
	for {
		p, err := l.await(mqtt.TypePublish)
		if err != nil {
			return nil, err
		}
		m, err := p.Publish(mqtt.V311)
		if err != nil {
			return nil, err
		}
		if string(m.Topic) == provisionResponse {
			return append([]byte(nil), m.Payload...), nil
		}
	}
}
