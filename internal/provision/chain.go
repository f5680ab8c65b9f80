package provision

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"time"

	"muster"
)

// Chained lets in a device by the certificates that it presents, its own first, if an authority of a profile vouches for
// it: the device is created, claimed, or its certificate renewed, as the profile wants. That it has the key of its
// certificate, TLS has made sure. It is refused with ReasonCertificateUnknown, at the price of one indexed read, where no
// profile knows an authority above it. Names are those of the certificate: the grant that comes with an error says whom
// it was about, as far as that is known.
func (s *Service) Chained(ctx context.Context, chain []*x509.Certificate) (muster.Grant, error) {
	now := s.now()
	v, err := s.vouch(ctx, chain, now)
	if err == nil {
		err = s.stillGood(ctx, v)
	}
	if err != nil {
		return v.grant(), v.hush(err)
	}
	counted := false
	err = s.store.Certify(ctx, v.profile.ID, v.anchor(), v.name, func(known *muster.Enrolled) (*muster.Certification, error) {
		c, err := s.decide(v, known, now)
		if err == nil && v.way == muster.WayCreated {
			err = s.rationProfile(&v.profile, now)
			counted = err == nil
		}
		return c, err
	})
	switch {
	case err != nil && counted:
		s.allowance.giveBack(muster.ProvisionKeyID(v.profile.ID))
	case err == nil:
		s.metrics.certified(v.way)
	}
	if err == nil && v.ends {
		s.changed(v.device, muster.Refuse(muster.ReasonCredentialChanged, "a newer certificate has taken its place"))
	}
	return v.grant(), v.hush(err)
}

// Judge says what Chained would do now, and does nothing.
func (s *Service) Judge(ctx context.Context, chain []*x509.Certificate) (muster.Grant, error) {
	now := s.now()
	v, err := s.vouch(ctx, chain, now)
	if err == nil {
		err = s.stillGood(ctx, v)
	}
	if err != nil {
		return v.grant(), err
	}
	var c *muster.Certification
	known, err := s.store.Enrolled(ctx, v.name)
	switch {
	case err == nil:
		c, err = s.decide(v, &known, now)
	case muster.KindOf(err) == muster.NotFound:
		c, err = s.decide(v, nil, now)
	}
	if err == nil && c != nil {
		err = s.unrevoked(ctx, c)
	}
	return v.grant(), err
}

// Revoked refuses certificates, a device's own first, which an authority that is not ours has revoked, as the profile of an identity
// wants it.
type Revoked func(ctx context.Context, path []*x509.Certificate, who *muster.Identity) error

// stillGood refuses a path in which something is revoked, or, if the profile wants it so, may be.
func (s *Service) stillGood(ctx context.Context, v *voucher) error {
	if s.revoked == nil {
		return nil
	}
	rule := v.profile.Settings.Chain
	return s.revoked(ctx, v.path, &muster.Identity{Profile: v.profile.ID, Revocation: rule.Revocation, Asks: rule.OCSP != ""})
}

// unrevoked refuses a certificate that our own authority has issued and revoked, as Certify does.
func (s *Service) unrevoked(ctx context.Context, c *muster.Certification) error {
	shown := c.Credential.Shows
	own, err := s.store.Certificate(ctx, shown.Serial)
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("look for the certificate: %w", err)
	case own.Fingerprint == shown.Digest && !own.RevokedAt.IsZero():
		return muster.Refuse(muster.ReasonCredentialRevoked, "")
	}
	return nil
}

// rationProfile refuses a device that comes too soon after others of the profile, as that of a key without a rate of its own.
func (s *Service) rationProfile(p *muster.Profile, now time.Time) error {
	as := muster.ProvisionKey{ID: muster.ProvisionKeyID(p.ID)} // no key has the id of a profile
	if s.allowance.take(&as, now) == allowed {
		return nil
	}
	return muster.Refuse(muster.ReasonRateLimited, "the profile lets in %.0f new devices a second; try again later", s.allowance.of(&as).rate)
}

// A voucher is a certificate for which an authority of a profile vouches, and what is done for it.
type voucher struct {
	profile muster.Profile
	path    []*x509.Certificate
	name    string // of the device
	device  muster.DeviceID
	way     muster.Way // zero: it had the certificate already
	ends    bool       // credentials of the device
}

func (v *voucher) anchor() muster.Anchor {
	top := v.path[len(v.path)-1]
	return muster.Anchor{Certificate: sha256.Sum256(top.Raw), Subject: sha256.Sum256(top.RawSubject)}
}

