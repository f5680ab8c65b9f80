package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// live is how many devices are connected when they are suspended, one after the other.
const live = 1000

// revoking measures the time from the request that suspends a device to the end of its connection. The anchor is the time
// until the request itself is answered.
func (p plan) revoking(ctx context.Context, h *house) (results []result, err error) {
	h, err = h.another(ctx, "revoking", live)
	if err != nil {
		return nil, err
	}
	r := pairOf(fmt.Sprintf("suspended to closed p99, %s sessions", number(live)), "ms", 1000, atMost)
	r.anchor.note = "the request's answer"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, muster.stop()) }()
	conns, err := dialAll(ctx, muster.mqtt, nil, live, 16)
	if err != nil {
		return nil, err
	}
	defer hangUp(conns)
	callers, err := callAll(muster.http, 4)
	if err != nil {
		return nil, err
	}
	defer hangUpAll(callers)
	apiToken, err := h.apiToken()
	if err != nil {
		return nil, err
	}
	closed, answered, err := suspendAll(callers, apiToken, conns)
	if err != nil {
		return nil, err
	}
	r.muster.add(float64(closed.percentile(99)) / float64(time.Millisecond))
	r.anchor.add(float64(answered.percentile(99)) / float64(time.Millisecond))
	return []result{r}, nil
}

// suspendAll suspends the devices whose connections these are, and returns how long it took until each was closed, and until
// each request was answered.
func suspendAll(callers []*caller, apiToken string, conns []net.Conn) (closed, answered latencies, err error) {
	closed, answered = make(latencies, len(conns)), make(latencies, len(conns))
	errs := make([]error, len(callers))
	var next atomic.Int64
	var all sync.WaitGroup
	for n, c := range callers {
		all.Go(func() {
			for errs[n] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(conns) {
					return
				}
				closed[i], answered[i], errs[n] = suspend(c, apiToken, conns[i], i)
			}
		})
	}
	all.Wait()
	return closed, answered, errors.Join(errs...)
}

func suspend(c *caller, apiToken string, conn net.Conn, i int) (closed, answered time.Duration, err error) {
	start := time.Now()
	if err := conn.SetReadDeadline(start.Add(10 * time.Second)); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, conn)
		closed = time.Since(start)
		ended <- err
	}()
	if _, err = c.ask("POST", "/v1/devices/"+deviceName(i)+"/suspend", "Authorization: Bearer "+apiToken+"\r\n", nil); err != nil {
		return 0, 0, err
	}
	answered = time.Since(start)
	if err := <-ended; isTimeout(err) {
		return 0, 0, fmt.Errorf("the session of device %d goes on", i)
	}
	return closed, answered, nil
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
