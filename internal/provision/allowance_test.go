package provision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// flood asks so many times a second for new devices, for so many seconds, and returns the last refusal.
func (f *fixture) flood(t *testing.T, profile string, perSecond, seconds int) (last error) {
	t.Helper()
	for range seconds {
		for range perSecond {
			if _, err := f.provision(t, ask(profile, "")); err != nil {
				last = err
			}
		}
		f.now = f.now.Add(time.Second)
	}
	return last
}

func rated(rate int) func(*muster.ProvisionKey) {
	return func(k *muster.ProvisionKey) { k.Rate = rate }
}

func TestAKeyWithARateOfItsOwn(t *testing.T) {
	f := newFixture(t, provision.Options{PerKey: -1})
	f.profile(t, "p", muster.StrategyAllowCreate, rated(2))
	for i := range 21 {
		_, err := f.provision(t, ask("p", fmt.Sprint("d", i)))
		if want := muster.Reason(""); i == 20 {
			refused(t, err, muster.ReasonRateLimited)
			// The console tells by these words that it was the key's rate, and what that was.
			if said := "the provision key lets in 2 new devices a second"; !strings.HasPrefix(muster.MessageOf(err), said) {
				t.Errorf("it is refused with %q", muster.MessageOf(err))
			}
		} else {
			refused(t, err, want)
		}
	}
}

func TestAKeyInTheWrongHandsIsSuspended(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "p", muster.StrategyAllowCreate, rated(2))
	if err := f.flood(t, "p", 6, 9); muster.ReasonOf(err) == muster.ReasonProvisionKeySuspended {
		t.Fatal("after nine seconds: ", err)
	}
	f.now = f.now.Add(time.Minute) // that was a crowd, and it went away
	refused(t, f.flood(t, "p", 6, 10), muster.ReasonProvisionKeySuspended)
	k, _, err := f.registry.ProvisionKey(t.Context(), "p-key")
	if err != nil || k.SuspendedAt.IsZero() {
		t.Errorf("%+v, %v", k, err)
	}
	f.now = f.now.Add(time.Hour)
	_, err = f.provision(t, ask("p", "late"))
	refused(t, err, muster.ReasonProvisionKeySuspended)
}

func TestAKeyIsNotSuspended(t *testing.T) {
	for says, c := range map[string]struct {
		change             func(*muster.ProvisionKey)
		perSecond, seconds int
	}{
		"for less than three times its rate": {rated(2), 5, 30},
		"for a rate that it never declared":  {rated(0), 9, 12},
	} {
		t.Run(says, func(t *testing.T) {
			f := newFixture(t, provision.Options{PerKey: 2, Burst: 2})
			f.profile(t, "p", muster.StrategyAllowCreate, c.change)
			refused(t, f.flood(t, "p", c.perSecond, c.seconds), muster.ReasonRateLimited)
		})
	}
}
