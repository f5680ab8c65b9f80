package issuer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

func keyring(t *testing.T, fill byte) *muster.Keyring {
	t.Helper()
	keys, err := muster.NewKeyring(bytes.Repeat([]byte{fill}, muster.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func open(t *testing.T, dir string, o Options) *Issuer {
	t.Helper()
	if o.Keys == nil {
		o.Keys = keyring(t, 1)
	}
	i, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func served(t *testing.T, i *Issuer) *tls.Certificate {
	t.Helper()
	c, err := i.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verify checks what a client checks that has nothing but the root file.
func verify(t *testing.T, i *Issuer, name string, at time.Time) {
	t.Helper()
	text, err := os.ReadFile(i.RootFile())
	if err != nil {
		t.Fatal(err)
	}
	roots, above := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("the root file holds no certificate")
	}
	chain := served(t, i).Certificate
	for _, der := range chain[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		above.AddCert(c)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{
		DNSName: name, Roots: roots, Intermediates: above, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		t.Errorf("a client that trusts the root refuses %s: %v", name, err)
	}
}

func TestAClientThatTrustsTheRootAcceptsEveryName(t *testing.T) {
	i := open(t, t.TempDir(), Options{Names: []string{"Muster.Example.com.", "192.0.2.7", "2001:db8::1", "localhost"}})
	names := []string{"localhost", "127.0.0.1", "::1", "muster.example.com", "192.0.2.7", "2001:db8::1"}
	if host, err := os.Hostname(); err == nil {
		if name, ok := dnsName(host); ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		verify(t, i, name, time.Now())
	}
}

func TestCertificatesCarryWhatStandardsAskFor(t *testing.T) {
	i := open(t, t.TempDir(), Options{})
	root, inter, server := i.root.leaf, i.intermediate.leaf, served(t, i).Leaf
	for name, c := range map[string]*x509.Certificate{"root": root, "intermediate": inter, "server": server} {
		if c.SerialNumber.BitLen() < 64 {
			t.Errorf("%s: the serial number has %d bits, so it is hardly random", name, c.SerialNumber.BitLen())
		}
		if len(c.SubjectKeyId) == 0 {
			t.Errorf("%s has no subject key id", name)
		}
	}
	if !bytes.Equal(server.AuthorityKeyId, inter.SubjectKeyId) || !bytes.Equal(inter.AuthorityKeyId, root.SubjectKeyId) {
		t.Error("the authority key ids do not lead upwards")
	}
	if server.IsCA || server.KeyUsage != x509.KeyUsageDigitalSignature || len(server.ExtKeyUsage) != 1 {
		t.Errorf("the server certificate may do more than serve: %v %v", server.KeyUsage, server.ExtKeyUsage)
	}
	if !root.IsCA || root.MaxPathLen != 2 || !inter.IsCA || !inter.MaxPathLenZero {
		t.Error("the authorities' path lengths are not 2 and 0")
	}
	if sent := served(t, i).Certificate; len(sent) != 2 || !bytes.Equal(sent[1], inter.Raw) {
		t.Errorf("%d certificates are sent, not server and intermediate", len(sent))
	}
	sum := sha256.Sum256(root.Raw)
	if got, want := i.RootFingerprint(), strings.ToUpper(strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% x:", sum[:]), " ", ":"), ":")); got != want {
		t.Errorf("the fingerprint is %s, not %s", got, want)
	}
	if block, _ := pem.Decode(i.RootPEM()); block == nil || !bytes.Equal(block.Bytes, root.Raw) {
		t.Error("RootPEM is not the root")
	}
}

func TestARestartChangesNothing(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, Options{})
	second := open(t, dir, Options{})
	if first.RootFingerprint() != second.RootFingerprint() {
		t.Error("the root changed")
	}
	if !bytes.Equal(served(t, first).Certificate[0], served(t, second).Certificate[0]) {
		t.Error("the server certificate changed")
	}
	if !filepath.IsAbs(second.RootFile()) {
		t.Errorf("the root file %s is not absolute", second.RootFile())
	}
}

func TestOtherNamesMakeAnotherServerCertificate(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, Options{})
	second := open(t, dir, Options{Names: []string{"gate.example.com"}})
	if bytes.Equal(served(t, first).Certificate[0], served(t, second).Certificate[0]) {
		t.Error("the server certificate stayed")
	}
	if !bytes.Equal(served(t, first).Certificate[1], served(t, second).Certificate[1]) {
		t.Error("the intermediate changed")
	}
	verify(t, second, "gate.example.com", time.Now())
}

// later is a clock that has been set in a bubble too, where it is the year 2000.
func later() time.Time { return time.Now().AddDate(40, 0, 0) }

func TestByAClockThatHasNotBeenSetNothingIsMade(t *testing.T) {
	now, dir := time.Unix(30, 0), filepath.Join(t.TempDir(), "ca")
	o := Options{Keys: keyring(t, 1), Now: func() time.Time { return now }}
	if _, err := Open(dir, o); muster.ReasonOf(err) != muster.ReasonClockWrong {
		t.Fatalf("a first start in 1970: %v", err)
	}
	now = time.Now()
	made := open(t, dir, o)
	now = time.Unix(30, 0)
	again := open(t, dir, o)
	if !bytes.Equal(served(t, again).Certificate[0], served(t, made).Certificate[0]) {
		t.Error("a later start in 1970 makes another certificate")
	}
	now = time.Now().Add(70 * day)
	if err := again.check(); err != nil {
		t.Fatal(err)
	}
	verify(t, again, "localhost", now)
	if !again.ServerExpiry().After(made.ServerExpiry()) {
		t.Error("when the clock is set, the certificate is not renewed")
	}
}

func TestCertificatesAreRenewedAtTwoThirdsOfTheirLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := open(t, t.TempDir(), Options{Now: later})
		ctx, stop := context.WithCancel(t.Context())
		go i.Run(ctx)
		before := served(t, i)

		time.Sleep(59 * day)
		synctest.Wait()
		if served(t, i) != before {
			t.Error("the server certificate was renewed too early")
		}
		time.Sleep(2 * day)
		synctest.Wait()
		if served(t, i) == before {
			t.Error("the server certificate was not renewed")
		}
		if left := i.ServerExpiry().Sub(later()); left < 80*day {
			t.Errorf("the new certificate lives for %v", left)
		}
		verify(t, i, "localhost", later())
		stop()
		synctest.Wait()
	})
}

