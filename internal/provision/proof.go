package provision

import (
	"encoding/base64"
	"fmt"
	"time"

	"muster"
)

// A Verify says which credential of a device signed a proof, and what makes the proof good for once. Where the signature
// is right and the proof is refused all the same, the credential comes with the refusal.
type Verify func(p *muster.SignedProof) (by muster.CredentialID, once muster.Nonce, err error)

// A proved says how a device has proved that it is the one that was let in. The zero one: it has not.
type proved struct {
	by    muster.CredentialID
	how   string        // in words
	nonce *muster.Nonce // that the proof uses up; nil: the proof stays good
}

// proof returns by which of its credentials a device proves that it is the one that was let in. A credential that was
// revoked or never took effect proves nothing, and one that has expired does. A JWT that proves nothing is refused for what
// is wrong with it; it was signed by the device all the same if the error comes with the credential.
func (s *Service) proof(req *muster.ProvisionRequest, key *muster.ProvisionKey, profile *muster.Profile, known *muster.Enrolled, now time.Time) (proved, error) {
	certificate, presented := s.presented(req, now)
	for i := range known.Credentials {
		c := &known.Credentials[i]
		switch {
		case c.State != muster.CredentialActive && c.State != muster.CredentialRetiring:
		case req.Recovery != "" && muster.SameSecret(s.recovery(c.ID), req.Recovery):
			return proved{by: c.ID, how: "it has its recovery secret"}, nil
		case presented && c.Kind == muster.X509Certificate && c.Lookup == certificate:
			return proved{by: c.ID, how: "it presents its certificate"}, nil
		}
	}
	if req.Proof == "" || s.verify == nil {
		return proved{}, nil
	}
	by, once, err := s.verify(&muster.SignedProof{
		JWT: req.Proof, Device: known.Device.Name, Audience: key.Key, Held: known.Credentials, Skew: profile.Settings.JWT.Leeway(), At: now,
	})
	switch {
	case err == nil:
		return proved{by, "it has signed the request with its key", &once}, nil
	case muster.KindOf(err) == muster.Internal:
		return proved{}, fmt.Errorf("judge the proof of device %s: %w", known.Device.ID, err)
	}
	return proved{by: by}, err
}

// unproved is the refusal of a device that shows a JWT which it has not signed, as far as can be told: the device, or
// whoever guesses, hears what it would have heard without. What is wrong with the JWT is the cause, for the journal.
func unproved(refusal, wrong error) error {
	return &muster.Error{
		Reason: muster.ReasonOf(refusal), Message: muster.MessageOf(refusal),
		Err: muster.Refuse(muster.ReasonOf(wrong), "its proof is not taken: %s (%s)", muster.MessageOf(wrong), muster.ReasonOf(wrong)),
	}
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
