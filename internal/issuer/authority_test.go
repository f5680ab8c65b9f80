package issuer

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

func TestACertificateSaysWhatTheProfileSaysAndNothingElse(t *testing.T) {
	o := newOffice(t)
	o.shelf.profile.Settings.Certificates = muster.CertificateRule{Days: 30, Organization: "Pumps", Server: true}
	wish := x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "root", Organization: []string{"Others"}}, DNSNames: []string{"admin.example"},
		ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 3, 1, 1, 0xff}}}, // CA
	}
	key := newECKey(t, elliptic.P384())
	issued := o.issue(NewCertificate{Device: "pump", CSR: armoured(request(t, key, wish))})
	c, err := x509.ParseCertificate(issued.DER)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Subject.String(); got != "CN=pump,O=Pumps" {
		t.Errorf("the subject is %s", got)
	}
	if c.IsCA || !c.BasicConstraintsValid || len(c.ExtKeyUsage) != 2 || c.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("it may do more than it should: %v %v %v", c.IsCA, c.KeyUsage, c.ExtKeyUsage)
	}
	if len(c.DNSNames) != 1 || c.DNSNames[0] != "pump" || len(c.URIs) != 1 || c.URIs[0].String() != "urn:uuid:"+o.shelf.devices["pump"].ID.String() {
		t.Errorf("the names are %v %v", c.DNSNames, c.URIs)
	}
	if life := c.NotAfter.Sub(o.now); life != 30*day {
		t.Errorf("it lives for %v", life)
	}
	if !key.PublicKey.Equal(c.PublicKey) || c.SerialNumber.Cmp(issued.Serial.Number()) != 0 {
		t.Error("the key or the serial number is another")
	}
	roots, above := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(o.issuer.root.leaf)
	above.AppendCertsFromPEM([]byte(o.Chain(issued.DER)))
	if _, err := c.Verify(x509.VerifyOptions{Roots: roots, Intermediates: above, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if held := o.shelf.held[issued.Device]; len(held) != 1 || !held[0].ExpiresAt.Equal(issued.NotAfter) || held[0].ID != issued.Credential {
		t.Errorf("the credential is %+v", held)
	}
}

// Whoever may choose its device's name must not get a certificate to serve as the server itself.
func TestNoDeviceIsCertifiedToServeAsTheServer(t *testing.T) {
	o := newOffice(t)
	if err := o.issuer.Reload([]string{"muster.example", "*.iot.example", "192.0.2.7"}, "", ""); err != nil {
		t.Fatal(err)
	}
	csr := armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{}))
	serving := muster.Profile{Settings: muster.ProfileSettings{Certificates: muster.CertificateRule{Server: true}}}
	for name, serves := range map[string]bool{
		"localhost": false, "Muster.Example": false, "muster.example.": false, "a.iot.example": false, "192.0.2.7": false, "*.example": false,
		"::1": false, "pump.muster.example": true, "a.b.iot.example": true, "pump": true, "192.0.2.8": true,
	} {
		d := muster.Device{ID: muster.NewID[muster.Device](), Name: name}
		_, err := o.Sign(csr, &d, &serving)
		if want := map[bool]muster.Reason{false: muster.ReasonDeviceNameInvalid}[serves]; muster.ReasonOf(err) != want {
			t.Errorf("%s: %v, want reason %q", name, err, want)
		}
		if _, err := o.Sign(csr, &d, &muster.Profile{}); err != nil {
			t.Errorf("%s, which does not serve: %v", name, err)
		}
	}
}

func TestWithoutARuleACertificateLivesNinetyDays(t *testing.T) {
	o := newOffice(t)
	if got := o.issue(NewCertificate{Device: "pump"}).NotAfter.Sub(o.now); got != 90*day {
		t.Errorf("it lives for %v", got)
	}
	if got := o.issue(NewCertificate{Subject: "probe", Days: 3650}).NotAfter; got.After(o.issuer.intermediate.leaf.NotAfter) {
		t.Errorf("it outlives the intermediate: %v", got)
	}
}

func TestACertificateThatNobodyMayHaveIsRefused(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("n", 65)
	o.shelf.devices[long] = muster.Device{ID: muster.NewID[muster.Device](), Name: long, Profile: o.shelf.profile.ID}
	full := muster.Device{ID: muster.NewID[muster.Device](), Name: "full", Profile: o.shelf.profile.ID}
	o.shelf.devices["full"], o.shelf.held[full.ID] = full, make([]muster.Credential, muster.MaxCredentials)
	csr := armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{}))
	for name, tc := range map[string]struct {
		n    NewCertificate
		want muster.Reason
	}{
		"of nobody":                     {NewCertificate{CSR: csr}, muster.ReasonRequestInvalid},
		"of two":                        {NewCertificate{CSR: csr, Device: "pump", Subject: "pump"}, muster.ReasonRequestInvalid},
		"of a device that is not there": {NewCertificate{CSR: csr, Device: "valve"}, muster.ReasonNotFound},
		"without a request":             {NewCertificate{Device: "pump"}, muster.ReasonCSRInvalid},
		"for ever":                      {NewCertificate{CSR: csr, Device: "pump", Days: 3651}, muster.ReasonRequestInvalid},
		"of a name that does not fit":   {NewCertificate{CSR: csr, Device: long}, muster.ReasonDeviceNameInvalid},
		"of a subject that is no name":  {NewCertificate{CSR: csr, Subject: "a\x00b"}, muster.ReasonRequestInvalid},
		"of a device that has too many": {NewCertificate{CSR: csr, Device: "full"}, muster.ReasonRequestInvalid},
	} {
		if _, err := o.Issue(t.Context(), tc.n); muster.ReasonOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	o.now = time.Unix(30, 0)
	if _, err := o.Issue(t.Context(), NewCertificate{CSR: csr, Device: "pump"}); muster.ReasonOf(err) != muster.ReasonClockWrong {
		t.Errorf("in 1970: %v", err)
	}
}

