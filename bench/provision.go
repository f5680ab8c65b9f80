package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// provisioning measures how many devices a second get in over HTTP. The anchor is what HTTP itself costs here: the same
// clients asking the same server for nothing.
func (p plan) provisioning(ctx context.Context, h *house) ([]result, error) {
	rate := pairOf(fmt.Sprintf("provisioned devices a second (%d clients)", p.clients), "", 0, noFloor)
	rate.muster.note, rate.anchor.note = "durable", "GET /livez, the same clients"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	err = p.provision(ctx, h, muster, &rate)
	return []result{rate}, errors.Join(err, muster.stop())
}

func (p plan) provision(ctx context.Context, h *house, s *server, rate *result) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: p.clients}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	var born atomic.Int64
	admit := func() error { return h.admit(ctx, client, s, int(born.Add(1))-1) }
	nothing := func() error {
		_, err := ask(ctx, client, http.MethodGet, "http://"+s.http+"/livez", nil)
		return err
	}
	for range p.rounds {
		for _, side := range []struct {
			figure *figure
			work   func() error
		}{{&rate.muster, admit}, {&rate.anchor, nothing}} {
			n, err := repeat(p.clients, p.measure/2, side.work)
			if err != nil {
				return err
			}
			side.figure.add(n)
		}
	}
	for int(born.Load()) < max(p.connections, p.idle) { // the other measurements need a device each
		if err := admit(); err != nil {
			return err
		}
	}
	return nil
}

// repeat lets callers do work again and again for a while, and returns how often a second it was done.
func repeat(callers int, during time.Duration, work func() error) (perSecond float64, err error) {
	errs := make([]error, callers)
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for caller := range callers {
		all.Go(func() {
			for errs[caller] == nil && time.Since(start) < during {
				errs[caller] = work()
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(errs...)
}

// admit provisions the i-th device with an access token of its own.
func (h *house) admit(ctx context.Context, client *http.Client, s *server, i int) error {
	body, err := json.Marshal(map[string]string{
		"deviceName": deviceName(i), "provisionDeviceKey": h.key, "provisionDeviceSecret": h.secret,
		"credentialsType": "ACCESS_TOKEN", "token": token(i),
	})
	if err != nil {
		return err
	}
	answer, err := ask(ctx, client, http.MethodPost, "http://"+s.http+"/api/v1/provision", body)
	if err == nil && !bytes.Contains(answer, []byte(`"SUCCESS"`)) {
		return fmt.Errorf("provision device %d: %s", i, answer)
	}
	return err
}

func ask(ctx context.Context, client *http.Client, method, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, content)
	}
	return content, err
}
