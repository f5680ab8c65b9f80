package issuer

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"muster"
)

// MaxCSR bounds the text of a certificate signing request, in bytes.
const MaxCSR = 16 << 10

// The sizes of RSA keys that are taken, in bits: below, they are weak; above, each look at one is work.
const (
	minRSA = 2048
	maxRSA = 8192
)

// parseCSR reads a certificate signing request (PKCS #10), PEM or base64, whose signature proves that who asks has the key,
// and whose key and signature are strong. What else it asks for is not looked at.
func parseCSR(text string) (*x509.CertificateRequest, error) {
	der, err := requestDER(text)
	if err != nil {
		return nil, err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		if oddCurve(der) {
			return nil, weak("its curve is not one of P-256, P-384 and P-521")
		}
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "")
	}
	if err := checkKey(csr.PublicKey); err != nil {
		return nil, err
	}
	switch csr.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return nil, muster.Refuse(muster.ReasonCSRDigestWeak, "the request is signed with %s", csr.SignatureAlgorithm)
	case x509.UnknownSignatureAlgorithm:
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "the request is signed with an algorithm that is not known here")
	}
	if csr.CheckSignature() != nil {
		return nil, muster.Refuse(muster.ReasonCSRSignatureWrong, "")
	}
	return csr, nil
}

// requestDER takes the armour off a request: there is one, and nothing beside it but space.
func requestDER(text string) ([]byte, error) {
	if len(text) > MaxCSR {
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "the request is longer than %d bytes", MaxCSR)
	}
	if !strings.Contains(text, "-----BEGIN") {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil || len(der) == 0 {
			return nil, muster.Refuse(muster.ReasonCSRInvalid, "the request is neither PEM nor base64")
		}
		return der, nil
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "the request is not whole PEM")
	case block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST":
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "the PEM is of %.40q, not of a certificate request", block.Type)
	case strings.TrimSpace(string(rest)) != "":
		return nil, muster.Refuse(muster.ReasonCSRInvalid, "there is more than one certificate request")
	}
	return block.Bytes, nil
}

// checkKey refuses a public key that protects too little, or is of a kind that is not known here.
func checkKey(key any) error {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
		return weak("its curve is not one of P-256, P-384 and P-521")
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < minRSA:
			return weak("it has %d bits, and RSA needs %d", bits, minRSA)
		case bits > maxRSA:
			return weak("it has %d bits, and %d are the most that is looked at", bits, maxRSA)
		case key.E < 65537 || key.E%2 == 0:
			return weak("its exponent is %d, and not 65537", key.E)
		}
		return nil
	case ed25519.PublicKey:
		return nil
	}
	return weak("it is of none of the kinds ECDSA, RSA and Ed25519")
}

func weak(format string, args ...any) error {
	e := muster.Refuse(muster.ReasonCSRKeyWeak, format, args...)
	e.Message = "the key cannot be used: " + e.Message
	return e
}

// oddCurve reports whether a request that cannot be read is for a key on a curve that is not known here.
func oddCurve(der []byte) bool {
	var request struct {
		Info struct {
			Version int
			Subject asn1.RawValue
			Key     struct {
				Algorithm pkix.AlgorithmIdentifier
				Bits      asn1.BitString
			}
			Attributes asn1.RawValue `asn1:"optional,tag:0"`
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &request); err != nil {
		return false
	}
	var curve asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(request.Info.Key.Algorithm.Parameters.FullBytes, &curve)
	if err != nil || !request.Info.Key.Algorithm.Algorithm.Equal(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}) { // RFC 5480, 2.1.1
		return false
	}
	for _, known := range []asn1.ObjectIdentifier{{1, 2, 840, 10045, 3, 1, 7}, {1, 3, 132, 0, 34}, {1, 3, 132, 0, 35}} {
		if curve.Equal(known) {
			return false
		}
	}
	return true
}
