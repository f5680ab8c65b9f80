package provision_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// newHolding returns a registry with a profile in which devices wait, and one device of it that is in.
func newHolding(t *testing.T, strategy muster.Strategy, settings muster.ProfileSettings) (*fixture, muster.Profile) {
	t.Helper()
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "p", strategy)
	p, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Settings = settings
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

// all returns what is pending.
func (f *fixture) all(t *testing.T) []muster.Pending {
	t.Helper()
	all, err := f.registry.Pending(t.Context(), muster.PendingQuery{At: f.now, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// decide decides about what is pending.
func (f *fixture) decide(t *testing.T, to muster.PendingState, about ...muster.Pending) {
	t.Helper()
	d := muster.PendingDecision{State: to, By: "ada", At: f.now, Until: f.now.Add(time.Hour)}
	for _, p := range about {
		d.IDs = append(d.IDs, p.ID)
	}
	if _, err := f.registry.DecidePending(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// pends checks that a request waits, and says when to ask again.
func (f *fixture) pends(t *testing.T, r *muster.ProvisionRequest) {
	t.Helper()
	_, err := f.provision(t, r)
	refused(t, err, muster.ReasonProvisionPending)
	if p := muster.Public(err); p.Retry != time.Minute {
		t.Errorf("it is told to ask again after %v", p.Retry)
	}
}

var holdAll = muster.ProfileSettings{Reprovision: muster.ReprovisionHold, HoldNew: true}

func TestANewDeviceWaitsUntilItIsApproved(t *testing.T) {
	for says, strategy := range map[string]muster.Strategy{
		"where any name gets in":    muster.StrategyAllowCreate,
		"where listed names get in": muster.StrategyCheckPreProvisioned,
	} {
		t.Run(says, func(t *testing.T) {
			f, _ := newHolding(t, strategy, holdAll)
			mine := ask("p", "pump", accessToken("mine"))
			f.pends(t, mine)
			f.pends(t, mine)
			all := f.all(t)
			if len(all) != 1 || all[0].Name != "pump" || strings.Contains(all[0].Asks, "mine") || !strings.HasPrefix(all[0].Asks, "ACCESS_TOKEN ") {
				t.Fatalf("pending: %+v", all)
			}
			f.decide(t, muster.PendingApproved, all...)
			f.pends(t, ask("p", "pump", accessToken("a stranger's"))) // is another request
			grant, err := f.provision(t, mine)
			if err != nil || grant.Evidence.Token != "mine" || grant.ApprovedBy != "ada" {
				t.Fatalf("granted %+v, %v", grant, err)
			}
			if got := f.provisionState(t, grant.Device); got != muster.Provisioned {
				t.Errorf("provisionState %q", got)
			}
			f.pends(t, mine) // it is in, and asks again
			if n := f.counted(t, "p-key"); n != 1 {
				t.Errorf("the key has let in %d devices", n)
			}
		})
	}
}

func TestADeviceThatIsInWaitsUntilItIsApproved(t *testing.T) {
	f, _ := newHolding(t, muster.StrategyAllowCreate, muster.ProfileSettings{Reprovision: muster.ReprovisionHold})
	first, err := f.provision(t, ask("p", "pump"))
	if err != nil {
		t.Fatal(err)
	}
	f.pends(t, again(ask("p", "pump")))
	all := f.all(t)
	if len(all) != 1 || all[0].Device != first.Device || all[0].Proof != "" {
		t.Fatalf("pending: %+v", all)
	}
	f.decide(t, muster.PendingApproved, all...)
	second, err := f.provision(t, again(ask("p", "pump")))
	if err != nil || second.Device != first.Device || second.CredentialID == first.CredentialID || second.ApprovedBy != "ada" {
		t.Fatalf("granted %+v and then %+v, %v", first, second, err)
	}
	lost, err := f.provision(t, again(ask("p", "pump")))
	if err != nil || lost.CredentialID != second.CredentialID {
		t.Errorf("asked for again, the answer is %+v, %v", lost, err)
	}
	f.use(t, second.Credential)
	if c := f.credentials(t, first.Device); c[0].State != muster.CredentialRevoked || c[1].State != muster.CredentialActive {
		t.Errorf("credentials %+v", c)
	}
	proving := ask("p", "pump")
	proving.Recovery = second.Recovery
	f.pends(t, proving)
	if all = f.all(t); len(all) != 1 || all[0].Proof == "" {
		t.Errorf("pending: %+v", all)
	}
	f.suspend(t, first.Device)
	_, err = f.provision(t, proving)
	refused(t, err, muster.ReasonDeviceNameTaken)
}

func (f *fixture) credentials(t *testing.T, d muster.DeviceID) []muster.Credential {
	t.Helper()
	all, err := f.registry.Credentials(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhoWaitsForNobody(t *testing.T) {
	f, p := newHolding(t, muster.StrategyCheckPreProvisioned, holdAll)
	f.list(t, p, "listed", []muster.Evidence{accessToken("listed with")})
	grant, err := f.provision(t, ask("p", "listed"))
	if err != nil {
		t.Fatalf("a listed device: %v", err)
	}
	f.release(t, "p-key", grant.Device)
	if _, err := f.provision(t, ask("p", "listed")); err != nil {
		t.Errorf("a released device: %v", err)
	}
	f.profile(t, "q", muster.StrategyAllowCreate)
	if _, err := f.provision(t, ask("q", "open")); err != nil {
		t.Errorf("a device of another profile: %v", err)
	}
	_, err = f.provision(t, ask("p", "open"))
	refused(t, err, muster.ReasonDeviceNotListed)
	if all := f.all(t); len(all) > 0 {
		t.Errorf("pending: %+v", all)
	}
}

func TestARejectedDeviceHearsSoForAWhile(t *testing.T) {
	f, _ := newHolding(t, muster.StrategyAllowCreate, holdAll)
	f.pends(t, ask("p", "pump"))
	f.decide(t, muster.PendingRejected, f.all(t)...)
	_, err := f.provision(t, ask("p", "pump"))
	refused(t, err, muster.ReasonProvisionRejected)
	f.now = f.now.Add(time.Hour)
	f.pends(t, ask("p", "pump"))
}

func TestWhatCouldNotBeGrantedDoesNotWait(t *testing.T) {
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "p", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.NamePattern, k.MaxDevices = "pump-[0-9]", 1 })
	if _, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Settings = holdAll
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, err := f.provision(t, ask("p", "valve"))
	refused(t, err, muster.ReasonDeviceNamePattern)
	_, err = f.provision(t, ask("p", "pump-1", muster.Evidence{Kind: muster.PublicKey, PublicKey: "none"}))
	refused(t, err, muster.ReasonCredentialInvalid)
	f.pends(t, ask("p", "pump-1"))
	f.pends(t, ask("p", "pump-2"))
	all := f.all(t)
	f.decide(t, muster.PendingApproved, all...)
	if _, err = f.provision(t, ask("p", "pump-1")); err != nil {
		t.Error(err)
	}
	_, err = f.provision(t, ask("p", "pump-2"))
	refused(t, err, muster.ReasonProvisionKeyExhausted)
	f.pends(t, ask("p", "pump-1")) // it is counted already
}

// What a device asks for without anything of its own could be asked for by everybody who has the key.
func TestAnApprovalIsFetchedFromElsewhereOnlyWithSomethingOfOnesOwn(t *testing.T) {
	home, elsewhere := netip.MustParseAddr("2001:db8:1::1"), netip.MustParseAddr("2001:db8:2::1")
	named := ask("p", "pump")
	named.RequestID = "f2a6"
	for name, c := range map[string]struct {
		request *muster.ProvisionRequest
		from    netip.Addr
		reason  muster.Reason
	}{
		"with nothing, from its own network": {ask("p", "pump"), netip.MustParseAddr("2001:db8:1::2"), ""},
		"with nothing, from elsewhere":       {ask("p", "pump"), elsewhere, muster.ReasonProvisionPending},
		"with a token, from elsewhere":       {ask("p", "pump", accessToken("mine")), elsewhere, ""},
		"with an id, from elsewhere":         {named, elsewhere, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := newHolding(t, muster.StrategyAllowCreate, holdAll)
			_, err := f.Provision(t.Context(), c.request, home)
			refused(t, err, muster.ReasonProvisionPending)
			f.decide(t, muster.PendingApproved, f.all(t)...)
			_, err = f.Provision(t.Context(), c.request, c.from)
			refused(t, err, c.reason)
		})
	}
}

func TestADeviceWithoutANameKeepsTheOneItIsGiven(t *testing.T) {
	f, _ := newHolding(t, muster.StrategyAllowCreate, holdAll)
	f.pends(t, again(ask("p", "")))
	f.pends(t, again(ask("p", "")))
	all := f.all(t)
	f.decide(t, muster.PendingApproved, all...)
	grant, err := f.provision(t, again(ask("p", "")))
	if err != nil || len(all) != 1 || grant.Name != all[0].Name {
		t.Errorf("granted %+v, %v, of %+v", grant, err, all)
	}
}

func TestAnApprovalIsGoodForWhatWasApprovedAlone(t *testing.T) {
	f, p := newHolding(t, muster.StrategyAllowCreate, holdAll)
	f.pends(t, ask("p", "pump", accessToken("mine")))
	f.decide(t, muster.PendingApproved, f.all(t)...)
	d := muster.Device{ID: muster.NewID[muster.Device](), Profile: p.ID, Name: "pump", State: muster.DeviceActive, CreatedAt: f.now}
	if err := f.registry.CreateDevice(t.Context(), d, nil, nil); err != nil {
		t.Fatal(err)
	}
	f.pends(t, ask("p", "pump", accessToken("mine"))) // there was no such device when it was approved
}

func TestOfManyThatFetchAnApprovalOneSucceeds(t *testing.T) {
	f, _ := newHolding(t, muster.StrategyAllowCreate, holdAll)
	f.pends(t, ask("p", "pump"))
	f.decide(t, muster.PendingApproved, f.all(t)...)
	var all sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		all.Go(func() { _, errs[i] = f.Provision(t.Context(), ask("p", "pump"), home) })
	}
	all.Wait()
	granted := 0
	for _, err := range errs {
		if err == nil {
			granted++
		}
	}
	if granted != 1 {
		t.Errorf("%d were granted: %v", granted, errs)
	}
}

func TestAThiefFillsTheRoomForNobodyElse(t *testing.T) {
	f := newFixture(t, provision.Options{PerKey: -1})
	p := f.profile(t, "p", muster.StrategyAllowCreate)
	if _, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		p.Settings = holdAll
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	thief := netip.MustParseAddr("198.51.100.66")
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			_, err := f.Provision(t.Context(), ask("p", fmt.Sprint("fake-", i)), thief)
			refused(t, err, muster.ReasonProvisionPending)
		})
	}
	all.Wait()
	_, err := f.Provision(t.Context(), ask("p", "one-more"), thief)
	refused(t, err, muster.ReasonProvisionRoomFull)
	if muster.Public(err).Retry == 0 {
		t.Error("it is not told when to ask again")
	}
	f.pends(t, ask("p", "pump"))
	if n := len(f.all(t)); n != 1000 {
		t.Errorf("%d are pending", n)
	}
}
