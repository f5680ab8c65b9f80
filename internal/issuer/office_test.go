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
	"time"

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
