package provision_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	"muster"
	"muster/internal/issuer"
	"muster/internal/provision"
)

// certified is a fixture with an authority behind it.
func certified(t *testing.T) *fixture {
	t.Helper()
	f, _ := certifiedBy(t)
	return f
}

// certifiedBy is certified, and returns the authority, too.
func certifiedBy(t *testing.T) (f *fixture, by *issuer.Authority) {
	t.Helper()
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	i, err := issuer.Open(t.TempDir(), issuer.Options{Keys: keys, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	later := &laterAuthority{}
	f = newFixture(t, provision.Options{Authority: later})
	later.Authority = issuer.NewAuthority(i, f.registry, f.keys, func(muster.DeviceID, error) {})
	return f, later.Authority
}

// laterAuthority is one whose registry is opened after it is asked for.
type laterAuthority struct{ *issuer.Authority }

func signingRequest(t *testing.T) muster.Evidence {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "somebody else"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return muster.Evidence{Kind: muster.X509Certificate, CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}
}

func granted(t *testing.T, g *muster.Grant) *x509.Certificate {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(g.Evidence.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestASigningRequestIsAnsweredWithACertificate(t *testing.T) {
	f := certified(t)
	f.profile(t, "open", muster.StrategyAllowCreate)
	request := ask("open", "pump", signingRequest(t))
	first, err := f.provision(t, request)
	if err != nil {
		t.Fatal(err)
	}
	c := granted(t, first)
	serial, ok := muster.SerialOf(c.SerialNumber)
	filed, err := f.registry.Certificate(t.Context(), serial)
	if !ok || err != nil || c.Subject.CommonName != "pump" || filed.Device != first.Device || filed.Credential != first.Credential || first.Chain == "" {
		t.Errorf("%+v %v %v", filed, err, c.Subject)
	}
	again, err := f.provision(t, request)
	if err != nil || again.Evidence.Certificate != first.Evidence.Certificate || again.Chain != first.Chain {
		t.Errorf("asked again it gets another: %v", err)
	}
	_, err = f.provision(t, ask("open", "pump", signingRequest(t)))
	refused(t, err, muster.ReasonDeviceNameTaken)
	if page, err := f.registry.Certificates(t.Context(), muster.CertificateQuery{Limit: 9}); err != nil || len(page.Certificates) != 1 {
		t.Errorf("%d certificates are filed, %v", len(page.Certificates), err)
	}
}

func TestASigningRequestMakesNobodyMoreThanADevice(t *testing.T) {
	f := certified(t)
	f.profile(t, "open", muster.StrategyAllowCreate)
	extension := func(last int, value any) pkix.Extension {
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, last}, Critical: true, Value: der}
	}
	serverAuth := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1}
	key := newKey(t)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "valve", Organization: []string{"Somebody"}}, DNSNames: []string{"muster.example"},
		ExtraExtensions: []pkix.Extension{
			extension(19, struct{ CA bool }{true}),
			extension(15, asn1.BitString{Bytes: []byte{0x06}, BitLength: 7}), // keyCertSign, cRLSign
			extension(37, []asn1.ObjectIdentifier{serverAuth}),
		},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.provision(t, ask("open", "pump", muster.Evidence{Kind: muster.X509Certificate, CSR: base64.StdEncoding.EncodeToString(der)}))
	if err != nil {
		t.Fatal(err)
	}
	c := granted(t, g)
	if c.IsCA || c.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 || !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) {
		t.Errorf("an authority: %v, key usage %b, purposes %v", c.IsCA, c.KeyUsage, c.ExtKeyUsage)
	}
	if c.Subject.CommonName != "pump" || len(c.Subject.Organization) > 0 || slices.Contains(c.DNSNames, "muster.example") {
		t.Errorf("it is for %s, %v", c.Subject, c.DNSNames)
	}
}

func TestASigningRequestThatCannotBeAnsweredLetsNobodyIn(t *testing.T) {
	f := certified(t)
	f.profile(t, "open", muster.StrategyAllowCreate)
	good := signingRequest(t)
	for name, tc := range map[string]struct {
		e    muster.Evidence
		want muster.Reason
	}{
		"none":            {muster.Evidence{Kind: muster.X509Certificate, CSR: "x"}, muster.ReasonCSRInvalid},
		"for a token":     {muster.Evidence{Kind: muster.AccessToken, CSR: good.CSR}, muster.ReasonCredentialInvalid},
		"and certificate": {muster.Evidence{Kind: muster.X509Certificate, CSR: good.CSR, Certificate: "x"}, muster.ReasonCredentialInvalid},
	} {
		_, err := f.provision(t, ask("open", "pump", tc.e))
		if muster.ReasonOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.registry.Device(t.Context(), "pump"); muster.KindOf(err) != muster.NotFound {
		t.Errorf("the device is there: %v", err)
	}
	without := newFixture(t, provision.Options{})
	without.profile(t, "open", muster.StrategyAllowCreate)
	_, err := without.provision(t, ask("open", "pump", good))
	refused(t, err, muster.ReasonCredentialInvalid)
}

func TestAListedDeviceGetsACertificateOnce(t *testing.T) {
	f := certified(t)
	p := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	d := f.list(t, p, "pump", []muster.Evidence{accessToken("listed-token-0123456789")})
	request := ask("listed", "pump", signingRequest(t))
	grant, err := f.provision(t, request)
	if err != nil || granted(t, grant).Subject.CommonName != "pump" {
		t.Fatalf("%+v %v", grant, err)
	}
	if held, err := f.registry.Credentials(t.Context(), d.ID); err != nil || len(held) != 2 {
		t.Errorf("it holds %d credentials, %v", len(held), err)
	}
	if again, err := f.provision(t, request); err != nil || again.Credential != grant.Credential {
		t.Errorf("asked again: %+v %v", again, err)
	}
	_, err = f.provision(t, ask("listed", "pump", signingRequest(t)))
	refused(t, err, muster.ReasonDeviceProvisioned)
	_, err = f.provision(t, ask("listed", "valve", signingRequest(t)))
	refused(t, err, muster.ReasonDeviceNotListed)
}
