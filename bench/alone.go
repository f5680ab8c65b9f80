package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// alone measures one connection by itself: how long a durable acknowledgement takes, beside one fdatasync of the same
// disk, and how much a window of publishes helps.
func (p plan) alone(ctx context.Context, h *house) (results []result, err error) {
	latency := pairOf("PUBACK p50, 1 connection × 1", "ms", 3, ratioAtMost)
	window := pairOf("acknowledged a second, 1 connection × 64", "", 20, ratioAtLeast)
	latency.muster.note, latency.anchor.note = "durable", "fdatasync p50 of this disk"
	window.anchor.note = "1 connection × 1"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	for range p.rounds {
		one, err := p.roundTrip(muster)
		if err != nil {
			return nil, err
		}
		sync, err := p.fdatasync()
		if err != nil {
			return nil, err
		}
		latency.muster.add(one.Seconds() * 1000)
		latency.anchor.add(sync.Seconds() * 1000)
		for _, side := range []struct {
			window int
			figure *figure
		}{{64, &window.muster}, {1, &window.anchor}} {
			o, err := p.publish(ctx, muster, load{1, side.window})
			if err != nil {
				return nil, err
			}
			side.figure.add(o.perSecond)
		}
	}
	return []result{latency, window}, nil
}

// roundTrip returns the median time from a PUBLISH to its PUBACK with nothing else going on.
func (p plan) roundTrip(s *server) (time.Duration, error) {
	c, err := dial(context.Background(), s.mqtt, nil, 0)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return again(p.measure, func(id uint16) error {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write(publishPacket(id)); err != nil {
			return err
		}
		var ack [4]byte
		if _, err := readFull(c, ack[:]); err != nil {
			return err
		}
		if want := [4]byte{0x40, 2, byte(id >> 8), byte(id)}; ack != want {
			return fmt.Errorf("got % x, not % x", ack, want)
		}
		return nil
	})
}

// fdatasync returns the median time that the disk takes to make a small append durable.
func (p plan) fdatasync() (time.Duration, error) {
	f, err := os.CreateTemp(p.dir, "sync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	return again(p.measure, func(uint16) error {
		if _, err := f.Write(block); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Base(f.Name()), err)
		}
		return syscall.Fdatasync(int(f.Fd()))
	})
}

// again does work for a while and returns the median of how long it took. work is given numbers from 1 to 65535.
func again(during time.Duration, work func(n uint16) error) (time.Duration, error) {
	var took latencies
	for start, n := time.Now(), 0; time.Since(start) < during; n++ {
		began := time.Now()
		if err := work(uint16(n%65535 + 1)); err != nil {
			return 0, err
		}
		took.add(time.Since(began))
	}
	return took.percentile(50), nil
}
