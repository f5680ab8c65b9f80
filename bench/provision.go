package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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
	admit := func(i int) error {
		return h.provision(callers[i], map[string]string{"deviceName": fmt.Sprintf("newborn-%d", born.Add(1))})
	}
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
	return h.populate(callers, max(p.idle, 1000))
}

// populate provisions the devices of the other measurements, whose tokens are known.
func (h *house) populate(callers []*caller, devices int) error {
	var next atomic.Int64
	errs := make([]error, len(callers))
	var all sync.WaitGroup
	for n, c := range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < devices && errs[n] == nil; i = int(next.Add(1)) - 1 {
				errs[n] = h.provision(c, map[string]string{"deviceName": deviceName(i), "credentialsType": "ACCESS_TOKEN", "token": token(i)})
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
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
