package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// readTime does as a device does that trusts the root, except that it has no clock yet and takes the time for granted.
func readTime(t *testing.T, signed string) jwt.MapClaims {
	t.Helper()
	token, err := jwt.Parse(signed, func(token *jwt.Token) (any, error) {
		first, _ := token.Header["x5c"].([]any)[0].(string)
		der, err := base64.StdEncoding.DecodeString(first)
		if err != nil {
			return nil, err
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return leaf.PublicKey, nil
	}, jwt.WithoutClaimsValidation())
	if err != nil {
		t.Fatal(err)
	}
	if token.Header["typ"] != timeType {
		t.Errorf("the header is %v", token.Header)
	}
	return token.Claims.(jwt.MapClaims)
}

func TestTheTimeIsSignedByTheCertificateThatIsServed(t *testing.T) {
	i := open(t, t.TempDir(), Options{})
	at := later()
	signed, err := i.SignTime("0123456789", at)
	if err != nil {
		t.Fatal(err)
	}
	said := readTime(t, signed)
	if said["time"] != float64(at.UnixMilli()) || said["iat"] != float64(at.Unix()) || said["nonce"] != "0123456789" {
		t.Errorf("it says %v", said)
	}
}

func TestEveryKindOfKeyOfTheOperatorsSignsTheTime(t *testing.T) {
	keys := map[string]crypto.Signer{"P-384": newECKey(t, elliptic.P384()), "P-521": newECKey(t, elliptic.P521())}
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["RSA"], keys["Ed25519"] = small, edwards
	for name, key := range keys {
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{NotAfter: later()}, &x509.Certificate{}, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		i := new(Issuer)
		i.serve.Store(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
		signed, err := i.SignTime("0123456789", later())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		readTime(t, signed)
	}
	if _, err := signingMethod((*ecdsa.PublicKey)(nil)); err == nil {
		t.Error("a key that signs nothing signs")
	}
}
