package provision

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"muster"
)

// Authorities returns the certificates of our own authority.
func (s *Service) Authorities() *muster.Authorities {
	var all muster.Authorities
	if s.authority == nil {
		return &all
	}
	for rest := s.authority.Bundle(); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return &all
		}
		all.Certificates = append(all.Certificates, block.Bytes)
	}
}

// Enrolling returns the request to be let in that an enrolment with a provision key is. The device is called by the common
// name that it asks for. A key that is made for it comes with the request, and is to be given to it with the grant.
func (s *Service) Enrolling(e *muster.Enrolment, key string, secret muster.Secret) (*muster.ProvisionRequest, muster.Secret, error) {
	req := &muster.ProvisionRequest{Key: key, Secret: secret, Profile: e.Profile, Name: e.Name()}
	evidence, made, err := wanted(e)
	if err == nil && e.Request != nil && req.Name == "" {
		err = muster.Refuse(muster.ReasonDeviceNameInvalid, "the signing request has no common name, which is the device's name")
	}
	req.Evidence = evidence
	return req, made, err
}

// wanted returns the evidence of an enrolment, and the key that is made for it.
func wanted(e *muster.Enrolment) (evidence muster.Evidence, key muster.Secret, err error) {
	evidence = muster.Evidence{Kind: muster.X509Certificate, CSR: e.CSR}
	switch {
	case e.CSR == "":
		return evidence, "", muster.Refuse(muster.ReasonCSRInvalid, "there is no certificate signing request")
	case e.Operation != muster.EnrolWithKey:
		return evidence, "", nil
	case e.Request == nil: // which nobody reads for more than its name
		return evidence, "", muster.Refuse(muster.ReasonCSRInvalid, "")
	}
	evidence.KeyCSR, key, err = makeKey(e.Name())
	return evidence, key, err
}

// makeKey makes a key for a device of that name, PKCS #8, and its signing request.
func makeKey(name string) (csr string, key muster.Secret, err error) {
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make a key: %w", err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, made)
	if err != nil {
		return "", "", fmt.Errorf("make a signing request: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(made)
	if err != nil {
		return "", "", fmt.Errorf("write a key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(request), muster.Secret(plain), nil
}
