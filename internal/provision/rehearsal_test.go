package provision_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// A setting is what of the profile p and its key differs from letting in whoever asks.
type setting struct {
	strategy muster.Strategy
	change   func(k *muster.ProvisionKey, birth time.Time)
}

func settings() map[string]setting {
	open := func(*muster.ProvisionKey, time.Time) {}
	create := func(change func(*muster.ProvisionKey, time.Time)) setting {
		return setting{muster.StrategyAllowCreate, change}
	}
	return map[string]setting{
		"create":         create(open),
		"preprovisioned": {muster.StrategyCheckPreProvisioned, open},
		"chain":          {muster.StrategyX509Chain, open},
		"disabled":       {muster.StrategyDisabled, open},
		"maximum":        create(func(k *muster.ProvisionKey, _ time.Time) { k.MaxDevices = 2 }),
		"pattern":        create(func(k *muster.ProvisionKey, _ time.Time) { k.NamePattern = "pump-.*" }),
		"rate":           create(func(k *muster.ProvisionKey, _ time.Time) { k.Rate = 1 }),
		"expires":        create(func(k *muster.ProvisionKey, birth time.Time) { k.ExpiresAt = birth.Add(4 * time.Second) }),
		"not yet":        create(func(k *muster.ProvisionKey, birth time.Time) { k.NotBefore = birth.Add(3 * time.Second) }),
		"network": create(func(k *muster.ProvisionKey, _ time.Time) {
			k.Networks = []netip.Prefix{netip.PrefixFrom(home, 24)}
		}),
		"listed and few": {muster.StrategyCheckPreProvisioned, func(k *muster.ProvisionKey, _ time.Time) { k.MaxDevices = 1 }},
	}
}

// ever is what happened under a setting.
type ever struct {
	*fixture
	profile  muster.Profile
	key      muster.ProvisionKey // as it is at the end
	attempts []muster.Attempt
}

// happen lets the same things happen under a setting.
func happen(t *testing.T, s setting) *ever {
	t.Helper()
	f := newFixture(t, provision.Options{})
	e := &ever{fixture: f, profile: f.profile(t, "p", s.strategy, func(k *muster.ProvisionKey) { s.change(k, f.now) })}
	other := f.profile(t, "other", muster.StrategyAllowCreate)
	f.list(t, other, "others", []muster.Evidence{accessToken("o")})
	f.list(t, e.profile, "listed-1", []muster.Evidence{accessToken("l1")})
	f.list(t, e.profile, "listed-2", []muster.Evidence{accessToken("l2")})
	f.list(t, e.profile, "bare", nil)
	f.suspend(t, f.list(t, e.profile, "suspended", []muster.Evidence{accessToken("s")}).ID)
	away := netip.MustParseAddr("198.51.100.9")
	for second, asked := range []struct {
		name string
		from netip.Addr
	}{
		{"pump-1", home},
		{"listed-1", home},
		{"pump-2", away},
		{"valve", home},
		{"listed-1", home},
		{"pump-1", away},
		{"others", home},
		{"suspended", home},
		{"bare", home},
		{"listed-2", home},
		{"bad\nname", home},
	} {
		f.now = f.now.Add(time.Second)
		r := ask("p", asked.name)
		if second == 3 {
			r.Evidence = accessToken("s") // which another device has
		}
		e.try(t, r, asked.from)
	}
	f.now = f.now.Add(time.Minute)
	for i := range 12 {
		e.try(t, ask("p", fmt.Sprintf("many-%d", i)), home)
	}
	wrong := ask("p", "pump-3")
	wrong.Secret = "wrong"
	e.try(t, wrong, home)
	keys, err := f.registry.ProvisionKeys(t.Context(), e.profile.ID)
	if err != nil {
		t.Fatal(err)
	}
	e.key = keys[0]
	return e
}

// try asks, and notes the attempt as the journal has it.
func (e *ever) try(t *testing.T, r *muster.ProvisionRequest, from netip.Addr) {
	t.Helper()
	grant, err := e.Provision(t.Context(), r, from)
	a := muster.Attempt{
		At: e.now, Count: 1, Action: muster.ActionProvision, Remote: from, Name: r.Name, Key: r.Key, Profile: e.profile.ID, Reason: muster.ReasonOf(err),
	}
	if grant != nil {
		a.Way = grant.Way
	}
	e.attempts = append(e.attempts, a)
}

