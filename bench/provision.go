package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
)

// provisioning measures how many devices a second get in over HTTP, and what each costs the server. The anchor is what
// HTTP itself costs here: the same clients asking the same server for nothing.
func (p plan) provisioning(ctx context.Context, h *house) ([]result, error) {
	rate := pairOf(fmt.Sprintf("provisioned a second, %d clients", p.clients), "", 8000, atLeast)
	cpu := pairOf(fmt.Sprintf("server CPU a device, %d clients", p.clients), "µs", 120, atMost)
	rate.muster.note, rate.anchor.note, cpu.anchor.note = "durable", "GET /livez", "GET /livez"
	muster, err := h.startMuster(ctx)
	if err != nil {
		return nil, err
	}
	err = p.provision(h, muster, &rate, &cpu)
	either := rate
	rate.instead, cpu.instead = &cpu, &either
	return []result{rate, cpu}, errors.Join(err, muster.stop())
}

func (p plan) provision(h *house, s *server, rate, cpu *result) error {
	callers, err := callAll(s.http, p.clients)
	if err != nil {
		return err
	}
	defer hangUpAll(callers)
	var born atomic.Int64
	admit := func(i int) error { return h.admit(callers[i], int(born.Add(1))-1) }
	nothing := func(i int) error {
		_, err := callers[i].ask("GET", "/livez", "", nil)
		return err
	}
	for range p.rounds {
		for _, side := range []struct {
			rate, cpu *figure
			work      func(int) error
		}{{&rate.muster, &cpu.muster, admit}, {&rate.anchor, &cpu.anchor, nothing}} {
			perSecond, each, err := timed(s, p.clients, p.measure, side.work)
			if err != nil {
				return err
			}
			side.rate.add(perSecond)
			side.cpu.add(each)
		}
	}
	for int(born.Load()) < max(p.idle, 1000) { // the other measurements need a device each
		if err := admit(0); err != nil {
			return err
		}
	}
	return nil
}

// admit provisions the i-th device with an access token of its own.
func (h *house) admit(c *caller, i int) error {
	return h.provision(c, map[string]string{"deviceName": deviceName(i), "credentialsType": "ACCESS_TOKEN", "token": token(i)})
}

func (h *house) provision(c *caller, request map[string]string) error {
	request["provisionDeviceKey"], request["provisionDeviceSecret"] = h.key, h.secret
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	answer, err := c.ask("POST", "/api/v1/provision", "", body)
	if err == nil && !bytes.Contains(answer, []byte(`"SUCCESS"`)) {
		return fmt.Errorf("provision %s: %s", request["deviceName"], answer)
	}
	return err
}
