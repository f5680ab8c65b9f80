package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"muster"
)

// A line is how a device reaches the server.
type line interface {
	// report says something and returns when the server has it on its disk.
	report(ctx context.Context, body []byte) error
	close()
}

// lines open lines over each transport.
type lines struct {
	options *Options
	http    *http.Client
	coap    *coapSockets
}

func newLines(o *Options) *lines {
	return &lines{
		options: o,
		http:    &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: workers, IdleConnTimeout: time.Minute}},
		coap:    newCoAPSockets(o.CoAP),
	}
}

func (l *lines) close() {
	l.http.CloseIdleConnections()
	l.coap.close()
}

// join asks to be let in and returns the token that was granted.
func (l *lines) join(ctx context.Context, t muster.Transport, request []byte) (string, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	var answer []byte
	var err error
	switch t {
	case muster.HTTP:
		answer, err = l.post(ctx, "/api/v1/provision", request)
	case muster.CoAP:
		answer, err = l.coap.post(ctx, "/api/v1/provision", request)
	default:
		answer, err = joinMQTT(ctx, l.options.MQTT, request)
	}
	if err != nil {
		return "", unreached(err)
	}
	return tokenOf(answer)
}

// open makes a line for a device with a token.
func (l *lines) open(ctx context.Context, t muster.Transport, name, token string) (line, error) {
	switch t {
	case muster.HTTP:
		return &httpLine{l, "/api/v1/" + token + "/telemetry"}, nil
	case muster.CoAP:
		return &coapLine{l.coap, "/api/v1/" + token + "/telemetry"}, nil
	}
	return dialMQTT(ctx, l.options.MQTT, name, token)
}

// unreached marks an error of the network as one that may pass.
func unreached(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return &muster.Error{Reason: muster.ReasonServerUnreachable, Message: "the server does not answer", Err: err}
	}
	return err
}

// An answered error is a status that is no success.
func answered(status int) error {
	switch {
	case status == http.StatusUnauthorized:
		return muster.Refuse(muster.ReasonTokenUnknown, "")
	case status == http.StatusTooManyRequests:
		return muster.Refuse(muster.ReasonRateLimited, "")
	case status == http.StatusServiceUnavailable:
		return muster.Refuse(muster.ReasonServerBusy, "")
	}
	return fmt.Errorf("the server answers with the status %d", status)
}
