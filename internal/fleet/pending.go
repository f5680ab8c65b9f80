package fleet

import (
	"cmp"
	"context"
	"time"

	"muster"
)

const (
	maxDecided   = 1000               // requests that are named in one decision
	approvedTime = 7 * 24 * time.Hour // in which a device fetches what was approved
	rejectedTime = 24 * time.Hour     // in which it hears that it was rejected
)

// A PendingList says which of the requests are wanted that wait for somebody's decision or have one. Conditions that are
// set hold together.
type PendingList struct {
	Profile string // its name; empty: of any
	Name    string // exact; empty: any
	State   *muster.PendingState
	After   muster.PendingID // those behind it alone
	Limit   int              // 0: 100; at most 1000
}

// Pending returns requests that are pending, the oldest first.
func (s *Service) Pending(ctx context.Context, l PendingList) ([]muster.Pending, error) {
	if l.Limit < 0 || l.Limit > maxPage {
		return nil, invalid("a page has 1 to %d requests, not %d", maxPage, l.Limit)
	}
	q := muster.PendingQuery{At: s.now(), Name: l.Name, State: l.State, After: l.After, Limit: cmp.Or(l.Limit, defaultPage)}
	if l.Profile != "" {
		p, err := s.Profile(ctx, l.Profile)
		if err != nil {
			return nil, err
		}
		q.Profile = p.ID
	}
	return s.store.Pending(ctx, q)
}

// ShowPending returns a request that is pending.
func (s *Service) ShowPending(ctx context.Context, id muster.PendingID) (muster.Pending, error) {
	all, err := s.store.Pending(ctx, muster.PendingQuery{At: s.now(), ID: id, Limit: 1})
	switch {
	case err != nil:
		return muster.Pending{}, err
	case len(all) == 0:
		return muster.Pending{}, missing(muster.NotFound, "pending request", id.String())
	}
	return all[0], nil
}

// Decide approves or rejects a request that is pending, and returns it. The device hears of it when it asks again: an
// approved one is let in, once, within a week; a rejected one is refused for a day. Until then the decision may be another.
func (s *Service) Decide(ctx context.Context, id muster.PendingID, to muster.PendingState) (muster.Pending, error) {
	decision, err := s.decision(ctx, to)
	if err != nil {
		return muster.Pending{}, err
	}
	decision.IDs = []muster.PendingID{id}
	all, err := s.store.DecidePending(ctx, decision)
	if err != nil {
		return muster.Pending{}, err
	}
	if len(all) == 0 {
		return muster.Pending{}, missing(muster.NotFound, "pending request", id.String())
	}
	p := all[0]
	p.State, p.DecidedAt, p.DecidedBy, p.ExpiresAt = decision.State, decision.At, decision.By, decision.Until
	return p, nil
}

// DecideMany is Decide for many requests. It returns how many it was done to, and how many are pending no more.
func (s *Service) DecideMany(ctx context.Context, ids []muster.PendingID, to muster.PendingState) (done, gone int, err error) {
	decision, err := s.decision(ctx, to)
	switch {
	case err != nil:
		return 0, 0, err
	case len(ids) == 0 || len(ids) > maxDecided:
		return 0, 0, invalid("1 to %d requests are decided about at once", maxDecided)
	}
	seen := make(map[muster.PendingID]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id], decision.IDs = true, append(decision.IDs, id)
		}
	}
	all, err := s.store.DecidePending(ctx, decision)
	if err != nil {
		return 0, 0, err
	}
	return len(all), len(decision.IDs) - len(all), nil
}

// DecideAll is Decide for all requests that wait in the profile called name, but those under whose name others ask, too:
// somebody has to look which of them is the device. It returns how many it was done to, and how many wait still.
func (s *Service) DecideAll(ctx context.Context, profile string, to muster.PendingState) (done, left int, err error) {
	decision, err := s.decision(ctx, to)
	if err != nil {
		return 0, 0, err
	}
	p, err := s.Profile(ctx, profile)
	if err != nil {
		return 0, 0, err
	}
	decision.Profile = p.ID
	all, err := s.store.DecidePending(ctx, decision)
	if err != nil {
		return 0, 0, err
	}
	waiting := muster.PendingWaiting
	rest, err := s.store.Pending(ctx, muster.PendingQuery{At: decision.At, Profile: p.ID, State: &waiting, Limit: maxPage})
	return len(all), len(rest), err
}

func (s *Service) decision(ctx context.Context, to muster.PendingState) (muster.PendingDecision, error) {
	actor, _ := muster.ActorOf(ctx)
	d := muster.PendingDecision{State: to, By: actor.Name, At: s.now()}
	switch to {
	case muster.PendingApproved:
		d.Until = d.At.Add(approvedTime)
	case muster.PendingRejected:
		d.Until = d.At.Add(rejectedTime)
	default:
		return d, invalid("a request is approved or rejected")
	}
	return d, nil
}
