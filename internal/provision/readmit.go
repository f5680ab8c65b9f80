package provision

import (
	"context"
	"time"

	"muster"
)

// letInAgain is asked when a device was refused, and lets it in all the same if it is in the registry and was released: then
// it is given a fresh credential under its old name. Else the refusal stands.
func (s *Service) letInAgain(ctx context.Context, req *muster.ProvisionRequest, name string, key *muster.ProvisionKey,
	profile *muster.Profile, now time.Time, request *muster.LookupKey, refusal error,
) (*muster.Grant, error) {
	switch muster.ReasonOf(refusal) {
	case muster.ReasonDeviceNameTaken, muster.ReasonCredentialRevoked:
	default:
		return nil, refusal
	}
	known, err := s.store.Enrolled(ctx, name)
	if err != nil || known.Device.Profile != profile.ID || !known.Released {
		return nil, refusal
	}
	evidence := asked(&req.Evidence)
	c, err := evidence.Seal(s.keys, known.Device.ID, now)
	if err != nil {
		return nil, err
	}
	m := muster.Readmission{Device: known.Device.ID, Key: key.ID, Credential: c, At: now, Request: request}
	d, err := s.store.Readmit(ctx, m)
	if err != nil {
		return nil, err
	}
	s.metrics.readmitted.Inc()
	return s.grant(&d, &c)
}
