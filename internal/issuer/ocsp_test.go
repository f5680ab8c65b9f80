package issuer

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"muster"
)

// ask asks OCSP about a certificate and returns the status.
func (o *office) ask(der []byte, by muster.AuthorityID) int {
	o.t.Helper()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		o.t.Fatal(err)
	}
	above, err := o.named(by.String())
	if err != nil {
		o.t.Fatal(err)
	}
	question, err := ocsp.CreateRequest(leaf, above.leaf, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	answer, err := ocsp.ParseResponseForCert(o.OCSP(o.t.Context(), question), leaf, above.leaf)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer.Status
}

func TestOCSPTellsGoodFromRevokedFromUnknown(t *testing.T) {
	o := newOffice(t)
	good, bad := o.issue(NewCertificate{Device: "pump"}), o.issue(NewCertificate{Subject: "probe"})
	if _, err := o.Revoke(t.Context(), bad.Serial, 1); err != nil {
		t.Fatal(err)
	}
	unfiled, err := o.Sign(armoured(request(t, newECKey(t, elliptic.P256()), x509.CertificateRequest{})), &muster.Device{Name: "ghost"}, &muster.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	root, intermediate := o.issuer.root, o.issuer.intermediate
	for name, tc := range map[string]struct {
		der  []byte
		by   *pair
		want int
	}{
		"a good one":              {good.DER, intermediate, ocsp.Good},
		"a revoked one":           {bad.DER, intermediate, ocsp.Revoked},
		"one that was not issued": {unfiled.DER, intermediate, ocsp.Unknown},
		"the server's":            {served(t, o.issuer).Certificate[0], intermediate, ocsp.Good},
		"the intermediate":        {intermediate.leaf.Raw, root, ocsp.Good},
		"a device's of the root":  {good.DER, root, ocsp.Unknown},
	} {
		leaf, err := x509.ParseCertificate(tc.der)
		if err != nil {
			t.Fatal(err)
		}
		question, err := ocsp.CreateRequest(leaf, tc.by.leaf, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := ocsp.ParseResponse(o.OCSP(t.Context(), question), tc.by.leaf)
		if err != nil || answer.Status != tc.want {
			t.Errorf("%s: %+v %v, want %d", name, answer, err, tc.want)
		}
	}
	stranger := newOffice(t)
	question, err := ocsp.CreateRequest(o.issuer.intermediate.leaf, stranger.issuer.root.leaf, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ question, want []byte }{
		"of another authority": {question, ocsp.UnauthorizedErrorResponse},
		"nothing":              {nil, ocsp.MalformedRequestErrorResponse},
		"half of one":          {question[:40], ocsp.MalformedRequestErrorResponse},
		"too much":             {make([]byte, MaxOCSPRequest+1), ocsp.MalformedRequestErrorResponse},
	} {
		if got := o.OCSP(t.Context(), tc.question); !bytes.Equal(got, tc.want) {
			t.Errorf("%s is answered %x", name, got)
		}
	}
}

func TestAnAnswerIsSignedOnceAWhileAndNotForEverybodyWithoutLimit(t *testing.T) {
	o := newOffice(t)
	c := o.issue(NewCertificate{Device: "pump"})
	above := o.issuer.intermediate.leaf
	ask := func(serial *big.Int) []byte {
		t.Helper()
		question, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: serial}, above, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o.OCSP(t.Context(), question)
	}
	first := ask(c.Serial.Number())
	if o.now = o.now.Add(answerReuse - time.Second); !bytes.Equal(ask(c.Serial.Number()), first) {
		t.Error("an answer is signed again though it is still good")
	}
	if o.now = o.now.Add(time.Second); bytes.Equal(ask(c.Serial.Number()), first) {
		t.Error("an old answer is given")
	}
	if _, err := o.Revoke(t.Context(), c.Serial, 1); err != nil {
		t.Fatal(err)
	}
	if o.ask(c.DER, c.Authority) != ocsp.Revoked {
		t.Error("a revocation is not told at once")
	}
	signed := 0
	for range 2 * unknownRate {
		if !bytes.Equal(ask(muster.NewSerial().Number()), ocsp.TryLaterErrorResponse) {
			signed++
		}
	}
	if signed != unknownRate || o.ask(c.DER, c.Authority) != ocsp.Revoked {
		t.Errorf("%d answers about what was never issued are signed in a second", signed)
	}
}

func TestOpenSSLBelievesWhatTheAuthoritySigns(t *testing.T) {
	o := newOffice(t)
	good, bad := o.issue(NewCertificate{Device: "pump"}), o.issue(NewCertificate{Subject: "probe"})
	if _, err := o.Revoke(t.Context(), bad.Serial, 1); err != nil {
		t.Fatal(err)
	}
	list, err := o.CRL(t.Context(), "intermediate")
	if err != nil {
		t.Fatal(err)
	}
	top, err := o.CRL(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	armour := func(crl *CRL) []byte { return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crl.DER}) }
	lists := o.file("lists.pem", append(armour(list), armour(top)...))
	bundle := o.file("bundle.pem", o.Bundle())
	root := o.issuer.RootFile()
	goodFile, badFile := o.certFile("good.pem", good), o.certFile("bad.pem", bad)
	for _, tc := range []struct{ cert, want string }{{goodFile, ": OK"}, {badFile, "certificate revoked"}} {
		said := o.openssl("verify", "-crl_check_all", "-x509_strict", "-purpose", "sslclient", "-CAfile", root, "-untrusted", bundle, "-CRLfile", lists, tc.cert)
		if !strings.Contains(said, tc.want) {
			t.Errorf("openssl verify says %s", said)
		}
	}
	if said := o.openssl("crl", "-in", lists, "-noout", "-crlnumber", "-CAfile", bundle); !strings.Contains(said, "verify OK") || !strings.Contains(said, "crlNumber=") {
		t.Errorf("openssl crl says %s", said)
	}
	intermediate := o.file("intermediate.pem", encodeCertificates(o.issuer.intermediate.chain[:1]))
	for _, tc := range []struct{ cert, want string }{{goodFile, ": good"}, {badFile, ": revoked"}} {
		question, answer := filepath.Join(o.dir, "question"), filepath.Join(o.dir, "answer")
		o.openssl("ocsp", "-issuer", intermediate, "-cert", tc.cert, "-reqout", question)
		text, err := os.ReadFile(question)
		if err != nil {
			t.Fatal(err)
		}
		o.file("answer", o.OCSP(t.Context(), text))
		said := o.openssl("ocsp", "-issuer", intermediate, "-cert", tc.cert, "-respin", answer, "-CAfile", bundle, "-no_nonce")
		if !strings.Contains(said, tc.want) || !strings.Contains(said, "Response verify OK") {
			t.Errorf("openssl ocsp says %s", said)
		}
	}
}

func FuzzOCSP(f *testing.F) {
	// The authority is made once: questions change nothing.
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		f.Fatal(err)
	}
	i, err := Open(f.TempDir(), Options{Keys: keys})
	if err != nil {
		f.Fatal(err)
	}
	a := NewAuthority(i, &shelf{issued: map[muster.Serial]muster.Certificate{}}, keys, func(muster.DeviceID, error) {})
	question, err := ocsp.CreateRequest(i.serve.Load().Leaf, i.intermediate.leaf, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(question)
	f.Fuzz(func(t *testing.T, question []byte) {
		if answer := a.OCSP(t.Context(), question); len(answer) < 5 {
			t.Errorf("%x is answered %x", question, answer)
		}
	})
}