func (v *voucher) grant() muster.Grant {
	g := muster.Grant{Profile: v.profile.ID, Device: v.device, Name: v.name, Way: v.way}
	if v.way == muster.WayRenewed {
		g.Again = "its authority vouches for a newer certificate, which takes the place of the old one"
	}
	if v.way == muster.WayAdded {
		g.Again = "its authority vouches for one more certificate"
	}
	return g
}

func (v *voucher) hush(err error) error {
	if err != nil && v.profile.Settings.HideReasons {
		return muster.Hush(err)
	}
	return err
}

// vouch finds the profile whose authority is nearest to the certificate, and the name of its device. What is returned with
// an error is as much as was found.
func (s *Service) vouch(ctx context.Context, chain []*x509.Certificate, now time.Time) (*voucher, error) {
	profiles, err := s.store.Anchored(ctx, muster.Issuers(chain))
	if err != nil {
		return &voucher{}, fmt.Errorf("look for an authority: %w", err)
	}
	v := &voucher{}
	var refusal error = muster.Refuse(muster.ReasonCertificateUnknown, "")
	for i := range profiles {
		authority, err := s.trusted.read(&profiles[i])
		var path []*x509.Certificate
		if err == nil {
			path, err = authority.Verify(chain, now)
		} else { // one of an older version, which took it: nobody trusts it, and no other profile suffers
			err = muster.Refuse(muster.ReasonChainUntrusted, "the authority of the profile cannot be used: %s", muster.MessageOf(err))
		}
		switch {
		case err == nil && (v.path == nil || len(path) < len(v.path)):
			v.profile, v.path = profiles[i], path
			v.name, refusal = "", nil
			if name, err := authority.DeviceName(chain[0]); err != nil {
				refusal = err
			} else {
				v.name = name
			}
		case err != nil && v.path == nil && tells(err, refusal):
			v.profile, refusal = profiles[i], err
		}
	}
	return v, refusal
}

// tells reports whether a refusal says more than another one: two authorities may have one name, and a path that leads to
// one of them says what is wrong with it.
func tells(err, other error) bool {
	weight := func(err error) int {
		switch muster.ReasonOf(err) {
		case muster.ReasonCertificateUnknown:
			return 0
		case muster.ReasonChainUntrusted:
			return 1
		case muster.ReasonChainSignatureWrong:
			return 2
		}
		return 3
	}
	return weight(err) > weight(other)
}

// decide is the pure rule: what becomes of a certificate for the device that is known by its name, nil if none is. It notes
// in v how. Nothing is to be filed where the device has the certificate.
func (s *Service) decide(v *voucher, known *muster.Enrolled, now time.Time) (*muster.Certification, error) {
	rule := v.profile.Settings.Chain
	if known == nil && !rule.AllowCreate {
		return nil, muster.Refuse(muster.ReasonDeviceNotListed, "")
	}
	c := &muster.Certification{Most: rule.MaxDevices}
	if known == nil {
		v.way, c.New = muster.WayCreated, true
		c.Device = muster.Device{ID: muster.NewID[muster.Device](), Profile: v.profile.ID, Name: v.name, CreatedAt: now}
	} else {
		v.device, c.Device = known.Device.ID, known.Device
		if err := mayCertify(known, v.profile.ID); err != nil {
			return nil, err
		}
	}
	v.device = c.Device.ID
	evidence := muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(v.path[0].Raw)}
	var err error
	if c.Credential, err = evidence.Seal(s.keys, c.Device.ID, now); err != nil {
		return nil, err
	}
	if known != nil {
		held, err := s.heldBy(known, now)
		if err != nil {
			return nil, err
		}
		if has, err := held.has(c.Credential.Lookup); has || err != nil {
			v.way = 0
			return nil, err
		}
		if err := held.renew(c, v, known.Released); err != nil {
			return nil, err
		}
	}
	if v.way == muster.WayCreated || v.way == muster.WayClaimed {
		c.Device.State, c.Device.ProvisionedAt = muster.DeviceActive, now
		c.Attributes = []muster.Attribute{{
			Scope: muster.ServerScope, Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: now,
		}}
	}
	v.ends = len(c.Ends) > 0
	return c, nil
}

// mayCertify refuses devices of other profiles, and suspended ones.
func mayCertify(known *muster.Enrolled, profile muster.ProfileID) error {
	switch {
	case known.Device.Profile != profile:
		return muster.Refuse(muster.ReasonDeviceNameTaken, "a device of another profile has the name")
	case known.Device.State == muster.DeviceSuspended:
		return muster.Refuse(muster.ReasonDeviceSuspended, "")
	}
	return nil
}
