package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"os/exec"
	"strings"
	"testing"

	"muster"
)

func newECKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// request returns a certificate signing request by the key, DER.
func request(t testing.TB, key crypto.Signer, template x509.CertificateRequest) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &template, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func armoured(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestRequestsOfStrongKeysAreTaken(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256 := newECKey(t, elliptic.P256())
	for name, text := range map[string]string{
		"P-256, PEM":        armoured(request(t, p256, x509.CertificateRequest{})),
		"P-256, base64":     base64.StdEncoding.EncodeToString(request(t, p256, x509.CertificateRequest{})),
		"P-256, old armour": strings.ReplaceAll(armoured(request(t, p256, x509.CertificateRequest{})), "CERTIFICATE REQ", "NEW CERTIFICATE REQ"),
		"P-384":             armoured(request(t, newECKey(t, elliptic.P384()), x509.CertificateRequest{})),
		"P-521":             armoured(request(t, newECKey(t, elliptic.P521()), x509.CertificateRequest{})),
		"Ed25519":           armoured(request(t, edwards, x509.CertificateRequest{})),
		"RSA, PSS":          armoured(request(t, modulus, x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSAPSS})),
		"space around it":   "\n  \n" + armoured(request(t, p256, x509.CertificateRequest{})) + "\n \n",
	} {
		if _, err := parseCSR(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRequestsThatProveNothingAreRefused(t *testing.T) {
	key := newECKey(t, elliptic.P256())
	good := request(t, key, x509.CertificateRequest{Subject: pkix.Name{CommonName: "valve"}})
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-1] ^= 1
	renamed := []byte(strings.Replace(string(good), "valve", "pumpe", 1))
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good})
	for name, tc := range map[string]struct {
		text string
		want muster.Reason
	}{
		"nothing":                        {"", muster.ReasonCSRInvalid},
		"words":                          {"please sign me", muster.ReasonCSRInvalid},
		"armour around nothing":          {armoured(nil), muster.ReasonCSRInvalid},
		"PEM that is cut off":            {armoured(good)[:100], muster.ReasonCSRInvalid},
		"a certificate":                  {string(certificate), muster.ReasonCSRInvalid},
		"two requests":                   {armoured(good) + armoured(good), muster.ReasonCSRInvalid},
		"DER that is cut off":            {armoured(good[:len(good)-7]), muster.ReasonCSRInvalid},
		"something behind it":            {armoured(append(append([]byte(nil), good...), 0)), muster.ReasonCSRInvalid},
		"more than is read":              {armoured(good) + strings.Repeat(" ", MaxCSR), muster.ReasonCSRInvalid},
		"a signature that was changed":   {armoured(flipped), muster.ReasonCSRSignatureWrong},
		"a subject that was changed":     {armoured(renamed), muster.ReasonCSRSignatureWrong},
		"RSA of 1024 bits":               {armoured(request(t, small, x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSA})), muster.ReasonCSRKeyWeak},
		"an odd curve":                   {armoured(request(t, newECKey(t, elliptic.P224()), x509.CertificateRequest{})), muster.ReasonCSRKeyWeak},
		"SHA-1 with RSA":                 {relabelled(t, request(t, plain, x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSA}), 0x0b, 0x05), muster.ReasonCSRDigestWeak},
		"MD5 with RSA":                   {relabelled(t, request(t, plain, x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSA}), 0x0b, 0x04), muster.ReasonCSRDigestWeak},
		"an algorithm that is not there": {relabelled(t, request(t, plain, x509.CertificateRequest{SignatureAlgorithm: x509.SHA256WithRSA}), 0x0b, 0x63), muster.ReasonCSRInvalid},
	} {
		if _, err := parseCSR(tc.text); muster.ReasonOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

// relabelled returns a request that says that it is signed with another algorithm of PKCS #1.
func relabelled(t testing.TB, der []byte, from, to byte) string {
	t.Helper()
	oid := "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
	at := strings.LastIndex(string(der), oid+string(from))
	if at < 0 {
		t.Fatal("the algorithm is not there")
	}
	changed := append([]byte(nil), der...)
	changed[at+len(oid)] = to
	return armoured(changed)
}

func TestACurveThatIsNotKnownIsAWeakKey(t *testing.T) {
	text, err := exec.Command("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-nodes",
		"-keyout", "/dev/null", "-subj", "/CN=valve").Output()
	if err != nil {
		needTool(t, err)
	}
	if _, err := parseCSR(string(text)); muster.ReasonOf(err) != muster.ReasonCSRKeyWeak {
		t.Errorf("secp256k1: %v", err)
	}
}

func FuzzParseCSR(f *testing.F) {
	good := request(f, newECKey(f, elliptic.P256()), x509.CertificateRequest{Subject: pkix.Name{CommonName: "valve"}, DNSNames: []string{"a.example"}})
	f.Add(armoured(good))
	f.Add(base64.StdEncoding.EncodeToString(good))
	f.Add("-----BEGIN CERTIFICATE REQUEST-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		csr, err := parseCSR(text)
		switch {
		case err == nil && (csr == nil || csr.CheckSignature() != nil):
			t.Error("a request without proof is taken")
		case err != nil && muster.KindOf(err) != muster.Invalid:
			t.Errorf("%v", err)
		}
	})
}
