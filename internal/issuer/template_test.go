package issuer

import (
	"crypto/elliptic"
	"crypto/x509"
	"strings"
	"testing"

	"muster"
)

func TestAProfileNamesWhatItsCertificatesAreFor(t *testing.T) {
	o := newOffice(t)
	o.shelf.profile.Name = "pumps"
	o.shelf.profile.Settings.Certificates = muster.CertificateRule{
		Organization: "Pumps", Unit: "Field", DNSNames: []string{"{name}.{profile}.example"}, URIs: []string{"spiffe://pumps.example/{name}"},
	}
	issued := o.issue(NewCertificate{Device: "pump"})
	renewed, err := o.Renew(t.Context(), issued.Serial, Renewal{})
	if err != nil {
		t.Fatal(err)
	}
	device := o.shelf.devices["pump"]
	answered, err := o.Answer(t.Context(), armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{})), &device)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Subject: O = Pumps, OU = Field, CN = pump", "TLS Web Client Authentication\n",
		"DNS:pump.pumps.example, URI:urn:uuid:" + device.ID.String() + ", URI:spiffe://pumps.example/pump\n",
	}
	for name, c := range map[string]muster.Certificate{"issued": issued, "renewed": renewed, "answered": answered} {
		text := o.openssl("x509", "-noout", "-text", "-in", o.certFile(name, c))
		for _, line := range want {
			if !strings.Contains(text, line) && !strings.Contains(text, strings.ReplaceAll(line, " = ", "=")) {
				t.Errorf("%s: %q is missing in\n%s", name, line, text)
			}
		}
	}
	if text := o.openssl("x509", "-noout", "-text", "-in", o.certFile("probe", o.issue(NewCertificate{Subject: "probe"}))); strings.Contains(text, "Pumps") {
		t.Errorf("what is of no device has the names of a profile:\n%s", text)
	}
}

func TestADeviceWhoseNameFitsNoTemplateIsIssuedNothing(t *testing.T) {
	o := newOffice(t)
	if err := o.issuer.Reload([]string{"muster.example"}, "", ""); err != nil {
		t.Fatal(err)
	}
	o.shelf.profile.Settings.Certificates.DNSNames = []string{"{name}.example"}
	csr := armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{}))
	for _, name := range []string{"two words", "Muster"} {
		o.shelf.devices[name] = muster.Device{ID: muster.NewID[muster.Device](), Name: name}
		if _, err := o.Issue(t.Context(), NewCertificate{Device: name, CSR: csr}); muster.ReasonOf(err) != muster.ReasonDeviceNameInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(o.shelf.issued) != 0 {
		t.Errorf("%d certificates are filed", len(o.shelf.issued))
	}
}
