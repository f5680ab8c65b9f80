package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// A responder is openssl's, with a key that an authority has named for its answers.
type responder struct {
	t       testing.TB
	address string
	args    []string
	index   string
	cmd     *exec.Cmd
}

func newResponder(t testing.TB, of *maker) *responder {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv(allTools) != "" {
			t.Fatal("openssl is missing; `make test` installs it")
		}
		t.Skipf("openssl is missing; with %s=1 this fails", allTools)
	}
	named := of.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Responder"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	})
	der, err := x509.MarshalPKCS8PrivateKey(named.key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, index := filepath.Join(dir, "key.pem"), filepath.Join(dir, "index")
	for file, text := range map[string][]byte{key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), index + ".attr": nil} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &responder{t: t, address: freePort(t), index: index}
	_, port, _ := strings.Cut(r.address, ":")
	r.args = []string{"ocsp", "-index", index, "-port", port, "-CA", of.file(t), "-rsigner", named.file(t), "-rkey", key, "-nmin", "30", "-ignore_err"}
	t.Cleanup(r.stop)
	return r
}

// serve answers from now on, that these are revoked and the others are good.
func (r *responder) serve(revoked, good []*tls.Certificate) {
	r.t.Helper()
	r.stop()
	var lines strings.Builder
	for state, all := range map[string][]*tls.Certificate{"R\t301231235959Z\t261101000000Z": revoked, "V\t301231235959Z\t": good} {
		for _, c := range all {
			serial := leafOf(r.t, c).SerialNumber.Bytes()
			fmt.Fprintf(&lines, "%s\t%X\tunknown\t/CN=%[2]X\n", state, serial)
		}
	}
	if err := os.WriteFile(r.index, []byte(lines.String()), 0o600); err != nil {
		r.t.Fatal(err)
	}
	said := &output{}
	r.cmd = exec.Command("openssl", r.args...)
	r.cmd.Stdout, r.cmd.Stderr = said, said
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	for ctx := patience(r.t); ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if strings.Contains(said.String(), "waiting for OCSP client connections") {
			return
		}
	}
	r.t.Fatalf("openssl does not answer:\n%s", said)
}

func (r *responder) stop() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

func leafOf(t testing.TB, c *tls.Certificate) *x509.Certificate {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestAResponderIsAskedWhetherACertificateIsRevoked(t *testing.T) {
	t.Parallel()
	s := startServerThat(t, "responderNetworks: [127.0.0.1]\n")
	root := (*maker)(nil).authority(t, "Plant root", time.Hour)
	openssl := newResponder(t, root)
	named := root.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "named"}, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), OCSPServer: []string{"http://" + openssl.address},
	})
	good, bad := root.device("good", time.Minute, true), root.device("bad", time.Minute, true)
	names := &tls.Certificate{Certificate: named.chain[:1], PrivateKey: named.key}
	revoked := root.authority(t, "Revoked line", time.Hour)
	openssl.serve([]*tls.Certificate{bad, {Certificate: revoked.chain}}, []*tls.Certificate{good, names})
	s.must("profile", "create", "plant", "--strategy", "x509-chain", "--ca", root.file(t), "--cn-regex", "^(.*)$", "--allow-create", "--revocation", "hard", "--ocsp", "certificate")
	// On a busy machine openssl may need longer than a device waits: then its answer counts when the device comes again.
	refused := func(c *tls.Certificate, why string) {
		t.Helper()
		all := ""
		for ctx := patience(t); ctx.Err() == nil; pause(ctx, time.Second) {
			if l, err := overMQTT5.connect(ctx, s, proof{certificate: c}); err == nil {
				l.close()
				t.Fatal("it comes in")
			}
			if all = s.must("attempts", "--reason", why); strings.Contains(all, leafOf(t, c).Subject.CommonName) {
				return
			}
		}
		t.Errorf("the journal of %s:\n%s", why, all)
	}
	comes := func(c *tls.Certificate) {
		t.Helper()
		ctx := patience(t)
		l, err := overMQTT5.connect(ctx, s, proof{certificate: c})
		for ; err != nil && ctx.Err() == nil; l, err = overMQTT5.connect(ctx, s, proof{certificate: c}) {
			pause(ctx, time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
		l.close()
	}
	comes(names) // its certificate names the responder
	refused(root.device("mute", time.Minute, true), "revocation-unknown")
	s.must("profile", "update", "plant", "--ocsp", "http://"+openssl.address)
	refused(bad, "certificate-revoked")
	if _, err := s.cli("device", "show", "bad"); err == nil {
		t.Error("a device that is revoked is created")
	}
	refused(revoked.device("below", time.Minute, false), "certificate-revoked")
	comes(good)

	// Answers are kept, over a restart without the responder.
	openssl.stop()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.start()
	come(t, patience(t), s, overMQTT5, proof{certificate: good})
	refused(bad, "certificate-revoked")
	refused(root.device("new", time.Minute, true), "revocation-unknown")
	if health, _ := s.cli("server", "health"); !strings.Contains(health, "OCSP responder http://"+openssl.address) {
		t.Errorf("health:\n%s", health)
	}
	s.must("profile", "update", "plant", "--revocation", "soft")
	come(t, patience(t), s, overMQTT5, proof{certificate: root.device("newer", time.Minute, true)})
}

func TestASessionEndsWhenAResponderSaysThatItsCertificateIsRevoked(t *testing.T) {
	t.Parallel()
	s := startServerThat(t, "responderNetworks: [127.0.0.0/8]\n")
	root := (*maker)(nil).authority(t, "Plant root", time.Hour)
	var revoked atomic.Pointer[big.Int]
	says := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		question, err := ocsp.ParseRequest(text)
		if err != nil {
			t.Error(err)
			return
		}
		is := ocsp.Response{SerialNumber: question.SerialNumber, ThisUpdate: time.Now(), NextUpdate: time.Now().Add(4 * time.Second)}
		if n := revoked.Load(); n != nil && n.Cmp(question.SerialNumber) == 0 {
			is.Status, is.RevokedAt = ocsp.Revoked, time.Now()
		}
		answer, err := ocsp.CreateResponse(root.cert, root.cert, is, root.key)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(says.Close)
	s.must("profile", "create", "plant", "--strategy", "x509-chain", "--ca", root.file(t), "--cn-regex", "^(.*)$", "--allow-create", "--ocsp", says.URL)
	press, stays := root.device("press", time.Minute, true), root.device("stays", time.Minute, true)
	ends, goes := come(t, patience(t), s, overMQTT5, proof{certificate: press}), come(t, patience(t), s, overMQTT3, proof{certificate: stays})
	revoked.Store(leafOf(t, press).SerialNumber)
	select {
	case err := <-ends.ended():
		if err != error(disconnected(0x98)) {
			t.Errorf("it is told %v", err)
		}
	case <-patience(t).Done():
		t.Error("it goes on")
	}
	if why := s.must("device", "why", "press"); !strings.Contains(why, "certificate-revoked") {
		t.Errorf("device why: %s", why)
	}
	if err := goes.report(patience(t), `{"a":1}`); err != nil {
		t.Errorf("another device: %v", err)
	}
}
