package provision_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

func (f *fixture) enter(t testing.TB, want muster.Way, chain ...*pair) muster.Grant {
	t.Helper()
	grant, err := f.Chained(t.Context(), chainOf(chain...))
	if err != nil || grant.Way != want {
		t.Fatalf("got %+v, %v, want %s", grant, err, want)
	}
	return grant
}

func (f *fixture) keptOut(t testing.TB, want muster.Reason, chain ...*pair) {
	t.Helper()
	_, err := f.Chained(t.Context(), chainOf(chain...))
	refused(t, err, want)
}

// states returns those of the certificates of the device, the oldest first.
func (f *fixture) states(t testing.TB, device muster.DeviceID) []muster.CredentialState {
	t.Helper()
	all, err := f.registry.Credentials(t.Context(), device)
	if err != nil {
		t.Fatal(err)
	}
	var states []muster.CredentialState
	for _, c := range all {
		if c.Kind == muster.X509Certificate {
			states = append(states, c.State)
		}
	}
	return states
}

func issued(at time.Time) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore = at }
}

func TestADeviceComesInWhateverOfItsChainItSends(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	low := issue(t, authority("Plant line 1 a"), y.mid, nil)
	f.trust(t, "meters", pemOf(y.root, low))
	for i, c := range []struct {
		about string
		above []*pair
		by    *pair
	}{
		{"a leaf of the root alone", nil, y.root},
		{"a leaf of an intermediate that the profile holds", nil, low},
		{"with its intermediate", []*pair{y.mid}, y.mid},
		{"with the root behind it", []*pair{y.mid, y.root}, y.mid},
		{"in the wrong order", []*pair{y.root, y.mid}, y.mid},
		{"with what does not belong to it", []*pair{y.other, y.stranger, y.mid}, y.mid},
		{"with the same twice", []*pair{y.mid, y.mid}, y.mid},
	} {
		t.Run(c.about, func(t *testing.T) {
			name := fmt.Sprintf("meter-%d", i)
			grant := f.enter(t, muster.WayCreated, append([]*pair{issue(t, leaf(name), c.by, nil)}, c.above...)...)
			d, err := f.registry.Device(t.Context(), name)
			if err != nil || d.ID != grant.Device || d.State != muster.DeviceActive || !d.ProvisionedAt.Equal(f.now) {
				t.Errorf("got %+v, %v", d, err)
			}
			if state := f.provisionState(t, d.ID); state != muster.Provisioned {
				t.Errorf("provisionState %q", state)
			}
		})
	}
}

func TestARenewedCertificateTakesThePlaceOfTheOldOne(t *testing.T) {
	var ended []muster.DeviceID
	f := newFixture(t, provision.Options{Changed: func(d muster.DeviceID, why error) {
		if errors.Is(why, muster.ReasonCredentialChanged) {
			ended = append(ended, d)
		}
	}})
	y := newYard(t)
	f.trust(t, "meters", pemOf(y.root))
	first := issue(t, leaf("meter", issued(clock.Add(-3*time.Hour))), y.root, nil)
	grant := f.enter(t, muster.WayCreated, first)
	f.enter(t, 0, first) // it is in
	second := issue(t, leaf("meter", issued(clock.Add(-2*time.Hour))), y.root, nil)
	if again := f.enter(t, muster.WayRenewed, second); again.Device != grant.Device {
		t.Errorf("another device: %v", again)
	}
	if got, want := f.states(t, grant.Device), []muster.CredentialState{muster.CredentialRevoked, muster.CredentialActive}; !slices.Equal(got, want) {
		t.Errorf("credentials %v", got)
	}
	if !slices.Equal(ended, []muster.DeviceID{grant.Device}) {
		t.Errorf("sessions of %v ended", ended)
	}
	f.keptOut(t, muster.ReasonCredentialRevoked, first)
	f.keptOut(t, muster.ReasonCertificateOlder, issue(t, leaf("meter", issued(clock.Add(-150*time.Minute))), y.root, nil))
	f.suspend(t, grant.Device)
	f.keptOut(t, muster.ReasonDeviceSuspended, issue(t, leaf("meter", issued(clock)), y.root, nil))
}

func TestManyRenewalsLeaveFewCertificates(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "meters", pemOf(y.root))
	var device muster.DeviceID
	for i := range 20 {
		way := muster.WayRenewed
		if i == 0 {
			way = muster.WayCreated
		}
		device = f.enter(t, way, issue(t, leaf("meter", issued(clock.Add(time.Duration(i-30)*time.Hour))), y.root, nil)).Device
	}
	if n := len(f.states(t, device)); n > 10 {
		t.Errorf("%d certificates are kept", n)
	}
	f.keptOut(t, muster.ReasonCertificateOlder, issue(t, leaf("meter", issued(clock.Add(-29*time.Hour))), y.root, nil))
}

func TestAProfileMayAddCertificatesOrRefuseThem(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "adds", pemOf(y.root), func(r *muster.ChainRule) { r.Renewal = muster.RenewalAdd })
	f.trust(t, "refuses", pemOf(y.other), func(r *muster.ChainRule) { r.Renewal = muster.RenewalRefuse })
	meter := func(by *pair, i int) *pair {
		return issue(t, leaf("meter of "+by.Subject.CommonName, issued(clock.Add(-time.Duration(i)*time.Hour))), by, nil)
	}
	device := f.enter(t, muster.WayCreated, meter(y.root, 1)).Device
	for i := range 7 {
		f.enter(t, muster.WayAdded, meter(y.root, 2+i)) // older ones too: nothing is replaced
	}
	if states := f.states(t, device); len(states) != 8 || slices.Contains(states, muster.CredentialRevoked) {
		t.Errorf("credentials %v", states)
	}
	f.keptOut(t, muster.ReasonCertificateRenewal, meter(y.root, 0))
	f.enter(t, muster.WayCreated, meter(y.other, 1))
	f.keptOut(t, muster.ReasonCertificateRenewal, meter(y.other, 0))
}

