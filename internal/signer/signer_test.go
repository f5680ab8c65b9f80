package signer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muster"
)

func ecKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func armour(t testing.TB, key any) muster.Secret {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return muster.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestKeysThatOpenSSLHasEncryptedAreRead(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("MUSTER_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	key, dir := ecKey(t), t.TempDir()
	file := filepath.Join(dir, "plain.pem")
	if err := os.WriteFile(file, []byte(armour(t, key)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"as usual":        {"pkcs8", "-topk8"},
		"AES-128, SHA-1":  {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"},
		"AES-192, 384":    {"pkcs8", "-topk8", "-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA384"},
		"100,000 rounds":  {"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "100000"},
		"not encrypted":   {"pkcs8", "-topk8", "-nocrypt"},
		"SEC 1":           {"ec"},
		"scrypt":          {"pkcs8", "-topk8", "-scrypt"},
		"Triple DES":      {"pkcs8", "-topk8", "-v2", "des3"},
		"as PEM long ago": {"ec", "-aes128"},
	} {
		text, err := exec.Command("openssl", append(args, "-in", file, "-passout", "pass:open sesame")...).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read, err := ReadKey(muster.Secret(text), "open sesame")
		if unread := map[string]bool{"scrypt": true, "Triple DES": true, "as PEM long ago": true}[name]; unread {
			if muster.ReasonOf(err) != muster.ReasonCertificateInvalid {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !key.Equal(read) {
			t.Errorf("%s: %v", name, err)
		}
		for _, passphrase := range []muster.Secret{"", "open simsim"} {
			if _, err := ReadKey(muster.Secret(text), passphrase); strings.Contains(string(text), "ENCRYPTED") && muster.ReasonOf(err) != muster.ReasonCertificateInvalid {
				t.Errorf("%s, with the passphrase %q: %v", name, string(passphrase), err)
			}
		}
	}
}

func TestKeysOfAnotherKindAreRefused(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]muster.Secret{
		"none":      "",
		"no PEM":    "key",
		"Ed25519":   armour(t, private),
		"too long":  muster.Secret(strings.Repeat("k", MaxKey+1)),
		"OpenSSH's": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
	} {
		if _, err := ReadKey(text, ""); muster.ReasonOf(err) != muster.ReasonCertificateInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASignerRefusesWhatItDoesNotKnow(t *testing.T) {
	key := ecKey(t)
	for line, want := range map[string]string{
		`{"op":"public"}`: `"public":"`,
		`{"op":"sign","hash":"SHA-256","digest":"AAAA"}`: "not of its length",
		`{"op":"sign","hash":"MD5","digest":"AAAA"}`:     "not known",
		`{"op":"tell"}`:              "neither public nor sign",
		`nonsense`:                   "",
		strings.Repeat(" ", maxLine): "",
		`{"op":"sign","hash":"SHA-256","digest":"` + strings.Repeat("A", 43) + `="}`: `"signature":"`,
	} {
		here, there := net.Pipe()
		go func() {
			exchange(there, key)
			there.Close()
		}()
		go func() { _, _ = here.Write([]byte(line + "\n")) }()
		var said bytes.Buffer
		_, _ = said.ReadFrom(here)
		if !strings.Contains(said.String(), want) || want == "" && said.Len() > 0 {
			t.Errorf("%.60s is answered %s", line, said.String())
		}
	}
}

func FuzzReadKey(f *testing.F) {
	f.Add(string(armour(f, ecKey(f))))
	f.Add("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGwMBsGCSqGSIb3DQEFAzAOBAiXr9x6zS3jdgICCAA=\n-----END ENCRYPTED PRIVATE KEY-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ReadKey(muster.Secret(text), "p")
		if err == nil && key.Public() == crypto.PublicKey(nil) {
			t.Error("a key without a public half")
		}
	})
}
