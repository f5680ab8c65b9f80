package provision_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// enrolment is a request for a certificate in that name.
func enrolment(t *testing.T, operation muster.EnrolOperation, names *x509.CertificateRequest) *muster.Enrolment {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, names, key)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return &muster.Enrolment{Operation: operation, CSR: base64.StdEncoding.EncodeToString(der), Request: request}
}

func called(name string) *x509.CertificateRequest {
	return &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}
}

// holdings returns what the credentials of a device are in, the oldest first.
func (f *fixture) holdings(t *testing.T, name string) string {
	t.Helper()
	known, err := f.registry.Enrolled(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range known.Credentials {
		all = append(all, c.Kind.String()+" "+c.State.String())
	}
	return strings.Join(all, ", ")
}

func TestADeviceWithATokenIsGivenACertificateInItsPlace(t *testing.T) {
	f := certified(t)
	p := f.profile(t, "open", muster.StrategyAllowCreate)
	f.profile(t, "other", muster.StrategyAllowCreate)
	d := f.list(t, p, "pump", []muster.Evidence{accessToken("token")})
	known, err := f.registry.Enrolled(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.registry.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error { d.State = muster.DeviceActive; return nil }); err != nil {
		t.Fatal(err)
	}
	r := &provision.Renewal{
		Who:       muster.Identity{Device: d.ID, Name: "pump", Credential: known.Credentials[0].ID},
		Enrolment: enrolment(t, muster.EnrolFirst, called("valve")),
	}
	_, err = f.Renew(t.Context(), r)
	refused(t, err, muster.ReasonCSRSubjectMismatch)
	r.Enrolment = enrolment(t, muster.EnrolFirst, called("pump"))
	r.Enrolment.Profile = "other"
	_, err = f.Renew(t.Context(), r)
	refused(t, err, muster.ReasonProfileMismatch)
	r.Enrolment.Profile = "open"
	first, err := f.Renew(t.Context(), r)
	if err != nil || granted(t, first).Subject.CommonName != "pump" || first.Way != muster.WayRenewed || first.Key != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if got := f.holdings(t, "pump"); got != "ACCESS_TOKEN retiring, X509_CERTIFICATE active" {
		t.Errorf("then it has %s", got)
	}
	again, err := f.Renew(t.Context(), r)
	if err != nil || again.Credential != first.Credential {
		t.Errorf("the same request: %+v, %v", again, err)
	}
	r.Enrolment = enrolment(t, muster.EnrolWithKey, called("pump"))
	made, err := f.Renew(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey([]byte(made.Key))
	if err != nil || !key.(*ecdsa.PrivateKey).PublicKey.Equal(granted(t, made).PublicKey) {
		t.Errorf("the key is not that of the certificate: %v", err)
	}
	if got := f.holdings(t, "pump"); got != "ACCESS_TOKEN retiring, X509_CERTIFICATE active" {
		t.Errorf("what was never used is not replaced: %s", got)
	}
	for range 20 {
		r.Enrolment = enrolment(t, muster.EnrolFirst, called("pump"))
		_, err = f.Renew(t.Context(), r)
	}
	refused(t, err, muster.ReasonRateLimited)
	f.now = f.now.Add(2 * time.Hour)
	if _, err = f.Renew(t.Context(), r); err != nil {
		t.Error(err)
	}
}

func TestACertificateIsRenewedInItsOwnNames(t *testing.T) {
	f := certified(t)
	f.profile(t, "open", muster.StrategyAllowCreate)
	first, err := f.provision(t, ask("open", "pump", signingRequest(t)))
	if err != nil {
		t.Fatal(err)
	}
	old := granted(t, first)
	r := &provision.Renewal{
		Who:   muster.Identity{Device: first.Device, Name: "pump", Credential: first.Credential},
		Chain: []*x509.Certificate{old},
	}
	for name, names := range map[string]*x509.CertificateRequest{
		"another subject": {Subject: pkix.Name{CommonName: "valve"}, URIs: old.URIs},
		"no names":        {Subject: old.Subject},
		"one name more":   {Subject: old.Subject, URIs: old.URIs, DNSNames: []string{"localhost"}},
	} {
		r.Enrolment = enrolment(t, muster.EnrolAgain, names)
		if _, err := f.Renew(t.Context(), r); muster.ReasonOf(err) != muster.ReasonCSRSubjectMismatch {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.Enrolment = enrolment(t, muster.EnrolAgain, &x509.CertificateRequest{Subject: old.Subject, URIs: old.URIs})
	second, err := f.Renew(t.Context(), r)
	if err != nil || second.Way != muster.WayRenewed || second.Chain == "" {
		t.Fatalf("%+v, %v", second, err)
	}
	if got := f.holdings(t, "pump"); got != "X509_CERTIFICATE retiring, X509_CERTIFICATE active" {
		t.Errorf("then it has %s", got)
	}
	r.Who.Device = muster.NewID[muster.Device]()
	_, err = f.Renew(t.Context(), r)
	refused(t, err, muster.ReasonCredentialChanged)
}

func TestACertificateOfAnotherAuthorityStaysBesideOurs(t *testing.T) {
	f := certified(t)
	p := f.profile(t, "open", muster.StrategyAllowCreate)
	theirs, text := foreign(t, "pump")
	d := f.list(t, p, "pump", []muster.Evidence{{Kind: muster.X509Certificate, Certificate: text}})
	if _, err := f.registry.UpdateDevice(t.Context(), d.ID, func(d *muster.Device) error { d.State = muster.DeviceActive; return nil }); err != nil {
		t.Fatal(err)
	}
	known, err := f.registry.Enrolled(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	r := &provision.Renewal{
		Who: muster.Identity{Device: d.ID, Name: "pump", Credential: known.Credentials[0].ID}, Chain: []*x509.Certificate{theirs},
	}
	for i, want := range []string{
		"X509_CERTIFICATE active, X509_CERTIFICATE active",
		"X509_CERTIFICATE active, X509_CERTIFICATE retiring, X509_CERTIFICATE active",
		"X509_CERTIFICATE active, X509_CERTIFICATE retiring, X509_CERTIFICATE active",
	} {
		r.Enrolment = enrolment(t, muster.EnrolFirst, called("pump"))
		grant, err := f.Renew(t.Context(), r)
		if err != nil || (grant.Way == muster.WayAdded) != (i == 0) {
			t.Fatalf("%+v, %v", grant, err)
		}
		if got := f.holdings(t, "pump"); got != want {
			t.Errorf("after %d it has %s", i+1, got)
		}
	}
}

func TestWhoEnrolsWithAKeyIsCalledByItsCommonName(t *testing.T) {
	f := certified(t)
	f.profile(t, "open", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.NamePattern = "pump-.*" })
	join := func(e *muster.Enrolment) (*muster.Grant, error) {
		req, _, err := f.Enrolling(e, "open-key", "open-secret")
		if err != nil {
			return nil, err
		}
		return f.provision(t, req)
	}
	_, err := join(enrolment(t, muster.EnrolFirst, called("")))
	refused(t, err, muster.ReasonDeviceNameInvalid)
	_, err = join(enrolment(t, muster.EnrolFirst, called("valve-1")))
	refused(t, err, muster.ReasonDeviceNamePattern)
	elsewhere := enrolment(t, muster.EnrolFirst, called("pump-1"))
	elsewhere.Profile = "other"
	_, err = join(elsewhere)
	refused(t, err, muster.ReasonProfileMismatch)
	_, err = join(&muster.Enrolment{Operation: muster.EnrolWithKey, CSR: "none"})
	refused(t, err, muster.ReasonCSRInvalid)
	grant, err := join(enrolment(t, muster.EnrolFirst, called("pump-1")))
	if err != nil || grant.Name != "pump-1" {
		t.Errorf("%+v, %v", grant, err)
	}
	if all := f.Authorities().Certificates; len(all) != 2 {
		t.Errorf("%d authorities", len(all))
	}
}

// foreign returns a certificate that no authority of ours has made.
func foreign(t *testing.T, name string) (*x509.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: muster.NewSerial().Number(), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().AddDate(20, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, base64.StdEncoding.EncodeToString(der)
}
