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

func TestCertificatesSayWhereTheirAuthorityTellsOfThem(t *testing.T) {
	o := newOffice(t)
	silent := o.openssl("x509", "-noout", "-text", "-in", o.certFile("silent", o.issue(NewCertificate{Device: "pump"})))
	if s := o.Signers()[0]; s.CRL != "/crl/"+s.ID.String()+".crl" || s.OCSP != "/ocsp" {
		t.Errorf("without a public URL: %s, %s", s.CRL, s.OCSP)
	}
	o.issuer.o.PublicURL = "http://muster.example:8080/"
	if err := o.issuer.Rotate(); err != nil {
		t.Fatal(err)
	}
	root, intermediate := o.issuer.root.id().String(), o.issuer.intermediate.id().String()
	for name, test := range map[string]struct{ text, by string }{
		"of a device":     {o.openssl("x509", "-noout", "-text", "-in", o.certFile("pump", o.issue(NewCertificate{Device: "pump"}))), intermediate},
		"of the server":   {o.openssl("x509", "-noout", "-text", "-in", o.file("server", encodeCertificates(served(t, o.issuer).Certificate[:1]))), intermediate},
		"an intermediate": {o.openssl("x509", "-noout", "-text", "-in", o.file("between", encodeCertificates(o.issuer.intermediate.chain[:1]))), root},
	} {
		for _, want := range []string{
			"CA Issuers - URI:http://muster.example:8080/ca/" + test.by + ".crt", "OCSP - URI:http://muster.example:8080/ocsp\n",
			"URI:http://muster.example:8080/crl/" + test.by + ".crl",
		} {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, test.text)
			}
		}
	}
	if s := o.Signers()[0]; s.CRL != "http://muster.example:8080/crl/"+root+".crl" || s.OCSP != "http://muster.example:8080/ocsp" {
		t.Errorf("the root: %s, %s", s.CRL, s.OCSP)
	}
	if strings.Contains(silent, "URI:http") {
		t.Errorf("without a public URL:\n%s", silent)
	}
	if der, err := o.IssuerCertificate(root); err != nil || string(der) != string(o.issuer.root.leaf.Raw) {
		t.Errorf("the issuer's certificate: %v", err)
	}
}
