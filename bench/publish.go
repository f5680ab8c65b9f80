package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

const warmUp = 500 * time.Millisecond

// publishing measures acknowledged publishes and what each costs the server, on both servers in turn.
func (p plan) publishing(ctx context.Context, h *house) ([]result, error) {
	var results []result
	for _, l := range []struct {
		load
		rate, cpu float64 // the floors
	}{{load{100, 16}, 5, 0.3}, {load{1000, 8}, 4, 0.4}} {
		more, err := p.publishWith(ctx, h, l.load, l.rate, l.cpu)
		if err != nil {
			return results, err
		}
		results = append(results, more...)
	}
	return results, nil
}

// A load is how many connections publish, and how many publishes each has in flight.
type load struct{ connections, window int }

func (l load) String() string { return fmt.Sprintf("%d connections × %d", l.connections, l.window) }

func (p plan) publishWith(ctx context.Context, h *house, l load, rateFloor, cpuFloor float64) ([]result, error) {
	rate := pairOf("acknowledged a second, "+l.String(), "", rateFloor, ratioAtLeast)
	cpu := pairOf("server CPU a message, "+l.String(), "µs", cpuFloor, ratioAtMost)
	rate.muster.note, rate.anchor.note = "durable", "mosquitto, in memory"
	cpu.anchor.note = "mosquitto"
	err := h.pair(ctx, func(muster, mosquitto *server) error {
		for range p.rounds {
			for _, side := range []struct {
				on        *server
				rate, cpu *figure
			}{{muster, &rate.muster, &cpu.muster}, {mosquitto, &rate.anchor, &cpu.anchor}} {
				o, err := p.publish(ctx, side.on, l)
				if err != nil {
					return err
				}
				side.rate.add(o.perSecond)
				side.cpu.add(o.cpu)
			}
		}
		return h.kept(ctx, muster)
	})
	return []result{rate, cpu}, err
}

// An outcome is what became of a load.
type outcome struct {
	perSecond float64 // messages
	cpu       float64 // microseconds of the server's a message
	messages  int64   // acknowledged in all, warm-up and all
}

// publish loads one server for a while.
func (p plan) publish(ctx context.Context, s *server, l load) (o outcome, err error) {
	conns, err := dialAll(ctx, s.mqtt, nil, l.connections, 16)
	if err != nil {
		return o, err
	}
	defer hangUp(conns)
	publishers := make([]publisher, len(conns))
	errs := make([]error, len(conns))
	var all sync.WaitGroup
	for i, c := range conns {
		publishers[i].conn = c
		all.Go(func() { errs[i] = publishers[i].run(l.window) })
	}
	time.Sleep(warmUp)
	before, err := usageOf(s.pid())
	if err != nil {
		return o, err
	}
	start, from := time.Now(), acknowledged(publishers)
	select {
	case <-ctx.Done():
		return o, ctx.Err()
	case <-time.After(p.measure):
	}
	after, err := usageOf(s.pid())
	if err != nil {
		return o, err
	}
	elapsed, messages := time.Since(start), float64(acknowledged(publishers)-from)
	for _, c := range conns {
		_ = c.SetReadDeadline(time.Now())
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return o, err
	}
	if messages == 0 {
		return o, errors.New("nothing was acknowledged")
	}
	return outcome{
		perSecond: messages / elapsed.Seconds(),
		cpu:       float64(after.cpu-before.cpu) / float64(time.Microsecond) / messages,
		messages:  acknowledged(publishers),
	}, nil
}

// A publisher keeps a window of publishes in flight on one connection.
type publisher struct {
	conn  net.Conn
	acked atomic.Int64
	_     [40]byte // a cache line of its own
}

func acknowledged(publishers []publisher) (sum int64) {
	for i := range publishers {
		sum += publishers[i].acked.Load()
	}
	return sum
}

// run publishes until the connection's read deadline passes. Its packets are encoded once, as a ring of the window's
// packet identifiers laid out twice, so that whatever was acknowledged is answered by one Write. Acknowledgements must
// come in the order of the publishes [MQTT-4.6.0-2].
func (p *publisher) run(window int) error {
	var ring []byte
	for id := range 2 * window {
		ring = append(ring, publishPacket(uint16(id%window+1))...)
	}
	size := len(ring) / (2 * window)
	if _, err := p.conn.Write(ring[:window*size]); err != nil {
		return err
	}
	in, held, at := make([]byte, 4*window), 0, 0
	for {
		n, err := p.conn.Read(in[held:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lost while publishing: %w", noEOF(err))
		}
		held += n
		acks := held / 4
		for i := range acks {
			id := (at+i)%window + 1
			if want := [4]byte{0x40, 2, byte(id >> 8), byte(id)}; [4]byte(in[4*i:]) != want {
				return fmt.Errorf("got % x, not % x", in[4*i:4*i+4], want)
			}
		}
		held = copy(in, in[4*acks:held])
		if acks == 0 {
			continue
		}
		p.acked.Add(int64(acks))
		if _, err := p.conn.Write(ring[at*size : (at+acks)*size]); err != nil {
			return err
		}
		at = (at + acks) % window
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// kept makes sure that the figures are of a server that keeps what it acknowledges.
func (h *house) kept(ctx context.Context, s *server) error {
	command := exec.CommandContext(ctx, h.binary, "device", "latest", deviceName(0), "--json", "--url", "http://"+s.http, "--data", h.file("muster"))
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("muster device latest: %w", err)
	}
	if !bytes.Contains(out, []byte("2.14.0")) {
		return fmt.Errorf("the server acknowledged readings and keeps none: %s", out)
	}
	return nil
}
