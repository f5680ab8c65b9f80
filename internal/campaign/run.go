package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster"
)

// Run carries campaigns on, until ctx ends. One that was cut off goes on where it was.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.WarnContext(ctx, "campaigns could not be carried on", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// look carries every campaign on as far as it goes now, and tells what has become of it. One that cannot be carried on keeps
// no other from it.
func (s *Service) look(ctx context.Context) error {
	all, err := s.store.Campaigns(ctx)
	if err != nil {
		return err
	}
	if err := s.forget(ctx, all); err != nil {
		return err
	}
	var total muster.CampaignProgress
	going := 0
	var errs []error
	for i := range all {
		c := &all[i]
		if c.State.Ended() {
			continue
		}
		if err := s.carry(ctx, c); err != nil {
			errs = append(errs, fmt.Errorf("campaign %s: %w", c.ID, err))
		}
		if p := c.Progress; p != s.told[c.ID] {
			s.told[c.ID] = p
			s.tell(c)
		}
		if c.State.Ended() {
			delete(s.told, c.ID)
			s.o.Logger.InfoContext(ctx, "a campaign has ended", "campaign", c.ID, "state", c.State)
			continue
		}
		going++
		add(&total, c)
	}
	s.metrics.show(going, &total)
	return errors.Join(errs...)
}

// forget removes those that ended first, piece by piece.
func (s *Service) forget(ctx context.Context, all []muster.Campaign) error {
	ended := 0
	for i := range all {
		if !all[i].State.Ended() {
			continue
		}
		if ended++; ended > kept {
			return s.store.ForgetCampaign(ctx, all[i].ID, marked)
		}
	}
	return nil
}

// carry takes the steps of a campaign that are due now, each of which is one transaction.
func (s *Service) carry(ctx context.Context, c *muster.Campaign) error {
	for {
		next := due(c, s.now())
		if next == rest {
			return ctx.Err()
		}
		if err := s.take(ctx, c, next); err != nil {
			if muster.ReasonOf(err) != muster.ReasonCampaignState { // else somebody has paused it meanwhile
				return err
			}
		}
		now, err := s.store.Campaign(ctx, c.ID)
		if err != nil {
			return err
		}
		if now.State != c.State {
			s.told[c.ID] = now.Progress
			s.tell(&now)
		}
		if *c = now; ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (s *Service) take(ctx context.Context, c *muster.Campaign, next step) error {
	now := s.now()
	switch next {
	case ask:
		return s.ask(ctx, c, now)
	case mark:
		_, err := s.store.OverdueDevices(ctx, c.ID, now.Add(-c.Patience), marked)
		return err
	case halt:
		return s.turn(ctx, c, halt, func(c *muster.Campaign) {
			pause(c)
			s.o.Logger.WarnContext(ctx, "a campaign pauses", "campaign", c.ID, "why", c.Detail)
		})
	case end:
		return s.turn(ctx, c, end, func(c *muster.Campaign) { c.State, c.FinishedAt = muster.CampaignDone, now })
	case withdraw:
		return s.withdraw(ctx, c, now)
	case rest:
	}
	return nil
}

// turn changes the state of a campaign if that is still due.
func (s *Service) turn(ctx context.Context, c *muster.Campaign, next step, change func(*muster.Campaign)) error {
	_, err := s.store.UpdateCampaign(ctx, c.ID, func(c *muster.Campaign) error {
		if due(c, s.now()) == next {
			change(c)
		}
		return nil
	})
	return err
}

// A page is devices that meet the conditions, in the order of their birth.
type page struct {
	devices []muster.DeviceID
	mark    muster.DeviceID // up to which device was looked
	last    bool            // there is no more
}

// ask asks the next devices of a wave.
func (s *Service) ask(ctx context.Context, c *muster.Campaign, now time.Time) error {
	limit := c.Left
	if limit == 0 {
		limit = c.Wave
	}
	p, err := s.page(ctx, c, min(limit, together))
	if err != nil {
		return err
	}
	asked, err := s.store.AskDevices(ctx, c.ID, p.devices, wanted(c, now), now, func(c *muster.Campaign, asked int) error {
		if c.State != muster.CampaignRunning {
			return unfit(c)
		}
		advance(c, p, asked, now)
		return nil
	})
	for _, device := range asked {
		s.shared(device)
	}
	return err
}

// page finds the devices that come next. Those that are younger than the campaign are not its.
func (s *Service) page(ctx context.Context, c *muster.Campaign, limit int) (*page, error) {
	q := c.Selection.Query()
	q.Limit = limit
	if !c.Mark.IsZero() {
		q.After = &muster.DeviceMark{ID: c.Mark}
	}
	found, err := s.store.Devices(ctx, q)
	if err != nil {
		return nil, err
	}
	p := &page{mark: c.Mark, last: found.Next == nil}
	if !p.last {
		p.mark = found.Next.ID
	}
	for _, d := range found.Devices {
		if bytes.Compare(d.ID[:], c.ID[:]) > 0 {
			p.last = true
			break
		}
		p.devices, p.mark = append(p.devices, d.ID), later(p.mark, d.ID)
	}
	if bytes.Compare(p.mark[:], c.ID[:]) > 0 {
		p.last = true
	}
	return p, nil
}

func later(a, b muster.DeviceID) muster.DeviceID {
	if bytes.Compare(a[:], b[:]) > 0 {
		return a
	}
	return b
}

// wanted is what a device is told by muster.RotationWanted.
func wanted(c *muster.Campaign, now time.Time) muster.Value {
	text, _ := json.Marshal(struct { // texts and times always encode
		Campaign muster.CampaignID `json:"campaign"`
		Until    time.Time         `json:"until"`
	}{c.ID, now.Add(c.Patience).UTC().Truncate(time.Second)})
	return muster.JSONValue(string(text))
}

// withdraw takes back what some devices were asked for, or ends the campaign where none is left. What devices have used until
// now is noted before, so that none loses a credential that has let it in.
func (s *Service) withdraw(ctx context.Context, c *muster.Campaign, now time.Time) error {
	if s.o.Settle != nil {
		if err := s.o.Settle(ctx); err != nil {
			return err
		}
	}
	all, err := s.store.WithdrawDevices(ctx, c.ID, together)
	if err != nil {
		return err
	}
	for _, w := range all {
		if !w.Credential.IsZero() && s.o.Withdrawn != nil {
			s.o.Withdrawn(w)
		}
		s.shared(w.Device)
	}
	if len(all) > 0 {
		return nil
	}
	_, err = s.store.UpdateCampaign(ctx, c.ID, func(c *muster.Campaign) error {
		c.State, c.FinishedAt = muster.CampaignWithdrawn, now
		return nil
	})
	return err
}

func (s *Service) shared(device muster.DeviceID) {
	if s.o.Shared != nil {
		s.o.Shared(device, []string{muster.RotationWanted})
	}
}
