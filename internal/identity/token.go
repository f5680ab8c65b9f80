package identity

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"muster"
)

// maxJWT bounds a compact JWS, in bytes.
const maxJWT = 4 << 10

// A token is a compact JWS, taken apart and not yet believed.
type token struct {
	signed    string // header and payload as they were signed
	payload   []byte
	signature []byte
	algorithm string
	keyID     string // empty: the header names none
}

func malformed(format string, args ...any) error {
	return muster.Refuse(muster.ReasonJWTMalformed, format, args...)
}

// parseToken takes a compact JWS apart: at most maxJWT bytes, three parts of strict base64url, a header of which nothing
// says where to find a key or how else to read the token.
func parseToken(text string) (*token, error) {
	if len(text) > maxJWT {
		return nil, malformed("the JWT is longer than %d bytes", maxJWT)
	}
	if strings.Count(text, ".") != 2 {
		return nil, malformed("a JWT has three parts with two dots between them")
	}
	signed, third := text[:strings.LastIndexByte(text, '.')], text[strings.LastIndexByte(text, '.')+1:]
	first, second, _ := strings.Cut(signed, ".")
	header, err := decodePart(first)
	if err != nil {
		return nil, err
	}
	t := &token{signed: signed}
	if t.payload, err = decodePart(second); err != nil {
		return nil, err
	}
	if t.signature, err = decodePart(third); err != nil {
		return nil, err
	}
	return t, t.readHeader(header)
}

// decodePart reads strict base64url: no padding, no line breaks, no bits left over, not empty.
func decodePart(part string) ([]byte, error) {
	if part == "" || strings.ContainsAny(part, "\r\n") { // the library skips line breaks
		return nil, malformed("a part of the JWT is empty or has line breaks")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, malformed("a part of the JWT is not base64url without padding")
	}
	return b, nil
}

func (t *token) readHeader(text []byte) error {
	header, err := parseObject(text)
	if err != nil {
		return malformed("the JWT's header: %v", err)
	}
	for _, name := range []string{"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"} {
		if _, ok := header[name]; ok {
			return malformed("the JWT's header has %s, which is not taken", name)
		}
	}
	var ok bool
	if t.algorithm, ok = header["alg"].(string); !ok {
		return malformed("the JWT's header names no alg")
	}
	if kid, given := header["kid"]; given {
		if t.keyID, ok = kid.(string); !ok || t.keyID == "" {
			return malformed("the JWT's kid is not a text")
		}
	}
	return nil
}

// verify reports whether key made the token's signature with the algorithm that it names, which must be one of the key's.
func verify(t *token, key crypto.PublicKey) bool {
	var method jwt.SigningMethod
	switch t.algorithm {
	case "RS256":
		method = jwt.SigningMethodRS256
	case "PS256":
		method = jwt.SigningMethodPS256
	case "ES256":
		method = jwt.SigningMethodES256
	case "ES384":
		method = jwt.SigningMethodES384
	case "EdDSA":
		method = jwt.SigningMethodEdDSA
	default:
		return false
	}
	if ec, ok := key.(*ecdsa.PublicKey); ok && !inRange(t.signature, ec) {
		return false
	}
	return method.Verify(t.signed, t.signature, key) == nil
}

// inRange reports whether an ECDSA signature is two numbers of full length from 1 to n-1; zeros prove nothing.
func inRange(signature []byte, key *ecdsa.PublicKey) bool {
	size := (key.Params().BitSize + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	for _, half := range [][]byte{signature[:size], signature[size:]} {
		if n := new(big.Int).SetBytes(half); n.Sign() == 0 || n.Cmp(key.Params().N) >= 0 {
			return false
		}
	}
	return true
}
