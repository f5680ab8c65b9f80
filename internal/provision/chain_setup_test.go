package provision_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"muster"
)

// A pair is a certificate and its key.
type pair struct {
	*x509.Certificate
	key crypto.Signer
}

// clock is when the certificates of the tests are judged, unless they say otherwise.
var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func authority(name string, change ...func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: clock.AddDate(-1, 0, 0), NotAfter: clock.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	}
	for _, do := range change {
		do(c)
	}
	return c
}

func leaf(name string, change ...func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: clock.AddDate(0, -1, 0), NotAfter: clock.AddDate(0, 2, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, do := range change {
		do(c)
	}
	return c
}

// issue signs a template with the key of above, nil: with its own; key nil: one is made.
func issue(t testing.TB, template *x509.Certificate, above *pair, key crypto.Signer) *pair {
	t.Helper()
	if key == nil {
		key = newKey(t)
	}
	if template.SerialNumber == nil {
		template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	}
	signer, parent := key, template
	if above != nil {
		signer, parent = above.key, above.Certificate
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{c, key}
}

func pemOf(all ...*pair) (text string) {
	for _, p := range all {
		text += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Raw}))
	}
	return text
}

func chainOf(all ...*pair) (chain []*x509.Certificate) {
	for _, p := range all {
		chain = append(chain, p.Certificate)
	}
	return chain
}

// trust makes a profile of that name whose authority is ca, and whose devices are named by their common name.
func (f *fixture) trust(t testing.TB, name, ca string, change ...func(*muster.ChainRule)) muster.Profile {
	t.Helper()
	rule := &muster.ChainRule{CA: ca, CNPattern: "^(.*)$", AllowCreate: true}
	for _, do := range change {
		do(rule)
	}
	p := muster.Profile{
		ID: muster.NewID[muster.Profile](), Name: name, Strategy: muster.StrategyX509Chain, CreatedAt: f.now,
		Settings: muster.ProfileSettings{Chain: rule},
	}
	if err := f.registry.CreateProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return p
}
