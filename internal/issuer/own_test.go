package issuer

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster"
)

// ownPair writes a certificate and key as an operator would have them.
func ownPair(t *testing.T, dir, name string) (certFile, keyFile string, leaf *x509.Certificate) {
	t.Helper()
	p, err := issue(&x509.Certificate{DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, nil, later(), day)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "own.crt"), filepath.Join(dir, "own.key")
	for file, text := range map[string][]byte{
		certFile: encodeCertificates(p.chain),
		keyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, p.leaf
}

func TestOwnFilesAreServedAndLoadedAgainWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certFile, keyFile, leaf := ownPair(t, dir, "first.example")
		i := open(t, filepath.Join(dir, "ca"), Options{CertFile: certFile, KeyFile: keyFile, Now: later})
		ctx, stop := context.WithCancel(t.Context())
		go i.Run(ctx)
		if !served(t, i).Leaf.Equal(leaf) {
			t.Error("the own certificate is not served")
		}

		_, _, second := ownPair(t, dir, "other.example")
		time.Sleep(2 * checkFilesEvery)
		synctest.Wait()
		if !served(t, i).Leaf.Equal(second) {
			t.Error("the changed certificate is not served")
		}

		if err := os.WriteFile(keyFile, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * checkFilesEvery)
		synctest.Wait()
		if !served(t, i).Leaf.Equal(second) {
			t.Error("a broken replacement is served")
		}
		_, _, third := ownPair(t, dir, "third.example")
		time.Sleep(2 * checkFilesEvery)
		synctest.Wait()
		if !served(t, i).Leaf.Equal(third) || !i.ServerExpiry().Equal(third.NotAfter) {
			t.Error("after a broken replacement a good one is not served")
		}
		stop()
		synctest.Wait()
	})
}

func TestAReloadServesOtherNamesAndOtherFilesOrChangesNothing(t *testing.T) {
	dir := t.TempDir()
	i := open(t, filepath.Join(dir, "ca"), Options{Names: []string{"first.example"}})
	made := served(t, i).Leaf
	if err := i.Reload([]string{"second.example"}, "", ""); err != nil {
		t.Fatal(err)
	}
	renamed := served(t, i).Leaf
	if renamed.VerifyHostname("second.example") != nil || renamed.VerifyHostname("first.example") == nil {
		t.Errorf("it is for %v", renamed.DNSNames)
	}
	certFile, keyFile, own := ownPair(t, dir, "own.example")
	if err := i.Reload(nil, certFile, keyFile); err != nil || !served(t, i).Leaf.Equal(own) || i.Certificates()[0].File != certFile {
		t.Errorf("own files: %v", err)
	}
	for name, wrong := range map[string]func() error{
		"a file that is not there": func() error { return i.Reload(nil, filepath.Join(dir, "none"), keyFile) },
		"a name that is none":      func() error { return i.Reload([]string{"-"}, "", "") },
	} {
		if err := wrong(); muster.ReasonOf(err) == "" || !served(t, i).Leaf.Equal(own) || i.every() != checkFilesEvery {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := i.Reload([]string{"first.example"}, "", ""); err != nil || i.every() != checkAgeEvery {
		t.Fatal(err)
	}
	if back := served(t, i).Leaf; back.VerifyHostname("first.example") != nil || back.Equal(made) {
		t.Errorf("it is for %v", back.DNSNames)
	}
}

func TestOwnFilesThatDoNotFitAreRefusedAtStart(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, _ := ownPair(t, dir, "first.example")
	otherDir := t.TempDir()
	_, otherKey, _ := ownPair(t, otherDir, "second.example")
	for name, files := range map[string][2]string{
		"the key is another's":         {certFile, otherKey},
		"the files are swapped":        {keyFile, certFile},
		"the certificate is not there": {filepath.Join(dir, "none"), keyFile},
		"the key is not given":         {certFile, ""},
	} {
		_, err := Open(t.TempDir(), Options{Keys: keyring(t, 1), CertFile: files[0], KeyFile: files[1]})
		if muster.ReasonOf(err) != muster.ReasonCertificateInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABrokenReplacementIsLoggedOnce(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, _ := ownPair(t, dir, "first.example")
	i := open(t, filepath.Join(dir, "ca"), Options{CertFile: certFile, KeyFile: keyFile})
	var log bytes.Buffer
	i.o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if err := os.WriteFile(certFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		i.checkAndComplain()
	}
	if n := strings.Count(log.String(), "ERROR"); n != 1 {
		t.Errorf("%d lines were logged:\n%s", n, &log)
	}
}
