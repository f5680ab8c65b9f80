package bulk_test

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster"
	"muster/internal/bulk"
)

// export writes the fleet out.
func (f *fixture) export(x bulk.Export) string {
	f.t.Helper()
	write, err := f.Export(f.t.Context(), x)
	if err != nil {
		f.t.Fatal(err)
	}
	var b strings.Builder
	if err := write(&b); err != nil {
		f.t.Fatal(err)
	}
	return b.String()
}

// fleet describes every device without what an import makes anew: ids, and when credentials and attributes were made.
func (f *fixture) fleet() map[string]string {
	f.t.Helper()
	all := map[string]string{}
	records, err := f.registry.DeviceRecords(f.t.Context(), "", 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	names := map[muster.ProfileID]string{}
	for name, p := range f.profiles {
		names[p.ID] = name
	}
	for _, r := range records {
		var b strings.Builder
		d := r.Device
		fmt.Fprintf(&b, "%s %s gateway %v %q %q %v born %v in %v\n", names[d.Profile], d.State, d.Gateway, d.Label, d.Description, d.Tags, d.CreatedAt, d.ProvisionedAt)
		var held []string
		for _, c := range r.Credentials {
			if c.State == muster.CredentialRevoked {
				continue
			}
			e, err := c.Open(f.keys)
			if err != nil {
				f.t.Fatal(err)
			}
			held = append(held, fmt.Sprintf("%s %s %v %v %q", c.Kind, c.State, c.NotBefore, c.ExpiresAt, e.Value().Reveal()))
		}
		slices.Sort(held)
		for _, a := range r.Attributes {
			held = append(held, fmt.Sprintf("%s.%s=%s", a.Scope, a.Key, a.Value.AppendJSON(nil)))
		}
		all[d.Name] = b.String() + strings.Join(held, "\n")
	}
	return all
}

func (f *fixture) clear() {
	f.t.Helper()
	records, err := f.registry.DeviceRecords(f.t.Context(), "", 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, r := range records {
		if err := f.registry.DeleteDevice(f.t.Context(), r.Device.ID); err != nil {
			f.t.Fatal(err)
		}
	}
}

// A drawer draws devices.
type drawer struct {
	*rapid.T
	f            *fixture
	certificates []string // PEM
	keys         []string
	used         map[string]bool
	number       int
}

func (d *drawer) text(label string) string {
	return rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("abc ÄΩ=+-@,;|'\"{}[]:\\#<&\u2028")), 0, 8, -1),
		rapid.SampledFrom([]string{"", "=1+1", "'quoted", "5", "true", "null", "a\nb", "\"x\"", "{\"a\":1}"}),
	).Draw(d.T, label)
}

func (d *drawer) name() string {
	d.number++
	return fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"pump", "=pump", "'pump", "a,b;c\"", "Pümpe ", "-", "5"}).Draw(d.T, "name"), d.number)
}

func (d *drawer) moment(label string) time.Time {
	if rapid.Bool().Draw(d.T, label) {
		return time.Time{}
	}
	return d.f.now.Add(time.Duration(rapid.IntRange(-1e6, 1e6).Draw(d.T, label+" offset")) * time.Millisecond)
}

func (d *drawer) value() muster.Value {
	switch rapid.IntRange(0, 4).Draw(d.T, "kind") {
	case 0:
		return muster.BoolValue(rapid.Bool().Draw(d.T, "bool"))
	case 1:
		return muster.LongValue(rapid.Int64().Draw(d.T, "long"))
	case 2:
		return muster.DoubleValue(rapid.Float64Range(-1e300, 1e300).Draw(d.T, "double"))
	case 3:
		return muster.JSONValue(rapid.SampledFrom([]string{"{}", "[]", `{"a":[1,2.50,"<x>"]}`, `[null,true]`}).Draw(d.T, "json"))
	}
	return muster.StringValue(d.text("string"))
}

func (d *drawer) evidence() muster.Evidence {
	d.number++
	switch rapid.IntRange(0, 3).Draw(d.T, "credential") {
	case 0:
		return muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(fmt.Sprint(strings.ReplaceAll(d.text("token"), "\n", ""), "-", d.number))}
	case 1:
		e := muster.Evidence{Kind: muster.MQTTBasic, Username: fmt.Sprintf("=user-%d", d.number)}
		if rapid.Bool().Draw(d.T, "client id") {
			e.ClientID = fmt.Sprintf("client-%d", d.number)
		}
		if rapid.Bool().Draw(d.T, "password") {
			e.Password = "@secret"
		}
		return e
	case 2:
		if i := d.number % len(d.certificates); !d.used[d.certificates[i]] {
			d.used[d.certificates[i]] = true
			return muster.Evidence{Kind: muster.X509Certificate, Certificate: d.certificates[i]}
		}
	case 3:
		if i := d.number % len(d.keys); !d.used[d.keys[i]] {
			d.used[d.keys[i]] = true
			return muster.Evidence{Kind: muster.PublicKey, PublicKey: d.keys[i]}
		}
	}
	return muster.Evidence{Kind: muster.AccessToken, Token: muster.Secret(fmt.Sprintf("token-%d", d.number))}
}

