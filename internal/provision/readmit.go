package provision

import (
	"context"
	"encoding/base64"
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
	if err != nil || known.Device.Profile != profile.ID {
		return nil, refusal
	}
	m := muster.Readmission{Device: known.Device.ID, Key: key.ID, At: now, Request: request}
	why := "it was released"
	if !known.Released {
		if !hearsProof(profile) {
			return nil, refusal
		}
		if m.Proof, why = s.proof(req, known.Credentials, now); m.Proof.IsZero() {
			return nil, refusal
		}
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
		if m.Approval.IsZero() {
			return s.grant(&known.Device, held, m.Way()) // it asks for what it has
		}
		c = *held // the approval is used up all the same
	}
	m.Credential = c
	d, err := s.store.Readmit(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.grant(&d, &c, m.Way())
}

// proof returns by which of its credentials a device proves that it is the one that was let in, and how in words; none: it
// does not. A credential that was revoked or never took effect proves nothing, and one that has expired does.
func (s *Service) proof(req *muster.ProvisionRequest, held []muster.Credential, now time.Time) (by muster.CredentialID, how string) {
	certificate, presented := s.presented(req, now)
	for i := range held {
		c := &held[i]
		switch {
		case c.State != muster.CredentialActive && c.State != muster.CredentialRetiring:
		case req.Recovery != "" && muster.SameSecret(s.recovery(c.ID), req.Recovery):
			return c.ID, "it has its recovery secret"
		case presented && c.Kind == muster.X509Certificate && c.Lookup == certificate:
			return c.ID, "it presents its certificate"
		}
	}
	return by, ""
}

// presented returns what the certificate is filed under that the device presents, within its dates.
func (s *Service) presented(req *muster.ProvisionRequest, now time.Time) (key muster.LookupKey, ok bool) {
	if len(req.Chain) == 0 {
		return key, false
	}
	leaf := req.Chain[0]
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return key, false
	}
	return muster.CredentialDigest(s.keys, muster.CertificateID(base64.StdEncoding.EncodeToString(leaf.Raw))), true
}

// recovery is the secret that proves that whoever has it was given the credential. It is kept nowhere: it follows from the
// master key, and ends with the credential.
func (s *Service) recovery(c muster.CredentialID) muster.Secret {
	digest := s.keys.Digest("recovery", c.String())
	return muster.Secret(base64.RawURLEncoding.EncodeToString(digest[:]))
}
