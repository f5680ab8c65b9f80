package conformance

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	gopath "path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
)

// A shell runs the programs that a device would, in a directory of its own.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func newShell(t *testing.T, s *server, more ...string) *shell {
	t.Helper()
	_, port, _ := strings.Cut(s.ports.https, ":")
	sh := &shell{t, t.TempDir(), append(os.Environ(), "CA="+s.caFile, "EST=https://localhost:"+port+"/.well-known/est", "PLAIN="+s.url()+"/.well-known/est")}
	for _, tool := range append([]string{"curl", "openssl"}, more...) {
		if _, err := exec.LookPath(tool); err != nil {
			sh.lacks(tool)
		}
	}
	return sh
}

// lacks ends a test that cannot be run without a tool.
func (sh *shell) lacks(tool string) {
	sh.t.Helper()
	if os.Getenv(allTools) != "" {
		sh.t.Fatalf("%s is missing; `make test` installs it", tool)
	}
	sh.t.Skipf("%s is missing; with %s=1 this fails", tool, allTools)
}

// run returns what a script prints, which must have these words in it.
func (sh *shell) run(script string, want ...string) string {
	sh.t.Helper()
	cmd := exec.CommandContext(patience(sh.t), "sh", "-euc", `request() { # a new key, and a signing request as it travels
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl req -in "$1.csr" -outform DER | openssl base64 -e > "$1.b64"
}
enrol() { curl -s --cacert "$CA" -H 'Content-Type: application/pkcs10' -H 'Content-Transfer-Encoding: base64' "$@"; }
read() { openssl base64 -d -in "$1" | openssl pkcs7 -inform DER -print_certs; }
`+script)
	cmd.Dir, cmd.Env = sh.dir, sh.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		sh.t.Fatalf("%v: %s\n%s", err, script, out)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			sh.t.Errorf("%q is not in what is printed:\n%s\n%s", w, script, out)
		}
	}
	return string(out)
}

