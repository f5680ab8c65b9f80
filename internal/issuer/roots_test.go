package issuer

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// trusts reports whether whoever trusts one certificate alone accepts another with what is sent along: crypto/x509 and openssl.
func (o *office) trusts(root []byte, chain [][]byte, purpose x509.ExtKeyUsage) bool {
	o.t.Helper()
	roots, above := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(encodeCertificates([][]byte{root}))
	above.AppendCertsFromPEM(encodeCertificates(chain[1:]))
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		o.t.Fatal(err)
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: above, KeyUsages: []x509.ExtKeyUsage{purpose}, CurrentTime: o.now})
	said := o.openssl("verify", "-x509_strict", "-CAfile", o.file("trusted.pem", encodeCertificates([][]byte{root})),
		"-untrusted", o.file("sent.pem", encodeCertificates(chain)), o.file("leaf.pem", encodeCertificates(chain[:1])))
	if strings.HasSuffix(strings.TrimSpace(said), ": OK") != (err == nil) {
		o.t.Errorf("crypto/x509 says %v, and openssl says %s", err, said)
	}
	return err == nil
}

func (o *office) reopen() { o.issuer = open(o.t, o.dir, Options{Now: o.issuer.o.Now}) }

func TestWhoTrustsTheOldRootOrTheNewOneTrustsTheServer(t *testing.T) {
	o := newOffice(t)
	before := o.issue(NewCertificate{Device: "pump"})
	old := o.issuer.root.leaf.Raw
	sent := func() [][]byte { return served(t, o.issuer).Certificate }
	if err := o.RotateRoot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.RotateRoot(t.Context()); muster.ReasonOf(err) != muster.ReasonAuthorityOverlap {
		t.Errorf("a third root: %v", err)
	}
	next := o.issuer.next.leaf.Raw
	for range 2 { // and as after a restart
		if !o.trusts(old, sent(), x509.ExtKeyUsageServerAuth) || !o.trusts(next, sent(), x509.ExtKeyUsageServerAuth) {
			t.Error("during the overlap the server is not trusted by one of the two")
		}
		if !o.trusts(old, [][]byte{newWithOld(o.issuer.next)}, x509.ExtKeyUsageAny) {
			t.Error("who trusts the old root does not accept the new one's key")
		}
		if n := bytes.Count(o.Bundle(), []byte("BEGIN")); n != 5 {
			t.Errorf("the bundle has %d certificates", n)
		}
		if text, _ := os.ReadFile(o.issuer.RootFile()); bytes.Count(text, []byte("BEGIN")) != 2 || !strings.Contains(o.Chain(before.DER), string(encodeCertificates([][]byte{next}))) {
			t.Errorf("not both roots are given to trust: %s", text)
		}
		o.reopen()
	}
	if err := o.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !o.trusts(old, sent(), x509.ExtKeyUsageServerAuth) || !o.trusts(next, sent(), x509.ExtKeyUsageServerAuth) {
		t.Error("an intermediate of the overlap is not trusted by one of the two")
	}

	err := o.RetireRoot(t.Context(), false)
	if muster.ReasonOf(err) != muster.ReasonAuthorityInUse || !strings.HasPrefix(muster.MessageOf(err), "1 certificates under") {
		t.Errorf("retired at once: %v", err)
	}
	if err := o.RetireRoot(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := o.RetireRoot(t.Context(), true); muster.ReasonOf(err) != muster.ReasonAuthorityOverlap {
		t.Errorf("retired twice: %v", err)
	}
	for range 2 {
		if o.trusts(old, sent(), x509.ExtKeyUsageServerAuth) || !o.trusts(next, sent(), x509.ExtKeyUsageServerAuth) {
			t.Error("after the overlap the server is not trusted by the new root alone")
		}
		if !bytes.Equal(o.issuer.RootPEM(), encodeCertificates([][]byte{next})) {
			t.Error("the old root is still given to trust")
		}
		var chain [][]byte
		for _, der := range append([][]byte{before.DER}, o.bundled()...) {
			if !bytes.Equal(der, next) && !bytes.Equal(der, old) {
				chain = append(chain, der)
			}
		}
		if !o.trusts(next, chain, x509.ExtKeyUsageClientAuth) {
			t.Error("who trusts the new root does not accept what the old one's intermediate has issued")
		}
		if got := o.ask(before.DER, before.Authority); got != ocsp.Good {
			t.Errorf("OCSP says %d of it", got)
		}
		o.reopen()
	}
	o.now = o.issuer.formers[0].leaf.NotAfter.Add(day)
	if err := o.issuer.check(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.dir, retiredPrefix+"*")); len(left) != 0 || len(o.issuer.retired) != 0 {
		t.Errorf("when nothing is under it any more: %v", left)
	}
}

func (o *office) bundled() (all [][]byte) {
	h := o.issuer.hierarchy()
	return h.certificates()
}

func TestACrashWhileARootTakesOverLeavesOneOfTheTwo(t *testing.T) {
	o := newOffice(t)
	if err := o.issuer.RotateRoot(); err != nil {
		t.Fatal(err)
	}
	old, next := o.issuer.root, o.issuer.next
	waiting, err := os.ReadFile(filepath.Join(o.dir, nextName+sealedSuffix))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.issuer.retireRoot(old); err != nil { // as the first step does
		t.Fatal(err)
	}
	o.reopen()
	if !o.issuer.root.is(old) || o.issuer.next == nil || len(o.issuer.retired) != 0 {
		t.Error("after the first step the old root does not sign")
	}
	if err := o.issuer.RetireRoot(); err != nil {
		t.Fatal(err)
	}
	o.file(nextName+sealedSuffix, waiting) // as if it had not been removed
	o.reopen()
	if !o.issuer.root.is(next) || o.issuer.next != nil || len(o.issuer.retired) != 1 {
		t.Error("after the last step the new root does not sign")
	}
}
