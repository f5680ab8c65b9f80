package simulate

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"muster"
)

// coapSockets are the sockets that devices send from, which take turns with them.
type coapSockets struct {
	address string
	mu      sync.Mutex // guards idle
	idle    []*client.Conn
}

func newCoAPSockets(address string) *coapSockets { return &coapSockets{address: address} }

func (s *coapSockets) take() (*client.Conn, error) {
	s.mu.Lock()
	if last := len(s.idle) - 1; last >= 0 {
		c := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		return c, nil
	}
	s.mu.Unlock()
	return udp.Dial(s.address, options.WithErrors(func(error) {}))
}

func (s *coapSockets) giveBack(c *client.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, c)
}

func (s *coapSockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.idle {
		_ = c.Close() // nothing is lost with it
	}
	s.idle = nil
}

// post sends a confirmable request and returns the body of its answer.
func (s *coapSockets) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	c, err := s.take()
	if err != nil {
		return nil, unreached(err)
	}
	text, err := exchange(ctx, c, path, body)
	if err != nil {
		_ = c.Close() // an answer may still come, or nobody is there
		return nil, err
	}
	s.giveBack(c)
	return text, nil
}

func exchange(ctx context.Context, c *client.Conn, path string, body []byte) ([]byte, error) {
	req, err := c.NewPostRequest(ctx, path, message.AppJSON, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := c.Do(req)
	if err != nil {
		return nil, &muster.Error{Reason: muster.ReasonServerUnreachable, Message: "the server does not answer", Err: err}
	}
	switch code := answer.Code(); {
	case code == codes.Created, code == codes.Changed, code == codes.Content, code == codes.Valid:
	case code == codes.BadRequest: // a refusal that says more
	case code == codes.Unauthorized:
		return nil, muster.Refuse(muster.ReasonTokenUnknown, "")
	case code == codes.ServiceUnavailable, code == codes.TooManyRequests:
		return nil, muster.Refuse(muster.ReasonServerBusy, "")
	default:
		return nil, errors.New("the server answers with " + code.String())
	}
	text, err := answer.ReadBody()
	if err == nil && len(text) > maxAnswer {
		err = errors.New("the answer is too large")
	}
	return text, err
}

// A coapLine shows the device's token with every request.
type coapLine struct {
	sockets *coapSockets
	path    string
}

func (l *coapLine) report(ctx context.Context, body []byte) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	_, err := l.sockets.post(ctx, l.path, body)
	return err
}

func (l *coapLine) close() {}
