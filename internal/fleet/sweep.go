package fleet

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"muster"
)

const (
	sweepBatch = 500 // devices that one transaction changes, so that nobody waits for many
	shownMost  = 100 // sweeps in a list
	sweepRetry = time.Second
)

// A LetInList says which of the devices are wanted that a provision key let in, as they came.
type LetInList struct {
	From, To time.Time          // let in from From on and before To; zero: no bound
	After    *muster.DeviceMark // those behind it alone; nil: the first page
	Limit    int                // 0: 100; at most 1000
}

// LetIn returns devices that the key of that text or id let in, and for the first page how many there are on all pages.
func (s *Service) LetIn(ctx context.Context, key string, l LetInList) (devices []muster.Device, count int, err error) {
	if l.Limit < 0 || l.Limit > maxPage {
		return nil, 0, invalid("a page has 1 to %d devices, not %d", maxPage, l.Limit)
	}
	k, err := s.ProvisionKey(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	q := muster.LetInQuery{Key: k.ID, From: l.From, To: l.To, After: l.After, Limit: cmp.Or(l.Limit, defaultPage)}
	if l.After == nil {
		if count, err = s.store.CountLetIn(ctx, q); err != nil {
			return nil, 0, err
		}
	}
	devices, err = s.store.LetIn(ctx, q)
	return devices, count, err
}

// RevokeProvisionKey ends the use of a key, named by its text or its id, if it is one of the versions that were seen (none:
// whatever it is), and begins a sweep over what it let in; nil for SweepKeep, with which that stays in. What the key is asked
// for by now it lets in no more.
func (s *Service) RevokeProvisionKey(
	ctx context.Context, name string, action muster.SweepAction, seen ...muster.Version,
) (muster.ProvisionKey, *muster.Sweep, error) {
	now := s.now()
	revoke := func(k *muster.ProvisionKey) error {
		if err := k.Version().Expect(seen); err != nil {
			return err
		}
		if k.RevokedAt.IsZero() || k.RevokedAt.After(now) {
			k.RevokedAt = now
		}
		return nil
	}
	if action == muster.SweepKeep {
		k, err := s.updateKey(ctx, name, revoke)
		return k, nil, err
	}
	return s.beginSweep(ctx, name, muster.Sweep{Action: action}, revoke)
}

// Sweep begins to suspend or release what the key of that text or id let in from a time on and before another, by now at the
// latest; the zero time is no bound. The key stays as it is.
func (s *Service) Sweep(ctx context.Context, name string, action muster.SweepAction, from, to time.Time) (muster.Sweep, error) {
	if action != muster.SweepSuspend && action != muster.SweepRelease {
		return muster.Sweep{}, invalid("devices are swept to suspend or to release them")
	}
	if err := checkBounds(from, to); err != nil {
		return muster.Sweep{}, err
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return muster.Sweep{}, invalid("the end of the time is not after its beginning")
	}
	// What the key lets in after this millisecond is not swept, or there might be no end.
	if end := s.now().Add(time.Millisecond); to.IsZero() || to.After(end) {
		to = end
	}
	_, sweep, err := s.beginSweep(ctx, name, muster.Sweep{Action: action, From: from, To: to}, func(*muster.ProvisionKey) error { return nil })
	if err != nil {
		return muster.Sweep{}, err
	}
	return *sweep, nil
}

func (s *Service) beginSweep(ctx context.Context, name string, w muster.Sweep, change func(*muster.ProvisionKey) error) (muster.ProvisionKey, *muster.Sweep, error) {
	k, err := s.ProvisionKey(ctx, name)
	if err != nil {
		return muster.ProvisionKey{}, nil, err
	}
	w.ID, w.Key, w.CreatedAt = muster.NewID[muster.Sweep](), k.ID, s.now()
	w.Expected, err = s.store.CountLetIn(ctx, muster.LetInQuery{Key: k.ID, From: w.From, To: w.To, Left: w.Action})
	if err != nil {
		return muster.ProvisionKey{}, nil, err
	}
	k, err = s.store.CreateSweep(ctx, w, change)
	if err != nil {
		return muster.ProvisionKey{}, nil, missing(err, "provision key", name)
	}
	select {
	case s.sweeps <- struct{}{}:
	default:
	}
	return k, &w, nil
}

// ShowSweep returns how far a sweep is.
func (s *Service) ShowSweep(ctx context.Context, id muster.SweepID) (muster.Sweep, error) {
	w, err := s.store.Sweep(ctx, id)
	return w, missing(err, "sweep", id.String())
}

// Sweeps returns the sweeps that go on and the last that were finished, the newest first.
func (s *Service) Sweeps(ctx context.Context) ([]muster.Sweep, error) {
	return s.store.Sweeps(ctx, shownMost)
}

// Run carries out sweeps, those first that an earlier run of the program has left, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	for {
		wait := s.sweeps
		var again <-chan time.Time
		if err := s.sweepAll(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "devices of a provision key wait to be swept", slog.Any("error", err))
			again = time.After(sweepRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-wait:
		case <-again:
		}
	}
}

// sweepAll returns when no sweep goes on.
func (s *Service) sweepAll(ctx context.Context) error {
	for {
		all, err := s.store.Sweeps(ctx, 1)
		if err != nil {
			return fmt.Errorf("find the sweeps: %w", err)
		}
		if len(all) == 0 || !all[0].FinishedAt.IsZero() {
			return nil
		}
		if err := s.sweep(ctx, &all[0]); err != nil {
			return fmt.Errorf("sweep %s: %w", all[0].ID, err)
		}
	}
}

// sweep goes over the devices until there is none left: while it goes, the key may let in others.
func (s *Service) sweep(ctx context.Context, w *muster.Sweep) error {
	q := muster.LetInQuery{Key: w.Key, From: w.From, To: w.To, Left: w.Action, Limit: sweepBatch}
	for {
		devices, err := s.store.LetIn(ctx, q)
		if err != nil {
			return err
		}
		if len(devices) == 0 {
			if q.After == nil {
				return s.store.AdvanceSweep(ctx, w.ID, nil, s.now())
			}
			q.After = nil
			continue
		}
		ids := make([]muster.DeviceID, len(devices))
		for i := range devices {
			ids[i] = devices[i].ID
		}
		if err := s.store.AdvanceSweep(context.WithoutCancel(ctx), w.ID, ids, s.now()); err != nil {
			return err
		}
		for _, id := range ids {
			s.changed(id, swept(w.Action))
		}
		last := &devices[len(devices)-1]
		q.After = &muster.DeviceMark{At: last.ProvisionedAt, ID: last.ID}
	}
}

// swept is what the sessions of a device are told.
func swept(action muster.SweepAction) error {
	if action == muster.SweepSuspend {
		return muster.Refuse(muster.ReasonDeviceSuspended, "")
	}
	return muster.Refuse(muster.ReasonCredentialRevoked, "")
}
