package issuer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"muster"
)

// timeType is the typ of a JWT that says what time it is, so that none is taken for it that says something else (RFC 8725, 3.11).
const timeType = "muster-time+jwt"

// SignTime returns a JWT that says what time it is, and the nonce that it was asked with, signed with the key of the
// certificate that is served; the certificate and those above it, without the root, are in x5c (RFC 7515, 4.1.6). What is
// signed is base64 throughout, so it is never the handshake of anybody who would like to pass for the server.
func (i *Issuer) SignTime(nonce string, at time.Time) (string, error) {
	served := i.serve.Load()
	method, err := signingMethod(served.PrivateKey)
	if err != nil {
		return "", err
	}
	chain := make([]string, len(served.Certificate))
	for n, der := range served.Certificate {
		chain[n] = base64.StdEncoding.EncodeToString(der)
	}
	token := jwt.NewWithClaims(method, jwt.MapClaims{"iat": at.Unix(), "time": at.UnixMilli(), "nonce": nonce})
	token.Header["typ"], token.Header["x5c"] = timeType, chain
	signed, err := token.SignedString(served.PrivateKey)
	if err != nil {
		return "", fmt.Errorf("sign the time: %w", err)
	}
	return signed, nil
}

// signingMethod returns how a key signs a JWT (RFC 7518, 3.1).
func signingMethod(key any) (jwt.SigningMethod, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return jwt.SigningMethodES256, nil
		case 384:
			return jwt.SigningMethodES384, nil
		case 521:
			return jwt.SigningMethodES512, nil
		}
	case *rsa.PrivateKey:
		return jwt.SigningMethodRS256, nil
	case ed25519.PrivateKey:
		return jwt.SigningMethodEdDSA, nil
	}
	return nil, muster.Refuse(muster.ReasonCertificateInvalid, "no JWT can be signed with the key of the server's certificate")
}
