package fleet_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

func TestMakingADevice(t *testing.T) {
	f := newFixture(t)
	f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.profile(t, "closed", muster.StrategyDisabled)
	cert, text, key := certificate(t)
	keyEvidence := muster.Evidence{Kind: muster.PublicKey, PublicKey: key}
	keyID, err := keyEvidence.ID()
	if err != nil {
		t.Fatal(err)
	}
	certID := muster.CertificateID(base64.StdEncoding.EncodeToString(cert.Raw)) // as it is looked for at CONNECT
	for _, c := range []struct {
		name  string
		n     fleet.NewDevice
		ids   []string // "*": a token that the server made
		state muster.DeviceState
	}{
		{"nothing given", fleet.NewDevice{}, []string{"*"}, muster.DeviceActive},
		{"token", fleet.NewDevice{Credentials: fleet.Credentials{Token: "tok"}}, []string{"tok"}, muster.DeviceActive},
		{"listed", fleet.NewDevice{Profile: "listed", Credentials: fleet.Credentials{Token: "tok-l"}}, []string{"tok-l"}, muster.DeviceListed},
		{"closed", fleet.NewDevice{Profile: "closed"}, []string{"*"}, muster.DeviceActive},
		{"user", fleet.NewDevice{Credentials: fleet.Credentials{MQTTUsername: "u", MQTTPassword: "p"}}, []string{"u"}, muster.DeviceActive},
		{"client", fleet.NewDevice{Credentials: fleet.Credentials{MQTTClientID: "c"}}, []string{muster.BasicID("c", "")}, muster.DeviceActive},
		{"cert", fleet.NewDevice{Credentials: fleet.Credentials{Certificate: "subject=CN = pump\n" + text}}, []string{certID}, muster.DeviceActive},
		{"key", fleet.NewDevice{Credentials: fleet.Credentials{PublicKey: key}}, []string{keyID}, muster.DeviceActive},
		{"several", fleet.NewDevice{Credentials: fleet.Credentials{Token: "tok-s", MQTTUsername: "u-s"}}, []string{"tok-s", "u-s"}, muster.DeviceActive},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.n.Name = c.name
			d, shown := f.device(t, c.n)
			if d.State != c.state || d.ProfileName == "" || !d.ProvisionedAt.IsZero() || len(shown) != len(c.ids) {
				t.Fatalf("got %+v, %d credentials", d, len(shown))
			}
			for i, want := range c.ids {
				got, err := shown[i].ID()
				if err != nil || want != "*" && got != want || want == "*" && len(got) != muster.TokenLength {
					t.Errorf("credential %q, want %q (%v)", got, want, err)
				}
				if name := f.leadsTo(t, got); name != c.name {
					t.Errorf("it leads to %q", name)
				}
			}
		})
	}
	f.wantEnded(t)
}

func TestDevicesThatCannotBe(t *testing.T) {
	f := newFixture(t)
	f.device(t, fleet.NewDevice{Name: "a", Credentials: fleet.Credentials{Token: "tok"}})
	tags := make(map[string]string)
	for i := range 33 {
		tags[fmt.Sprint(i)] = ""
	}
	given := func(c fleet.Credentials) fleet.NewDevice { return fleet.NewDevice{Name: "b", Credentials: c} }
	for name, c := range map[string]struct {
		n      fleet.NewDevice
		reason muster.Reason
	}{
		"no name":                       {fleet.NewDevice{}, muster.ReasonDeviceNameInvalid},
		"a name that is taken":          {fleet.NewDevice{Name: "a"}, muster.ReasonDeviceNameTaken},
		"a profile that is none":        {fleet.NewDevice{Name: "b", Profile: "no"}, muster.ReasonNotFound},
		"a description of many books":   {fleet.NewDevice{Name: "b", Description: strings.Repeat("x", 1001)}, muster.ReasonRequestInvalid},
		"a label that is a book":        {fleet.NewDevice{Name: "b", Label: strings.Repeat("x", 1001)}, muster.ReasonRequestInvalid},
		"too many tags":                 {fleet.NewDevice{Name: "b", Tags: tags}, muster.ReasonRequestInvalid},
		"a tag without a name":          {fleet.NewDevice{Name: "b", Tags: map[string]string{"": "x"}}, muster.ReasonRequestInvalid},
		"a token that another has":      {given(fleet.Credentials{Token: "tok"}), muster.ReasonCredentialInUse},
		"a token that breaks a line":    {given(fleet.Credentials{Token: "a\nb"}), muster.ReasonCredentialInvalid},
		"a password alone":              {given(fleet.Credentials{MQTTPassword: "p"}), muster.ReasonCredentialInvalid},
		"a certificate that is none":    {given(fleet.Credentials{Certificate: "junk!"}), muster.ReasonCredentialInvalid},
		"base64 that is no certificate": {given(fleet.Credentials{Certificate: "AAAA"}), muster.ReasonCredentialInvalid},
		"a certificate without bounds":  {given(fleet.Credentials{Certificate: strings.Repeat("A", muster.MaxEvidence+1)}), muster.ReasonCredentialInvalid},
		"a key that is none":            {given(fleet.Credentials{PublicKey: "junk"}), muster.ReasonCredentialInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := f.CreateDevice(t.Context(), c.n)
			refused(t, err, c.reason)
			if _, err := f.Device(t.Context(), "b"); muster.KindOf(err) != muster.NotFound {
				t.Errorf("half a device is left: %v", err)
			}
		})
	}
}

