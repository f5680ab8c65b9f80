package issuer

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"testing"

	"muster"
)

func TestARenewedCertificateIsForTheSameKeyByTodaysRules(t *testing.T) {
	o := newOffice(t)
	old := o.issue(NewCertificate{Device: "pump"})
	o.now = o.now.Add(60 * day)
	o.shelf.profile.Settings.Certificates.Days = 30
	c, err := o.Renew(t.Context(), old.Serial, Renewal{})
	if err != nil {
		t.Fatal(err)
	}
	before, after := o.parse(old), o.parse(c)
	if !bytes.Equal(before.RawSubjectPublicKeyInfo, after.RawSubjectPublicKeyInfo) || after.Subject.String() != before.Subject.String() {
		t.Errorf("the key or the subject changed: %s", after.Subject)
	}
	if c.Serial == old.Serial || !c.NotAfter.Equal(o.now.Add(30*day)) {
		t.Errorf("%s until %v", c.Serial, c.NotAfter)
	}
	held := o.shelf.held[c.Device]
	if len(held) != 2 || held[0].State != muster.CredentialRetiring || held[1].ID != c.Credential {
		t.Errorf("its credentials are %+v", held)
	}
}

func TestARenewalMayBringANewKey(t *testing.T) {
	o := newOffice(t)
	old, key := o.issue(NewCertificate{Subject: "probe"}), newECKey(t, elliptic.P384())
	c, err := o.Renew(t.Context(), old.Serial, Renewal{CSR: armoured(request(t, key, x509.CertificateRequest{})), Days: 7})
	if err != nil {
		t.Fatal(err)
	}
	if !key.PublicKey.Equal(o.parse(c).PublicKey) || c.Subject != "probe" || !c.Credential.IsZero() || !c.NotAfter.Equal(o.now.Add(7*day)) {
		t.Errorf("%+v", c)
	}
	refused := func(serial muster.Serial, r Renewal, want muster.Reason) {
		t.Helper()
		if _, err := o.Renew(t.Context(), serial, r); muster.ReasonOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	refused(muster.NewSerial(), Renewal{}, muster.ReasonNotFound)
	refused(old.Serial, Renewal{Days: 3651}, muster.ReasonRequestInvalid)
	refused(old.Serial, Renewal{CSR: "x"}, muster.ReasonCSRInvalid)
	if _, err := o.Revoke(t.Context(), old.Serial, 0); err != nil {
		t.Fatal(err)
	}
	refused(old.Serial, Renewal{}, muster.ReasonCredentialRevoked)
}

func (o *office) parse(c muster.Certificate) *x509.Certificate {
	o.t.Helper()
	parsed, err := x509.ParseCertificate(c.DER)
	if err != nil {
		o.t.Fatal(err)
	}
	return parsed
}
