package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// crowded is the load whose half is paced.
var crowded = load{100, 16}

// paced measures under half of the load that each server bears at most: how long acknowledgements take, and on Muster how
// long people wait for readings.
func (p plan) paced(ctx context.Context, h *house) (results []result, err error) {
	puback := pairOf("PUBACK p99 at half of the peak", "ms", 10, atMost)
	latest := pairOf("latest readings p99 meanwhile", "ms", 1, atMost)
	history := pairOf("a day of one key p99 meanwhile", "ms", 3, atMost)
	puback.muster.note, puback.anchor.note = "durable", "mosquitto, at half of its own"
	latest.anchor.note, history.anchor.note = "GET /livez", "GET /livez"
	err = h.pair(ctx, func(muster, mosquitto *server) error {
		if err := h.reportADay(muster); err != nil {
			return err
		}
		for range p.rounds {
			if err := p.pace1(ctx, mosquitto, &puback.anchor, nil); err != nil {
				return err
			}
			meanwhile := func(done <-chan struct{}) error {
				return h.read(muster, done, &latest, &history)
			}
			if err := p.pace1(ctx, muster, &puback.muster, meanwhile); err != nil {
				return err
			}
		}
		return nil
	})
	return []result{puback, latest, history}, err
}

// pace1 finds the peak of a server and adds the latency at half of it to f. meanwhile runs until its channel is closed.
func (p plan) pace1(ctx context.Context, s *server, f *figure, meanwhile func(done <-chan struct{}) error) error {
	short := p
	short.measure = p.measure / 2
	peak, err := short.publish(ctx, s, crowded)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	var readErr error
	if meanwhile != nil {
		readers.Go(func() { readErr = meanwhile(done) })
	}
	took, err := p.pace(ctx, s, peak.perSecond/2)
	close(done)
	readers.Wait()
	if err := errors.Join(err, readErr); err != nil {
		return err
	}
	f.add(took.percentile(99).Seconds() * 1000)
	return nil
}

// pace publishes so many messages a second, evenly from all connections, and returns how long each acknowledgement took.
func (p plan) pace(ctx context.Context, s *server, perSecond float64) (latencies, error) {
	conns, err := dialAll(ctx, s.mqtt, nil, crowded.connections, 16)
	if err != nil {
		return nil, err
	}
	defer hangUp(conns)
	every := time.Duration(float64(crowded.window*len(conns)) / perSecond * float64(time.Second))
	walkers := make([]walker, len(conns))
	errs := make([]error, 2*len(conns))
	var all sync.WaitGroup
	start := time.Now()
	for i, c := range conns {
		w := &walkers[i]
		w.conn = c
		first := start.Add(warmUp + every*time.Duration(i)/time.Duration(len(conns))) // so that they do not march in step
		all.Go(func() { errs[2*i] = w.walk(first, p.measure, every) })
		all.Go(func() { errs[2*i+1] = w.listen() })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var took latencies
	for i := range walkers {
		took = append(took, walkers[i].took...)
	}
	if wanted := perSecond * p.measure.Seconds(); float64(len(took)) < 0.9*wanted {
		return nil, fmt.Errorf("%d of %.0f messages were acknowledged in time", len(took), wanted)
	}
	return took, nil
}

// A walker publishes a window at an even pace, whatever the server does, and notes when each acknowledgement came.
type walker struct {
	conn net.Conn
	sent [1 << 13]atomic.Int64 // when the publish of an identifier went out, in nanoseconds
	took latencies
}

func (w *walker) walk(first time.Time, during, every time.Duration) error {
	var out []byte
	sent := 0
	for step := first; step.Sub(first) < during; step = step.Add(every) {
		time.Sleep(time.Until(step))
		out = out[:0]
		now := time.Now().UnixNano()
		for range crowded.window {
			id := sent%(len(w.sent)-1) + 1
			w.sent[id].Store(now)
			out = append(out, publishPacket(uint16(id))...)
			sent++
		}
		if _, err := w.conn.Write(out); err != nil {
			return err
		}
	}
	return w.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
}

func (w *walker) listen() error {
	var in [4096]byte
	held := 0
	for {
		n, err := w.conn.Read(in[held:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lost while publishing: %w", noEOF(err))
		}
		held += n
		now := time.Now().UnixNano()
		for at := range held / 4 {
			id := int(in[4*at+2])<<8 | int(in[4*at+3])
			if in[4*at] != 0x40 || id >= len(w.sent) {
				return fmt.Errorf("got % x", in[4*at:4*at+4])
			}
			w.took.add(time.Duration(now - w.sent[id].Load()))
		}
		held = copy(in[:], in[held/4*4:held])
	}
}

// observed is the device that people look at: one that is not among those of the load.
const observed = 999

// reportADay lets the observed device report one value a minute for the last day.
func (h *house) reportADay(s *server) error {
	c, err := call(s.http)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	minute := time.Now().Add(-24 * time.Hour)
	for range 24 {
		var hour []string
		for range 60 {
			hour = append(hour, fmt.Sprintf(`{"ts":%d,"values":{"minute":%d}}`, minute.UnixMilli(), minute.Minute()))
			minute = minute.Add(time.Minute)
		}
		if _, err := c.ask("POST", "/api/v1/"+token(observed)+"/telemetry", "", []byte("["+strings.Join(hour, ",")+"]")); err != nil {
			return err
		}
	}
	return nil
}

// read asks fifty times a second for what people look at, until done is closed.
func (h *house) read(s *server, done <-chan struct{}, latest, history *result) error {
	secret, err := os.ReadFile(filepath.Join(h.file("muster"), "api-token"))
	if err != nil {
		return err
	}
	c, err := call(s.http)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	header := "Authorization: Bearer " + strings.TrimSpace(string(secret)) + "\r\n"
	device := "/v1/devices/" + deviceName(observed)
	day := fmt.Sprintf("%s/history?key=minute&limit=2000&from=%d", device, time.Now().Add(-25*time.Hour).UnixMilli())
	var took [3]latencies
	for asking := true; asking; {
		for i, path := range []string{"/livez", device + "/latest", day} {
			start := time.Now()
			answer, err := c.ask("GET", path, header, nil)
			if err != nil {
				return err
			}
			took[i].add(time.Since(start))
			if i == 2 {
				if err := minutes(answer); err != nil {
					return err
				}
			}
		}
		select {
		case <-done:
			asking = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	for i, f := range []*figure{&latest.anchor, &latest.muster, &history.muster} {
		f.add(took[i].percentile(99).Seconds() * 1000)
	}
	history.anchor.add(took[0].percentile(99).Seconds() * 1000)
	return nil
}

// minutes makes sure that an answer is a day of readings.
func minutes(answer []byte) error {
	if n := bytes.Count(answer, []byte(`{"ts":`)); n < 24*60 {
		return fmt.Errorf("a day has %d readings", n)
	}
	return nil
}
