package provision

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster"
)

// How often a device may ask for another credential. What it was given and has not used stays for a while before it may ask
// for something else in its place, so that no device fills the registry.
const (
	rotationPause  = time.Minute
	rotationTime   = time.Hour
	rotationsPerIt = muster.MaxCredentials
)

// Rotate gives a device that is in, and was recognised by one of its credentials, another one in the place of that. Both open
// the door until the fresh one is used for the first time, which revokes the old one; one that was given so before and was never
// used is replaced. Requests with one RequestID that are otherwise alike, or with one signing request, get the same grant for
// ten minutes, until the device first uses it. Whether the old one has expired, whoever has recognised the device has judged.
func (s *Service) Rotate(ctx context.Context, who *muster.Identity, req *muster.ProvisionRequest) (*muster.Grant, error) {
	r := &rotation{req: req, who: who, now: s.now()}
	err := s.prepareRotation(ctx, r)
	if err != nil {
		return nil, err
	}
	grant, err := s.repeat(ctx, r.request, r.now)
	if grant == nil && err == nil {
		grant, err = s.rotate(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	grant.Again = "it has asked with its present " + r.present.Kind.String()
	if who.Lapsed {
		grant.Again += ", which has expired"
	}
	grant.Chain = s.chain(req, grant)
	if r.profile.Settings.Reprovision != muster.ReprovisionRefuse {
		grant.Recovery = s.recovery(grant.Credential)
	}
	return grant, nil
}

// Refused tells campaigns that have asked a device for another credential that it was refused one, and ask it no more. What may
// succeed when the device asks once more does not count. It reports whether the device was asked.
func (s *Service) Refused(ctx context.Context, device muster.DeviceID, why error) bool {
	if !final(why) {
		return false
	}
	failed, err := s.store.RotationFailed(ctx, device, why)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "that a device was refused another credential could not be noted", "device", device, "error", err)
	}
	return failed
}

// final is the pure rule: whether a device that is refused another credential would be so again.
func final(why error) bool {
	switch muster.ReasonOf(why) {
	case muster.ReasonCredentialRevoked, muster.ReasonCredentialChanged: // it has, or will hear of, a fresher one
		return false
	case muster.ReasonCertificateRevoked: // it may be somebody else who shows it
		return false
	}
	switch muster.KindOf(why) {
	case muster.Invalid, muster.Forbidden, muster.Conflict:
		return true
	}
	return false
}

// A rotation is a request of a device that is in.
type rotation struct {
	req     *muster.ProvisionRequest
	who     *muster.Identity
	now     time.Time
	known   muster.Enrolled
	profile muster.Profile
	present *muster.Credential // by which the device was recognised
	request *muster.LookupKey  // digest of the request; nil if its answer is not to be repeated
}

// prepareRotation finds out whether the device may ask for what it asks for.
func (s *Service) prepareRotation(ctx context.Context, r *rotation) error {
	var err error
	r.known, r.profile, err = s.store.Holding(ctx, r.who.Credential)
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound:
		return muster.Refuse(muster.ReasonCredentialRevoked, "")
	case err != nil:
		return fmt.Errorf("find the credential that a device has: %w", err)
	}
	i := slices.IndexFunc(r.known.Credentials, func(c muster.Credential) bool { return c.ID == r.who.Credential })
	r.present = &r.known.Credentials[i]
	name, err := trim(r.req.Name)
	if err != nil {
		return err
	}
	if name != "" && name != r.known.Device.Name {
		return muster.Refuse(muster.ReasonRequestInvalid, "the request is for another device than the one that asks")
	}
	if err := r.refusal(); err != nil {
		return err
	}
	as := muster.ProvisionKey{ID: muster.ProvisionKeyID(r.who.Credential)} // no key has the id of a credential
	r.request, err = s.digest(&as, r.known.Device.Name, r.req)
	return err
}

// refusal is the pure rule: which device may ask for which credential.
func (r *rotation) refusal() error {
	switch {
	case r.known.Device.State == muster.DeviceSuspended:
		return muster.Refuse(muster.ReasonDeviceSuspended, "")
	case r.present.State != muster.CredentialActive && r.present.State != muster.CredentialRetiring:
		return muster.Refuse(muster.ReasonCredentialRevoked, "")
	}
	rule := r.profile.Settings.Rotation
	if r.who.Lapsed && rule == muster.RotationAnyKind {
		rule = muster.RotationSameKind // it is let in for nothing but this
	}
	return rule.Refusal(r.present.Kind, r.req.Evidence.Kind)
}

func (s *Service) rotate(ctx context.Context, r *rotation) (*muster.Grant, error) {
	e, err := s.wanted(r)
	if err != nil {
		return nil, err
	}
	if held, err := s.hasAlready(r, &e); held != nil || err != nil {
		return held, err
	}
	if err := r.tooOften(); err != nil {
		return nil, err
	}
	c, err := s.seal(ctx, e, &r.known.Device, r.now)
	if err != nil {
		return nil, err
	}
	d, err := s.store.Readmit(ctx, muster.Readmission{Device: r.known.Device.ID, Proof: r.present.ID, Credential: c, At: r.now, Request: r.request})
	if err != nil {
		if twin, _ := s.repeat(ctx, r.request, r.now); twin != nil {
			return twin, nil
		}
		if muster.ReasonOf(err) == muster.ReasonDeviceProvisioned { // its present one has been revoked meanwhile
			err = muster.Refuse(muster.ReasonCredentialRevoked, "")
		}
		return nil, err
	}
	s.metrics.rotated.Inc()
	return s.grant(&d, &c, muster.WayRotated)
}

