package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	coapdtls "github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
)

// CoAP with go-coap, over UDP and DTLS.

// A dialer opens a way for requests.
type dialer func(s *server) (*udpclient.Conn, error)

func dialUDP(s *server) (*udpclient.Conn, error) {
	return udp.Dial(s.ports.coap, options.WithErrors(func(error) {}))
}

func dialDTLS(s *server, more ...dtls.ClientOption) (*udpclient.Conn, error) {
	how := append([]dtls.ClientOption{
		dtls.WithRootCAs(s.tls(proof{}).RootCAs), dtls.WithServerName("localhost"),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
	}, more...)
	return coapdtls.Dial(s.ports.coaps, coapdtls.NewDTLSClientOptions(how...), options.WithErrors(func(error) {}))
}

type linkCoAP struct {
	s     *server
	dial  dialer
	token string
}

func comeCoAP(ctx context.Context, s *server, dial dialer, p proof) (link, error) {
	l := &linkCoAP{s, dial, p.token}
	return l, l.report(ctx, "{}")
}

func connectCoAP(ctx context.Context, s *server, p proof) (link, error) {
	return comeCoAP(ctx, s, dialUDP, p)
}

func connectCoAPS(ctx context.Context, s *server, p proof) (link, error) {
	return comeCoAP(ctx, s, func(s *server) (*udpclient.Conn, error) { return dialDTLS(s) }, p)
}

func postCoAP(ctx context.Context, s *server, dial dialer, path, body string) (codes.Code, string, error) {
	c, err := dial(s)
	if err != nil {
		return 0, "", err
	}
	defer c.Close()
	m, err := exchange(ctx, c, path, body)
	if err != nil {
		return 0, "", err
	}
	text, err := m.ReadBody()
	return m.Code(), string(text), err
}

// exchange is c.Post, which would take its request back while the connection may still look at it for a late answer: a race
// in the library. This request is left to the garbage collector.
func exchange(ctx context.Context, c *udpclient.Conn, path, body string) (*pool.Message, error) {
	req, err := c.NewPostRequest(ctx, path, message.TextPlain, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

func (l *linkCoAP) report(ctx context.Context, body string) error {
	code, text, err := postCoAP(ctx, l.s, l.dial, "/api/v1/"+l.token+"/telemetry", body)
	if err == nil && code != codes.Created {
		err = fmt.Errorf("CoAP %v: %s", code, text)
	}
	return err
}
func (l *linkCoAP) ended() <-chan error { return nil }
func (l *linkCoAP) close()              {}

func joinCoAP(ctx context.Context, s *server, dial dialer, body string) (string, error) {
	code, text, err := postCoAP(ctx, s, dial, "/api/v1/provision", body)
	if err == nil && code != codes.Created && code != codes.BadRequest && code != codes.ServiceUnavailable {
		err = errors.New(code.String())
	}
	return text, err
}

func provisionCoAP(ctx context.Context, s *server, body string) (string, error) {
	return joinCoAP(ctx, s, dialUDP, body)
}

func provisionCoAPS(ctx context.Context, s *server, body string) (string, error) {
	return joinCoAP(ctx, s, func(s *server) (*udpclient.Conn, error) { return dialDTLS(s) }, body)
}
