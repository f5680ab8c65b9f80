package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster"
	"muster/internal/telemetry"
)

// A graveyard knows when devices were deleted.
type graveyard struct {
	mu sync.Mutex // guards at
	at map[muster.DeviceID]time.Time
}

func (g *graveyard) Gone(_ context.Context, before time.Time, limit int) ([]muster.DeviceID, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var gone []muster.DeviceID
	for device, at := range g.at {
		if at.Before(before) && len(gone) < limit {
			gone = append(gone, device)
		}
	}
	return gone, nil
}

func (g *graveyard) Removed(_ context.Context, devices []muster.DeviceID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, device := range devices {
		delete(g.at, device)
	}
	return nil
}

func (g *graveyard) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.at)
}

// removing runs a Remover for the length of the test, and returns what it logs.
func removing(t *testing.T, store telemetry.Store, gone telemetry.GoneStore) *strings.Builder {
	var log strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	go telemetry.NewRemover(store, gone, slog.New(slog.NewTextHandler(&log, nil))).Run(ctx)
	t.Cleanup(cancel)
	return &log
}

func TestReadingsAreSweptNowAndEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &noted{fail: errors.New("no")}
		start := time.Now().UnixMilli()
		log := removing(t, store, &graveyard{})
		time.Sleep(150 * time.Minute)
		synctest.Wait()
		if len(store.sweeps) != 3 || store.sweeps[0] != start || store.sweeps[2] != start+2*time.Hour.Milliseconds() {
			t.Errorf("swept at %v", store.sweeps)
		}
		if n := strings.Count(log.String(), "cannot be removed"); n != 3 {
			t.Errorf("logged %d times", n)
		}
	})
}

func TestReadingsOfDeletedDevicesAreRemovedUntilNoneIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, young := muster.NewID[muster.Device](), muster.NewID[muster.Device]()
		gone := &graveyard{at: map[muster.DeviceID]time.Time{old: time.Now().Add(-time.Hour), young: time.Now().Add(-time.Second)}}
		for range 2500 {
			gone.at[muster.NewID[muster.Device]()] = time.Time{}
		}
		store := &noted{fail: errors.New("no")}
		log := removing(t, store, gone)
		synctest.Wait()
		if gone.count() != 2502 || !strings.Contains(log.String(), "deleted devices cannot be removed") {
			t.Errorf("%d devices are left, and the log says %q", gone.count(), log.String())
		}
		store.mu.Lock()
		store.fail = nil
		store.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if gone.count() != 0 || !slices.Contains(store.forgotten, old) || !slices.Contains(store.forgotten, young) {
			t.Errorf("%d devices are left an hour later", gone.count())
		}
	})
}

func TestWhatADeletedDeviceSentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := &graveyard{at: map[muster.DeviceID]time.Time{muster.NewID[muster.Device](): time.Now().Add(-time.Second)}}
		store := &noted{}
		removing(t, store, gone)
		synctest.Wait()
		if gone.count() != 1 {
			t.Error("readings that were on their way may have come later")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if gone.count() != 0 || len(store.forgotten) != 1 {
			t.Errorf("an hour later %d are left, %d forgotten", gone.count(), len(store.forgotten))
		}
	})
}
