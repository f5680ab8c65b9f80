package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"muster"
	"muster/internal/pebble"
	"muster/internal/sqlite"
)

// fill writes so many devices into the registry of a house in which nobody serves, each with the token that the drivers
// know.
func (h *house) fill(ctx context.Context, devices int) error {
	return h.fileAll(ctx, devices, func(keys *muster.Keyring, d *muster.Device, i int) (muster.Credential, error) {
		d.Name = deviceName(i)
		e := muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(token(i))}
		return e.Seal(keys, d.ID, d.CreatedAt)
	})
}

// fileAll writes so many devices, each named by and with the credential of a function that is told its number.
func (h *house) fileAll(ctx context.Context, devices int, credential func(*muster.Keyring, *muster.Device, int) (muster.Credential, error)) (err error) {
	keys, err := h.keyring()
	if err != nil {
		return err
	}
	registry, err := sqlite.Open(ctx, h.registry(), sqlite.Options{Fingerprint: keys.Fingerprint()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, registry.Close()) }()
	profiles, err := registry.Profiles(ctx)
	if err != nil {
		return err
	}
	create := func(i int) error {
		d := muster.Device{ID: muster.NewID[muster.Device](), Profile: profiles[0].ID, State: muster.DeviceActive, CreatedAt: time.Now()}
		c, err := credential(keys, &d, i)
		if err != nil {
			return err
		}
		return registry.CreateDevice(ctx, d, []muster.Credential{c}, nil)
	}
	const writers = 512 // who wait for the same commit
	errs := make([]error, writers)
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= devices {
					return
				}
				errs[w] = create(i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (h *house) registry() string { return filepath.Join(h.file("muster"), "registry.db") }

func (h *house) keyring() (*muster.Keyring, error) {
	text, err := os.ReadFile(filepath.Join(h.file("muster"), "master.key"))
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, err
	}
	return muster.NewKeyring(key)
}

// A simulation is readings of many devices that take turns, as if they had come in over some hours.
type simulation struct {
	devices, messages int
	span              time.Duration
}

// together is how many messages one commit of a simulation holds: what gathers under load while the last one is written.
const together = 500

// run commits the messages, which end now.
func (s simulation) run(ctx context.Context, readings *pebble.Readings) error {
	ids := make([]muster.DeviceID, s.devices)
	for i := range ids {
		ids[i] = muster.NewID[muster.Device]()
	}
	values := muster.Values(nil).Add("temperature", muster.DoubleValue(21.5)).Add("humidity", muster.LongValue(48)).
		Add("firmware", muster.StringValue("2.14.0"))
	start := time.Now().Add(-s.span).UnixMilli()
	var batch muster.Batch
	for i := range s.messages {
		at := start + int64(float64(s.span.Milliseconds())*float64(i)/float64(s.messages))
		// A stride that shares no factor with the number of devices visits all of them, in no order of the keys.
		batch.Add(ids[i*7919%s.devices], 0, muster.Sample{TS: at, Values: values})
		if len(batch.Entries) == together || i == s.messages-1 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := readings.Commit(&batch); err != nil {
				return err
			}
			batch.Reset()
		}
	}
	return nil
}
