// Package storetest holds what every store promises, as suites that the tests of each store run.
package storetest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster"
	"muster/internal/bulk"
	"muster/internal/campaign"
	"muster/internal/expiry"
	"muster/internal/fleet"
	"muster/internal/identity"
	"muster/internal/issuer"
	"muster/internal/journal"
	"muster/internal/people"
	"muster/internal/provision"
	"muster/internal/revocation"
	"muster/internal/telemetry"
)

// An OpenRegistry is a store of everything but readings that can be closed and opened again.
type OpenRegistry interface {
	identity.Store
	provision.Store
	fleet.Store
	people.Store
	journal.Store
	telemetry.AttributeStore
	telemetry.GoneStore
	bulk.Store
	issuer.Store
	expiry.Store
	revocation.Store
	campaign.Store
	Close() error
}

// Registry checks that a store of everything but readings keeps what identity, provision, fleet, people, journal, telemetry,
// bulk, issuer, expiry, revocation and campaign ask of theirs. open opens the registry that is kept in dir, and makes it if dir is empty.
func Registry(t *testing.T, open func(dir string) (OpenRegistry, error)) {
	t.Helper()
	for _, chapter := range []struct {
		about     string
		sentences []sentence
	}{
		{"profiles", profileSentences()},
		{"provision keys", provisionKeySentences()},
		{"devices", deviceSentences()},
		{"credentials", credentialSentences()},
		{"certificates", certificateSentences()},
		{"ends of credentials", expirySentences()},
		{"revocation lists", revocationListSentences()},
		{"campaigns", campaignSentences()},
		{"attributes", attributeSentences()},
		{"admissions", admissionSentences()},
		{"claims", claimSentences()},
		{"answers", answerSentences()},
		{"sweeps", sweepSentences()},
		{"readmissions", readmissionSentences()},
		{"authorities", anchorSentences()},
		{"pending requests", pendingSentences()},
		{"attempts", attemptSentences()},
		{"API tokens", apiTokenSentences()},
		{"users", userSentences()},
		{"logins", loginSentences()},
		{"the audit log", auditSentences()},
		{"imports", importSentences()},
		{"requests that are carried out once", onceSentences()},
		{"races", raceSentences()},
		{"life", lifeSentences()},
	} {
		t.Run(chapter.about, func(t *testing.T) {
			for _, s := range chapter.sentences {
				t.Run(s.says, func(t *testing.T) {
					t.Parallel()
					s.holds(t, furnish(t, open))
				})
			}
		})
	}
}

// A sentence is one promise, and how it is checked.
type sentence struct {
	says  string
	holds func(t *testing.T, r *registry)
}

// birth is when everything in the suite begins. Stores keep milliseconds.
var birth = time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)

// after returns the moment that many seconds after birth.
func after(seconds int) time.Time { return birth.Add(time.Duration(seconds) * time.Second) }

// A registry is one under test, with a profile and a provision key in it.
type registry struct {
	OpenRegistry
	t       *testing.T
	profile muster.Profile
	key     muster.ProvisionKey
	reopen  func() // closes it and opens it again
}

func furnish(t *testing.T, open func(dir string) (OpenRegistry, error)) *registry {
	t.Helper()
	dir := t.TempDir()
	r := &registry{t: t, profile: newProfile("default")}
	r.key = newProvisionKey(r.profile.ID, "key")
	enter := func() {
		t.Helper()
		opened, err := open(dir)
		r.must(err)
		r.OpenRegistry = opened
	}
	enter()
	t.Cleanup(func() { r.must(r.Close()) })
	r.reopen = func() {
		t.Helper()
		r.must(r.Close())
		enter()
	}
	r.must(r.CreateProfile(t.Context(), r.profile, r.key))
	return r
}

func newProfile(name string) muster.Profile {
	return muster.Profile{ID: muster.NewID[muster.Profile](), Name: name, Strategy: muster.StrategyAllowCreate, CreatedAt: birth}
}

func newProvisionKey(profile muster.ProfileID, key string) muster.ProvisionKey {
	return muster.ProvisionKey{
		ID: muster.NewID[muster.ProvisionKey](), Profile: profile, Key: key, Secret: muster.Sealed("sealed " + key), CreatedAt: birth,
	}
}

func (r *registry) newDevice(name string) muster.Device {
	return muster.Device{ID: muster.NewID[muster.Device](), Profile: r.profile.ID, Name: name, CreatedAt: birth}
}

// newCredential returns an access token for the device, filed under a digest that belongs to text alone.
func newCredential(device muster.DeviceID, text string) muster.Credential {
	return muster.Credential{
		ID: muster.NewID[muster.Credential](), Device: device, Lookup: digest(text), Value: muster.Sealed("sealed " + text),
		State: muster.CredentialActive, CreatedAt: birth,
	}
}

// digest returns a LookupKey that belongs to text alone, if text is short.
func digest(text string) (key muster.LookupKey) {
	copy(key[:], text)
	return key
}

// admission returns a device that the key of the registry lets in, with a token of its own.
func (r *registry) admission(name string) muster.Admission {
	d := r.newDevice(name)
	d.State, d.ProvisionedAt, d.ProvisionedWith = muster.DeviceActive, birth, r.key.ID
	return muster.Admission{Device: d, Credential: newCredential(d.ID, "token of "+name), Attributes: []muster.Attribute{provisioned(birth)}}
}

func provisioned(at time.Time) muster.Attribute {
	return muster.Attribute{Key: muster.ProvisionState, Value: muster.StringValue(muster.Provisioned), UpdatedAt: at}
}

// list files a device that is expected, with one token.
func (r *registry) list(name string) (muster.Device, muster.Credential) {
	r.t.Helper()
	d := r.newDevice(name)
	c := newCredential(d.ID, "token of "+name)
	r.must(r.CreateDevice(r.t.Context(), d, []muster.Credential{c}, nil))
	return d, c
}

// counted returns how many devices the key of the registry has let in.
func (r *registry) counted() int {
	r.t.Helper()
	keys, err := r.ProvisionKeys(r.t.Context(), r.key.Profile)
	r.must(err)
	r.same(len(keys), 1)
	return keys[0].Devices
}

func (r *registry) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// refused checks that err carries the reason.
func (r *registry) refused(err error, reason muster.Reason) {
	r.t.Helper()
	if err == nil || muster.ReasonOf(err) != reason {
		r.t.Errorf("got error %v, want the reason %s", err, reason)
	}
}

// missing checks that err is muster.NotFound.
func (r *registry) missing(err error) {
	r.t.Helper()
	if muster.KindOf(err) != muster.NotFound {
		r.t.Errorf("got error %v, want %v", err, muster.NotFound)
	}
}

// same checks that a store returned what it was given.
func (r *registry) same(got, want any) {
	r.t.Helper()
	comparable := cmpopts.EquateComparable(muster.Value{}, netip.Prefix{}, netip.Addr{})
	if diff := cmp.Diff(want, got, comparable, cmpopts.EquateEmpty()); diff != "" {
		r.t.Errorf("want (-), got (+):\n%s", diff)
	}
}
