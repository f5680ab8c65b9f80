package provision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"slices"

	"muster"
)

// A Renewal is a device that has proved who it is and asks for a certificate.
type Renewal struct {
	Who       muster.Identity
	Enrolment *muster.Enrolment
	Chain     []*x509.Certificate // by which it has proved so, its own first; none: by something else
}

// Renew gives a device a certificate of our own authority. What the device has proved itself by is revoked at the first use
// of the certificate, so that it never stands without; but a certificate of somebody else's authority stays, unless it is
// the one that is renewed, and the one of ours that the device has is replaced, for else the device could not begin again.
// One that was given so before and was never used is replaced at once; the same signing request is given the same
// certificate for ten minutes. Refused with ReasonProfileMismatch, ReasonCSRSubjectMismatch, ReasonRateLimited, as signing
// requests are, and as Readmit is. Whether what it has proved itself by has expired, whoever has recognised it has judged.
func (s *Service) Renew(ctx context.Context, r *Renewal) (*muster.Grant, error) {
	now := s.now()
	known, err := s.store.Enrolled(ctx, r.Who.Name)
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound, err == nil && known.Device.ID != r.Who.Device:
		return nil, muster.Refuse(muster.ReasonCredentialChanged, "")
	case err != nil:
		return nil, fmt.Errorf("look for the device: %w", err)
	}
	if err := s.inProfile(ctx, r.Enrolment.Profile, known.Device.Profile); err != nil {
		return nil, err
	}
	if err := r.named(); err != nil {
		return nil, err
	}
	evidence, key, err := wanted(r.Enrolment)
	if err != nil {
		return nil, err
	}
	m := muster.Readmission{Device: known.Device.ID, At: now}
	if key == "" {
		request := s.keys.Digest("enrolment", string(appendPart([]byte(m.Device.String()), evidence.CSR)))
		m.Request = &request
	}
	grant, err := s.repeat(ctx, m.Request, now)
	if grant == nil && err == nil {
		grant, err = s.renewed(ctx, r, m, evidence, &known)
	}
	if err != nil {
		return nil, err
	}
	grant.Key = key
	grant.Chain = s.chain(&muster.ProvisionRequest{Evidence: evidence}, grant)
	return grant, nil
}

// renewed makes and files the certificate.
func (s *Service) renewed(ctx context.Context, r *Renewal, m muster.Readmission, e muster.Evidence, known *muster.Enrolled) (*muster.Grant, error) {
	if !s.renewals.take(m.Device, m.At) {
		err := muster.Refuse(muster.ReasonRateLimited, "a device is given at most %d certificates in %v", mostRenewals, renewalWindow)
		err.Retry = renewalWindow
		return nil, err
	}
	if err := s.place(ctx, &m, r, known); err != nil {
		return nil, err
	}
	grant, err := s.readmit(ctx, m, e, known)
	if err != nil {
		return nil, err
	}
	grant.Way, grant.Again = muster.WayRenewed, "it is given a certificate in the place of what it has shown"
	if m.Beside {
		grant.Way, grant.Again = muster.WayAdded, "it is given a certificate beside the one that it has shown"
	}
	s.metrics.certified(grant.Way)
	return grant, nil
}

// inProfile refuses a device of another profile than the one that is named.
func (s *Service) inProfile(ctx context.Context, name string, profile muster.ProfileID) error {
	if name == "" {
		return nil
	}
	p, err := s.store.Profile(ctx, name)
	switch {
	case err != nil && muster.KindOf(err) != muster.NotFound:
		return fmt.Errorf("look for the profile: %w", err)
	case err != nil || p.ID != profile:
		return muster.Refuse(muster.ReasonProfileMismatch, "")
	}
	return nil
}

// InProfile refuses certificates by which a device would come in by another profile than the one that is named.
func (s *Service) InProfile(ctx context.Context, name string, chain []*x509.Certificate) error {
	if name == "" {
		return nil
	}
	v, err := s.vouch(ctx, chain, s.now())
	if err != nil {
		return nil // and who lets them in says why not
	}
	return s.inProfile(ctx, name, v.profile.ID)
}

// named refuses a signing request for another name than the device's, or, where a certificate is renewed, for other names
// than that has (RFC 7030, 4.2.2). One that cannot be read is refused by whoever makes the certificate.
func (r *Renewal) named() error {
	asks := r.Enrolment.Request
	if asks == nil {
		return nil
	}
	same := len(r.Chain) > 0 && asks.Subject.String() == r.Chain[0].Subject.String()
	switch {
	case r.Enrolment.Operation != muster.EnrolAgain && (same || r.Enrolment.Name() == r.Who.Name):
		return nil
	case !same:
		return muster.Refuse(muster.ReasonCSRSubjectMismatch, "the signing request is for %.100q, and not for %.100q", asks.Subject, r.Who.Name)
	case !slices.EqualFunc(alternatives(asks.Extensions), alternatives(r.Chain[0].Extensions), bytes.Equal):
		return muster.Refuse(muster.ReasonCSRSubjectMismatch, "the subjectAltName of the signing request is not that of the certificate")
	}
	return nil
}

// alternatives returns the names of a subjectAltName, in DER and in one order.
func alternatives(extensions []pkix.Extension) [][]byte {
	var all [][]byte
	for _, e := range extensions {
		var names []asn1.RawValue
		if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &names); err != nil {
			return [][]byte{e.Value}
		}
		for _, n := range names {
			all = append(all, n.FullBytes)
		}
	}
	slices.SortFunc(all, bytes.Compare)
	return all
}

// place says in m which credential the certificate replaces.
func (s *Service) place(ctx context.Context, m *muster.Readmission, r *Renewal, known *muster.Enrolled) error {
	m.Proof = r.Who.Credential
	if len(r.Chain) == 0 || r.Enrolment.Operation == muster.EnrolAgain {
		return nil
	}
	var ours muster.CredentialID // the oldest that is not revoked
	for i := range known.Credentials {
		c := &known.Credentials[i]
		if c.Kind != muster.X509Certificate || c.State != muster.CredentialActive && c.State != muster.CredentialRetiring {
			continue
		}
		own, err := s.isOurs(ctx, c)
		switch {
		case err != nil:
			return err
		case own && c.ID == r.Who.Credential:
			return nil
		case own && ours.IsZero():
			ours = c.ID
		}
	}
	if m.Beside = ours.IsZero(); !m.Beside {
		m.Proof = ours
	}
	return nil
}

// isOurs reports whether our own authority has issued the certificate of a credential.
func (s *Service) isOurs(ctx context.Context, c *muster.Credential) (bool, error) {
	e, err := c.Open(s.keys)
	if err != nil {
		return false, fmt.Errorf("open credential %s: %w", c.ID, err)
	}
	der, err := base64.StdEncoding.DecodeString(e.Certificate)
	if err != nil {
		return false, nil // it was filed as it came, and is nobody's
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return false, nil
	}
	serial, ok := muster.SerialOf(leaf.SerialNumber)
	if !ok {
		return false, nil
	}
	own, err := s.store.Certificate(ctx, serial)
	switch {
	case err != nil && muster.KindOf(err) == muster.NotFound:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the certificate: %w", err)
	}
	return own.Fingerprint == sha256.Sum256(der), nil
}
