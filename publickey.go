package muster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // akenza files certificates under their SHA-1; it proves nothing here
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"slices"
	"strings"
)

// A DeviceKey is the public key of a device, with the algorithms that it may sign JWTs with and the key ids that name it.
type DeviceKey struct {
	Key        crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	Algorithms []string         // JWS names, the preferred first
	ID         string           // SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex
	others     []string         // further ids of the certificate it came in
}

// Named reports whether kid names the key: SHA-256 of the key, SHA-256 or SHA-1 of the certificate it came in, in any
// case (akenza rules 10 and 11).
func (k *DeviceKey) Named(kid string) bool {
	kid = strings.ToLower(kid)
	return kid == k.ID || slices.Contains(k.others, kid)
}

// ParsePublicKey reads a PEM public key or certificate: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519.
func ParsePublicKey(text string) (*DeviceKey, error) {
	if len(text) > MaxEvidence {
		return nil, Refuse(ReasonCredentialInvalid, "the public key is longer than %d bytes", MaxEvidence)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, Refuse(ReasonCredentialInvalid, "the public key is not PEM")
	}
	k := &DeviceKey{}
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, Refuse(ReasonCredentialInvalid, "the public key cannot be read")
		}
		k.Key = key
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, Refuse(ReasonCredentialInvalid, "the certificate cannot be read")
		}
		k.Key = cert.PublicKey
		s256, s1 := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw) //nolint:gosec // see the import
		k.others = []string{hex.EncodeToString(s256[:]), hex.EncodeToString(s1[:])}
	default:
		return nil, Refuse(ReasonCredentialInvalid, "PEM of a public key or certificate is wanted, not of %.40q", block.Type)
	}
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		if n := key.N.BitLen(); n < 2048 || n > 8192 {
			return nil, Refuse(ReasonCredentialInvalid, "an RSA key has 2048 to 8192 bits, not %d", n)
		}
		k.Algorithms = []string{"RS256", "PS256"}
	case *ecdsa.PublicKey:
		switch key.Params().BitSize {
		case 256:
			k.Algorithms = []string{"ES256"}
		case 384:
			k.Algorithms = []string{"ES384"}
		default:
			return nil, Refuse(ReasonCredentialInvalid, "an EC key is on P-256 or P-384, not %s", key.Params().Name)
		}
	case ed25519.PublicKey:
		k.Algorithms = []string{"EdDSA"}
	default:
		return nil, Refuse(ReasonCredentialInvalid, "a public key is RSA, EC or Ed25519")
	}
	spki, err := x509.MarshalPKIXPublicKey(k.Key)
	if err != nil {
		return nil, Refuse(ReasonCredentialInvalid, "the public key cannot be read")
	}
	sum := sha256.Sum256(spki)
	k.ID = hex.EncodeToString(sum[:])
	return k, nil
}