// As RFC 7030, appendix A, does it.
func TestCertificatesAreGivenByEST(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.profile("plant", "create")
	s.must("profile", "create", "closed", "--strategy", "create", "--provision-key", "closed-key", "--provision-secret", "closed-secret-0123456789", "--hold-new")
	sh := newShell(t, s)
	basic := fmt.Sprintf("KEY=%s:%s\n", p.key, p.secret)

	sh.run(`curl -s -D head --cacert "$CA" "$EST/plant/cacerts" -o cacerts.p7
tr A-Z a-z < head
read cacerts.p7 > cacerts.pem; grep -c 'BEGIN CERT' cacerts.pem
curl -s --cacert "$CA" "$EST/csrattrs" | openssl base64 -d | openssl asn1parse -inform DER`,
		"content-type: application/pkcs7-mime", "content-transfer-encoding: base64", "\n2\n", "prime256v1", "ecdsa-with-SHA256")

	t.Run("with a provision key, renewed with the certificate, and never by another", func(t *testing.T) {
		sh.t = t
		sh.run(basic+`request pump /CN=pump
enrol -D head -u "$KEY" "$EST/plant/simpleenroll" --data @pump.b64 -o pump.p7
grep -i 'smime-type=certs-only' head
read pump.p7 > pump.pem; openssl verify -partial_chain -CAfile cacerts.pem pump.pem
enrol -u "$KEY" "$EST/plant/simpleenroll" --data @pump.b64 -o again.p7; cmp pump.p7 again.p7
`, "pump.pem: OK")
		sh.run(`curl -sf --cacert "$CA" --cert pump.pem --key pump.key "${EST%/.well-known/est}/api/v1/telemetry" -d '{"flow":1}'
openssl x509 -x509toreq -copy_extensions copy -in pump.pem -signkey pump.key 2>/dev/null | openssl req -outform DER | openssl base64 -e > renewal.b64
enrol -w '%{http_code}' --cert pump.pem --key pump.key "$EST/plant/simplereenroll" --data @renewal.b64 -o renewed.p7
read renewed.p7 > renewed.pem; openssl verify -partial_chain -CAfile cacerts.pem renewed.pem
! cmp -s pump.pem renewed.pem
request other /CN=other
enrol -w '%{http_code}' --cert pump.pem --key pump.key "$EST/simplereenroll" --data @other.b64
enrol -w '%{http_code}' --cert pump.pem --key pump.key "$EST/closed/simplereenroll" --data @renewal.b64
request bare /CN=pump
enrol -w '%{http_code}' --cert pump.pem --key pump.key "$EST/simplereenroll" --data @bare.b64
`, "200", "renewed.pem: OK", "csr-subject-mismatch", "400", "profile-mismatch", "403", "subjectAltName")
		// The old certificate is good until the new one is used.
		sh.run(`report() { curl -s -o /dev/null -w '%{http_code}\n' --cacert "$CA" --cert "$1" --key pump.key "${EST%/.well-known/est}/api/v1/telemetry" -d '{"flow":2}'; }
report pump.pem; report renewed.pem
for i in $(seq 100); do code=$(report pump.pem); [ "$code" = 200 ] || break; sleep 0.1; done; echo then "$code"; report renewed.pem`, "200\n200\nthen 4", "\n200\n")
	})

	t.Run("in the place of one that has expired, and nothing else by that", func(t *testing.T) {
		sh.t = t
		sh.run(`request relic /CN=relic
openssl x509 -req -in relic.csr -signkey relic.key -days -1 -out relic.pem 2>/dev/null`)
		s.must("device", "create", "relic", "--profile", "plant", "--certificate", filepath.Join(sh.dir, "relic.pem"))
		sh.run(`enrol -w '%{http_code}' --cert relic.pem --key relic.key "$EST/simpleenroll" --data @relic.b64
enrol --cert relic.pem --key relic.key "$EST/simplereenroll" --data @relic.b64 -o relic.p7
read relic.p7`, "credential-expired", "403", "relic")
	})

	t.Run("with a token, as the password and as a bearer", func(t *testing.T) {
		sh.t = t
		for _, how := range []string{`-u ":$TOKEN"`, `-H "Authorization: Bearer $TOKEN"`} {
			name := fmt.Sprint("valve", len(how))
			s.must("device", "create", name, "--profile", "plant", "--token", "token-of-"+name)
			sh.run("TOKEN=token-of-"+name+" NAME="+name+"\n"+`request "$NAME" "/CN=$NAME"
enrol `+how+` "$EST/plant/simpleenroll" --data @"$NAME".b64 -o "$NAME".p7
read "$NAME".p7 > "$NAME".pem; openssl x509 -in "$NAME".pem -noout -subject`, name)
		}
	})

	t.Run("with a key that the server makes", func(t *testing.T) {
		sh.t = t
		sh.run(basic+`request made /CN=made
enrol -D head -u "$KEY" "$EST/serverkeygen" --data @made.b64 -o made.mime
cat head
tr -d '\r' < made.mime > parts
border=$(sed -n 's/.*boundary=\([^;]*\).*/\1/p' head | tr -d '\r')
awk -v b="--$border" 'index($0, b) == 1 { n++; body = 0; next } body { print > ("part" n) } $0 == "" { body = 1 }' parts
grep -v '^$' part1 | openssl base64 -d | openssl pkey -inform DER -out made.key
grep -v '^$' part2 > made.p7; read made.p7 > made.pem
curl -sf --cacert "$CA" --cert made.pem --key made.key "${EST%/.well-known/est}/api/v1/telemetry" -d '{"flow":3}'
`, "multipart/mixed")
		if got := s.latest("made", "flow"); got != "3" {
			t.Errorf("latest %s", got)
		}
	})

	t.Run("after somebody has approved it", func(t *testing.T) {
		sh.t = t
		sh.run(`request late /CN=late
enrol -D head -w '%{http_code}' -u closed-key:closed-secret-0123456789 "$EST/closed/simpleenroll" --data @late.b64
grep -i '^retry-after: [1-9]' head`, "202", "provision-pending")
		s.must("pending", "approve", "late")
		sh.run(`enrol -u closed-key:closed-secret-0123456789 "$EST/closed/simpleenroll" --data @late.b64 -o late.p7
read late.p7`, "late")
	})

	t.Run("or refused with a reason that the journal has too", func(t *testing.T) {
		sh.t = t
		sh.run(basic+`request bad /CN=bad
enrol -D head -w '%{http_code}\n' -u "$KEY-not" "$EST/simpleenroll" --data @bad.b64; grep -i '^www-authenticate: basic' head
enrol -w '%{http_code}\n' "$EST/simpleenroll" --data @bad.b64
enrol -w '%{http_code}\n' "$EST/simplereenroll" -u "$KEY" --data @bad.b64
enrol -w '%{http_code}\n' -u "$KEY" "$EST/closed/simpleenroll" --data @bad.b64
enrol -w '%{http_code}\n' -u "$KEY" "$EST/simpleenroll" --data nothing
enrol -w '%{http_code}\n' -u "$KEY" "$EST/nothing" --data @bad.b64
curl -s -w '%{http_code}\n' "$PLAIN/cacerts"
enrol -w '%{http_code}\n' -X DELETE "$EST/simpleenroll"`, "provision-data-not-found", "401", "credentials-missing", "profile-mismatch", "csr-invalid", "400", "404", "tls-required", "405")
		for reason, name := range map[string]string{"provision-secret-wrong": "bad", "credentials-missing": "bad", "profile-mismatch": "bad"} {
			if all := s.must("attempts", "--reason", reason); !strings.Contains(all, name) {
				t.Errorf("the journal of %s:\n%s", reason, all)
			}
		}
		if _, err := s.cli("device", "show", "bad"); err == nil {
			t.Error("a bad request has made a device")
		}
	})
}

