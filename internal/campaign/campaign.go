// Package campaign asks selections of devices for other credentials, wave after wave.
package campaign

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

const (
	lookEvery = time.Second
	together  = 500 // devices of one transaction
	marked    = 5000
	kept      = 20 // campaigns that have ended are remembered
	most      = 16 // go on at once
	shown     = 20 // names of a plan

	// MaxWave bounds a wave.
	MaxWave     = 10_000
	longest     = 90 * 24 * time.Hour // a pause, or the patience
	minPatience = time.Minute
)

// What holds where no other pace is asked for.
const (
	DefaultWave         = 100
	DefaultPause        = 10 * time.Minute
	DefaultErrorPercent = 5
	DefaultPatience     = 24 * time.Hour
)

// A Watcher hears of each campaign that was begun, has got further, or has ended. It must be quick.
type Watcher interface {
	Campaigned(c muster.Campaign)
}

// Options are what a Service may be given.
type Options struct {
	// Shared hears whose shared attributes with those keys were changed; nil: nobody does.
	Shared func(device muster.DeviceID, keys []string)
	// Withdrawn hears of each device that has lost the credential that it was given and had not used; nil: nobody does.
	Withdrawn func(w muster.Withdrawal)
	// Settle has what devices have used noted in the store; nil: it is.
	Settle     func(ctx context.Context) error
	Watcher    Watcher               // nil: nobody hears
	Registerer prometheus.Registerer // nil: nothing is shown
	Logger     *slog.Logger          // nil means silence
	Now        func() time.Time      // nil means time.Now
}

// A Service runs campaigns. It is safe for concurrent use.
type Service struct {
	store   Store
	o       Options
	metrics *metrics
	wake    chan struct{}
	told    map[muster.CampaignID]muster.CampaignProgress // of campaigns that go on; Run alone uses it
}

// New returns a Service over store.
func New(store Store, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		store: store, o: o, metrics: newMetrics(o.Registerer), wake: make(chan struct{}, 1),
		told: make(map[muster.CampaignID]muster.CampaignProgress),
	}
}

// now is what the store can keep of the time.
func (s *Service) now() time.Time { return s.o.Now().Truncate(time.Millisecond) }

// A Plan says what a campaign would be for.
type Plan struct {
	Count int      // devices that meet the conditions
	Names []string // of the first of them
}

// Plan counts the devices that meet the conditions.
func (s *Service) Plan(ctx context.Context, selection *muster.CampaignSelection) (p Plan, err error) {
	if err := check(selection); err != nil {
		return p, err
	}
	q := selection.Query()
	if p.Count, err = s.count(ctx, q); err != nil || p.Count == 0 {
		return p, err
	}
	q.Limit = shown
	for more := true; more && len(p.Names) < shown; {
		page, err := s.store.Devices(ctx, q)
		if err != nil {
			return p, err
		}
		for _, d := range page.Devices[:min(len(page.Devices), shown-len(p.Names))] {
			p.Names = append(p.Names, d.Name)
		}
		q.After, more = page.Next, page.Next != nil
	}
	return p, nil
}

