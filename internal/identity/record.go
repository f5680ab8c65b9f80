package identity

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"muster"
)

// A record is what is remembered of a muster.Holder: enough to judge a proof without the store.
type record struct {
	who        muster.Identity // Until: when the credential ends
	state      muster.DeviceState
	kind       muster.CredentialKind
	credential muster.CredentialState
	notBefore  time.Time         // of the credential
	basic      *muster.Evidence  // MQTTBasic only
	key        *muster.DeviceKey // PublicKey only
	rule       *muster.JWTRule   // PublicKey only
	used       atomic.Int64      // when its use was last noted, Unix seconds; 0: never
}

// newRecord opens what judging the holder's credential takes.
func newRecord(keys *muster.Keyring, h *muster.Holder) (*record, error) {
	settings := &h.Profile.Settings
	r := &record{
		who: muster.Identity{
			Device: h.Device.ID, Profile: h.Profile.ID, Credential: h.Credential.ID, Name: h.Device.Name, Gateway: h.Device.Gateway,
			Retention: settings.RetentionDays, Sessions: uint16(settings.SessionLimit()), Until: h.Credential.ExpiresAt, Quiet: settings.HideReasons,
		},
		state: h.Device.State, kind: h.Credential.Kind, credential: h.Credential.State, notBefore: h.Credential.NotBefore,
	}
	if rule := settings.Chain; rule != nil {
		r.who.Revocation, r.who.Asks = rule.Revocation, rule.OCSP != ""
	}
	if used := h.Credential.LastUsedAt; !used.IsZero() {
		r.used.Store(used.Unix())
	}
	switch h.Credential.Kind {
	case muster.MQTTBasic:
		e, err := h.Credential.Open(keys)
		if err != nil {
			return nil, fmt.Errorf("open credential %s: %w", h.Credential.ID, err)
		}
		r.basic = &e
	case muster.PublicKey:
		e, err := h.Credential.Open(keys)
		if err != nil {
			return nil, fmt.Errorf("open credential %s: %w", h.Credential.ID, err)
		}
		if r.key, err = muster.ParsePublicKey(e.PublicKey); err != nil {
			return nil, fmt.Errorf("read public key %s: %w", h.Credential.ID, err)
		}
		rule := settings.JWT // a copy, so that the rest of the profile may go
		r.rule = &rule
	case muster.AccessToken, muster.X509Certificate:
	}
	return r, nil
}

// opens refuses a credential that does not open the door at now.
func (r *record) opens(now time.Time) error {
	c := muster.Credential{State: r.credential, NotBefore: r.notBefore, ExpiresAt: r.who.Until}
	return c.Live(now)
}

// live refuses a credential that does not open the door at now, and a device that is suspended. It is asked last, when
// the proof was right, so that a stranger does not learn of either.
func (r *record) live(now time.Time) error {
	if err := r.opens(now); err != nil {
		return err
	}
	if r.state == muster.DeviceSuspended {
		return muster.Refuse(muster.ReasonDeviceSuspended, "")
	}
	return nil
}

// recall recognises whose credential a proof is that comes with every request. Only an acceptance may rest on what is
// remembered: a refusal is always the store's.
func (s *Service) recall(ctx context.Context, key muster.LookupKey, judge func(*record) error, unknown muster.Reason) (muster.Identity, error) {
	now := s.now()
	if r := s.credentials.get(key, now); r != nil && judge(r) == nil && r.live(now) == nil {
		s.metrics.remembered.Inc()
		return s.accept(r, now), nil
	}
	since := s.Generation()
	r, err := s.find(ctx, s.store.Holder, key, judge, unknown)
	if err == nil {
		s.credentials.put(key, r, since, now)
	}
	return s.verdict(r, err)
}

// recognise is recall without a memory, for proofs that open a session: they come once.
func (s *Service) recognise(ctx context.Context, key muster.LookupKey, judge func(*record) error, unknown muster.Reason) (muster.Identity, error) {
	return s.verdict(s.find(ctx, s.store.Holder, key, judge, unknown))
}

// A lookup asks the store whose credential is filed under a key.
type lookup func(ctx context.Context, key muster.LookupKey) (muster.Holder, error)

// find asks the store for the credential that is filed under key and lets judge say whether the proof fits it. An unknown
// key is refused with the reason unknown; any other refusal comes with whose credential it was about.
func (s *Service) find(ctx context.Context, holder lookup, key muster.LookupKey, judge func(*record) error, unknown muster.Reason) (*record, error) {
	r, err := s.load(ctx, holder, key)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, muster.Refuse(unknown, "")
	}
	if err := judge(r); err != nil {
		return r, err
	}
	return r, r.live(s.now())
}

// verdict returns whose the record is; if it is accepted, its use is noted.
func (s *Service) verdict(r *record, err error) (muster.Identity, error) {
	switch {
	case err == nil:
		return s.accept(r, s.now()), nil
	case r != nil:
		return r.who, err
	}
	return muster.Identity{}, err
}

// load asks the store; nil means that nothing is filed under key.
func (s *Service) load(ctx context.Context, holder lookup, key muster.LookupKey) (*record, error) {
	s.metrics.asked.Inc()
	h, err := holder(ctx, key)
	switch {
	case err == nil:
		return newRecord(s.keys, &h)
	case muster.KindOf(err) == muster.NotFound:
		return nil, nil
	}
	return nil, fmt.Errorf("find the credential: %w", err)
}

// accept notes that the credential was used and returns whose it is.
func (s *Service) accept(r *record, now time.Time) muster.Identity {
	s.uses.note(r, now)
	return r.who
}

// endsBy notes that what was shown, of that kind, ends at a time, if the credential does not end before.
func endsBy(who *muster.Identity, at time.Time, kind muster.CredentialKind) {
	if who.Until.IsZero() || at.Before(who.Until) {
		who.Until, who.Ends = at, kind
	}
}