func TestShowingADevice(t *testing.T) {
	f := newFixture(t)
	f.device(t, fleet.NewDevice{
		Name: "a", Gateway: true, Label: "roof", Tags: map[string]string{"site": "north"},
		Credentials: fleet.Credentials{Token: "tok", MQTTClientID: "c", MQTTUsername: "u", MQTTPassword: "hunter2"},
	})
	v, err := f.ShowDevice(t.Context(), "a")
	if err != nil || v.ProfileName != "default" || !v.Gateway || v.Label != "roof" || v.Tags["site"] != "north" || len(v.Credentials) != 2 {
		t.Fatalf("got %+v, %v", v, err)
	}
	for _, c := range v.Credentials {
		if c.Value != nil || c.Lookup != (muster.LookupKey{}) || strings.Contains(c.Hint, "hunter2") || strings.Contains(c.Hint, "tok") {
			t.Errorf("a credential shows %+v", c)
		}
	}
	for _, name := range []string{"b", "", "<", strings.Repeat("x", 1<<20)} {
		_, err := f.ShowDevice(t.Context(), name)
		refused(t, err, muster.ReasonNotFound)
		if len(muster.MessageOf(err)) > 200 {
			t.Errorf("a message of %d bytes", len(muster.MessageOf(err)))
		}
	}
}

