package provision_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"testing"
	"time"

	"muster"
)

// newRotating is a device of a kind that is in, under a profile with those settings, and what it is recognised as.
func newRotating(t *testing.T, e muster.Evidence, change func(*muster.ProfileSettings)) (*fixture, *muster.Identity) {
	t.Helper()
	f := certified(t)
	p := f.profile(t, "p", muster.StrategyAllowCreate)
	if _, err := f.registry.UpdateProfile(t.Context(), p.ID, func(p *muster.Profile) error {
		change(&p.Settings)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	g, err := f.provision(t, ask("p", "pump", e))
	if err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(2 * time.Minute)
	return f, identityOf(g, p.ID)
}

func identityOf(g *muster.Grant, p muster.ProfileID) *muster.Identity {
	return &muster.Identity{Device: g.Device, Profile: p, Credential: g.Credential, Name: g.Name}
}

func asIs(*muster.ProfileSettings) {}

// wants is what a device that is in asks for.
func wants(e muster.Evidence) *muster.ProvisionRequest { return &muster.ProvisionRequest{Evidence: e} }

func (f *fixture) statesOf(t *testing.T, d muster.DeviceID) map[muster.CredentialID]muster.CredentialState {
	t.Helper()
	all, err := f.registry.Credentials(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[muster.CredentialID]muster.CredentialState)
	for _, c := range all {
		states[c.ID] = c.State
	}
	return states
}

func TestEveryKindRotatesAndTheOldOneEndsWhenTheFreshOneIsUsed(t *testing.T) {
	pemOf := func(c *pair) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	own := func(name string) muster.Evidence {
		return muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(issue(t, leaf(name), nil, nil).Raw)}
	}
	key := func() muster.Evidence {
		return muster.Evidence{Kind: muster.PublicKey, PublicKey: pemOf(issue(t, leaf("key"), nil, nil))}
	}
	basic := func(user string) muster.Evidence {
		return muster.Evidence{Kind: muster.MQTTBasic, ClientID: "c", Username: user, Password: "p"}
	}
	brought := muster.Evidence{Kind: muster.X509Certificate, Certificate: pemOf(issue(t, leaf("brought"), nil, nil))}
	for name, test := range map[string]struct{ has, wants muster.Evidence }{
		"a token that the server makes": {muster.Evidence{}, muster.Evidence{}},
		"a token that it brings":        {accessToken("old"), accessToken("new")},
		"user name and password":        {basic("u"), basic("v")},
		"a certificate that it brings":  {own("old"), brought},
		"a signing request":             {own("old"), signingRequest(t)},
		"a public key":                  {key(), key()},
	} {
		t.Run(name, func(t *testing.T) {
			f, who := newRotating(t, test.has, asIs)
			g, err := f.Rotate(t.Context(), who, wants(test.wants))
			if err != nil || g.Way != muster.WayRotated || g.Device != who.Device || g.Credential == who.Credential || (g.Chain != "") != (test.wants.CSR != "") {
				t.Fatalf("%+v, %v", g, err)
			}
			if s := f.statesOf(t, who.Device); s[who.Credential] != muster.CredentialRetiring || s[g.Credential] != muster.CredentialActive {
				t.Errorf("before the fresh one is used: %v", s)
			}
			f.use(t, g.Credential)
			if s := f.statesOf(t, who.Device); s[who.Credential] != muster.CredentialRevoked || s[g.Credential] != muster.CredentialActive {
				t.Errorf("when the fresh one was used: %v", s)
			}
			_, err = f.Rotate(t.Context(), who, wants(test.wants))
			refused(t, err, muster.ReasonCredentialRevoked)
		})
	}
}

func TestWhoMayNotRotate(t *testing.T) {
	rule := func(r muster.Rotation) func(*muster.ProfileSettings) {
		return func(s *muster.ProfileSettings) { s.Rotation = r }
	}
	expired := issue(t, leaf("pump"), nil, nil)
	for name, test := range map[string]struct {
		change func(*muster.ProfileSettings)
		req    muster.ProvisionRequest
		lapsed bool
		reason muster.Reason
	}{
		"where the profile lets none":            {rule(muster.RotationRefuse), muster.ProvisionRequest{}, false, muster.ReasonRotationRefused},
		"another kind":                           {asIs, *wants(signingRequest(t)), false, muster.ReasonRotationKind},
		"another kind where any may be":          {rule(muster.RotationAnyKind), *wants(signingRequest(t)), false, ""},
		"another kind when it has lapsed":        {rule(muster.RotationAnyKind), *wants(signingRequest(t)), true, muster.ReasonRotationKind},
		"under its own name":                     {asIs, muster.ProvisionRequest{Name: " pump"}, false, ""},
		"under another name":                     {asIs, muster.ProvisionRequest{Name: "valve"}, false, muster.ReasonRequestInvalid},
		"the one that it has":                    {asIs, *wants(accessToken("old")), false, muster.ReasonCredentialInUse},
		"another device's":                       {asIs, *wants(accessToken("taken")), false, muster.ReasonCredentialInUse},
		"basic without anything":                 {rule(muster.RotationAnyKind), *wants(muster.Evidence{Kind: muster.MQTTBasic}), false, muster.ReasonCredentialInvalid},
		"a certificate without one":              {rule(muster.RotationAnyKind), *wants(muster.Evidence{Kind: muster.X509Certificate}), false, muster.ReasonCredentialInvalid},
		"a certificate that cannot be read":      {rule(muster.RotationAnyKind), *wants(muster.Evidence{Kind: muster.X509Certificate, Certificate: "hash"}), false, muster.ReasonCredentialInvalid},
		"a certificate that has expired already": {rule(muster.RotationAnyKind), *wants(muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(expired.Raw)}), false, muster.ReasonCertificateExpired},
	} {
		t.Run(name, func(t *testing.T) {
			f, who := newRotating(t, accessToken("old"), test.change)
			if _, err := f.provision(t, ask("p", "other", accessToken("taken"))); err != nil {
				t.Fatal(err)
			}
			who.Lapsed = test.lapsed
			if test.reason == muster.ReasonCertificateExpired {
				f.now = expired.NotAfter.Add(time.Hour)
			}
			_, err := f.Rotate(t.Context(), who, &test.req)
			refused(t, err, test.reason)
		})
	}
	t.Run("suspended", func(t *testing.T) {
		f, who := newRotating(t, accessToken("old"), asIs)
		f.suspend(t, who.Device)
		_, err := f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
		refused(t, err, muster.ReasonDeviceSuspended)
	})
}

