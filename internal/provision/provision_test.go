package provision_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"muster"
	"muster/internal/provision"
)

// The rows of ThingsBoard device API 1.3, in its order.
func TestWhoGetsIn(t *testing.T) {
	f := newFixture(t, provision.Options{})
	open := f.profile(t, "open", muster.StrategyAllowCreate)
	listed := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.profile(t, "closed", muster.StrategyDisabled)
	f.profile(t, "chain", muster.StrategyX509Chain)
	f.list(t, open, "taken", []muster.Evidence{accessToken("t1")})
	f.list(t, listed, "expected", []muster.Evidence{accessToken("t2")})
	state := func(v string) muster.Attribute {
		return muster.Attribute{Key: muster.ProvisionState, Value: muster.StringValue(v), UpdatedAt: f.now}
	}
	f.list(t, listed, "done", []muster.Evidence{accessToken("t3")}, state("provisioned"))
	f.list(t, listed, "odd", []muster.Evidence{accessToken("t4")}, state("non-valid"))

	for _, c := range []struct {
		name   string
		change func(*muster.ProvisionRequest)
		from   string // profile whose key and secret are shown
		device string
		reason muster.Reason
	}{
		{"a blank name is refused before the key is looked at", func(r *muster.ProvisionRequest) { r.Key = "no" }, "open", " \t ", muster.ReasonDeviceNameInvalid},
		{"an empty key is unknown", func(r *muster.ProvisionRequest) { r.Key = "" }, "open", "a", muster.ReasonProvisionKeyUnknown},
		{"an empty secret is wrong", func(r *muster.ProvisionRequest) { r.Secret = "" }, "open", "a", muster.ReasonProvisionSecretWrong},
		{"an unknown key", func(r *muster.ProvisionRequest) { r.Key = "no" }, "open", "a", muster.ReasonProvisionKeyUnknown},
		{"a key beyond every bound", func(r *muster.ProvisionRequest) { r.Key = strings.Repeat("k", 1<<20) }, "open", "a", muster.ReasonProvisionKeyUnknown},
		{"a key in other case", func(r *muster.ProvisionRequest) { r.Key = "OPEN-key" }, "open", "a", muster.ReasonProvisionKeyUnknown},
		{"a disabled profile with the right secret", nil, "closed", "a", muster.ReasonProvisionDisabled},
		{"a disabled profile with a wrong secret", func(r *muster.ProvisionRequest) { r.Secret = "no" }, "closed", "a", muster.ReasonProvisionSecretWrong},
		{"a wrong secret for a free name", func(r *muster.ProvisionRequest) { r.Secret = "no" }, "open", "a", muster.ReasonProvisionSecretWrong},
		{"a wrong secret for a taken name", func(r *muster.ProvisionRequest) { r.Secret = "no" }, "open", "taken", muster.ReasonProvisionSecretWrong},
		{"another key's secret", func(r *muster.ProvisionRequest) { r.Secret = "listed-secret" }, "open", "a", muster.ReasonProvisionSecretWrong},
		{"a taken name", nil, "open", "taken", muster.ReasonDeviceNameTaken},
		{"a name that a device of another profile has", nil, "open", "expected", muster.ReasonDeviceNameTaken},
		{"a free name", nil, "open", "free", ""},
		{"the same name again", nil, "open", "free", muster.ReasonDeviceNameTaken},
		{"a name that differs in case", nil, "open", "FREE", ""},
		{"a name with spaces around it is trimmed", nil, "open", "  free ", muster.ReasonDeviceNameTaken},
		{"a listed device with a wrong secret", func(r *muster.ProvisionRequest) { r.Secret = "no" }, "listed", "expected", muster.ReasonProvisionSecretWrong},
		{"a name that is not listed", nil, "listed", "unexpected", muster.ReasonDeviceNotListed},
		{"no name where names are listed", nil, "listed", "", muster.ReasonDeviceNotListed},
		{"a device of another profile", nil, "listed", "taken", muster.ReasonDeviceNotListed},
		{"a listed device", nil, "listed", "expected", ""},
		{"a listed device, again", nil, "listed", "expected", muster.ReasonDeviceProvisioned},
		{"a device that was provisioned before", nil, "listed", "done", muster.ReasonDeviceProvisioned},
		{"a device with another provisionState", nil, "listed", "odd", muster.ReasonDeviceProvisioned},
		{"a profile for certificate chains", nil, "chain", "a", muster.ReasonProvisionNeedsChain},
		{"a name of 256 characters", nil, "open", strings.Repeat("ä", 256), muster.ReasonDeviceNameInvalid},
		{"a name of 255 characters", nil, "open", strings.Repeat("ä", 255), ""},
		{"a name with markup", nil, "open", "<script>", muster.ReasonDeviceNameInvalid},
		{"a name with a template", nil, "open", "{{7*7}}", muster.ReasonDeviceNameInvalid},
		{"a name with a NUL", nil, "open", "a\x00b", muster.ReasonDeviceNameInvalid},
		{"a request id beyond every bound", func(r *muster.ProvisionRequest) { r.RequestID = strings.Repeat("r", 129) }, "open", "b", muster.ReasonRequestInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ask(c.from, c.device)
			if c.change != nil {
				c.change(r)
			}
			grant, err := f.provision(t, r)
			refused(t, err, c.reason)
			if (grant == nil) != (c.reason != "") {
				t.Errorf("grant %+v", grant)
			}
		})
	}
}