// file draws a device and files it.
func (d *drawer) file() {
	f := d.f
	f.t.Helper()
	dev := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: f.profiles[rapid.SampledFrom([]string{"default", "listed"}).Draw(d.T, "profile")].ID,
		Name: d.name(), State: muster.DeviceState(rapid.IntRange(0, 2).Draw(d.T, "state")), Gateway: rapid.Bool().Draw(d.T, "gateway"),
		Label: d.text("label"), Description: d.text("description"), CreatedAt: f.now.Add(-time.Hour), ProvisionedAt: d.moment("provisioned"),
	}
	for range rapid.IntRange(0, 2).Draw(d.T, "tags") {
		if name := d.text("tag"); name != "" {
			if dev.Tags == nil {
				dev.Tags = map[string]string{}
			}
			dev.Tags[name] = d.text("tag's value")
		}
	}
	var credentials []muster.Credential
	for range rapid.IntRange(0, 3).Draw(d.T, "credentials") {
		e := d.evidence()
		c, err := e.Seal(f.keys, dev.ID, f.now)
		if err != nil {
			d.Fatal(err)
		}
		if rapid.Bool().Draw(d.T, "not plain") {
			c.NotBefore, c.ExpiresAt = d.moment("from"), d.moment("until")
			c.State = muster.CredentialState(rapid.IntRange(0, 3).Draw(d.T, "credential's state"))
		}
		credentials = append(credentials, c)
	}
	seen := map[string]bool{}
	var attributes []muster.Attribute
	for range rapid.IntRange(0, 4).Draw(d.T, "attributes") {
		a := muster.Attribute{
			Scope: muster.Scope(rapid.IntRange(0, 2).Draw(d.T, "scope")), Key: rapid.SampledFrom([]string{"site", "n.m", "=k", "Ω <&>", "a b"}).Draw(d.T, "key"),
			Value: d.value(), UpdatedAt: f.now,
		}
		if name := fmt.Sprint(a.Scope, a.Key); !seen[name] {
			seen[name] = true
			attributes = append(attributes, a)
		}
	}
	if err := f.registry.CreateDevice(f.t.Context(), dev, credentials, attributes); err != nil {
		d.Fatal(err)
	}
}

func TestWhatIsExportedMakesTheSameFleet(t *testing.T) {
	from, to := newFixture(t), newFixture(t)
	certificates, keys := certificates(t, 8)
	rapid.Check(t, func(rt *rapid.T) {
		from.clear()
		to.clear()
		d := &drawer{T: rt, f: from, certificates: certificates, keys: keys, used: map[string]bool{}}
		count := rapid.IntRange(0, 8).Draw(rt, "devices")
		for range count {
			d.file()
		}
		x := bulk.Export{Format: rapid.SampledFrom([]string{"csv", "jsonl"}).Draw(rt, "format"), Secrets: true}
		text := from.export(x)
		if count > 0 || x.Format == "csv" {
			i := to.file(text, muster.ImportOptions{})
			if i.State != muster.ImportDone || i.Progress.Created != count {
				rt.Fatalf("%s, %+v, of\n%s\n%s", i.State, i.Progress, text, to.failed(i))
			}
			again := to.file(text, muster.ImportOptions{})
			if again.Progress.Unchanged != count {
				rt.Fatalf("a second time it is %+v, of\n%s\n%s", again.Progress, text, to.failed(again))
			}
		}
		want, got := from.fleet(), to.fleet()
		for name := range want {
			if want[name] != got[name] {
				rt.Fatalf("%q was\n%s\nand is\n%s\nby way of\n%s", name, want[name], got[name], text)
			}
		}
	})
}

func TestAnExportWithoutSecretsHasNone(t *testing.T) {
	f := newFixture(t)
	certificates, _ := certificates(t, 1)
	f.wants(f.file("name,token,mqtt_client_id,mqtt_username,mqtt_password,x509\n"+
		"a,canary-token,canary-client,canary-user,canary-password,\""+certificates[0]+"\"\n", muster.ImportOptions{}), 1, 0, 0, 0)
	for _, format := range []string{"", "csv", "jsonl"} {
		if text := f.export(bulk.Export{Format: format}); strings.Contains(text, "canary") || !strings.Contains(text, certificates[0]) {
			t.Errorf("exported\n%s", text)
		}
		if text := f.export(bulk.Export{Format: format, Secrets: true}); strings.Count(text, "canary") != 4 {
			t.Errorf("exported\n%s", text)
		}
	}
	_, err := f.Export(t.Context(), bulk.Export{Format: "xml"})
	refused(t, err, muster.ReasonRequestInvalid)
}

func TestAnExportHasPagesAndEveryDeviceOnce(t *testing.T) {
	f := newFixture(t)
	var file strings.Builder
	file.WriteString("name\n")
	for n := range 1234 {
		fmt.Fprintf(&file, "device-%04d\n", n)
	}
	f.wants(f.file(file.String(), muster.ImportOptions{}), 1234, 0, 0, 0)
	lines := strings.Split(strings.TrimSpace(f.export(bulk.Export{})), "\n")
	if len(lines) != 1235 || !slices.IsSortedFunc(lines[1:], cmp.Compare[string]) {
		t.Errorf("%d lines", len(lines))
	}
}

// certificates returns self-signed certificates in base64, and their public keys in PEM.
func certificates(t *testing.T, n int) (all, keys []string) {
	t.Helper()
	for i := range n {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: "pump"}, NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, base64.StdEncoding.EncodeToString(der))
		keys = append(keys, string(bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))))
	}
	return all, keys
}