func TestListingDevices(t *testing.T) {
	f := newFixture(t)
	f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	for _, name := range []string{"pump-1", "pump-2", "valve-1"} {
		f.device(t, fleet.NewDevice{Name: name})
	}
	f.device(t, fleet.NewDevice{Name: "valve-2", Profile: "listed"})
	listed := muster.DeviceListed
	q := func(q muster.DeviceQuery) fleet.DeviceList { return fleet.DeviceList{DeviceQuery: q} }
	for name, c := range map[string]struct {
		l    fleet.DeviceList
		want string
	}{
		"all":            {fleet.DeviceList{}, "pump-1 pump-2 valve-1 valve-2"},
		"of a profile":   {fleet.DeviceList{ProfileName: "default"}, "pump-1 pump-2 valve-1"},
		"in a state":     {q(muster.DeviceQuery{State: &listed}), "valve-2"},
		"by a part":      {q(muster.DeviceQuery{Search: "PUMP"}), "pump-1 pump-2"},
		"by a key":       {fleet.DeviceList{KeyName: f.keyOf(t, "default").String()}, ""},
		"the next page":  {q(muster.DeviceQuery{After: &muster.DeviceMark{Name: "pump-1"}, Limit: 2}), "pump-2 valve-1"},
		"beyond the end": {q(muster.DeviceQuery{After: &muster.DeviceMark{Name: "z"}}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := f.Devices(t.Context(), c.l)
			var names []string
			for _, r := range page.Rows {
				names = append(names, r.Name)
				if (r.ProfileName == "listed") != (r.Name == "valve-2") {
					t.Errorf("%s is of profile %q", r.Name, r.ProfileName)
				}
			}
			if got := strings.Join(names, " "); err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
	for _, l := range []fleet.DeviceList{{ProfileName: "no"}, {KeyName: "no"}} {
		_, err := f.Devices(t.Context(), l)
		refused(t, err, muster.ReasonNotFound)
	}
	value := "x"
	for _, l := range []muster.DeviceQuery{
		{Limit: -1}, {Limit: 1001}, {Search: strings.Repeat("x", 256)}, {Prefix: "\xff"}, {TagValue: &value},
	} {
		_, err := f.Devices(t.Context(), q(l))
		refused(t, err, muster.ReasonRequestInvalid)
	}
}

func TestSuspendingResumingDeleting(t *testing.T) {
	f := newFixture(t)
	f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	a, _ := f.device(t, fleet.NewDevice{Name: "a", Credentials: fleet.Credentials{Token: "tok-a"}})
	b, _ := f.device(t, fleet.NewDevice{Name: "b", Profile: "listed"})
	c, _ := f.device(t, fleet.NewDevice{Name: "c", Profile: "listed"})
	if _, _, err := f.registry.Claim(t.Context(), muster.Claim{Profile: c.Profile, Name: "c", Key: f.keyOf(t, "listed"), At: f.now}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []struct {
		device fleet.DeviceRow
		after  muster.DeviceState
	}{{a, muster.DeviceActive}, {b, muster.DeviceListed}, {c, muster.DeviceActive}} {
		got, err := f.SuspendDevice(t.Context(), d.device.Name)
		if err != nil || got.State != muster.DeviceSuspended {
			t.Errorf("suspended: %+v, %v", got, err)
		}
		f.wantEnded(t, d.device.ID.String()+" device-suspended")
		for range 2 {
			got, err = f.ResumeDevice(t.Context(), d.device.Name)
			if err != nil || got.State != d.after {
				t.Errorf("%s resumed to %s, want %s (%v)", got.Name, got.State, d.after, err)
			}
		}
		f.wantEnded(t)
	}

	if err := f.DeleteDevice(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	f.wantEnded(t, a.ID.String()+" device-deleted")
	if name := f.leadsTo(t, "tok-a"); name != "" {
		t.Errorf("the token of a deleted device leads to %q", name)
	}
	refused(t, f.DeleteDevice(t.Context(), "a"), muster.ReasonNotFound)
	_, err := f.SuspendDevice(t.Context(), "a")
	refused(t, err, muster.ReasonNotFound)
	_, err = f.ResumeDevice(t.Context(), "a")
	refused(t, err, muster.ReasonNotFound)
	f.wantEnded(t)
}

func (f *fixture) keyOf(t *testing.T, profile string) muster.ProvisionKeyID {
	t.Helper()
	all, err := f.ProvisionKeys(t.Context(), profile)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d keys of %s, %v", len(all), profile, err)
	}
	return all[0].ID
}

func TestCredentials(t *testing.T) {
	f := newFixture(t)
	a, _ := f.device(t, fleet.NewDevice{Name: "a", Credentials: fleet.Credentials{Token: "tok-1"}})
	f.device(t, fleet.NewDevice{Name: "b", Credentials: fleet.Credentials{Token: "tok-b"}})

	c, shown, err := f.AddCredential(t.Context(), "a", fleet.NewCredential{
		Credentials: fleet.Credentials{Token: "tok-2"}, ExpiresAt: f.now.Add(time.Hour),
	})
	if err != nil || shown.Token != "tok-2" || c.Value != nil || !c.ExpiresAt.Equal(f.now.Add(time.Hour)) || f.leadsTo(t, "tok-2") != "a" {
		t.Errorf("added %+v, %v", c, err)
	}
	_, made, err := f.AddCredential(t.Context(), "a", fleet.NewCredential{})
	if err != nil || f.leadsTo(t, made.Token.Reveal()) != "a" {
		t.Errorf("made by the server: %v", err)
	}
	f.wantEnded(t)

	for name, x := range map[string]struct {
		n      fleet.NewCredential
		reason muster.Reason
	}{
		"two at once":             {fleet.NewCredential{Credentials: fleet.Credentials{Token: "x", MQTTUsername: "y"}}, muster.ReasonRequestInvalid},
		"one that another has":    {fleet.NewCredential{Credentials: fleet.Credentials{Token: "tok-b"}}, muster.ReasonCredentialInUse},
		"an end before the start": {fleet.NewCredential{NotBefore: f.now, ExpiresAt: f.now}, muster.ReasonRequestInvalid},
	} {
		_, _, err := f.AddCredential(t.Context(), "a", x.n)
		t.Run(name, func(t *testing.T) { refused(t, err, x.reason) })
	}

	_, err = f.RevokeCredential(t.Context(), "b", c.ID)
	refused(t, err, muster.ReasonNotFound) // it is another device's
	f.wantEnded(t)
	got, err := f.RevokeCredential(t.Context(), "a", c.ID)
	if err != nil || got.State != muster.CredentialRevoked || got.Value != nil {
		t.Errorf("revoked %+v, %v", got, err)
	}
	f.wantEnded(t, a.ID.String()+" credential-revoked")

	for range 14 { // two are live by now
		if _, _, err := f.AddCredential(t.Context(), "a", fleet.NewCredential{}); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = f.AddCredential(t.Context(), "a", fleet.NewCredential{})
	refused(t, err, muster.ReasonRequestInvalid)
	_, _, err = f.AddCredential(t.Context(), "no", fleet.NewCredential{})
	refused(t, err, muster.ReasonNotFound)
}

func TestACredentialThatIsInUseIsSaidToBeWhoseItIs(t *testing.T) {
	f := newFixture(t)
	f.device(t, fleet.NewDevice{Name: "a", Credentials: fleet.Credentials{Token: "token-of-a"}})
	f.device(t, fleet.NewDevice{Name: "b", Credentials: fleet.Credentials{Token: "token-of-b"}})
	add := func(token muster.Secret) (muster.Credential, string) {
		c, _, err := f.AddCredential(t.Context(), "a", fleet.NewCredential{Credentials: fleet.Credentials{Token: token}})
		if err != nil {
			refused(t, err, muster.ReasonCredentialInUse)
		}
		return c, muster.MessageOf(err)
	}
	if _, said := add("token-of-b"); said != "the credential is in use already" {
		t.Errorf("another's token: %s", said)
	}
	if _, said := add("token-of-a"); said != "the device has this ACCESS_TOKEN already" {
		t.Errorf("its own token: %s", said)
	}
	old, _ := add("old-token-of-a")
	if _, err := f.RevokeCredential(t.Context(), "a", old.ID); err != nil {
		t.Fatal(err)
	}
	if _, said := add("old-token-of-a"); said != "the device had this ACCESS_TOKEN, and it was revoked: give it another" {
		t.Errorf("its revoked token: %s", said)
	}
}