func TestAStrangerCannotTellAWrongKeyFromAWrongSecret(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "open", muster.StrategyAllowCreate)
	f.profile(t, "closed", muster.StrategyDisabled)
	quiet := f.profile(t, "quiet", muster.StrategyAllowCreate)
	f.hush(t, quiet)
	for _, r := range []*muster.ProvisionRequest{
		{Key: "no", Secret: "no"},
		{Key: "open-key", Secret: "no"},
		{Key: "closed-key", Secret: "no"},
		{Key: "closed-key", Secret: "closed-secret"},
		{Key: "quiet-key", Secret: "no"},
	} {
		_, err := f.provision(t, r)
		p := muster.Public(err)
		if p.Reason != muster.ReasonProvisionDataNotFound || p.Message != "Provision data was not found!" || p.Quiet {
			t.Errorf("%s: %v, quiet %v", r.Key, p, p.Quiet)
		}
	}
}

func TestAProfileMayKeepItsReasonsFromDevices(t *testing.T) {
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "quiet", muster.StrategyCheckPreProvisioned)
	f.hush(t, p)
	_, err := f.provision(t, ask("quiet", "a"))
	refused(t, err, muster.ReasonDeviceNotListed) // as people are told
	if !muster.Public(err).Quiet {
		t.Error("the device would be told why")
	}
}