func TestListedDevicesAreClaimed(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	p := f.trust(t, "meters", pemOf(y.root), func(r *muster.ChainRule) { r.AllowCreate, r.Renewal = false, muster.RenewalRefuse })
	f.keptOut(t, muster.ReasonDeviceNotListed, issue(t, leaf("meter"), y.root, nil))
	d := f.list(t, p, "meter", []muster.Evidence{accessToken("its-token")})
	if grant := f.enter(t, muster.WayClaimed, issue(t, leaf("meter"), y.root, nil)); grant.Device != d.ID {
		t.Errorf("got %+v", grant)
	}
	all, err := f.registry.Credentials(t.Context(), d.ID)
	if err != nil || len(all) != 2 || all[0].State != muster.CredentialActive {
		t.Errorf("credentials %+v, %v", all, err)
	}
	if got, err := f.registry.Device(t.Context(), "meter"); err != nil || got.State != muster.DeviceActive || f.provisionState(t, d.ID) == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAProfileCreatesNoMoreThanItMay(t *testing.T) {
	f, y := newFixture(t, provision.Options{PerKey: 1, Burst: 4}), newYard(t)
	f.trust(t, "meters", pemOf(y.root), func(r *muster.ChainRule) { r.MaxDevices = 3 })
	f.trust(t, "fast", pemOf(y.other))
	for i := range 3 {
		f.enter(t, muster.WayCreated, issue(t, leaf(fmt.Sprint("meter-", i)), y.root, nil))
	}
	f.keptOut(t, muster.ReasonProfileExhausted, issue(t, leaf("meter-3"), y.root, nil))
	f.enter(t, muster.WayRenewed, issue(t, leaf("meter-0", issued(clock)), y.root, nil)) // creates nothing
	for i := range 4 {
		f.enter(t, muster.WayCreated, issue(t, leaf(fmt.Sprint("pump-", i)), y.other, nil))
	}
	f.keptOut(t, muster.ReasonRateLimited, issue(t, leaf("pump-4"), y.other, nil))
	f.now = f.now.Add(time.Second)
	f.enter(t, muster.WayCreated, issue(t, leaf("pump-4"), y.other, nil))
}

func TestTheNearestAuthoritySaysWhichProfile(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "plant", pemOf(y.root))
	line := f.trust(t, "line", pemOf(y.mid), func(r *muster.ChainRule) { r.CNPattern = "^line-(.*)$" })
	if grant := f.enter(t, muster.WayCreated, issue(t, leaf("line-1"), y.mid, nil), y.mid); grant.Profile != line.ID || grant.Name != "1" {
		t.Errorf("got %+v", grant)
	}
	f.keptOut(t, muster.ReasonCertificateNameUnfit, issue(t, leaf("x"), y.mid, nil), y.mid) // the plant does not get it then
	t.Run("two of one name are told apart by their keys", func(t *testing.T) {
		p := f.trust(t, "twin", pemOf(y.stranger))
		if grant := f.enter(t, muster.WayCreated, issue(t, leaf("twin-1"), y.stranger, nil)); grant.Profile != p.ID {
			t.Errorf("got %+v", grant)
		}
		f.enter(t, muster.WayCreated, issue(t, leaf("plant-1"), y.root, nil))
	})
}

func TestAnAuthorityThatAProfileTrustsNoMoreLetsNobodyIn(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	p := f.trust(t, "meters", pemOf(y.root))
	f.enter(t, muster.WayCreated, issue(t, leaf("meter-1"), y.root, nil))
	for _, change := range []func(*muster.Profile){
		func(p *muster.Profile) { p.Settings.Chain.CA = pemOf(y.other) },
		func(p *muster.Profile) { p.Settings.Chain.CA, p.Strategy = pemOf(y.root), muster.StrategyDisabled },
	} {
		_, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
			rule := *p.Settings.Chain
			p.Settings.Chain = &rule
			change(p)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.keptOut(t, muster.ReasonCertificateUnknown, issue(t, leaf("meter-2"), y.root, nil))
	}
}

func TestAProfileThatHidesItsReasonsHidesThese(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.hush(t, f.trust(t, "meters", pemOf(y.root)))
	_, err := f.Chained(t.Context(), chainOf(issue(t, leaf("meter", dates(clock, clock.Add(-time.Hour))), y.root, nil)))
	refused(t, err, muster.ReasonCertificateExpired)
	if !muster.Public(err).Quiet {
		t.Error("the device is told")
	}
}

func TestOneCertificateManyTimesAtOnceIsOneDevice(t *testing.T) {
	f, y := newFixture(t, provision.Options{}), newYard(t)
	f.trust(t, "meters", pemOf(y.root))
	certificate := issue(t, leaf("meter"), y.root, nil)
	var all sync.WaitGroup
	ways := make([]muster.Way, 32)
	for i := range ways {
		all.Go(func() {
			grant, err := f.Chained(t.Context(), chainOf(certificate))
			if err != nil {
				t.Error(err)
			}
			ways[i] = grant.Way
		})
	}
	all.Wait()
	slices.Sort(ways)
	if ways[31] != muster.WayCreated || ways[30] != 0 {
		t.Errorf("came in as %v", ways)
	}
}
