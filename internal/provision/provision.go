package provision

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
)

// Options are what a Service may be given.
type Options struct {
	// PerKey is how many new devices a second one provision key lets in, Burst how many of them may come at once. 0 means
	// 200 and 2000; a PerKey below 0 means no limit.
	PerKey, Burst int

	Authority Authority // answers certificate signing requests; nil: nobody does
	Revoked   Revoked   // judges paths of certificates; nil: nobody knows what is revoked
	Verify    Verify    // judges JWTs by which devices prove themselves; nil: they prove nothing
	// Changed is called after the certificate of a device was replaced; why is what its sessions are told. It must forget
	// what is remembered of the device and must not block for long. nil: nobody needs to know.
	Changed func(device muster.DeviceID, why error)

	Now        func() time.Time      // nil means time.Now
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // of the metrics; nil: nobody reads them
}

// A Service lets devices in. It is safe for concurrent use.
type Service struct {
	store     Store
	keys      *muster.Keyring
	now       func() time.Time
	authority Authority
	verify    Verify
	revoked   Revoked
	allowance *allowance
	log       *slog.Logger
	decoy     muster.ProvisionKey // nobody's key, for requests that name none
	metrics   *metrics

	changed func(muster.DeviceID, error)
	trusted trusted

	renewals renewals
}

// New returns a Service over store whose secrets are sealed with keys.
func New(store Store, keys *muster.Keyring, o Options) *Service {
	s := &Service{store: store, keys: keys, now: o.Now, authority: o.Authority, verify: o.Verify, revoked: o.Revoked, log: o.Logger, allowance: newAllowance(o.PerKey, o.Burst), metrics: newMetrics(o.Registerer)}
	if s.changed = o.Changed; s.changed == nil {
		s.changed = func(muster.DeviceID, error) {}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.decoy.ID = muster.NewID[muster.ProvisionKey]()
	s.decoy.Secret = keys.Seal(muster.Secret(muster.RandomText(32)), s.decoy.SecretPurpose())
	return s
}

// SetLimits changes PerKey and Burst of the Options, from the next device on.
func (s *Service) SetLimits(perKey, burst int) { s.allowance.set(perKey, burst) }

// Provision lets in the device that asks from the given address, or refuses with the reason. Requests with one
// RequestID that are otherwise alike get the same grant for ten minutes, until the device first authenticates. The
// checks come in the order of the ThingsBoard device API 1.3.
func (s *Service) Provision(ctx context.Context, req *muster.ProvisionRequest, from netip.Addr) (*muster.Grant, error) {
	now := s.now()
	name, err := trim(req.Name)
	if err != nil {
		return nil, err
	}
	key, profile, former, err := s.unlock(ctx, req, now)
	if err == nil {
		err = usable(&key, &profile, now, from)
	}
	if err == nil && req.Profile != "" && req.Profile != profile.Name {
		err = muster.Refuse(muster.ReasonProfileMismatch, "")
	}
	var grant *muster.Grant
	if err == nil {
		grant, err = s.letIn(ctx, req, name, &key, &profile, now, from)
	}
	if grant != nil {
		grant.Former = former
		grant.Chain = s.chain(req, grant)
		if profile.Settings.Reprovision != muster.ReprovisionRefuse {
			grant.Recovery = s.recovery(grant.Credential)
		}
	}
	if profile.Settings.HideReasons {
		err = muster.Hush(err)
	}
	return grant, err
}

// letIn grants the request of a device whose key and secret are right.
func (s *Service) letIn(ctx context.Context, req *muster.ProvisionRequest, name string, key *muster.ProvisionKey, profile *muster.Profile,
	now time.Time, from netip.Addr,
) (*muster.Grant, error) {
	request, err := s.digest(key, name, req)
	if err != nil {
		return nil, err
	}
	if grant, err := s.repeat(ctx, request, now); grant != nil || err != nil {
		return grant, err
	}
	if profile.Settings.Holds() {
		grant, held, err := s.hold(ctx, &visit{req: req, name: name, key: key, profile: profile, now: now, from: from, request: request})
		if held || err != nil {
			return grant, err
		}
	}
	name = cmp.Or(name, muster.RandomText(nameLength))
	if err := admits(key, name); err != nil {
		return s.letInAgain(ctx, req, name, key, profile, now, request, err)
	}
	if err := s.ration(ctx, key, now); err != nil {
		return nil, err
	}
	var grant *muster.Grant
	if profile.Strategy == muster.StrategyCheckPreProvisioned {
		grant, err = s.claim(ctx, muster.Claim{Profile: profile.ID, Name: name, Key: key.ID, At: now, Request: request}, req.Evidence)
	} else {
		d := muster.Device{
			ID: muster.NewID[muster.Device](), Profile: profile.ID, Name: name, State: muster.DeviceActive,
			Gateway: req.Gateway, CreatedAt: now, ProvisionedAt: now, ProvisionedWith: key.ID,
		}
		grant, err = s.create(ctx, d, asked(&req.Evidence), request, muster.PendingID{})
	}
	if err != nil {
		grant, err = s.letInAgain(ctx, req, name, key, profile, now, request, err)
	}
	if err != nil {
		s.allowance.giveBack(key.ID)
		// A twin of this request may have come first: what it was granted is the answer to both.
		if twin, _ := s.repeat(ctx, request, now); twin != nil {
			return twin, nil
		}
	}
	return grant, err
}

// nameLength is the length of the names that the server makes, in characters.
const nameLength = 20

// trim takes off a name what Java's trim does. A name of nothing else is refused before anything is asked of the key.
func trim(name string) (string, error) {
	trimmed := strings.TrimFunc(name, func(r rune) bool { return r <= ' ' })
	if trimmed == "" && name != "" {
		return "", muster.Refuse(muster.ReasonDeviceNameInvalid, "the device name is empty")
	}
	return trimmed, nil
}

// unlock finds the key that the request names and compares the secret; former says that it is the one before the last
// rotation. A key that does not exist costs as much time as a wrong secret.
func (s *Service) unlock(ctx context.Context, req *muster.ProvisionRequest, now time.Time) (key muster.ProvisionKey, profile muster.Profile, former bool, err error) {
	key, profile, err = s.find(ctx, req.Key)
	unknown := err != nil && muster.KindOf(err) == muster.NotFound
	if unknown {
		key, err = s.decoy, nil
	}
	if err != nil {
		return key, profile, false, fmt.Errorf("find the provision key: %w", err)
	}
	same, err := s.opens(&key, key.Secret, req.Secret)
	if err == nil && key.FormerWorks(now) {
		former, err = s.opens(&key, key.Former, req.Secret)
		former = former && !same
	}
	switch {
	case err != nil:
		return key, profile, false, err
	case unknown:
		return key, profile, false, muster.Refuse(muster.ReasonProvisionKeyUnknown, "")
	case !same && !former || req.Secret == "":
		return key, profile, false, muster.Refuse(muster.ReasonProvisionSecretWrong, "")
	}
	return key, profile, former, nil
}

// opens reports whether a sealed secret of the key is the one that is shown.
func (s *Service) opens(key *muster.ProvisionKey, sealed muster.Sealed, shown muster.Secret) (bool, error) {
	secret, err := s.keys.Open(sealed, key.SecretPurpose())
	if err != nil {
		return false, fmt.Errorf("open the secret of provision key %s: %w", key.ID, err)
	}
	return muster.SameSecret(secret, shown), nil
}

// find does not trouble the store with a key that nobody can have.
func (s *Service) find(ctx context.Context, key string) (muster.ProvisionKey, muster.Profile, error) {
	if key == "" || len(key) > muster.MaxNameLength {
		return muster.ProvisionKey{}, muster.Profile{}, muster.NotFound
	}
	return s.store.ProvisionKey(ctx, key)
}

// asked returns the evidence that a new device shall be known by: what it asked for if that names anything, else a token
// made here, whatever type it named (ThingsBoard device API 1.4).
func asked(e *muster.Evidence) muster.Evidence {
	if e.Empty() {
		return muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(muster.RandomText(muster.TokenLength))}
	}
	return *e
}

