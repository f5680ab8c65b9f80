package provision

import (
	"cmp"
	"context"
	"encoding/base64"
	"time"

	"muster"
)

// An Authority answers certificate signing requests of devices. What it answers is filed with the device, or nowhere.
type Authority interface {
	// CheckCSR refuses a request that will never be answered.
	CheckCSR(csr string) error
	// Answer makes the certificate of a device, which knows its name, its id and its profile.
	Answer(ctx context.Context, csr string, d *muster.Device) (muster.Certificate, error)
	// Chain returns what stands above a certificate of the authority, PEM, the root last.
	Chain(der []byte) string
	// Bundle returns all certificates of the authority, PEM.
	Bundle() []byte
}

// seal makes of what a device asks to be known by a live credential; of a signing request, one with the certificate that
// answers it.
func (s *Service) seal(ctx context.Context, e muster.Evidence, d *muster.Device, now time.Time) (muster.Credential, error) {
	if e.CSR == "" {
		return e.Seal(s.keys, d.ID, now)
	}
	if err := s.checkCSR(&e); err != nil {
		return muster.Credential{}, err
	}
	issued, err := s.authority.Answer(ctx, cmp.Or(e.KeyCSR, e.CSR), d)
	if err != nil {
		return muster.Credential{}, err
	}
	return muster.SealIssued(s.keys, &issued)
}

func (s *Service) checkCSR(e *muster.Evidence) error {
	switch {
	case s.authority == nil || e.Kind != muster.X509Certificate:
		return muster.Refuse(muster.ReasonCredentialInvalid, "a certificate signing request goes with the credentials type X509_CERTIFICATE")
	case e.Certificate != "":
		return muster.Refuse(muster.ReasonCredentialInvalid, "a device brings a certificate or a signing request, and not both")
	}
	return s.authority.CheckCSR(cmp.Or(e.KeyCSR, e.CSR))
}

// answerListed makes the certificate of a device that is listed. Whether it may have it is for the store to say.
func (s *Service) answerListed(ctx context.Context, c muster.Claim, e muster.Evidence) (*muster.Credential, error) {
	known, err := s.enrolled(ctx, c.Name)
	switch {
	case err != nil:
		return nil, err
	case known.Device.ID.IsZero() || known.Device.Profile != c.Profile:
		return nil, muster.Refuse(muster.ReasonDeviceNotListed, "")
	case !known.Device.ProvisionedAt.IsZero() && !known.Released:
		return nil, muster.Refuse(muster.ReasonDeviceProvisioned, "")
	}
	given, err := s.seal(ctx, e, &known.Device, c.At)
	return &given, err
}

// chain returns what stands above the certificate that a signing request was answered with.
func (s *Service) chain(req *muster.ProvisionRequest, grant *muster.Grant) string {
	if req.Evidence.CSR == "" || s.authority == nil {
		return ""
	}
	der, err := base64.StdEncoding.DecodeString(grant.Evidence.Certificate)
	if err != nil {
		return ""
	}
	return s.authority.Chain(der)
}
