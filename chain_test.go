package muster_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster"
)

// selfSigned returns a certificate made of the template, and its PEM.
func selfSigned(t testing.TB, template *x509.Certificate) (*x509.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotAfter = big.NewInt(1), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func rootPEM(t testing.TB) string {
	_, text := selfSigned(t, &x509.Certificate{Subject: pkix.Name{CommonName: "root"}, BasicConstraintsValid: true, IsCA: true})
	return text
}

func TestTheFirstGroupFoundInANameIsTheDevicesName(t *testing.T) {
	ca := rootPEM(t)
	for _, c := range []struct{ pattern, name, want string }{
		{`(.*)\.company.com`, "DeviceA.company.com", "DeviceA"}, // ThingsBoard device API 1.9, as all with company.com
		{`(.*)@company.com`, "DeviceA@company.com", "DeviceA"},
		{`prefix(.*)suffix@company.com`, "prefixDeviceAsuffix@company.com", "DeviceA"},
		{`\D+\.(.*)\.\d+@company.com`, "region.DeviceA.220423@company.com", "DeviceA"},
		{`([^@]+)`, "DeviceA@company.com", "DeviceA"},
		{`(.*)`, "DeviceA", "DeviceA"},
		{`(\d+)`, "meter 17 of 40", "17"}, // found, not matched whole
		{`^(?:old|new)-(\w+)-(\w+)$`, "new-a-b", "a"},
		{`^meter-(\d+)$`, "pump-1", ""},
		{`(x)?$`, "abc", ""}, // an empty group is no name
		{`(?P<name>[A-Z]+)`, "abcDEF", "DEF"},
	} {
		rule := muster.ChainRule{CA: ca, CNPattern: c.pattern}
		a, err := rule.Read()
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		leaf, _ := selfSigned(t, &x509.Certificate{Subject: pkix.Name{CommonName: c.name}})
		name, err := a.DeviceName(leaf)
		if name != c.want || (err == nil) != (c.want != "") || err != nil && muster.ReasonOf(err) != muster.ReasonCertificateNameUnfit {
			t.Errorf("%s in %s: got %q, %v, want %q", c.pattern, c.name, name, err, c.want)
		}
	}
}

func TestTheNameMayStandInTheSubjectAltName(t *testing.T) {
	ca := rootPEM(t)
	uri, err := url.Parse("urn:dev:ops:32473-meter-7")
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := selfSigned(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "somebody"}, DNSNames: []string{"www.example", "meter-7.plant.example", "METER.example"}, URIs: []*url.URL{uri},
	})
	bare, _ := selfSigned(t, &x509.Certificate{Subject: pkix.Name{CommonName: "meter-7.plant.example"}})
	for _, c := range []struct {
		from    muster.NameSource
		pattern string
		leaf    *x509.Certificate
		want    string
	}{
		{muster.NameFromCN, "(.*)", leaf, "somebody"},
		{muster.NameFromDNS, `^(.*)\.plant\.example$`, leaf, "meter-7"},
		{muster.NameFromURI, `^urn:dev:ops:32473-(.*)$`, leaf, "meter-7"},
		{muster.NameFromDNS, `(.*)\.example`, leaf, ""}, // several
		{muster.NameFromDNS, `(.*)\.plant\.example`, bare, ""},
		{muster.NameFromURI, `(.*)`, bare, ""},
	} {
		rule := muster.ChainRule{CA: ca, CNPattern: c.pattern, NameFrom: c.from}
		a, err := rule.Read()
		if err != nil {
			t.Fatal(err)
		}
		if name, err := a.DeviceName(c.leaf); name != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s from %s: got %q, %v, want %q", c.pattern, c.from, name, err, c.want)
		}
	}
}

func TestAPatternThatRE2HasNotSaysWhatItUses(t *testing.T) {
	ca := rootPEM(t)
	for pattern, says := range map[string]string{
		`(?=x)(.*)`:                "lookahead",
		`(.*)(?!x)`:                "lookahead",
		`(?<=meter-)(\d+)`:         "lookbehind",
		`(?>a|b)(.*)`:              "atomic groups",
		`(.*+)x`:                   "possessive",
		`(a)\1`:                    "references back",
		`(`:                        "missing closing",
		`.*`:                       "no group",
		strings.Repeat("(a)", 400): "longer",
	} {
		rule := muster.ChainRule{CA: ca, CNPattern: pattern}
		_, err := rule.Read()
		if muster.ReasonOf(err) != muster.ReasonPatternInvalid || !strings.Contains(muster.MessageOf(err), says) {
			t.Errorf("%.40s: got %v, want one about %s", pattern, err, says)
		}
	}
}

// FuzzAuthority checks that no text that somebody calls an authority or a pattern, and no certificates that a client
// presents, bring down what reads them.
func FuzzAuthority(f *testing.F) {
	ca := rootPEM(f)
	leaf, _ := selfSigned(f, &x509.Certificate{Subject: pkix.Name{CommonName: "meter-1"}})
	f.Add(ca, `(.*)`, leaf.Raw)
	f.Add(ca+ca, `^meter-(\d+)$`, []byte{})
	f.Add("-----BEGIN", `(`, leaf.Raw[:40])
	f.Fuzz(func(t *testing.T, ca, pattern string, der []byte) {
		rule := muster.ChainRule{CA: ca, CNPattern: pattern}
		_, _ = rule.Anchors()
		a, err := rule.Read()
		if err != nil {
			if muster.KindOf(err) != muster.Invalid {
				t.Errorf("got %v", err)
			}
			return
		}
		certificates, err := x509.ParseCertificates(der)
		if err != nil {
			return
		}
		muster.Issuers(certificates)
		if path, err := a.Verify(certificates, time.Now()); err == nil && len(path) < 2 {
			t.Errorf("a path of %d", len(path))
		}
		for _, c := range certificates {
			if name, err := a.DeviceName(c); err == nil && name == "" {
				t.Error("no name, and no error")
			}
		}
	})
}
