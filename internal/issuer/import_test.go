package issuer

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
	"muster/internal/signer"
)

// outside makes an authority as another program would; change may spoil it. Without above it is a root.
func outside(t *testing.T, name string, key crypto.Signer, above *pair, change func(*x509.Certificate)) *pair {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: muster.NewSerial().Number(), Subject: pkix.Name{CommonName: name}, SubjectKeyId: []byte(name),
		NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(1000 * day),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if change != nil {
		change(c)
	}
	p := &pair{key: key}
	by, with := c, key
	if above != nil {
		by, with, p.chain = above.leaf, above.key, above.chain
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	p.chain = append([][]byte{der}, p.chain...)
	if p.leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return p
}

func keyPEM(t *testing.T, key crypto.Signer) muster.Secret {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return muster.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func (p *pair) imported(t *testing.T) Import {
	return Import{Certificates: string(encodeCertificates(p.chain)), Key: keyPEM(t, p.key)}
}

func TestAnIntermediateThatWasMadeElsewhereSigns(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ECDSA": newECKey(t, elliptic.P384()), "RSA": newRSAKey(t)} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			before, ours := o.issue(NewCertificate{Device: "pump"}), o.issuer.root
			root := outside(t, "Works root", newECKey(t, elliptic.P256()), nil, nil)
			works := outside(t, "Works issuing", key, outside(t, "Works policy", newECKey(t, elliptic.P256()), root, nil), nil)
			if err := o.Import(t.Context(), works.imported(t)); err != nil {
				t.Fatal(err)
			}
			after := o.issue(NewCertificate{Device: "pump"})
			if _, err := o.Revoke(t.Context(), after.Serial, 1); err != nil {
				t.Fatal(err)
			}
			for range 2 { // and as after a restart
				if !o.trusts(root.leaf.Raw, append([][]byte{after.DER}, works.chain[:2]...), x509.ExtKeyUsageClientAuth) {
					t.Error("its certificates are not good")
				}
				if !o.trusts(root.leaf.Raw, served(t, o.issuer).Certificate, x509.ExtKeyUsageServerAuth) {
					t.Error("the server's certificate is not under it")
				}
				if n := strings.Count(o.Chain(after.DER), "BEGIN"); n != 3 {
					t.Errorf("%d certificates stand above", n)
				}
				if o.ask(after.DER, after.Authority) != ocsp.Revoked || o.ask(before.DER, before.Authority) != ocsp.Good {
					t.Error("OCSP does not know both")
				}
				if list, err := o.CRL(t.Context(), "intermediate"); err != nil || list.Entries != 1 {
					t.Errorf("its CRL: %v", err)
				}
				if _, err := o.CRL(t.Context(), "root"); muster.ReasonOf(err) != muster.ReasonAuthorityKeyAbsent {
					t.Errorf("its root's CRL: %v", err)
				}
				if list, err := o.CRL(t.Context(), ours.id().String()); err != nil || list.Entries != 0 {
					t.Errorf("the former root's CRL: %v", err)
				}
				o.reopen()
			}
			for name, do := range map[string]func(context.Context) error{"rotate": o.Rotate, "rotate --root": o.RotateRoot} {
				if err := do(t.Context()); muster.ReasonOf(err) != muster.ReasonAuthorityKeyAbsent {
					t.Errorf("%s: %v", name, err)
				}
			}
			o.now = works.leaf.NotAfter.Add(-day)
			if err := o.issuer.check(); err != nil {
				t.Errorf("when it is due: %v", err)
			}
		})
	}
}

func newRSAKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestARootThatWasMadeElsewhereTakesOverWhenTheOldOneRetires(t *testing.T) {
	o := newOffice(t)
	old := o.issuer.root.leaf.Raw
	root := outside(t, "Works root", newECKey(t, elliptic.P256()), nil, nil)
	if err := o.Import(t.Context(), root.imported(t)); err != nil {
		t.Fatal(err)
	}
	chain := served(t, o.issuer).Certificate
	if !o.trusts(old, chain, x509.ExtKeyUsageServerAuth) || !o.trusts(root.leaf.Raw, chain, x509.ExtKeyUsageServerAuth) {
		t.Error("during the overlap the server is not trusted by one of the two")
	}
	works := outside(t, "Works issuing", newECKey(t, elliptic.P256()), root, nil)
	if err := o.Import(t.Context(), works.imported(t)); muster.ReasonOf(err) != muster.ReasonAuthorityOverlap {
		t.Errorf("an intermediate besides: %v", err)
	}
	if err := o.RetireRoot(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if !o.trusts(root.leaf.Raw, served(t, o.issuer).Certificate, x509.ExtKeyUsageServerAuth) {
		t.Error("it has not taken over")
	}
}

func TestAnAuthorityThatNobodyWouldBelieveIsNotImported(t *testing.T) {
	o := newOffice(t)
	key, rootKey := newECKey(t, elliptic.P256()), newECKey(t, elliptic.P256())
	root := outside(t, "root", rootKey, nil, nil)
	spoiled := func(change func(*x509.Certificate)) Import { return outside(t, "works", key, root, change).imported(t) }
	whole := spoiled(nil)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for about, tc := range map[string]struct {
		m    Import
		says string
	}{
		"nothing":                {Import{Key: whole.Key}, "no certificate"},
		"no key":                 {Import{Certificates: whole.Certificates}, "with its key"},
		"key and socket":         {Import{Certificates: whole.Certificates, Key: whole.Key, Socket: "/x"}, "with its key"},
		"a relative socket":      {Import{Certificates: whole.Certificates, Socket: "x"}, "absolute path"},
		"another key":            {Import{Certificates: whole.Certificates, Key: keyPEM(t, rootKey)}, "not that of"},
		"half a key":             {Import{Certificates: whole.Certificates, Key: whole.Key[:80]}, "no private key"},
		"no root":                {Import{Certificates: string(encodeCertificates([][]byte{outside(t, "w", key, root, nil).leaf.Raw})), Key: whole.Key}, "root is missing"},
		"the wrong order":        {Import{Certificates: string(encodeCertificates([][]byte{root.leaf.Raw})) + whole.Certificates, Key: whole.Key}, "not signed by the one behind"},
		"too many":               {Import{Certificates: strings.Repeat(whole.Certificates, 5), Key: whole.Key}, "more than 8"},
		"too much":               {Import{Certificates: strings.Repeat(" ", MaxImport+1), Key: whole.Key}, "longer than"},
		"a device's":             {spoiled(func(c *x509.Certificate) { c.IsCA = false }), "do not say CA"},
		"one that signs no CRL":  {spoiled(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }), "sign CRLs"},
		"one that signs nothing": {spoiled(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }), "sign certificates"},
		"one for mail":           {spoiled(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), "not for clients"},
		"one that has expired":   {spoiled(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }), "has expired"},
		"one of tomorrow":        {spoiled(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), "not valid before"},
		"a weak key":             {outside(t, "weak", weak, root, nil).imported(t), "1024 bits"},
		"a root without room":    {outside(t, "short", key, nil, func(c *x509.Certificate) { c.MaxPathLenZero = true }).imported(t), "path length"},
		"an extension": {spoiled(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}), "critical extension"},
		"our own": {Import{Certificates: string(encodeCertificates([][]byte{o.issuer.intermediate.leaf.Raw, o.issuer.root.leaf.Raw})), Key: keyPEM(t, o.issuer.intermediate.key)}, "knows this"},
	} {
		err := o.Import(t.Context(), tc.m)
		if muster.ReasonOf(err) != muster.ReasonCertificateInvalid || !strings.Contains(muster.MessageOf(err), tc.says) {
			t.Errorf("%s: %v, want %q", about, err, tc.says)
		}
		if tc.m.Key != "" && err != nil && strings.Contains(err.Error(), string(tc.m.Key)) {
			t.Errorf("%s: the error shows the key", about)
		}
	}
	if len(o.issuer.formers) != 0 || len(o.issuer.retired) != 0 {
		t.Error("something was changed")
	}
}

// keep serves a key behind a socket until the function that it returns is called.
func keep(t *testing.T, socket string, key crypto.Signer) (end func()) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- signer.Serve(ctx, l, key) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAnAuthorityWhoseKeyIsBehindASocketIssuesRevokesAndTells(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ECDSA": newECKey(t, elliptic.P256()), "RSA": newRSAKey(t)} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			dir, err := os.MkdirTemp("", "signer") // t.TempDir is too long for a socket
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			socket := filepath.Join(dir, "s")
			works := outside(t, "Works", key, outside(t, "Works root", newECKey(t, elliptic.P256()), nil, nil), nil)
			m := Import{Certificates: string(encodeCertificates(works.chain)), Socket: socket}
			if err := o.Import(t.Context(), m); muster.ReasonOf(err) != muster.ReasonSignerUnreachable {
				t.Fatalf("with nobody there: %v", err)
			}
			end := keep(t, socket, key)
			if err := o.Import(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			c := o.issue(NewCertificate{Device: "pump"})
			list, err := o.CRL(t.Context(), "intermediate")
			if err != nil || list.Entries != 0 || o.ask(c.DER, c.Authority) != ocsp.Good {
				t.Fatal("it does not vouch for what it has issued")
			}
			end()

			text, err := os.ReadFile(filepath.Join(o.dir, "intermediate"+sealedSuffix))
			if err != nil || !strings.Contains(string(text), socketBlock) || strings.Contains(string(text), sealedBlock) {
				t.Errorf("what is kept: %s %v", text, err)
			}
			csr := armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{}))
			if _, err := o.Issue(t.Context(), NewCertificate{Device: "pump", CSR: csr}); muster.ReasonOf(err) != muster.ReasonSignerUnreachable {
				t.Errorf("issued while it is away: %v", err)
			}
			o.now = o.now.Add(80 * day) // the server's certificate is due
			o.reopen()
			if served(t, o.issuer).Leaf.NotAfter.Before(o.now) {
				t.Error("the server has no certificate")
			}
			if _, err := o.Revoke(t.Context(), c.Serial, 1); err != nil {
				t.Errorf("revoking while it is away: %v", err)
			}

			stranger := newECKey(t, elliptic.P256())
			end = keep(t, socket, stranger)
			if _, err := o.Issue(t.Context(), NewCertificate{Device: "pump", CSR: csr}); muster.ReasonOf(err) != muster.ReasonSignerUnreachable {
				t.Errorf("issued by another key: %v", err)
			}
			end()
			defer keep(t, socket, key)()
			if list, err = o.CRL(t.Context(), "intermediate"); err != nil || list.Entries != 1 || o.ask(c.DER, c.Authority) != ocsp.Revoked {
				t.Errorf("what was revoked is not told: %v", err)
			}
		})
	}
}
