package issuer

import (
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// needTool fails for want of a program where every program must be there, and skips the test elsewhere.
func needTool(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("MUSTER_TOOLS") != "" {
		t.Fatal(err)
	}
	t.Skipf("%v; with MUSTER_TOOLS=1 this fails", err)
}

// A shelf keeps what the tests need of a store, in memory. What the real one promises is tested with it.
type shelf struct {
	mu       sync.Mutex
	devices  map[string]muster.Device
	profile  muster.Profile
	issued   map[muster.Serial]muster.Certificate
	held     map[muster.DeviceID][]muster.Credential
	revision int64
	lists    int64
	slow     chan struct{} // closed when Revoked may answer; nil: at once
}

func (s *shelf) CreateCertificate(_ context.Context, c muster.Certificate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued[c.Serial] = c
	return nil
}

func (s *shelf) CreateCredential(ctx context.Context, c muster.Credential) error {
	s.held[c.Device] = append(s.held[c.Device], c)
	return s.CreateCertificate(ctx, *c.Issued)
}

func (s *shelf) Certificate(_ context.Context, serial muster.Serial) (muster.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.issued[serial]
	if !ok {
		return c, muster.NotFound
	}
	return c, nil
}

func (s *shelf) Certificates(context.Context, muster.CertificateQuery) (p muster.CertificatePage, err error) {
	for c := range maps.Values(s.issued) {
		p.Certificates = append(p.Certificates, c)
	}
	return p, nil
}

func (s *shelf) RevokeCertificate(ctx context.Context, serial muster.Serial, at time.Time, why muster.RevocationReason) (muster.Certificate, error) {
	c, err := s.Certificate(ctx, serial)
	if err != nil || !c.RevokedAt.IsZero() {
		return c, err
	}
	c.RevokedAt, c.Why = at, why
	s.revision++
	return c, s.CreateCertificate(ctx, c)
}

func (s *shelf) Revoked(_ context.Context, by muster.AuthorityID, expiring time.Time) (all []muster.Revoked, err error) {
	if s.slow != nil {
		<-s.slow
	}
	for _, c := range s.issued {
		if c.Authority == by && !c.RevokedAt.IsZero() && !c.NotAfter.Before(expiring) {
			all = append(all, muster.Revoked{Serial: c.Serial, At: c.RevokedAt, Why: c.Why})
		}
	}
	return all, nil
}

func (s *shelf) Revision(context.Context, muster.AuthorityID) (int64, error) { return s.revision, nil }

func (s *shelf) NextCRL(context.Context, muster.AuthorityID) (int64, error) {
	s.lists++
	return s.lists, nil
}

func (s *shelf) AuthorityChanged(context.Context, string, string, muster.AuthorityID) error {
	return nil
}

func (s *shelf) Outstanding(_ context.Context, by muster.AuthorityID, at time.Time) (all muster.Outstanding, _ error) {
	for _, c := range s.issued {
		if c.Authority == by && c.RevokedAt.IsZero() && c.NotAfter.After(at) {
			all.Certificates, all.Until = all.Certificates+1, laterOf(all.Until, c.NotAfter)
		}
	}
	return all, nil
}

func (s *shelf) Profile(context.Context, string) (muster.Profile, error) { return s.profile, nil }

func (s *shelf) ProfileByID(context.Context, muster.ProfileID) (muster.Profile, error) {
	return s.profile, nil
}

func (s *shelf) RotateCredential(ctx context.Context, old muster.CredentialID, c muster.Credential) error {
	for i, h := range s.held[c.Device] {
		if h.ID == old {
			s.held[c.Device][i].State = muster.CredentialRetiring
			return s.CreateCredential(ctx, c)
		}
	}
	return muster.NotFound
}

func (s *shelf) Credentials(_ context.Context, id muster.DeviceID) ([]muster.Credential, error) {
	return s.held[id], nil
}

func (s *shelf) Device(_ context.Context, name string) (muster.Device, error) {
	d, ok := s.devices[name]
	if !ok {
		return d, muster.NotFound
	}
	return d, nil
}

// An office is an authority with a clock that is set by hand, and the device pump.
type office struct {
	*Authority
	t       *testing.T
	shelf   *shelf
	dir     string
	now     time.Time
	changed []muster.DeviceID
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), now: time.Now().Truncate(time.Second)}
	profile := muster.Profile{ID: muster.NewID[muster.Profile]()}
	pump := muster.Device{ID: muster.NewID[muster.Device](), Name: "pump", Profile: profile.ID}
	o.shelf = &shelf{
		devices: map[string]muster.Device{"pump": pump}, profile: profile,
		issued: map[muster.Serial]muster.Certificate{}, held: map[muster.DeviceID][]muster.Credential{},
	}
	o.begin()
	return o
}

// begin is a start, with what is kept.
func (o *office) begin() {
	o.t.Helper()
	i := open(o.t, o.dir, Options{Now: func() time.Time { return o.now }})
	o.Authority = NewAuthority(i, o.shelf, i.o.Keys, func(d muster.DeviceID, why error) {
		if muster.ReasonOf(why) != muster.ReasonCredentialRevoked {
			o.t.Errorf("sessions end with %v", why)
		}
		o.changed = append(o.changed, d)
	})
}

func (o *office) issue(n NewCertificate) muster.Certificate {
	o.t.Helper()
	if n.CSR == "" {
		n.CSR = armoured(request(o.t, newECKey(o.t, elliptic.P256()), x509.CertificateRequest{Subject: pkix.Name{CommonName: "whatever"}}))
	}
	c, err := o.Issue(o.t.Context(), n)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *office) file(name string, text []byte) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func (o *office) certFile(name string, c muster.Certificate) string {
	return o.file(name, encodeCertificates([][]byte{c.DER}))
}

// openssl runs it and returns what it says.
func (o *office) openssl(args ...string) string {
	o.t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		needTool(o.t, err)
	}
	text, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		o.t.Logf("openssl %s: %v", strings.Join(args, " "), err)
	}
	return string(text)
}

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