// The rows of ThingsBoard device API 1.4.
func TestWhatANewDeviceIsKnownBy(t *testing.T) {
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "open", muster.StrategyAllowCreate)
	f.list(t, p, "old", []muster.Evidence{accessToken("used")})
	const pem = "-----BEGIN CERTIFICATE-----\nMIIB\nAAA=\n-----END CERTIFICATE-----\n"
	basic := func(client, user, password string) muster.Evidence {
		return muster.Evidence{Kind: muster.MQTTBasic, ClientID: client, Username: user, Password: muster.Secret(password)}
	}
	made := regexp.MustCompile(`^[A-Za-z0-9]{20}$`)
	for _, c := range []struct {
		name   string
		e      muster.Evidence
		kind   muster.CredentialKind
		value  string // "" is a token that the server made
		id     string // "" is the value
		reason muster.Reason
	}{
		{"nothing asked for: a token", muster.Evidence{}, muster.AccessToken, "", "", ""},
		{"a type without data: a token all the same", muster.Evidence{Kind: muster.X509Certificate}, muster.AccessToken, "", "", ""},
		{"basic without data: a token all the same", muster.Evidence{Kind: muster.MQTTBasic}, muster.AccessToken, "", "", ""},
		{"its own token", accessToken("test_token"), muster.AccessToken, "test_token", "", ""},
		{"a certificate is kept without armour", muster.Evidence{Kind: muster.X509Certificate, Certificate: pem}, muster.X509Certificate, "MIIBAAA=", muster.CertificateID("MIIBAAA="), ""},
		{
			"what calls itself a certificate need not be one",
			muster.Evidence{Kind: muster.X509Certificate, Certificate: "testHash"},
			muster.X509Certificate, "testHash",
			"57f6600424d6553263f1f32e0117012894a36fbf07e3e9c3c556272f86b7d985", "",
		},
		{
			"client id, user name and password", basic("test_clientId", "test_username", "test_password"), muster.MQTTBasic,
			`{"clientId":"test_clientId","userName":"test_username","password":"test_password"}`, "b9f1b0bf238dddae689babba0a210fe42bc97ddb07620b5a07d7208dd5528db2", "",
		},
		{"a user name alone", basic("", "user", ""), muster.MQTTBasic, `{"clientId":"","userName":"user","password":""}`, "user", ""},
		{"a token that another device has", accessToken("used"), 0, "", "", muster.ReasonCredentialInUse},
		{"a user name that is another device's token", basic("", "used", ""), 0, "", "", muster.ReasonCredentialInUse},
		{"a token asked for with only a certificate given", muster.Evidence{Certificate: "testHash"}, 0, "", "", muster.ReasonCredentialInvalid},
		{"a token asked for with only a user name given", muster.Evidence{Username: "u"}, 0, "", "", muster.ReasonCredentialInvalid},
		{"a certificate asked for with only a token given", muster.Evidence{Kind: muster.X509Certificate, Token: "x"}, 0, "", "", muster.ReasonCredentialInvalid},
		{"basic with a password alone", basic("", "", "p"), 0, "", "", muster.ReasonCredentialInvalid},
		{"basic with client id and password", basic("c", "", "p"), 0, "", "", muster.ReasonCredentialInvalid},
		{"a token with a control character", accessToken("a\nb"), 0, "", "", muster.ReasonCredentialInvalid},
		{"a password with a control character", basic("c", "u", "p\x7f"), 0, "", "", muster.ReasonCredentialInvalid},
		{"a token beyond every bound", accessToken(strings.Repeat("t", muster.MaxEvidence+1)), 0, "", "", muster.ReasonCredentialInvalid},
		{"a public key that is none", muster.Evidence{Kind: muster.PublicKey, PublicKey: "junk"}, 0, "", "", muster.ReasonCredentialInvalid},
		{"a type that is not known", muster.Evidence{Kind: 99, Token: "x"}, 0, "", "", muster.ReasonCredentialInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			grant, err := f.provision(t, ask("open", c.name, c.e))
			refused(t, err, c.reason)
			if err != nil {
				if _, err := f.registry.Device(t.Context(), c.name); muster.KindOf(err) != muster.NotFound {
					t.Errorf("half a device is left: %v", err)
				}
				return
			}
			value := grant.Evidence.Value().Reveal()
			if c.value == "" && made.MatchString(value) {
				c.value = value
			}
			if c.id == "" {
				c.id = c.value
			}
			if grant.Evidence.Kind != c.kind || value != c.value || grant.CredentialID != c.id || grant.Name != c.name {
				t.Errorf("granted %s %q as %s", grant.Evidence.Kind, value, grant.CredentialID)
			}
			h, err := f.registry.Holder(t.Context(), muster.CredentialDigest(f.keys, c.id))
			if err != nil || h.Device.ID != grant.Device || h.Credential.Kind != c.kind {
				t.Errorf("the credential leads to %+v, %v", h.Device, err)
			}
		})
	}
}

