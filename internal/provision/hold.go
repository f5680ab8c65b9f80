package provision

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"muster"
)

// The waiting room.
const (
	pendingPerKey     = 1000
	pendingPerProfile = 5000
	pendingTime       = 24 * time.Hour  // how long a request waits; one that is made on and on waits anew
	askAgainAfter     = 1 * time.Minute // what a device is told
)

// A visit is a request of a device whose key and secret are right.
type visit struct {
	req     *muster.ProvisionRequest
	name    string // empty: none is asked for
	key     *muster.ProvisionKey
	profile *muster.Profile
	now     time.Time
	from    netip.Addr
	request *muster.LookupKey // digest of the request; nil if its answer is not to be repeated
	proved  proved
}

// hold lets devices in that need somebody's approval and have it. One that has none yet is refused, and waits. It does
// nothing, and is not held, where nobody needs to approve the device.
func (s *Service) hold(ctx context.Context, v *visit) (grant *muster.Grant, held bool, err error) {
	known, err := s.enrolled(ctx, v.name)
	if err != nil || !holds(v.profile, &known) {
		return nil, false, err
	}
	asks, err := s.pending(v, &known)
	if err != nil {
		return nil, true, err
	}
	p, err := s.store.PendingRequest(ctx, asks.Request, v.now)
	switch {
	case muster.KindOf(err) == muster.NotFound && err != nil:
		return nil, true, s.wait(ctx, v, asks)
	case err != nil:
		return nil, true, fmt.Errorf("look for an approval: %w", err)
	case p.State == muster.PendingRejected:
		return nil, true, muster.Refuse(muster.ReasonProvisionRejected, "")
	case p.State == muster.PendingWaiting:
		return nil, true, later(muster.ReasonProvisionPending)
	}
	grant, err = s.letInApproved(ctx, v, &p, &known)
	return grant, true, err
}

// holds reports whether a device needs somebody's approval to be let in: one that nobody expects, or one that is in. Who is
// listed, or was released, is expected.
func holds(profile *muster.Profile, known *muster.Enrolled) bool {
	d := &known.Device
	switch {
	case d.ID.IsZero():
		return profile.Settings.HoldNew
	case d.Profile != profile.ID || d.State != muster.DeviceActive || known.Released:
		return false
	case profile.Strategy == muster.StrategyCheckPreProvisioned && d.ProvisionedAt.IsZero():
		return false
	}
	return profile.Settings.Reprovision == muster.ReprovisionHold
}

// enrolled returns the device of that name, the zero one if there is none.
func (s *Service) enrolled(ctx context.Context, name string) (muster.Enrolled, error) {
	if name == "" {
		return muster.Enrolled{}, nil
	}
	known, err := s.store.Enrolled(ctx, name)
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Enrolled{}, nil
	}
	return known, err
}

// pending returns the request as it waits. It is refused where it could not be granted if it were approved.
func (s *Service) pending(v *visit, known *muster.Enrolled) (muster.Pending, error) {
	p := muster.Pending{
		ID: muster.NewID[muster.Pending](), Profile: v.profile.ID, Key: v.key.ID, Device: known.Device.ID, Name: v.name,
		Gateway: v.req.Gateway, Remote: v.from.Unmap(), CreatedAt: v.now, ExpiresAt: v.now.Add(pendingTime),
	}
	if p.Name == "" {
		p.Name = muster.RandomText(nameLength)
	}
	err := admits(v.key, p.Name)
	if muster.ReasonOf(err) == muster.ReasonProvisionKeyExhausted && !p.Device.IsZero() {
		err = nil // it is counted already
	}
	if err != nil {
		return p, err
	}
	if p.Asks, err = s.asks(&v.req.Evidence); err != nil {
		return p, err
	}
	v.proved, err = s.proof(v.req, v.key, v.profile, known, v.now)
	if err != nil && muster.KindOf(err) == muster.Internal {
		return p, err
	}
	if err != nil {
		v.proved = proved{} // whoever approves it sees that it has proved nothing
	}
	p.Proof = v.proved.how
	p.Request = s.same(v, &p, v.proved.by)
	return p, nil
}

