package revocation

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"muster"
)

// A shelf keeps lists, in memory, and a profile that trusts an authority. What the real store promises is tested with it.
type shelf struct {
	profile muster.Profile
	lists   []muster.RevocationList

	mu      sync.Mutex // guards what follows, and profile
	reads   int        // of profiles
	fails   error      // those do
	second  *muster.Profile
	answers map[[32]byte]muster.RevocationAnswer
}

func (s *shelf) RevocationAnswers(_ context.Context, now time.Time, _ int) ([]muster.RevocationAnswer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(s.answers)), func(a muster.RevocationAnswer) bool { return !a.Until.After(now) }), nil
}

func (s *shelf) KeepRevocationAnswer(_ context.Context, a muster.RevocationAnswer, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers == nil {
		s.answers = map[[32]byte]muster.RevocationAnswer{}
	}
	s.answers[a.Certificate] = a
	return nil
}

func (s *shelf) ProfileByID(ctx context.Context, id muster.ProfileID) (muster.Profile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.second != nil && s.second.ID == id {
		return *s.second, nil
	}
	return s.profile, cmp.Or(s.fails, ctx.Err())
}

// ask changes whom the profile has asked.
func (s *shelf) ask(rule string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chain := *s.profile.Settings.Chain
	chain.OCSP = rule
	s.profile.Settings.Chain = &chain
}

func (s *shelf) RevocationLists(context.Context) ([]muster.RevocationList, error) {
	return slices.Clone(s.lists), nil
}

func (s *shelf) CreateRevocationList(_ context.Context, l muster.RevocationList) error {
	s.lists = append(s.lists, l)
	return nil
}

func (s *shelf) UpdateRevocationList(_ context.Context, l muster.RevocationList, seen ...muster.Version) error {
	at := slices.IndexFunc(s.lists, func(have muster.RevocationList) bool { return have.ID == l.ID })
	if err := s.lists[at].Version().Expect(seen); err != nil {
		return err
	}
	s.lists[at] = l
	return nil
}

func (s *shelf) DeleteRevocationList(_ context.Context, id muster.RevocationListID, _ ...muster.Version) error {
	s.lists = slices.DeleteFunc(s.lists, func(l muster.RevocationList) bool { return l.ID == id })
	return nil
}

func (s *shelf) Profiles(context.Context) ([]muster.Profile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return []muster.Profile{s.profile}, nil
}

// An authority signs certificates and lists.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (a *authority) sign(template *x509.Certificate) *authority {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.NotBefore, template.NotAfter = noon.Add(-time.Hour), noon.Add(1000*time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	made := &authority{t: a.t, key: key}
	if err == nil {
		made.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return made
}

func (a *authority) below(name string) *authority {
	return a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte(name),
	})
}

// again certifies an authority once more, with another number.
func (a *authority) again(other *authority, number int64) *authority {
	a.t.Helper()
	template := *other.cert
	template.SerialNumber = big.NewInt(number)
	der, err := x509.CreateCertificate(rand.Reader, &template, a.cert, other.key.Public(), a.key)
	made := &authority{t: a.t, key: other.key}
	if err == nil {
		made.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return made
}

func newRoot(t *testing.T, name string) *authority { return (&authority{t: t}).below(name) }

func (a *authority) device(serial int64) []*x509.Certificate {
	return []*x509.Certificate{a.sign(&x509.Certificate{SerialNumber: big.NewInt(serial)}).cert}
}

// list signs a list of that number, made and followed by the next at those times after noon.
func (a *authority) list(number int64, made, next time.Duration, serials ...int64) []byte {
	return a.special(&x509.RevocationList{Number: big.NewInt(number), ThisUpdate: noon.Add(made), NextUpdate: noon.Add(next)}, serials...)
}

func (a *authority) special(l *x509.RevocationList, serials ...int64) []byte {
	a.t.Helper()
	for _, n := range serials {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(n), RevocationTime: noon})
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, a.cert, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

func armoured(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// A desk is a service whose clock and network are set by hand.
type desk struct {
	*Service
	t        *testing.T
	root     *authority
	store    *shelf
	now      time.Time
	served   []byte
	offline  error
	judged   int
	outdated []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, root: newRoot(t, "Plant"), now: noon}
	d.store = &shelf{profile: muster.Profile{Strategy: muster.StrategyX509Chain, Settings: muster.ProfileSettings{
		Chain: &muster.ChainRule{CA: armoured("CERTIFICATE", d.root.cert.Raw), CNPattern: "(.*)"},
	}}}
	d.open()
	return d
}

// open begins anew with what is kept, as after a restart.
func (d *desk) open() {
	d.t.Helper()
	d.Service = New(d.store, Options{
		Fetch:   func(context.Context, string, int) ([]byte, error) { return d.served, d.offline },
		Changed: func() { d.judged++ }, Watcher: d, Now: func() time.Time { return d.now },
	})
	if err := d.Load(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// look looks, and waits for what is fetched.
func (d *desk) look(ctx context.Context) {
	d.Service.look(ctx)
	d.fetches.Wait()
}

func (d *desk) Outdated(list string, since time.Time) {
	d.outdated = append(d.outdated, list+" "+since.UTC().Format(time.TimeOnly))
}

func (d *desk) expect(chain []*x509.Certificate, rule muster.RevocationRule, want muster.Reason) {
	d.t.Helper()
	if err := d.Check(d.t.Context(), chain, &muster.Identity{Revocation: rule}); muster.ReasonOf(err) != want {
		d.t.Errorf("by the %s rule: %v, want %q", rule, err, want)
	}
}

const (
	soft = muster.RevocationSoft
	hard = muster.RevocationHard
)