func TestARehearsalSaysWhatHappensUnderTheOtherSettings(t *testing.T) {
	all := map[string]*ever{}
	for name, s := range settings() {
		all[name] = happen(t, s)
	}
	for before, had := range all {
		for after, has := range all {
			t.Run(before+" to "+after, func(t *testing.T) {
				profile := had.profile
				profile.Strategy = has.profile.Strategy
				key := had.key
				key.MaxDevices, key.NamePattern, key.Rate = has.key.MaxDevices, has.key.NamePattern, has.key.Rate
				key.ExpiresAt, key.NotBefore, key.Networks = has.key.ExpiresAt, has.key.NotBefore, has.key.Networks
				r := had.Rehearse(&had.profile, &profile, []muster.ProvisionKey{key}, had.attempts)
				for i := range had.attempts {
					seen, err := r.Judge(t.Context(), &had.attempts[i])
					if err != nil {
						t.Fatal(err)
					}
					want := has.attempts[i].Reason
					if seen.Detail == "it would have been in already" || want == muster.ReasonCredentialInUse && seen.Reason == "" {
						continue // it would not have asked; and what it would be known by is not kept
					}
					if seen.Unjudged != "" || seen.Reason != want {
						t.Errorf("%d %q: was %q, is said to become %q (%s%s), and becomes %q", i, had.attempts[i].Name, had.attempts[i].Reason,
							seen.Reason, seen.Detail, seen.Unjudged, has.attempts[i].Reason)
					}
				}
			})
		}
	}
}

func TestARehearsalDoesNotJudgeTheWaitingRoom(t *testing.T) {
	f := newFixture(t, provision.Options{})
	profile := f.profile(t, "p", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.MaxDevices = 2 })
	profile.Settings.HoldNew = true
	keys, err := f.registry.ProvisionKeys(t.Context(), profile.ID)
	if err != nil {
		t.Fatal(err)
	}
	key := keys[0]
	key.Devices = 1 // the one that was approved
	key.Networks = []netip.Prefix{netip.PrefixFrom(home, 24)}
	away := netip.MustParseAddr("198.51.100.9")
	cases := []struct {
		name     string
		attempt  muster.Attempt
		unjudged bool
		after    muster.Reason
	}{
		{"one that waits", muster.Attempt{Name: "a", Remote: home, Reason: muster.ReasonProvisionPending}, true, ""},
		{"one that was rejected", muster.Attempt{Name: "b", Remote: home, Reason: muster.ReasonProvisionRejected}, true, ""},
		{"one that had no room", muster.Attempt{Name: "c", Remote: home, Reason: muster.ReasonProvisionRoomFull}, true, ""},
		{"one that was approved", muster.Attempt{Name: "a", Remote: home, Way: muster.WayApproved}, true, ""},
		{"one that waits elsewhere", muster.Attempt{Name: "d", Remote: away, Reason: muster.ReasonProvisionPending}, false, muster.ReasonProvisionKeyNetwork},
		{"the approved one again", muster.Attempt{Name: "a", Remote: home, Reason: muster.ReasonDeviceNameTaken}, false, muster.ReasonDeviceNameTaken},
		{"the last that the key lets in", muster.Attempt{Name: "e", Remote: home, Reason: muster.ReasonDeviceNamePattern}, false, ""},
		{"one too many beside the approved one", muster.Attempt{Name: "f", Remote: home, Reason: muster.ReasonDeviceNamePattern}, false, muster.ReasonProvisionKeyExhausted},
	}
	attempts := make([]muster.Attempt, len(cases))
	for i, tc := range cases {
		attempts[i] = tc.attempt
		attempts[i].At, attempts[i].Count, attempts[i].Action, attempts[i].Key = f.now.Add(time.Duration(i)*time.Second), 1, muster.ActionProvision, key.Key
	}
	without := profile
	without.Settings.HoldNew = false
	r := f.Rehearse(&profile, &without, []muster.ProvisionKey{key}, attempts)
	for i, tc := range cases {
		seen, err := r.Judge(t.Context(), &attempts[i])
		if err != nil || (seen.Unjudged != "") != tc.unjudged || seen.Reason != tc.after {
			t.Errorf("%s: %+v, %v", tc.name, seen, err)
		}
	}
}