// asks says in words by what a device asks to be known, with what is secret reduced to a short digest as in the journal.
func (s *Service) asks(e *muster.Evidence) (string, error) {
	if e.Empty() {
		return "a token that the server makes", nil
	}
	if e.CSR != "" {
		return "a certificate for its key", s.checkCSR(e)
	}
	c, err := e.Seal(s.keys, muster.DeviceID{}, time.Time{})
	if err != nil {
		return "", err
	}
	hint := c.Hint
	if e.Kind == muster.AccessToken {
		digest := s.keys.Digest("journal", e.Token.Reveal())
		hint = hex.EncodeToString(digest[:4])
	}
	return e.Kind.String() + " " + strings.ToValidUTF8(hint[:min(len(hint), muster.MaxNameLength)], ""), nil
}

// same returns the digest of all by which a request is the same when it is made again: key, name, the device that is in under
// it, the credential that is asked for, the request's id, and how the device proves who it is. What has nothing of its own
// among these is the same only from the same source, or somebody else with the key could fetch what was approved.
func (s *Service) same(v *visit, p *muster.Pending, proof muster.CredentialID) muster.LookupKey {
	certificate := ""
	if len(v.req.Chain) > 0 {
		certificate = string(v.req.Chain[0].Raw)
	}
	source := ""
	if v.req.Evidence.Empty() && v.req.RequestID == "" && certificate == "" && proof.IsZero() {
		source = p.Source().String()
	}
	text := likeness(v.req, v.key, v.name)
	for _, part := range []string{p.Device.String(), proof.String(), certificate, source} {
		text = appendPart(text, part)
	}
	return s.keys.Digest("pending", string(text))
}

// wait files a request, which is refused until somebody approves it. It counts against the rate of its key, by which it may
// be found that the key was stolen.
func (s *Service) wait(ctx context.Context, v *visit, p muster.Pending) error {
	if err := s.ration(ctx, v.key, v.now); err != nil {
		return err
	}
	s.allowance.giveBack(v.key.ID)
	err := s.store.Wait(ctx, p, muster.WaitingRoom{PerKey: pendingPerKey, PerProfile: pendingPerProfile})
	switch {
	case muster.ReasonOf(err) == muster.ReasonProvisionRoomFull:
		return later(muster.ReasonProvisionRoomFull)
	case err != nil:
		return err
	}
	s.metrics.held.Inc()
	return later(muster.ReasonProvisionPending)
}

// later refuses what may be granted when it is asked for again.
func later(r muster.Reason) error {
	e := muster.Refuse(r, "")
	e.Retry = askAgainAfter
	return e
}

// letInApproved grants what was approved, once.
func (s *Service) letInApproved(ctx context.Context, v *visit, p *muster.Pending, known *muster.Enrolled) (grant *muster.Grant, err error) {
	if known.Device.ID.IsZero() {
		grant, err = s.createApproved(ctx, v, p)
	} else {
		m := muster.Readmission{Device: known.Device.ID, Approval: p.ID, Nonce: v.proved.nonce, Key: v.key.ID, At: v.now, Request: v.request}
		grant, err = s.readmit(ctx, m, asked(&v.req.Evidence), known)
	}
	if err != nil {
		if twin, _ := s.repeat(ctx, v.request, v.now); twin != nil {
			return twin, nil
		}
		return nil, err
	}
	grant.ApprovedBy, grant.Way = p.DecidedBy, muster.WayApproved
	if !known.Device.ID.IsZero() {
		s.metrics.readmitted.Inc()
	}
	return grant, nil
}

func (s *Service) createApproved(ctx context.Context, v *visit, p *muster.Pending) (*muster.Grant, error) {
	if err := s.ration(ctx, v.key, v.now); err != nil {
		return nil, err
	}
	d := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: v.profile.ID, Name: p.Name, State: muster.DeviceActive,
		Gateway: v.req.Gateway, CreatedAt: v.now, ProvisionedAt: v.now, ProvisionedWith: v.key.ID,
	}
	grant, err := s.create(ctx, d, asked(&v.req.Evidence), v.request, p.ID)
	if err != nil {
		s.allowance.giveBack(v.key.ID)
	}
	return grant, err
}