func TestTheIntermediateIsRenewedUnderTheSameRoot(t *testing.T) {
	now := time.Now()
	dir := t.TempDir()
	i := open(t, dir, Options{Now: func() time.Time { return now }})
	root, inter := i.RootFingerprint(), i.intermediate.leaf
	for now.Before(inter.NotAfter) {
		now = now.Add(30 * day)
		if err := i.check(); err != nil {
			t.Fatal(err)
		}
		verify(t, i, "localhost", now)
	}
	if i.intermediate.leaf.Equal(inter) {
		t.Error("the intermediate was not renewed")
	}
	if again := open(t, dir, Options{Now: i.o.Now}); again.RootFingerprint() != root {
		t.Error("the root changed")
	}
}

func TestWhatACrashLeftIsMadeAgain(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"a temporary file is left over": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "root.sealed.123.tmp"), []byte("half"), 0o600)
		},
		"the root is there and nothing else": func(dir string) error {
			for _, name := range []string{"root.pem", "intermediate.sealed", "server.sealed"} {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					return err
				}
			}
			return nil
		},
		"the server certificate is cut short": func(dir string) error {
			return os.Truncate(filepath.Join(dir, "server.sealed"), 100)
		},
		"the intermediate is empty": func(dir string) error {
			return os.Truncate(filepath.Join(dir, "intermediate.sealed"), 0)
		},
		"the public root file is empty": func(dir string) error {
			return os.Truncate(filepath.Join(dir, "root.pem"), 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			root := open(t, dir, Options{}).RootFingerprint()
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			i := open(t, dir, Options{})
			if i.RootFingerprint() != root {
				t.Error("the root changed")
			}
			verify(t, i, "localhost", time.Now())
			if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) != 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestARootThatCannotBeReadIsNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	if _, err := Open(dir, Options{Keys: keyring(t, 2)}); muster.ReasonOf(err) != muster.ReasonMasterKeyWrong {
		t.Errorf("with another master key: %v", err)
	}
	if err := os.Truncate(filepath.Join(dir, "root.sealed"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{Keys: keyring(t, 1)}); muster.ReasonOf(err) != muster.ReasonCertificateInvalid {
		t.Errorf("with an empty root: %v", err)
	}
}

func TestACopiedDirectoryHoldsNoPrivateKey(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, Options{})
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				t.Errorf("%s holds a private key in the clear", path)
			}
		}
		info, err := d.Info()
		if err == nil && strings.HasSuffix(path, sealedSuffix) && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNamesThatNoCertificateCanCarryAreRefused(t *testing.T) {
	for _, name := range []string{"", "a b", "-a.example", "http://example.com", "example..com", strings.Repeat("a", 64), "*"} {
		if _, err := Open(t.TempDir(), Options{Keys: keyring(t, 1), Names: []string{name}}); muster.ReasonOf(err) != muster.ReasonSettingInvalid {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := wantedNames("a host, with spaces", []string{"*.example.com"}); err != nil {
		t.Errorf("a strange host name or a wildcard: %v", err)
	}
}