// partsOf reads a message of two parts (RFC 8710), by hand.
func partsOf(t *testing.T, b []byte) (formats [2]int, bodies [2][]byte) {
	t.Helper()
	if len(b) < 1 || b[0] != 0x84 {
		t.Fatalf("%x", b)
	}
	b = b[1:]
	for i := range formats {
		formats[i] = int(b[1])<<8 | int(b[2])
		head, n := 2, 0
		switch b[3] {
		case 0x58:
			n = int(b[4])
		case 0x59:
			head, n = 3, int(b[4])<<8|int(b[5])
		}
		bodies[i], b = b[3+head:3+head+n], b[3+head+n:]
	}
	return formats, bodies
}

func isRoot(der []byte) bool {
	c, err := x509.ParseCertificate(der)
	return err == nil && c.IsCA && c.CheckSignatureFrom(c) == nil
}

func TestCertificatesAreGivenByESTOverCoAP(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	plant := (*maker)(nil).authority(t, "Plant root", time.Hour)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: plant.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("profile", "create", "plant", "--strategy", "x509-chain", "--ca", file, "--cn-regex", `^(.*)@plant$`, "--allow-create")
	made := plant.device("press@plant", time.Hour, false)

	ask := func(c *udpclient.Conn, resource string, body []byte, accept ...message.MediaType) (codes.Code, int, []byte) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		path := gopath.Join("/.well-known/est/plant", resource)
		r, err := c.NewGetRequest(ctx, path)
		if body != nil {
			r, err = c.NewPostRequest(ctx, path, message.MediaType(286), bytes.NewReader(body))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range accept {
			r.SetAccept(a)
		}
		m, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		format, err := m.ContentFormat()
		if err != nil {
			format = 0
		}
		answer, err := m.ReadBody()
		if err != nil {
			t.Fatal(err)
		}
		return m.Code(), int(format), answer
	}
	dial := func(shown tls.Certificate) *udpclient.Conn {
		t.Helper()
		c, err := dialDTLS(s, dtls.WithCertificates(shown))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	request := func(names *x509.CertificateRequest) (*ecdsa.PrivateKey, []byte) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, names, key)
		if err != nil {
			t.Fatal(err)
		}
		return key, der
	}

	first := dial(*made)
	if code, format, der := ask(first, "crts", nil); code != codes.Content || format != 281 || len(der) < 600 {
		t.Errorf("crts: %v, format %d, %d bytes", code, format, len(der))
	}
	var attributes []asn1.RawValue
	code, format, der := ask(first, "att", nil)
	if _, err := asn1.Unmarshal(der, &attributes); err != nil || code != codes.Content || format != 285 {
		t.Errorf("att: %v, format %d, %v", code, format, err)
	}
	key, csr := request(&x509.CertificateRequest{Subject: pkix.Name{CommonName: "press"}})
	code, format, der = ask(first, "sen", csr, 287)
	given, err := x509.ParseCertificate(der)
	if err != nil || code != codes.Changed || format != 287 || given.Subject.CommonName != "press" {
		t.Fatalf("sen: %v, format %d, %v", code, format, err)
	}

	second := dial(tls.Certificate{Certificate: [][]byte{given.Raw}, PrivateKey: key})
	_, csr = request(&x509.CertificateRequest{Subject: given.Subject, URIs: given.URIs})
	if code, format, der = ask(second, "sren", csr); code != codes.Changed || format != 281 || len(der) < 300 {
		t.Errorf("sren: %v, format %d", code, format)
	}
	if code, _, reason := ask(second, "sren", csr[:100]); code != codes.BadRequest || string(reason) != "csr-invalid" {
		t.Errorf("a bad request: %v, %q", code, reason)
	}
	_, csr = request(&x509.CertificateRequest{Subject: pkix.Name{CommonName: "press@plant"}})
	for resource, want := range map[string]int{"skc": 287, "skg": 281} {
		code, format, der = ask(first, resource, csr)
		if code != codes.Changed || format != 62 {
			t.Fatalf("%s: %v, format %d, %s", resource, code, format, der)
		}
		formats, parts := partsOf(t, der)
		if _, err := x509.ParsePKCS8PrivateKey(parts[0]); err != nil || formats != [2]int{284, want} {
			t.Errorf("%s: %v, %v", resource, formats, err)
		}
	}
	if code, format, der := ask(first, "crts", nil, 287); code != codes.Content || format != 287 || !isRoot(der) {
		t.Errorf("crts, bare: %v, format %d", code, format)
	}
	if code, _, reason := ask(first, "sen", csr, 50); code != codes.NotAcceptable || string(reason) != "content-format-unacceptable" {
		t.Errorf("sen in JSON: %v, %q", code, reason)
	}

	// A certificate that has expired is renewed, and good for nothing else.
	late := (*maker)(nil).sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "late"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(-time.Minute)})
	s.must("profile", "create", "lathes", "--strategy", "create")
	s.must("device", "create", "late", "--profile", "lathes", "--certificate", late.file(t))
	expired := tls.Certificate{Certificate: [][]byte{late.cert.Raw}, PrivateKey: late.key}
	_, csr = request(&x509.CertificateRequest{Subject: pkix.Name{CommonName: "late"}})
	if m, err := exchange(patience(t), dial(expired), "/api/v1/telemetry", `{"bar":5}`); err != nil || m.Code() != codes.Forbidden {
		t.Errorf("telemetry by a certificate that has expired: %v, %v", m, err)
	}
	if why := s.must("device", "why", "late"); !strings.Contains(why, "credential-expired") {
		t.Errorf("the journal: %s", why)
	}
	if code, _, der := ask(dial(expired), "../sren", csr); code != codes.Changed {
		t.Errorf("sren by a certificate that has expired: %v, %s", code, der)
	}

	// What the maker of the device has given it stays good.
	if code, _, _ := ask(first, "crts", nil); code != codes.Content {
		t.Errorf("crts: %v", code)
	}
	if m, err := exchange(patience(t), first, "/api/v1/telemetry", `{"bar":5}`); err != nil || m.Code() != codes.Created {
		t.Errorf("%v, %v", m, err)
	}
}