func TestAListIsNumberedSignedAndMadeAgainWhenItMust(t *testing.T) {
	o := newOffice(t)
	list := func() *CRL {
		t.Helper()
		made, err := o.CRL(t.Context(), "intermediate")
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := list()
	if again := list(); again != first {
		t.Error("a list is made twice though nothing has changed")
	}
	c := o.issue(NewCertificate{Device: "pump"})
	if _, err := o.Revoke(t.Context(), c.Serial, 1); err != nil {
		t.Fatal(err)
	}
	second := list()
	parsed, err := x509.ParseRevocationList(second.DER)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.CheckSignatureFrom(o.issuer.intermediate.leaf); err != nil {
		t.Error(err)
	}
	if len(parsed.RevokedCertificateEntries) != 1 || parsed.RevokedCertificateEntries[0].ReasonCode != 1 || second.Number <= first.Number {
		t.Errorf("after a revocation: number %d, %+v", second.Number, parsed.RevokedCertificateEntries)
	}
	o.now = o.now.Add(listAge)
	third := list()
	if third.Number <= second.Number || !third.NextUpdate.After(o.now.Add(listAge)) {
		t.Errorf("a day later: number %d, next %v", third.Number, third.NextUpdate)
	}
	o.now = c.NotAfter.Add(expiredKept + time.Hour)
	if last := list(); last.Entries != 0 {
		t.Errorf("long after it has expired %d are listed", last.Entries)
	}
	if _, err := o.CRL(t.Context(), "nobody"); muster.ReasonOf(err) != muster.ReasonNotFound {
		t.Errorf("a list of nobody: %v", err)
	}
}

func TestAGoodListIsGivenWhileANewerOneIsBeingMade(t *testing.T) {
	o := newOffice(t) // outside of the bubble, where it is the year 2000
	synctest.Test(t, func(t *testing.T) {
		first, err := o.CRL(t.Context(), "intermediate")
		if err != nil {
			t.Fatal(err)
		}
		o.shelf.slow = make(chan struct{})
		c, err := o.Issue(t.Context(), NewCertificate{Subject: "probe", CSR: armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{}))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Revoke(t.Context(), c.Serial, 1); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 3 {
			if list, err := o.CRL(t.Context(), "intermediate"); err != nil || list != first {
				t.Errorf("%+v %v", list, err)
			}
		}
		if waited := time.Since(start); waited > 3*listWait {
			t.Errorf("it was waited for, %v", waited)
		}
		close(o.shelf.slow)
		if list, err := o.CRL(t.Context(), "intermediate"); err != nil || list.Entries != 1 || list.Number != first.Number+1 {
			t.Errorf("when it is made: %+v %v", list, err)
		}
		time.Sleep(listRest * 3 * listWait)
		o.now = o.now.Add(listAge)
		o.refresh(t.Context())
		if list := o.lists.of[c.Authority].newest; list.Number != first.Number+2 {
			t.Errorf("a day later the newest has the number %d", list.Number)
		}
	})
}

func TestRevokingEndsSessionsOnce(t *testing.T) {
	o := newOffice(t)
	c := o.issue(NewCertificate{Device: "pump"})
	for range 3 {
		if _, err := o.Revoke(t.Context(), c.Serial, 0); err != nil {
			t.Fatal(err)
		}
		o.now = o.now.Add(time.Second)
	}
	if len(o.changed) != 1 || o.changed[0] != c.Device {
		t.Errorf("sessions of %v ended", o.changed)
	}
	if _, err := o.Revoke(t.Context(), muster.NewSerial(), 0); muster.ReasonOf(err) != muster.ReasonNotFound {
		t.Errorf("a certificate that is not there: %v", err)
	}
}

func TestWhatAFormerIntermediateIssuedStaysGood(t *testing.T) {
	o := newOffice(t)
	before := o.issue(NewCertificate{Device: "pump"})
	server := served(t, o.issuer).Leaf
	if err := o.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := o.issue(NewCertificate{Device: "pump"})
	if before.Authority == after.Authority || served(t, o.issuer).Leaf.Equal(server) {
		t.Error("the same intermediate signs")
	}
	o.issuer = open(t, o.dir, Options{Now: o.issuer.o.Now}) // as after a restart
	roles := ""
	for _, s := range o.Signers() {
		roles += s.Role + " "
	}
	if roles != "root intermediate former " {
		t.Errorf("the signers are %s", roles)
	}
	for name, c := range map[string]muster.Certificate{"before": before, "after": after} {
		if status := o.ask(c.DER, c.Authority); status != ocsp.Good {
			t.Errorf("%s: OCSP says %d", name, status)
		}
		if o.Chain(c.DER) == "" {
			t.Errorf("%s: there is no chain", name)
		}
	}
	if _, err := o.Revoke(t.Context(), before.Serial, 4); err != nil {
		t.Fatal(err)
	}
	list, err := o.CRL(t.Context(), before.Authority.String())
	if err != nil || list.Entries != 1 {
		t.Errorf("the former one's CRL: %+v %v", list, err)
	}
	if list, err = o.CRL(t.Context(), "intermediate"); err != nil || list.Entries != 0 {
		t.Errorf("the present one's CRL: %+v %v", list, err)
	}
	o.now = o.issuer.formers[0].leaf.NotAfter.Add(time.Hour)
	if err := o.issuer.check(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.dir, formerPrefix+"*")); len(left) != 0 || len(o.issuer.formers) != 0 {
		t.Errorf("after it has expired: %v", left)
	}
}
