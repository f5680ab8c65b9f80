package provision

import (
	"context"
	"fmt"
	"time"

	"muster"
)

// letInAgain is asked when a device was refused, and lets it in all the same if it is in the registry and was released, or
// has proved that it is the device where its profile wants that: then it is given a fresh credential under its old name.
// Else the refusal stands.
func (s *Service) letInAgain(ctx context.Context, req *muster.ProvisionRequest, name string, key *muster.ProvisionKey,
	profile *muster.Profile, now time.Time, request *muster.LookupKey, refusal error,
) (*muster.Grant, error) {
	if !reconsidered(refusal) {
		return nil, refusal
	}
	known, err := s.store.Enrolled(ctx, name)
	switch {
	case muster.KindOf(err) == muster.NotFound:
		return nil, refusal // it was deleted meanwhile
	case err != nil:
		return nil, fmt.Errorf("read the device that asks again: %w", err)
	case known.Device.Profile != profile.ID:
		return nil, refusal
	}
	m := muster.Readmission{Device: known.Device.ID, Key: key.ID, At: now, Request: request}
	why := "it was released"
	if !known.Released {
		if !hearsProof(profile) {
			return nil, refusal
		}
		p, err := s.proof(req, key, profile, &known, now)
		switch {
		case muster.KindOf(err) == muster.Unknown && p.by.IsZero():
			return nil, unproved(refusal, err)
		case err != nil:
			return nil, err // who has the device's key may hear it
		case p.by.IsZero():
			return nil, refusal
		}
		m.Proof, m.Nonce, why = p.by, p.nonce, p.how
	}
	grant, err := s.readmit(ctx, m, asked(&req.Evidence), &known)
	if err != nil {
		return nil, err
	}
	grant.Again = why
	s.metrics.readmitted.Inc()
	return grant, nil
}

func (s *Service) readmit(ctx context.Context, m muster.Readmission, e muster.Evidence, known *muster.Enrolled) (*muster.Grant, error) {
	c, err := s.seal(ctx, e, &known.Device, m.At)
	if err != nil {
		return nil, err
	}
	for i := range known.Credentials {
		held := &known.Credentials[i]
		if held.Lookup != c.Lookup || held.Live(m.At) != nil || known.Device.State != muster.DeviceActive {
			continue
		}
		if m.Approval.IsZero() && m.Nonce == nil {
			return s.grant(&known.Device, held, m.Way()) // it asks for what it has
		}
		c = *held // the approval or the proof is used up all the same
	}
	m.Credential = c
	d, err := s.store.Readmit(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.grant(&d, &c, m.Way())
}
