package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"muster/internal/pebble"
)

// growth measures what a message costs the store of readings as the house grows, compactions and all. The anchor is the
// small house. There is one round: CPU time over a million messages varies little.
func (p plan) growth(ctx context.Context, h *house) ([]result, error) {
	sizes := []struct {
		devices int
		hours   time.Duration
	}{{p.devices / 1000, 1}, {p.devices / 10, 10}, {p.devices, 100}}
	var results []result
	var first figure
	for i, size := range sizes {
		name := fmt.Sprintf("store CPU a message, %s devices, %d h", number(float64(size.devices)), size.hours)
		r := pairOf(name, "µs", 1.5, ratioAtMost)
		cpu, err := grow(ctx, h.file("growth"), simulation{max(size.devices, 1), 3 * p.devices, size.hours * time.Hour})
		if err != nil {
			return results, err
		}
		r.muster.add(cpu)
		if i == 0 {
			first = r.muster
			r.rule = noFloor
		}
		r.anchor = first
		r.anchor.note = "the first"
		results = append(results, r)
	}
	return results, nil
}

// grow returns microseconds of CPU a message.
func grow(ctx context.Context, dir string, s simulation) (each float64, err error) {
	readings, err := pebble.Open(dir, pebble.Options{})
	if err != nil {
		return 0, err
	}
	before := ownCPU()
	err = s.run(ctx, readings)
	if err = errors.Join(err, readings.Close()); err != nil {
		return 0, err
	}
	each = float64(ownCPU()-before) / float64(time.Microsecond) / float64(s.messages)
	return each, os.RemoveAll(dir)
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for wrong arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// populous returns the house of many devices, and makes it first.
func (h *house) populous(ctx context.Context, devices int) (_ *house, err error) {
	if h.large == nil {
		h.large, err = h.another(ctx, "large", devices)
	}
	return h.large, err
}

// A grown house is populous, and each device has sent this often.
const reports = 10

// grown returns the house in which the devices have reported, and lets them do so first.
func (h *house) grown(ctx context.Context, devices int) (*house, error) {
	large, err := h.populous(ctx, devices)
	if err != nil || large.lived {
		return large, err
	}
	readings, err := pebble.Open(filepath.Join(large.file("muster"), "readings"), pebble.Options{})
	if err != nil {
		return nil, err
	}
	err = simulation{devices, reports * devices, 100 * time.Hour}.run(ctx, readings)
	if err = errors.Join(err, readings.Close()); err != nil {
		return nil, err
	}
	large.lived = true
	return large, large.settle(ctx)
}

// settle starts Muster once and stops it when it has nothing left to do, such as compactions of what was filled in.
func (h *house) settle(ctx context.Context) error {
	s, err := h.startMuster(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.rest(ctx), s.stop())
}

// rest waits until the server does nothing for a second, and at most two minutes.
func (s *server) rest(ctx context.Context) error {
	before, err := usageOf(s.pid())
	for range 120 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		now, err := usageOf(s.pid())
		if err != nil || now.cpu-before.cpu < 5*clockTick {
			return err
		}
		before = now
	}
	return err
}

// little returns the house that the grown one is compared with.
func (h *house) little(ctx context.Context) (_ *house, err error) {
	if h.small == nil {
		h.small, err = h.another(ctx, "small", 1000)
	}
	return h.small, err
}

// starting measures the time from exec to ready, after a clean stop and after a kill in the middle of a load.
func (p plan) starting(ctx context.Context, h *house) ([]result, error) {
	large, err := h.grown(ctx, p.devices)
	if err != nil {
		return nil, err
	}
	small, err := h.little(ctx)
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(large.file("muster"))
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%s devices, %.1f GB", number(float64(p.devices)), size/1e9)
	clean := pairOf("ready after a clean stop, "+what, "s", 1, atMost)
	killed := pairOf("ready after kill -9, "+what, "s", 5, atMost)
	clean.anchor.note, killed.anchor.note = "1,000 devices", "1,000 devices"
	for range p.rounds {
		for _, side := range []struct {
			house         *house
			clean, killed *figure
		}{{large, &clean.muster, &killed.muster}, {small, &clean.anchor, &killed.anchor}} {
			s, took, err := side.house.startTimed(ctx)
			if err != nil {
				return nil, err
			}
			side.clean.add(took.Seconds())
			if _, err = p.publish(ctx, s, crowded); err != nil {
				return nil, errors.Join(err, s.stop())
			}
			if err := s.kill(); err != nil {
				return nil, err
			}
			if s, took, err = side.house.startTimed(ctx); err != nil {
				return nil, err
			}
			side.killed.add(took.Seconds())
			if err := s.stop(); err != nil {
				return nil, err
			}
		}
	}
	return []result{clean, killed}, nil
}

func (h *house) startTimed(ctx context.Context) (*server, time.Duration, error) {
	start := time.Now()
	s, err := h.startMuster(ctx)
	return s, time.Since(start), err
}

// connecting measures what a connect with an access token costs, each time of another device.
func (p plan) connecting(ctx context.Context, h *house) ([]result, error) {
	large, err := h.grown(ctx, p.devices)
	if err != nil {
		return nil, err
	}
	small, err := h.little(ctx)
	if err != nil {
		return nil, err
	}
	bare := pairOf(fmt.Sprintf("server CPU a connect, %s devices", number(float64(p.devices))), "µs", 2, ratioAtMost)
	bare.anchor.note = "mosquitto, no authentication"
	same := bare
	same.floor, same.anchor.note = 1.3, "1,000 devices"
	for range p.rounds {
		for _, side := range []struct {
			start   func(context.Context) (*server, error)
			devices int
			figures []*figure
		}{
			{large.startMuster, p.devices, []*figure{&bare.muster, &same.muster}},
			{small.startMuster, 1000, []*figure{&same.anchor}},
			{large.startMosquitto, p.devices, []*figure{&bare.anchor}},
		} {
			s, err := side.start(ctx)
			if err != nil {
				return nil, err
			}
			_, cpu, err := connects(ctx, s, s.mqtt, nil, p.measure, side.devices, 7919)
			if err = errors.Join(err, s.stop()); err != nil {
				return nil, err
			}
			for _, f := range side.figures {
				f.add(cpu)
			}
		}
	}
	return []result{bare, same}, nil
}
