package identity

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"time"

	"muster"
)

// maxTokenID bounds the jti of a proof, in bytes.
const maxTokenID = 128

// Signed says which of the credentials of a device signed a proof, and what makes the proof good for once. It is judged as
// a JWT that opens a session is, and has to have sub and jti, too. Who has no key of the device is refused before anything
// is said of the claims; where the signature is right and the claims are not, the credential comes with the refusal.
func (s *Service) Signed(p *muster.SignedProof) (by muster.CredentialID, once muster.Nonce, err error) {
	t, err := parseToken(p.JWT.Reveal())
	if err != nil {
		return by, once, err
	}
	known, err := s.signers(p)
	if err != nil {
		return by, once, err
	}
	signer, err := t.signer(known)
	if err != nil {
		return by, once, err
	}
	by = signer.who.Credential
	c, err := parseClaims(t.payload)
	if err != nil {
		return by, once, err
	}
	if err := checkSigned(c, p); err != nil {
		return by, once, err
	}
	id, err := tokenID(t.payload)
	if err != nil {
		return by, once, err
	}
	return by, muster.Nonce{Digest: s.keys.Digest("proof", id), Until: c.ExpiresAt.Add(p.Skew)}, nil
}

// checkSigned refuses claims that are not for this proof.
func checkSigned(c *muster.Claims, p *muster.SignedProof) error {
	switch {
	case c.Subject == nil:
		return muster.Refuse(muster.ReasonJWTSubjectMismatch, "the JWT has no sub")
	case c.ExpiresAt.Sub(c.IssuedAt) > muster.MaxProofLifetime:
		return muster.Refuse(muster.ReasonJWTLifetimeTooLong, "the JWT of a proof is valid for %v at most", muster.MaxProofLifetime)
	}
	rule := muster.JWTRule{Audiences: []string{p.Audience}, MaxLifetime: muster.MaxProofLifetime, Skew: p.Skew}
	return checkClaims(c, &rule, p.Device, nil, p.At)
}

// tokenID returns the jti of claims that parseClaims has read.
func tokenID(payload []byte) (string, error) {
	members, err := parseObject(payload)
	if err != nil {
		return "", malformed("the JWT's claims: %v", err)
	}
	id, ok := members["jti"].(string)
	if !ok || id == "" || len(id) > maxTokenID {
		return "", malformed("the JWT's jti is missing or is not a text of at most %d bytes", maxTokenID)
	}
	return id, nil
}

// signers opens the keys that may have signed the proof: of credentials that are active or retiring, also if they have
// expired, and of certificates within their dates.
func (s *Service) signers(p *muster.SignedProof) ([]*record, error) {
	var known []*record
	for i := range p.Held {
		c := &p.Held[i]
		if c.State != muster.CredentialActive && c.State != muster.CredentialRetiring {
			continue
		}
		key, err := s.keyOf(c, p.At)
		if err != nil {
			return nil, err
		}
		if key != nil {
			known = append(known, &record{who: muster.Identity{Credential: c.ID}, key: key})
		}
	}
	return known[:min(len(known), maxSigners)], nil
}

// keyOf returns the key of a credential; nil: it has none that signs.
func (s *Service) keyOf(c *muster.Credential, at time.Time) (*muster.DeviceKey, error) {
	if c.Kind != muster.PublicKey && c.Kind != muster.X509Certificate {
		return nil, nil
	}
	e, err := c.Open(s.keys)
	if err != nil {
		return nil, fmt.Errorf("open credential %s: %w", c.ID, err)
	}
	if c.Kind == muster.X509Certificate {
		return certificateKey(e.Certificate, at), nil
	}
	key, err := muster.ParsePublicKey(e.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("read public key %s: %w", c.ID, err)
	}
	return key, nil
}

// certificateKey returns the key of a certificate within its dates; nil: it cannot be read, or its key is too weak.
func certificateKey(text string, at time.Time) *muster.DeviceKey {
	plain, err := muster.PlainCertificate(text)
	if err != nil {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(plain)
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil || at.Before(c.NotBefore) || at.After(c.NotAfter) {
		return nil
	}
	key, err := muster.ParsePublicKey(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	if err != nil {
		return nil
	}
	return key
}