func TestALostAnswerToARotationIsGivenAgain(t *testing.T) {
	for name, req := range map[string]*muster.ProvisionRequest{
		"with a request's id":         {RequestID: "one"},
		"with a token of its own":     wants(accessToken("mine")),
		"with the same sign. request": wants(signingRequest(t)),
	} {
		t.Run(name, func(t *testing.T) {
			f, who := newRotating(t, muster.Evidence{}, func(s *muster.ProfileSettings) { s.Rotation = muster.RotationAnyKind })
			first, err := f.Rotate(t.Context(), who, req)
			if err != nil {
				t.Fatal(err)
			}
			again, err := f.Rotate(t.Context(), who, req)
			if err != nil || again.CredentialID != first.CredentialID || again.Way != muster.WayRepeated || again.Chain != first.Chain {
				t.Fatalf("%+v and then %+v, %v", first, again, err)
			}
			f.use(t, first.Credential)
			_, err = f.Rotate(t.Context(), who, req)
			refused(t, err, muster.ReasonCredentialRevoked)
		})
	}
}

func TestADeviceIsNotToldACredentialThatItWasNotGiven(t *testing.T) {
	basic := func(user string, password muster.Secret) muster.Evidence {
		return muster.Evidence{Kind: muster.MQTTBasic, Username: user, Password: password}
	}
	f, who := newRotating(t, basic("old", "stolen"), func(s *muster.ProfileSettings) { s.Reprovision = muster.ReprovisionSameProof })
	added := basic("added", "by an operator")
	c, err := added.Seal(f.keys, who.Device, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.registry.CreateCredential(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_, err = f.Rotate(t.Context(), who, wants(basic("added", "guess")))
	refused(t, err, muster.ReasonCredentialInUse)

	if _, err := f.Rotate(t.Context(), who, wants(basic("new", "one"))); err != nil {
		t.Fatal(err)
	}
	_, err = f.Rotate(t.Context(), who, wants(basic("new", "two")))
	refused(t, err, muster.ReasonRateLimited)
	f.now = f.now.Add(time.Minute)
	g, err := f.Rotate(t.Context(), who, wants(basic("new", "two")))
	if err != nil || g.Way != muster.WayRotated || g.Evidence.Password != "two" {
		t.Errorf("with another password %+v, %v", g, err)
	}
}

func TestWhatAnOperatorHasMadeForADeviceIsNotReplacedByIt(t *testing.T) {
	f, who := newRotating(t, accessToken("old"), asIs)
	made := accessToken("made")
	operators, err := made.Seal(f.keys, who.Device, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.registry.RotateCredential(t.Context(), who.Credential, operators); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Minute)
	_, err = f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
	refused(t, err, muster.ReasonRotationWaits)
	if s := f.statesOf(t, who.Device); len(s) != 2 || s[operators.ID] != muster.CredentialActive {
		t.Errorf("what is left: %v", s)
	}
	_, err = f.registry.UpdateCredential(t.Context(), operators.ID, func(c *muster.Credential) error {
		c.State = muster.CredentialRevoked
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if s := f.statesOf(t, who.Device); len(s) != 3 || s[who.Credential] != muster.CredentialRetiring || s[g.Credential] != muster.CredentialActive {
		t.Errorf("when that was revoked: %v", s)
	}
}

func TestOnlyARefusalThatStaysHasADeviceFail(t *testing.T) {
	for why, want := range map[error]bool{
		muster.Refuse(muster.ReasonCSRKeyWeak, ""):         true,
		muster.Refuse(muster.ReasonRotationRefused, ""):    true,
		muster.Refuse(muster.ReasonCredentialInUse, ""):    true,
		muster.Refuse(muster.ReasonRateLimited, ""):        false,
		muster.Refuse(muster.ReasonStorageFull, ""):        false,
		muster.Refuse(muster.ReasonCredentialRevoked, ""):  false,
		muster.Refuse(muster.ReasonTokenUnknown, ""):       false,
		muster.Refuse(muster.ReasonCertificateRevoked, ""): false,
		context.Canceled: false,
	} {
		f, who := newRotating(t, accessToken("old"), asIs)
		c := muster.Campaign{ID: muster.NewID[muster.Campaign](), CreatedAt: f.now, NextAt: f.now}
		if err := f.registry.CreateCampaign(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		_, err := f.registry.AskDevices(t.Context(), c.ID, []muster.DeviceID{who.Device}, muster.BoolValue(true), f.now, func(*muster.Campaign, int) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Refused(t.Context(), who.Device, why); got != want {
			t.Errorf("%v: %v", why, got)
		}
	}
}

func TestADeviceThatRotatesWithoutEndIsHeldUp(t *testing.T) {
	f, who := newRotating(t, muster.Evidence{}, asIs)
	first, err := f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
	refused(t, err, muster.ReasonRateLimited)
	if after := muster.Public(err).Retry; after != time.Minute+time.Second {
		t.Errorf("ask again after %v", after)
	}
	f.now = f.now.Add(time.Minute)
	second, err := f.Rotate(t.Context(), who, &muster.ProvisionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if s := f.statesOf(t, who.Device); len(s) != 2 || s[first.Credential] == muster.CredentialActive {
		t.Errorf("the one that was never used is still there: %v", s)
	}
	for range 20 {
		f.use(t, second.Credential)
		if second, err = f.Rotate(t.Context(), identityOf(second, who.Profile), &muster.ProvisionRequest{}); err != nil {
			break
		}
	}
	refused(t, err, muster.ReasonRateLimited)
	if n := len(f.statesOf(t, who.Device)); n != muster.MaxCredentials {
		t.Errorf("%d credentials within an hour", n)
	}
}

func TestAnAuthorityMustVouchForWhatADeviceBrings(t *testing.T) {
	f := certified(t)
	root := issue(t, authority("root"), nil, nil)
	rule := muster.ChainRule{CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})), CNPattern: "(.*)"}
	p := muster.Profile{
		ID: muster.NewID[muster.Profile](), Name: "plant", Strategy: muster.StrategyX509Chain, CreatedAt: f.now,
		Settings: muster.ProfileSettings{Chain: &rule},
	}
	if err := f.registry.CreateProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	held := muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(issue(t, leaf("pump"), root, nil).Raw)}
	d := f.list(t, p, "pump", []muster.Evidence{held})
	all, err := f.registry.Credentials(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Hour)
	who := &muster.Identity{Device: d.ID, Profile: p.ID, Credential: all[0].ID, Name: d.Name}
	for name, test := range map[string]struct {
		above  *pair
		of     string
		reason muster.Reason
	}{
		"one that it has signed itself":      {nil, "pump", muster.ReasonChainUntrusted},
		"one of another device":              {root, "valve", muster.ReasonCertificateNameUnfit},
		"one that the authority vouches for": {root, "pump", ""},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := issue(t, leaf(test.of), test.above, nil)
			_, err := f.Rotate(t.Context(), who, wants(muster.Evidence{Kind: muster.X509Certificate, Certificate: base64.StdEncoding.EncodeToString(fresh.Raw)}))
			refused(t, err, test.reason)
		})
	}
}
