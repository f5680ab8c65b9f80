package provision_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

func again(r *muster.ProvisionRequest) *muster.ProvisionRequest {
	r.RequestID = "r-1"
	return r
}

// same fails the test unless both requests were granted the same.
func same(t *testing.T, one, other *muster.Grant, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	want := *one
	want.Way = muster.WayRepeated
	if *other != want {
		t.Errorf("granted %+v and then %+v", one, other)
	}
}

func TestALostAnswerIsGivenAgain(t *testing.T) {
	f := newFixture(t, provision.Options{PerKey: 1, Burst: 2})
	f.profile(t, "open", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.MaxDevices = 2 })
	p := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.list(t, p, "expected", []muster.Evidence{accessToken("t")})

	for _, r := range []*muster.ProvisionRequest{again(ask("open", "a")), again(ask("open", "")), again(ask("listed", "expected"))} {
		first, err := f.provision(t, r)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 { // neither the key's maximum nor its rate stands in the way
			second, err := f.provision(t, r)
			same(t, first, second, err)
		}
	}
}

func TestWhatIsNotTheSameRequest(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "open", muster.StrategyAllowCreate)
	if _, err := f.provision(t, again(ask("open", "a", accessToken("tok-a")))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r      *muster.ProvisionRequest
		reason muster.Reason
	}{
		"no request id":         {ask("open", "a", accessToken("tok-a")), muster.ReasonDeviceNameTaken},
		"another request id":    {&muster.ProvisionRequest{Key: "open-key", Secret: "open-secret", Name: "a", Evidence: accessToken("tok-a"), RequestID: "r-2"}, muster.ReasonDeviceNameTaken},
		"another credential":    {again(ask("open", "a", accessToken("tok-b"))), muster.ReasonDeviceNameTaken},
		"no credential":         {again(ask("open", "a")), muster.ReasonDeviceNameTaken},
		"a gateway":             {again(&muster.ProvisionRequest{Key: "open-key", Secret: "open-secret", Name: "a", Evidence: accessToken("tok-a"), Gateway: true}), muster.ReasonDeviceNameTaken},
		"a wrong secret":        {again(&muster.ProvisionRequest{Key: "open-key", Secret: "wrong", Name: "a", Evidence: accessToken("tok-a")}), muster.ReasonProvisionSecretWrong},
		"texts moved by a byte": {again(ask("open", "a", muster.Evidence{Token: "tok-", ClientID: "a"})), muster.ReasonDeviceNameTaken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.provision(t, c.r)
			refused(t, err, c.reason)
		})
	}
	if _, err := f.provision(t, again(ask("open", "a", accessToken("tok-a")))); err != nil {
		t.Errorf("the same request: %v", err)
	}
}

func TestAnAnswerIsGivenAgainOnlyForAWhile(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, f *fixture, g *muster.Grant)
		reason    muster.Reason
	}{
		"within ten minutes": {func(_ *testing.T, f *fixture, _ *muster.Grant) { f.now = f.now.Add(10 * time.Minute) }, ""},
		"after ten minutes": {func(_ *testing.T, f *fixture, _ *muster.Grant) {
			f.now = f.now.Add(10*time.Minute + time.Second)
		}, muster.ReasonDeviceNameTaken},
		"after the device authenticated": {func(t *testing.T, f *fixture, g *muster.Grant) {
			all, err := f.registry.Credentials(t.Context(), g.Device)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.registry.Used(t.Context(), map[muster.CredentialID]time.Time{all[0].ID: f.now}); err != nil {
				t.Fatal(err)
			}
		}, muster.ReasonDeviceNameTaken},
		"after the key was revoked": {func(t *testing.T, f *fixture, _ *muster.Grant) {
			k, _, err := f.registry.ProvisionKey(t.Context(), "open-key")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.registry.UpdateProvisionKey(t.Context(), k.ID, func(k *muster.ProvisionKey) error {
				k.RevokedAt = f.now
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}, muster.ReasonProvisionKeyRevoked},
		"after the device was deleted, it is let in anew": {func(t *testing.T, f *fixture, g *muster.Grant) {
			if err := f.registry.DeleteDevice(t.Context(), g.Device); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, provision.Options{})
			f.profile(t, "open", muster.StrategyAllowCreate)
			grant, err := f.provision(t, again(ask("open", "a")))
			if err != nil {
				t.Fatal(err)
			}
			c.meanwhile(t, f, grant)
			_, err = f.provision(t, again(ask("open", "a")))
			refused(t, err, c.reason)
		})
	}
}

func TestTwinsOfARequestGetOneGrant(t *testing.T) {
	for says, name := range map[string]string{"a name of its own": "a", "a name that the server makes": ""} {
		t.Run(says, func(t *testing.T) {
			f := newFixture(t, provision.Options{})
			f.profile(t, "open", muster.StrategyAllowCreate)
			var all sync.WaitGroup
			grants := make([]*muster.Grant, 20)
			for i := range grants {
				all.Go(func() {
					var err error
					if grants[i], err = f.Provision(context.WithoutCancel(t.Context()), again(ask("open", name)), home); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, g := range grants {
				g.Way = grants[0].Way // one of them is the first
				if *g != *grants[0] {
					t.Errorf("granted %+v and %+v", grants[0], g)
				}
			}
			if n := f.counted(t, "open-key"); n != 1 {
				t.Errorf("the key has let in %d devices", n)
			}
		})
	}
}

func TestDevicesASecond(t *testing.T) {
	f := newFixture(t, provision.Options{PerKey: 10, Burst: 5})
	f.profile(t, "open", muster.StrategyAllowCreate)
	f.profile(t, "other", muster.StrategyAllowCreate)
	n := 0
	let := func(profile string) muster.Reason {
		n++
		_, err := f.provision(t, ask(profile, fmt.Sprint("d", n)))
		return muster.ReasonOf(err)
	}
	for range 5 {
		if r := let("open"); r != "" {
			t.Fatal(r)
		}
	}
	for range 100 { // who does not get in does not count
		_, err := f.provision(t, &muster.ProvisionRequest{Key: "other-key", Secret: "wrong", Name: "d1"})
		refused(t, err, muster.ReasonProvisionSecretWrong)
		_, err = f.provision(t, ask("other", "d1"))
		refused(t, err, muster.ReasonDeviceNameTaken)
	}
	if r := let("open"); r != muster.ReasonRateLimited || r.Kind() != muster.Overloaded {
		t.Errorf("the sixth at once: %q", r)
	}
	if r := let("other"); r != "" {
		t.Errorf("another key: %q", r)
	}
	f.now = f.now.Add(200 * time.Millisecond)
	if a, b, c := let("open"), let("open"), let("open"); a != "" || b != "" || c != muster.ReasonRateLimited {
		t.Errorf("a fifth of a second later: %q, %q, %q", a, b, c)
	}
	f.now = f.now.Add(time.Hour)
	for i := range 6 {
		if r := let("open"); (r == "") != (i < 5) {
			t.Errorf("an hour later, number %d: %q", i+1, r)
		}
	}
}

func TestARateBelowZeroIsNoLimit(t *testing.T) {
	f := newFixture(t, provision.Options{PerKey: -1, Burst: 1})
	f.profile(t, "open", muster.StrategyAllowCreate)
	for i := range 20 {
		_, err := f.provision(t, ask("open", fmt.Sprint("d", i)))
		refused(t, err, "")
	}
}
