package telemetry_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"muster"
	"muster/internal/telemetry"
)

// A noted store notes what it is asked.
type noted struct {
	telemetry.Store
	asked muster.Range

	mu        sync.Mutex // guards the rest
	sweeps    []int64
	forgotten []muster.DeviceID
	fail      error
}

func (n *noted) History(_ context.Context, _ muster.DeviceID, _ string, within muster.Range) ([]muster.Reading, error) {
	n.asked = within
	return nil, nil
}

func (n *noted) Sweep(_ context.Context, now int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweeps = append(n.sweeps, now)
	return n.fail
}

func (n *noted) Forget(_ context.Context, device muster.DeviceID) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fail == nil {
		n.forgotten = append(n.forgotten, device)
	}
	return n.fail
}

func TestHistoryIsAskedForWithinBounds(t *testing.T) {
	for _, c := range []struct {
		name   string
		key    string
		within muster.Range
		limit  int // that the store sees; 0: refused
	}{
		{"no limit means the default", "a", muster.Range{To: 1}, muster.DefaultRangeLimit},
		{"a limit is kept", "a", muster.Range{To: 1, Limit: 7}, 7},
		{"the greatest limit is allowed", "a", muster.Range{To: 1, Limit: muster.MaxRangeLimit}, muster.MaxRangeLimit},
		{"an empty range is allowed", "a", muster.Range{From: 1, To: 1, Limit: 1}, 1},
		{"a greater limit is refused", "a", muster.Range{To: 1, Limit: muster.MaxRangeLimit + 1}, 0},
		{"a negative limit is refused", "a", muster.Range{To: 1, Limit: -1}, 0},
		{"a range that ends before it begins is refused", "a", muster.Range{From: 2, To: 1}, 0},
		{"no key is refused", "", muster.Range{To: 1}, 0},
		{"a key longer than any is refused", strings.Repeat("k", muster.MaxKeyLength+1), muster.Range{To: 1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := &noted{}
			_, err := telemetry.NewReader(store).History(t.Context(), who.Device, c.key, c.within)
			if store.asked.Limit != c.limit {
				t.Errorf("the store is asked for %d", store.asked.Limit)
			}
			if refused := errors.Is(err, muster.ReasonRequestInvalid); refused != (c.limit == 0) || !refused && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