func TestANewDevice(t *testing.T) {
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "open", muster.StrategyAllowCreate)
	r := ask("open", "")
	r.Gateway = true
	grant, err := f.provision(t, r)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{20}$`).MatchString(grant.Name) {
		t.Errorf("the server named it %q", grant.Name)
	}
	d, err := f.registry.Device(t.Context(), grant.Name)
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != grant.Device || d.Profile != p.ID || d.State != muster.DeviceActive || !d.Gateway || !d.ProvisionedAt.Equal(f.now) || d.ProvisionedWith.IsZero() {
		t.Errorf("filed as %+v", d)
	}
	if s := f.provisionState(t, d.ID); s != "provisioned" {
		t.Errorf("provisionState %q", s)
	}
	if n := f.counted(t, "open-key"); n != 1 {
		t.Errorf("the key has let in %d devices", n)
	}
}

func TestAListedDevice(t *testing.T) {
	f := newFixture(t, provision.Options{})
	p := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.list(t, p, "a", []muster.Evidence{accessToken("first"), accessToken("second")})
	grant, err := f.provision(t, ask("listed", "a", accessToken("what the request asks for does not matter")))
	if err != nil || grant.Evidence.Token != "first" {
		t.Fatalf("granted %+v, %v", grant, err)
	}
	d, err := f.registry.Device(t.Context(), "a")
	if err != nil || d.State != muster.DeviceActive || !d.ProvisionedAt.Equal(f.now) || d.ProvisionedWith.IsZero() || f.provisionState(t, d.ID) != "provisioned" {
		t.Errorf("filed as %+v, %v", d, err)
	}

	bare := f.list(t, p, "bare", nil)
	_, err = f.provision(t, ask("listed", "bare"))
	refused(t, err, muster.ReasonCredentialRevoked)
	if s := f.provisionState(t, bare.ID); s != "" {
		t.Errorf("a device that was refused has provisionState %q", s)
	}
}

func TestASuspendedDeviceIsOut(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "open", muster.StrategyAllowCreate)
	p := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.suspend(t, f.list(t, p, "expected", []muster.Evidence{accessToken("t")}).ID)
	_, err := f.provision(t, ask("listed", "expected"))
	refused(t, err, muster.ReasonDeviceSuspended)

	grant, err := f.provision(t, again(ask("open", "new")))
	if err != nil {
		t.Fatal(err)
	}
	f.suspend(t, grant.Device)
	_, err = f.provision(t, again(ask("open", "new"))) // nor is it told again what it is known by
	refused(t, err, muster.ReasonDeviceSuspended)
}

func TestKeysHaveLimits(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		change func(k *muster.ProvisionKey, now time.Time)
		device string
		reason muster.Reason
	}{
		{"a revoked key", func(k *muster.ProvisionKey, now time.Time) { k.RevokedAt = now }, "a", muster.ReasonProvisionKeyRevoked},
		{"a key of tomorrow", func(k *muster.ProvisionKey, now time.Time) { k.NotBefore = now.Add(day) }, "a", muster.ReasonProvisionKeyNotYet},
		{"a key of yesterday", func(k *muster.ProvisionKey, now time.Time) { k.ExpiresAt = now.Add(-day) }, "a", muster.ReasonProvisionKeyExpired},
		{"a key for another network", func(k *muster.ProvisionKey, _ time.Time) {
			k.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		}, "a", muster.ReasonProvisionKeyNetwork},
		{"a key for this network", func(k *muster.ProvisionKey, _ time.Time) {
			k.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		}, "a", ""},
		{"a name that fits the pattern", func(k *muster.ProvisionKey, _ time.Time) { k.NamePattern = `pump-\d+` }, "pump-1", ""},
		{"a name that fits the pattern in part", func(k *muster.ProvisionKey, _ time.Time) { k.NamePattern = `pump-\d+` }, "my pump-1", muster.ReasonDeviceNamePattern},
		{"a name made by the server that does not fit", func(k *muster.ProvisionKey, _ time.Time) { k.NamePattern = `pump-\d+` }, "", muster.ReasonDeviceNamePattern},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, provision.Options{})
			f.profile(t, "open", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { c.change(k, f.now) })
			_, err := f.provision(t, ask("open", c.device))
			refused(t, err, c.reason)
			r := ask("open", c.device)
			r.Secret = "wrong"
			_, err = f.provision(t, r)
			refused(t, err, muster.ReasonProvisionSecretWrong) // a limit is told only to who knows the secret
		})
	}
}

func TestAKeyLetsInAsManyAsItMay(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "open", muster.StrategyAllowCreate, func(k *muster.ProvisionKey) { k.MaxDevices = 3 })
	var in, out int
	for i := range 5 {
		switch _, err := f.provision(t, ask("open", fmt.Sprint("d", i))); muster.ReasonOf(err) {
		case "":
			in++
		case muster.ReasonProvisionKeyExhausted:
			out++
		default:
			t.Error(err)
		}
	}
	if in != 3 || out != 2 {
		t.Errorf("%d in, %d out", in, out)
	}
}

func TestOneOfManyAtOnceGetsTheName(t *testing.T) {
	f := newFixture(t, provision.Options{})
	f.profile(t, "open", muster.StrategyAllowCreate)
	p := f.profile(t, "listed", muster.StrategyCheckPreProvisioned)
	f.list(t, p, "listed-1", []muster.Evidence{accessToken("t")})
	for profile, device := range map[string]string{"open": "new-1", "listed": "listed-1"} {
		var all sync.WaitGroup
		results := make(chan error, 200)
		for range 200 {
			all.Go(func() {
				_, err := f.Provision(context.WithoutCancel(t.Context()), ask(profile, device), home)
				results <- err
			})
		}
		all.Wait()
		close(results)
		in := 0
		for err := range results {
			if err == nil {
				in++
			} else if r := muster.ReasonOf(err); r != muster.ReasonDeviceNameTaken && r != muster.ReasonDeviceProvisioned {
				t.Errorf("%s: %v", profile, err)
			}
		}
		if in != 1 {
			t.Errorf("%s: %d got in", profile, in)
		}
	}
}