// count reads a bounded number of devices at a time, so that no read is long.
func (s *Service) count(ctx context.Context, q muster.DeviceQuery) (total int, err error) {
	for mark := new(muster.DeviceID); mark != nil; {
		var n int
		if n, mark, err = s.store.CountDevices(ctx, q, *mark); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// Create begins a campaign over the devices that are there and meet the conditions. Refused if there are none, or where too
// many campaigns go on.
func (s *Service) Create(ctx context.Context, selection muster.CampaignSelection, pace muster.CampaignPace) (muster.Campaign, error) {
	if err := errors.Join(check(&selection), checkPace(&pace)); err != nil {
		return muster.Campaign{}, err
	}
	all, err := s.store.Campaigns(ctx)
	if err != nil {
		return muster.Campaign{}, err
	}
	going := 0
	for i := range all {
		if !all[i].State.Ended() {
			going++
		}
	}
	if going >= most {
		return muster.Campaign{}, muster.Refuse(muster.ReasonServerBusy, "%d campaigns have not ended, the most that there may be", going)
	}
	now := s.now()
	c := muster.Campaign{ID: muster.NewID[muster.Campaign](), Selection: selection, CampaignPace: pace, CreatedAt: now, NextAt: now}
	if c.Progress.Selected, err = s.count(ctx, selection.Query()); err != nil {
		return muster.Campaign{}, err
	}
	if c.Progress.Selected == 0 {
		return muster.Campaign{}, muster.Refuse(muster.ReasonRequestInvalid, "no device meets the conditions")
	}
	if actor, ok := muster.ActorOf(ctx); ok {
		c.By = actor.Name
	}
	if err := s.store.CreateCampaign(ctx, c); err != nil {
		return muster.Campaign{}, err
	}
	s.tell(&c)
	s.rouse()
	return c, nil
}

func check(selection *muster.CampaignSelection) error {
	texts := []string{selection.Search, selection.Label, selection.Tag}
	if selection.TagValue != nil {
		texts = append(texts, *selection.TagValue)
	}
	for _, text := range texts {
		if len(text) > muster.MaxTagLength {
			return muster.Refuse(muster.ReasonRequestInvalid, "what is searched for is longer than %d bytes", muster.MaxTagLength)
		}
	}
	return nil
}

func checkPace(p *muster.CampaignPace) error {
	switch {
	case p.Wave < 1 || p.Wave > MaxWave:
		return muster.Refuse(muster.ReasonRequestInvalid, "a wave has 1 to %d devices", MaxWave)
	case p.Pause < 0 || p.Pause > longest:
		return muster.Refuse(muster.ReasonRequestInvalid, "the pause between waves is at most 90 days")
	case p.ErrorPercent < 0 || p.ErrorPercent > 100:
		return muster.Refuse(muster.ReasonRequestInvalid, "the error bound is 0 to 100 percent")
	case p.Patience < minPatience || p.Patience > longest:
		return muster.Refuse(muster.ReasonRequestInvalid, "a device is overdue after a minute at least, and 90 days at most")
	}
	return nil
}

// Campaigns returns all campaigns that are remembered, the newest first.
func (s *Service) Campaigns(ctx context.Context) ([]muster.Campaign, error) {
	return s.store.Campaigns(ctx)
}

// Campaign returns a campaign, or a refusal with ReasonNotFound.
func (s *Service) Campaign(ctx context.Context, id muster.CampaignID) (muster.Campaign, error) {
	c, err := s.store.Campaign(ctx, id)
	return c, missing(err, id)
}

// Pause has a campaign ask nobody until it is resumed. Devices that it has asked may follow meanwhile.
func (s *Service) Pause(ctx context.Context, id muster.CampaignID, seen ...muster.Version) (muster.Campaign, error) {
	return s.change(ctx, id, seen, func(c *muster.Campaign) error {
		if c.State != muster.CampaignRunning {
			return unfit(c)
		}
		c.State, c.Detail = muster.CampaignPaused, "somebody has paused it"
		if actor, ok := muster.ActorOf(ctx); ok {
			c.Detail = actor.Name + " has paused it"
		}
		return nil
	})
}

// Resume lets a campaign go on that has paused. What has gone wrong until then does not count towards its error bound any more.
func (s *Service) Resume(ctx context.Context, id muster.CampaignID, seen ...muster.Version) (muster.Campaign, error) {
	return s.change(ctx, id, seen, func(c *muster.Campaign) error {
		if c.State != muster.CampaignPaused {
			return unfit(c)
		}
		c.State, c.Detail, c.Forgiven = muster.CampaignRunning, "", wrong(c)
		return nil
	})
}

// RollBack has a campaign take back what devices were asked for and have not followed: they are asked no more, and lose the
// fresh credentials that they have not used. What they had before stays, and what is done stays done.
func (s *Service) RollBack(ctx context.Context, id muster.CampaignID, seen ...muster.Version) (muster.Campaign, error) {
	return s.change(ctx, id, seen, func(c *muster.Campaign) error {
		if c.State == muster.CampaignWithdrawing || c.State == muster.CampaignWithdrawn {
			return unfit(c)
		}
		c.State, c.Detail, c.FinishedAt = muster.CampaignWithdrawing, "", time.Time{}
		return nil
	})
}

func (s *Service) change(ctx context.Context, id muster.CampaignID, seen []muster.Version, change func(*muster.Campaign) error) (muster.Campaign, error) {
	c, err := s.store.UpdateCampaign(ctx, id, change, seen...)
	if err != nil {
		return muster.Campaign{}, missing(err, id)
	}
	s.tell(&c)
	s.rouse()
	return c, nil
}

func unfit(c *muster.Campaign) error {
	return muster.Refuse(muster.ReasonCampaignState, "the campaign is %s", c.State)
}

func missing(err error, id muster.CampaignID) error {
	if errors.Is(err, muster.NotFound) {
		return muster.Refuse(muster.ReasonNotFound, "there is no campaign %s", id)
	}
	return err
}

func (s *Service) tell(c *muster.Campaign) {
	if s.o.Watcher != nil {
		s.o.Watcher.Campaigned(*c)
	}
}

func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