// wanted returns the evidence that the device shall be known by: a token made here if it asks for one and brings none. A
// certificate that it brings must be valid, and where authorities vouch for the devices of the profile, one must vouch for it.
func (s *Service) wanted(r *rotation) (muster.Evidence, error) {
	e := r.req.Evidence
	if e.Empty() && e.Kind == muster.AccessToken {
		return asked(&e), nil
	}
	if e.CSR != "" || e.Kind != muster.X509Certificate {
		return e, nil
	}
	if strings.TrimSpace(e.Certificate) == "" {
		return e, muster.Refuse(muster.ReasonCredentialInvalid, "a device brings a certificate or a signing request")
	}
	var err error
	if e.Certificate, err = muster.PlainCertificate(e.Certificate); err != nil {
		return e, err
	}
	der, _ := base64.StdEncoding.DecodeString(e.Certificate) // PlainCertificate has made both of them
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return e, muster.Refuse(muster.ReasonCredentialInvalid, "the certificate cannot be read")
	}
	if r.now.After(leaf.NotAfter) {
		return e, muster.Refuse(muster.ReasonCertificateExpired, "")
	}
	return e, s.vouched(r, leaf)
}

// vouched refuses a certificate for which no authority of the profile vouches, where the profile has any.
func (s *Service) vouched(r *rotation, leaf *x509.Certificate) error {
	if r.profile.Strategy != muster.StrategyX509Chain || r.profile.Settings.Chain == nil {
		return nil
	}
	authority, err := s.trusted.read(&r.profile)
	if err != nil {
		return muster.Refuse(muster.ReasonChainUntrusted, "the authority of the profile cannot be used: %s", muster.MessageOf(err))
	}
	if _, err := authority.Verify([]*x509.Certificate{leaf}, r.now); err != nil {
		return err
	}
	name, err := authority.DeviceName(leaf)
	if err == nil && name != r.known.Device.Name {
		err = muster.Refuse(muster.ReasonCertificateNameUnfit, "the certificate is another device's by its name")
	}
	return err
}

// hasAlready returns the grant of a credential that the device brings and was given before, in the place of the present one,
// and has not used: its answer was lost. Any other that it has is neither fresh nor told: who has stolen one of a device's
// credentials does not come by the others. With another password it is not the same, and is replaced.
func (s *Service) hasAlready(r *rotation, e *muster.Evidence) (*muster.Grant, error) {
	if e.CSR != "" {
		return nil, nil
	}
	id, err := e.ID()
	if err != nil {
		return nil, err
	}
	lookup := muster.CredentialDigest(s.keys, id)
	for i := range r.known.Credentials {
		c := &r.known.Credentials[i]
		switch {
		case c.Lookup != lookup:
		case r.awaits(c):
			given, err := s.grant(&r.known.Device, c, muster.WayRepeated)
			if err == nil && c.Kind == muster.MQTTBasic && !muster.SameSecret(given.Evidence.Password, e.Password) {
				return nil, nil
			}
			return given, err
		default:
			return nil, muster.Refuse(muster.ReasonCredentialInUse, "the device has or had this %s already: ask for a fresh one", c.Kind)
		}
	}
	return nil, nil
}

// awaits reports whether a credential takes over from the present one, works, and has never been used.
func (r *rotation) awaits(c *muster.Credential) bool {
	return c.ID == r.present.Successor && c.LastUsedAt.IsZero() && c.Live(r.now) == nil
}

// tooOften refuses a device that asks again and again, or has as many credentials as it may.
func (r *rotation) tooOften() error {
	live, lately := 0, 0
	for i := range r.known.Credentials {
		c := &r.known.Credentials[i]
		if c.State != muster.CredentialRevoked {
			live++
		}
		age := r.now.Sub(c.CreatedAt)
		if age < rotationTime {
			lately++
		}
		if r.awaits(c) && age < rotationPause {
			return tooSoon(rotationPause-age, "the device was given a credential a moment ago and has not used it: ask again later, or with the same requestId")
		}
	}
	switch {
	case live >= muster.MaxCredentials:
		return muster.Refuse(muster.ReasonRequestInvalid, "the device has %d credentials, the most that one may have: somebody has to revoke one", live)
	case lately >= rotationsPerIt:
		return tooSoon(rotationPause, "the device was given %d credentials within an hour; try again later", lately)
	}
	return nil
}

func tooSoon(left time.Duration, message string, args ...any) error {
	e := muster.Refuse(muster.ReasonRateLimited, message, args...)
	e.Retry = left.Truncate(time.Second) + time.Second
	return e
}
