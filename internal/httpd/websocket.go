package httpd

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/coder/websocket"

	"muster"
)

// A WebSocket is the stream of bytes in the binary messages of one connection, whatever their bounds [MQTT-6.0.0-2]. One
// goroutine at a time may read. What is read after a refusal is only good to be thrown away.
type WebSocket struct {
	*tapped // whose deadlines are those of the stream
	ws      *websocket.Conn
	message io.Reader // the one that is being read; nil between two
	left    int       // bytes that it may have yet
	limit   int       // bytes of a message
	refused bool      // and nothing more is
}

func newWebSocket(c *tapped, ws *websocket.Conn, limit int) *WebSocket {
	ws.SetReadLimit(-1) // read counts, so that the client can be told in MQTT
	return &WebSocket{tapped: c, ws: ws, limit: limit}
}

// Await waits until there is something to read, and holds no buffer meanwhile.
func (s *WebSocket) Await() error {
	for {
		if s.message == nil {
			if err := s.next(); err != nil {
				return err
			}
		}
		_, err := s.message.Read(nil) // waits for a frame with something in it, or for the end of the message
		if err != io.EOF {
			return s.judge(err)
		}
		s.message = nil
	}
}

// next waits for a message.
func (s *WebSocket) next() error {
	kind, message, err := s.ws.Reader(context.Background())
	if err != nil {
		return s.judge(err)
	}
	s.message, s.left = message, s.limit
	if kind != websocket.MessageBinary {
		return s.refuse(muster.ReasonProtocolError, "a WebSocket message is not binary") // [MQTT-6.0.0-1]
	}
	return nil
}

// Read reads what has arrived of one message.
func (s *WebSocket) Read(b []byte) (int, error) {
	if err := s.Await(); err != nil {
		return 0, err
	}
	n, err := s.message.Read(b)
	if s.left -= n; s.left < 0 {
		if err := s.refuse(muster.ReasonPacketTooLarge, "a WebSocket message is too large"); err != nil {
			return 0, err
		}
	}
	return n, s.judge(err)
}

// refuse says once what the client may not do.
func (s *WebSocket) refuse(r muster.Reason, why string) error {
	if s.refused {
		return nil
	}
	s.refused = true
	return muster.Refuse(r, "%s", why)
}

// judge tells the end of the connection from frames that are not those of a WebSocket.
func (s *WebSocket) judge(err error) error {
	switch {
	case err == nil:
		return nil
	case websocket.CloseStatus(err) >= 0:
		return io.EOF
	case s.failed.Load() || errors.Is(err, net.ErrClosed):
		return err
	}
	if refusal := s.refuse(muster.ReasonPacketMalformed, "the WebSocket frames are malformed"); refusal != nil {
		return refusal
	}
	return err
}

// Write sends b as one binary message.
func (s *WebSocket) Write(b []byte) (int, error) {
	if err := s.ws.Write(context.Background(), websocket.MessageBinary, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// CloseWrite says goodbye. It does not wait until that is sent.
func (s *WebSocket) CloseWrite() error {
	go func() { _ = s.ws.Close(websocket.StatusNormalClosure, "") }() // which ends with the connection at the latest
	return nil
}

// Close closes the connection as it is.
func (s *WebSocket) Close() error {
	err := s.Conn.Close() // first, so that nobody holds the WebSocket up
	_ = s.ws.CloseNow()
	return err
}

// tapped is a connection that remembers that it failed.
type tapped struct {
	net.Conn
	failed atomic.Bool
}

func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if err != nil {
		t.failed.Store(true)
	}
	return n, err
}

func (t *tapped) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if err != nil {
		t.failed.Store(true)
	}
	return n, err
}
