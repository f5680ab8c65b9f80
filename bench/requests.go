package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// requests measures telemetry over HTTP and CoAP, durable, against what the libraries that others build on reach with an
// empty handler.
func (p plan) requests(ctx context.Context, h *house) (results []result, err error) {
	overHTTP := pairOf(fmt.Sprintf("HTTP telemetry a second, %d clients", p.clients), "", 0.6, ratioAtLeast)
	overCoAP := pairOf(fmt.Sprintf("CoAP telemetry a second, %d clients", p.clients), "", 0.5, ratioAtLeast)
	overHTTP.muster.note, overHTTP.anchor.note = "durable", "net/http, empty handler"
	overCoAP.muster.note, overCoAP.anchor.note = "durable", "go-coap, empty handler"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	for _, side := range []struct {
		kind    string
		address string
		result  *result
		measure func(*server, string) (float64, error)
	}{{"http", muster.http, &overHTTP, p.posts}, {"coap", muster.coap, &overCoAP, p.confirmables}} {
		anchor, address, err := h.startAnchor(ctx, side.kind)
		if err != nil {
			return nil, err
		}
		err = p.beside(muster, side.address, anchor, address, side.result, side.measure)
		if err = errors.Join(err, anchor.kill()); err != nil {
			return nil, err
		}
	}
	return []result{overHTTP, overCoAP}, nil
}

// beside measures two servers in turn, round by round.
func (p plan) beside(muster *server, at string, anchor *server, anchorAt string, r *result, measure func(*server, string) (float64, error)) error {
	for range p.rounds {
		for _, side := range []struct {
			server  *server
			address string
			figure  *figure
		}{{muster, at, &r.muster}, {anchor, anchorAt, &r.anchor}} {
			v, err := measure(side.server, side.address)
			if err != nil {
				return err
			}
			side.figure.add(v)
		}
	}
	return nil
}

// posts returns how many readings a second the server takes over HTTP.
func (p plan) posts(s *server, address string) (float64, error) {
	callers, err := callAll(address, p.clients)
	if err != nil {
		return 0, err
	}
	defer hangUpAll(callers)
	perSecond, _, err := timed(s, p.clients, p.measure, func(i int) error {
		_, err := callers[i].ask("POST", "/api/v1/"+token(i)+"/telemetry", "", []byte(reading))
		return err
	})
	return perSecond, err
}

// confirmables returns how many readings a second the server takes as confirmable CoAP requests.
func (p plan) confirmables(s *server, address string) (float64, error) {
	conns := make([]net.Conn, 0, p.clients)
	defer func() { hangUp(conns) }()
	for range p.clients {
		c, err := net.Dial("udp", address)
		if err != nil {
			return 0, err
		}
		conns = append(conns, c)
	}
	sent := make([]uint16, p.clients)
	perSecond, _, err := timed(s, p.clients, p.measure, func(i int) error {
		sent[i]++
		return confirm(conns[i], coapRequest(i, sent[i]))
	})
	return perSecond, err
}

// coapRequest is a confirmable POST to api/v1/{token}/telemetry. [RFC 7252, 3]
func coapRequest(i int, id uint16) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0x42, 0x02}, id) // version 1, CON, a token of two bytes; POST
	b = binary.BigEndian.AppendUint16(b, id)
	delta := byte(11) // Uri-Path; the next ones repeat it
	for segment := range strings.SplitSeq("api/v1/"+token(i)+"/telemetry", "/") {
		if len(segment) < 13 {
			b = append(b, delta<<4|byte(len(segment)))
		} else {
			b = append(b, delta<<4|13, byte(len(segment)-13))
		}
		b = append(b, segment...)
		delta = 0
	}
	return append(append(b, 0xff), reading...)
}

// confirm sends a request until its answer comes, which must be a success. The answer comes with the acknowledgement, or
// after it in a message of its own. [RFC 7252, 5.2]
func confirm(c net.Conn, request []byte) error {
	var in [1500]byte
	for range 5 {
		if _, err := c.Write(request); err != nil {
			return err
		}
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		n, err := c.Read(in[:])
		for err == nil && (n < 6 || [2]byte(in[4:]) != [2]byte(request[4:])) { // no answer, or that to an earlier request
			n, err = c.Read(in[:])
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return err
		case in[1]>>5 != 2:
			return fmt.Errorf("CoAP: % x", in[:n])
		case in[0]&0x30 == 0: // confirmable itself
			_, err = c.Write([]byte{0x60, 0, in[2], in[3]})
		}
		return err
	}
	return errors.New("CoAP: no answer")
}
