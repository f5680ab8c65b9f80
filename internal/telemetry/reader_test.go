package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/telemetry"
)

// A noted store notes what it is asked.
type noted struct {
	telemetry.Store
	asked  muster.Range
	sweeps []int64
	fail   error
}

func (n *noted) History(_ context.Context, _ muster.DeviceID, _ string, within muster.Range) ([]muster.Reading, error) {
	n.asked = within
	return nil, nil
}

func (n *noted) Sweep(_ context.Context, now int64) error {
	n.sweeps = append(n.sweeps, now)
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
			_, err := telemetry.NewReader(store, slog.New(slog.DiscardHandler)).History(t.Context(), who.Device, c.key, c.within)
			if store.asked.Limit != c.limit {
				t.Errorf("the store is asked for %d", store.asked.Limit)
			}
			if refused := errors.Is(err, muster.ReasonRequestInvalid); refused != (c.limit == 0) || !refused && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReadingsAreSweptNowAndEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		store := &noted{fail: errors.New("no")}
		ctx, cancel := context.WithCancel(t.Context())
		go telemetry.NewReader(store, slog.New(slog.NewTextHandler(&log, nil))).Run(ctx)
		start := time.Now().UnixMilli()
		time.Sleep(150 * time.Minute)
		cancel()
		synctest.Wait()
		if len(store.sweeps) != 3 || store.sweeps[0] != start || store.sweeps[2] != start+2*time.Hour.Milliseconds() {
			t.Errorf("swept at %v", store.sweeps)
		}
		if n := strings.Count(log.String(), "cannot be removed"); n != 3 {
			t.Errorf("logged %d times", n)
		}
	})
}