// create files a new device with its credential, all of it or nothing.
func (s *Service) create(
	ctx context.Context, d muster.Device, e muster.Evidence, request *muster.LookupKey, approval muster.PendingID,
) (*muster.Grant, error) {
	c, err := s.seal(ctx, e, &d, d.CreatedAt)
	if err != nil {
		return nil, err
	}
	state := muster.Attribute{
		Scope: muster.ServerScope, Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: d.CreatedAt,
	}
	a := muster.Admission{Device: d, Credential: c, Attributes: []muster.Attribute{state}, Request: request, Approval: approval}
	if err := s.store.Admit(ctx, a); err != nil {
		return nil, err
	}
	s.metrics.created.Inc()
	return s.grant(&d, &c, muster.WayCreated)
}

// claim marks a listed device and returns the first credential that it was given and that works. What the request asked
// to be known by does not matter, but for a certificate signing
// request: what it is answered with comes beside what the device was given.
func (s *Service) claim(ctx context.Context, c muster.Claim, e muster.Evidence) (*muster.Grant, error) {
	if e.CSR != "" {
		given, err := s.answerListed(ctx, c, e)
		if err != nil {
			return nil, err
		}
		c.Credential = given
	}
	d, credentials, err := s.store.Claim(ctx, c)
	if err != nil {
		return nil, err
	}
	s.metrics.claimed.Inc()
	return s.grant(&d, &credentials[0], muster.WayClaimed)
}

// grant tells a device what it is known by.
func (s *Service) grant(d *muster.Device, c *muster.Credential, way muster.Way) (*muster.Grant, error) {
	e, err := c.Open(s.keys)
	if err != nil {
		return nil, fmt.Errorf("open the credential of device %s: %w", d.ID, err)
	}
	id, err := e.ID()
	if err != nil {
		return nil, fmt.Errorf("name the credential of device %s: %w", d.ID, err)
	}
	return &muster.Grant{Device: d.ID, Name: d.Name, Evidence: e, CredentialID: id, Credential: c.ID, Way: way}, nil
}
