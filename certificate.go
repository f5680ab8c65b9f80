package muster

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// PlainCertificate returns the base64 DER of the first certificate in text, PEM or base64 with whatever stands around it,
// so that it is found again by what a device presents.
func PlainCertificate(text string) (string, error) {
	if len(text) > MaxEvidence {
		return "", Refuse(ReasonCredentialInvalid, "the certificate is longer than %d bytes", MaxEvidence)
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	for rest := []byte(text); err != nil; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return "", Refuse(ReasonCredentialInvalid, "the certificate is neither PEM nor base64")
		}
		if block.Type == "CERTIFICATE" {
			der, err = block.Bytes, nil
		}
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		return "", Refuse(ReasonCredentialInvalid, "the certificate cannot be read")
	}
	return base64.StdEncoding.EncodeToString(der), nil
}
