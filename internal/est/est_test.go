package est_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/est"
)

func key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signingRequest returns one for that name, in DER.
func signingRequest(t testing.TB, name string) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, key(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func certificate(t testing.TB, name string) []byte {
	t.Helper()
	k := key(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func read(t muster.Transport, method, path string, body []byte) (*muster.Enrolment, error) {
	return est.Dialect{}.Read(&muster.Request{Transport: t, Method: method, Path: strings.Split(path, "/"), Body: body})
}

func TestThePathsOfEST(t *testing.T) {
	for _, test := range []struct {
		name, method, path string
		transport          muster.Transport
		operation          muster.EnrolOperation
		profile            string
		bare               bool
		reason             muster.Reason
	}{
		{"the authority", "GET", "cacerts", muster.HTTP, muster.EnrolAuthorities, "", false, ""},
		{"the authority of a profile", "GET", "plant/cacerts", muster.HTTP, muster.EnrolAuthorities, "plant", false, ""},
		{"attributes", "GET", "plant/csrattrs", muster.HTTP, muster.EnrolAttributes, "plant", false, ""},
		{"enrolling", "POST", "plant/simpleenroll", muster.HTTP, muster.EnrolFirst, "plant", false, ""},
		{"enrolling again", "POST", "simplereenroll", muster.HTTP, muster.EnrolAgain, "", false, ""},
		{"a key", "POST", "plant/serverkeygen", muster.HTTP, muster.EnrolWithKey, "plant", false, ""},
		{"the authority over CoAP", "GET", "plant/crts", muster.CoAP, muster.EnrolAuthorities, "plant", false, ""},
		{"attributes over CoAP", "GET", "att", muster.CoAP, muster.EnrolAttributes, "", false, ""},
		{"enrolling over CoAP", "POST", "sen", muster.CoAP, muster.EnrolFirst, "", false, ""},
		{"enrolling again over CoAP", "POST", "plant/sren", muster.CoAP, muster.EnrolAgain, "plant", false, ""},
		{"a key over CoAP", "POST", "skg", muster.CoAP, muster.EnrolWithKey, "", false, ""},
		{"a key and a bare certificate over CoAP", "POST", "skc", muster.CoAP, muster.EnrolWithKey, "", true, ""},
		{"short names are CoAP's", "POST", "sen", muster.HTTP, 0, "", false, muster.ReasonTopicUnknown},
		{"long names are HTTP's", "POST", "simpleenroll", muster.CoAP, 0, "", false, muster.ReasonTopicUnknown},
		{"full CMC is not served", "POST", "fullcmc", muster.HTTP, 0, "", false, muster.ReasonTopicUnknown},
		{"two names", "POST", "a/b/simpleenroll", muster.HTTP, 0, "", false, muster.ReasonTopicUnknown},
		{"an empty name", "POST", "/simpleenroll", muster.HTTP, 0, "", false, muster.ReasonTopicUnknown},
		{"reading what is asked for", "GET", "simpleenroll", muster.HTTP, 0, "", false, muster.ReasonMethodNotAllowed},
		{"asking for what is read", "POST", "cacerts", muster.HTTP, 0, "", false, muster.ReasonMethodNotAllowed},
		{"putting", "PUT", "simpleenroll", muster.HTTP, 0, "", false, muster.ReasonMethodNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := read(test.transport, test.method, ".well-known/est/"+test.path, nil)
			if muster.ReasonOf(err) != test.reason {
				t.Fatalf("%v", err)
			}
			if err == nil && (e.Operation != test.operation || e.Profile != test.profile || e.Bare != test.bare) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestASigningRequestIsReadAsItTravels(t *testing.T) {
	der := signingRequest(t, "pump")
	text := base64.StdEncoding.EncodeToString(der)
	for name, body := range map[string][]byte{
		"DER": der, "base64": []byte(text), "base64 in lines": []byte(text[:64] + "\r\n" + text[64:] + "\n"),
		"PEM": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
	} {
		e, err := read(muster.HTTP, "POST", ".well-known/est/simpleenroll", body)
		if err != nil || e.CSR != text || e.Name() != "pump" {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	for name, body := range map[string][]byte{
		"nothing": nil, "no base64": []byte("!"), "no request": []byte("AAAA"), "too much": bytes.Repeat([]byte("A"), 1<<20),
	} {
		e, err := read(muster.HTTP, "POST", ".well-known/est/simpleenroll", body)
		if err != nil || e.Request != nil || e.Name() != "" || len(e.CSR) > 17<<10 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// certificatesIn reads what a certs-only message holds, by hand.
func certificatesIn(t *testing.T, der []byte) []*x509.Certificate {
	t.Helper()
	var m struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version         int
			Digests, Inside asn1.RawValue
			Certificates    asn1.RawValue
			Signers         asn1.RawValue
		} `asn1:"explicit,tag:0"`
	}
	if rest, err := asn1.Unmarshal(der, &m); err != nil || len(rest) > 0 || m.Content.Version != 1 || m.Content.Certificates.Tag != 0 {
		t.Fatalf("%v, %+v", err, m)
	}
	all, err := x509.ParseCertificates(m.Content.Certificates.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// untransferred takes base64 in lines off a body.
func untransferred(t *testing.T, body []byte) []byte {
	t.Helper()
	for line := range strings.Lines(string(body)) {
		if len(line) > 65 || !strings.HasSuffix(line, "\n") {
			t.Errorf("a line is %q", line)
		}
	}
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(body), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAnswersOverHTTP(t *testing.T) {
	write := func(asked *muster.Enrolment, answer muster.Downlink) muster.Message {
		return est.Dialect{}.Write(muster.HTTP, asked, answer, nil)
	}
	one, other := certificate(t, "one"), certificate(t, "other")
	m := write(&muster.Enrolment{}, &muster.Authorities{Certificates: [][]byte{one, other}})
	if got := certificatesIn(t, untransferred(t, m.Body)); len(got) != 2 || got[1].Subject.CommonName != "other" || m.Type != "application/pkcs7-mime; smime-type=certs-only" {
		t.Errorf("the authority: %s, %d certificates", m.Type, len(got))
	}
	m = write(&muster.Enrolment{Operation: muster.EnrolAttributes}, nil)
	var attributes []asn1.RawValue
	if _, err := asn1.Unmarshal(untransferred(t, m.Body), &attributes); err != nil || len(attributes) != 2 || m.Type != "application/csrattrs" {
		t.Errorf("attributes: %v, %s", err, m.Type)
	}
	grant := &muster.Grant{Evidence: muster.Evidence{Certificate: base64.StdEncoding.EncodeToString(one)}}
	m = write(&muster.Enrolment{Operation: muster.EnrolFirst}, grant)
	if got := certificatesIn(t, untransferred(t, m.Body)); len(got) != 1 || m.Code != 0 {
		t.Errorf("a certificate: %d, %d certificates", m.Code, len(got))
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key(t))
	if err != nil {
		t.Fatal(err)
	}
	grant.Key = muster.Secret(plain)
	m = write(&muster.Enrolment{Operation: muster.EnrolWithKey}, grant)
	kind, parameters, err := mime.ParseMediaType(m.Type)
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s, %v", m.Type, err)
	}
	parts := multipart.NewReader(bytes.NewReader(m.Body), parameters["boundary"])
	for _, want := range []string{"application/pkcs8", "application/pkcs7-mime; smime-type=certs-only"} {
		p, err := parts.NextRawPart()
		if err != nil || p.Header.Get("Content-Type") != want || p.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Fatalf("%v, %v", p, err)
		}
		text, _ := io.ReadAll(p)
		if der := untransferred(t, text); want == "application/pkcs8" && !bytes.Equal(der, plain) {
			t.Error("the key is another")
		} else if want != "application/pkcs8" && len(certificatesIn(t, der)) != 1 {
			t.Error("there is not one certificate")
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("there is more: %v", err)
	}
}

func TestAnswersOverCoAP(t *testing.T) {
	der := certificate(t, "one")
	grant := &muster.Grant{Evidence: muster.Evidence{Certificate: base64.StdEncoding.EncodeToString(der)}}
	m := est.Dialect{}.Write(muster.CoAP, &muster.Enrolment{Operation: muster.EnrolFirst}, grant, nil)
	if len(certificatesIn(t, m.Body)) != 1 || m.Code != 0x44 {
		t.Errorf("a certificate: %#x", m.Code)
	}
	bare := &muster.Enrolment{Operation: muster.EnrolFirst, Bare: true}
	if m := (est.Dialect{}).Write(muster.CoAP, bare, grant, nil); !bytes.Equal(m.Body, der) || m.Type != "application/pkix-cert" {
		t.Errorf("a bare one: %s", m.Type)
	}
	grant.Key = muster.Secret(strings.Repeat("k", 20))
	bare.Operation = muster.EnrolWithKey
	m = est.Dialect{}.Write(muster.CoAP, bare, grant, nil)
	want := append([]byte{0x84, 0x19, 1, 0x1c, 0x54}, grant.Key...) // [284, h'…', 287, h'…']
	want = append(want, 0x19, 1, 0x1f, 0x59, byte(len(der)>>8), byte(len(der)))
	if want = append(want, der...); !bytes.Equal(m.Body, want) || m.Type != "application/multipart-core" {
		t.Errorf("a key: %s %x", m.Type, m.Body)
	}
}

func TestRefusals(t *testing.T) {
	pending := muster.Refuse(muster.ReasonProvisionPending, "")
	pending.Retry = time.Minute
	for _, test := range []struct {
		name string
		err  error
		code int
		text string
	}{
		{"who waits is told when to ask again", pending, 202, "provision-pending: "},
		{"who has a wrong secret is nobody", muster.Refuse(muster.ReasonProvisionSecretWrong, ""), 401, "provision-data-not-found: "},
		{"a name that is taken", muster.Refuse(muster.ReasonDeviceNameTaken, ""), 400, "device-name-taken: "},
		{"a bad request", muster.Refuse(muster.ReasonCSRKeyWeak, "it is weak"), 0, "csr-key-weak: it is weak\n"},
		{"what a profile keeps to itself", muster.Hush(muster.Refuse(muster.ReasonDeviceNameTaken, "")), 400, ""},
		{"our own fault", errors.New("secret"), 0, "internal: "},
	} {
		m := est.Dialect{}.Write(muster.HTTP, nil, nil, test.err)
		if m.Code != test.code || !strings.HasPrefix(string(m.Body), test.text) || test.text == "" && m.Body != nil || strings.Contains(string(m.Body), "secret") {
			t.Errorf("%s: %d %q", test.name, m.Code, m.Body)
		}
	}
	if m := (est.Dialect{}).Write(muster.HTTP, nil, nil, pending); m.RetryAfter != 60 {
		t.Errorf("%d", m.RetryAfter)
	}
	if m := (est.Dialect{}).Write(muster.CoAP, nil, nil, pending); m.Code != 0 || m.RetryAfter != 60 || m.Body != nil {
		t.Errorf("over CoAP: %+v", m)
	}
}

func FuzzRead(f *testing.F) {
	der := signingRequest(f, "pump")
	f.Add("simpleenroll", der)
	f.Add("plant/simplereenroll", []byte(base64.StdEncoding.EncodeToString(der)))
	f.Add("serverkeygen", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	f.Add("cacerts", []byte{})
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		for _, transport := range []muster.Transport{muster.HTTP, muster.CoAP} {
			for _, method := range []string{"GET", "POST"} {
				e, err := read(transport, method, ".well-known/est/"+path, body)
				if (e == nil) == (err == nil) || err != nil && muster.KindOf(err) == muster.Internal {
					t.Fatalf("%+v, %v", e, err)
				}
				if err == nil && e.Request != nil && e.CSR == "" {
					t.Fatal("a request without its text")
				}
			}
		}
	})
}

func TestFormatsOverCoAPAreThoseOfEST(t *testing.T) {
	csr := signingRequest(t, "d")
	const bare, message, parts, attributes = "application/pkix-cert", "application/pkcs7-mime; smime-type=certs-only", "application/multipart-core", "application/csrattrs"
	for _, test := range []struct {
		name, method, path, format, accept string
		bare                               bool
		reason                             muster.Reason
		code                               int
	}{
		{"nothing is said", "POST", "sen", "", "", false, "", 0},
		{"a signing request", "POST", "sen", "application/pkcs10", message, false, "", 0},
		{"a bare certificate", "POST", "plant/sren", "application/pkcs10", bare, true, "", 0},
		{"a bare root", "GET", "crts", "", bare, true, "", 0},
		{"a key in parts", "POST", "skg", "application/pkcs10", parts, false, "", 0},
		{"attributes", "GET", "att", "", attributes, false, "", 0},
		{"a body in JSON", "POST", "sen", "content-format 50", "", false, muster.ReasonFormatUnsupported, 0x8f},
		{"a bare key", "POST", "skc", "application/pkcs10", bare, true, muster.ReasonFormatUnacceptable, 0x86},
		{"a certificate in JSON", "POST", "sen", "", "content-format 50", false, muster.ReasonFormatUnacceptable, 0x86},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := est.Dialect{}.Read(&muster.Request{
				Transport: muster.CoAP, Method: test.method, Path: strings.Split(".well-known/est/"+test.path, "/"), Body: csr, Format: test.format, Accept: test.accept,
			})
			if muster.ReasonOf(err) != test.reason {
				t.Fatal(err)
			}
			if err != nil {
				if m := (est.Dialect{}).Write(muster.CoAP, e, nil, err); m.Code != test.code {
					t.Errorf("answered with %#x", m.Code)
				}
			} else if e.Bare != test.bare {
				t.Errorf("read as %+v", e)
			}
		})
	}
}

func TestWhatThereIsIsToldToWhoeverLooksForIt(t *testing.T) {
	for name, test := range map[string]struct {
		query []string
		want  int
		first string
	}{
		"everything":                 {nil, 6, "/.well-known/est/crts"},
		"all of EST":                 {[]string{"rt=ace.est*"}, 6, "/.well-known/est/crts"},
		"one type":                   {[]string{"rt=ace.est.sren"}, 1, "/.well-known/est/sren"},
		"those below a path":         {[]string{"href=/.well-known/est/s*"}, 4, "/.well-known/est/sen"},
		"a type and a path":          {[]string{"rt=ace.est.sk*", "href=/.well-known/est/skc"}, 1, "/.well-known/est/skc"},
		"something else":             {[]string{"rt=temperature"}, 0, ""},
		"what is not looked at here": {[]string{"if=sensor"}, 6, "/.well-known/est/crts"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := est.Dialect{}.Read(&muster.Request{Transport: muster.CoAP, Method: "GET", Path: []string{".well-known", "core"}, Query: test.query})
			if err != nil {
				t.Fatal(err)
			}
			m := est.Dialect{}.Write(muster.CoAP, e, nil, nil)
			if n := strings.Count(string(m.Body), "</"); n != test.want || test.first != "" && !strings.HasPrefix(string(m.Body), "<"+test.first+`>;rt="ace.est.`) {
				t.Errorf("told %s", m.Body)
			}
		})
	}
	if _, err := read(muster.HTTP, "GET", ".well-known/core", nil); muster.ReasonOf(err) != muster.ReasonTopicUnknown {
		t.Errorf("over HTTP: %v", err)
	}
}

func TestABareAuthorityIsTheRoot(t *testing.T) {
	root := certificate(t, "root")
	m := est.Dialect{}.Write(muster.CoAP, &muster.Enrolment{Bare: true}, &muster.Authorities{Certificates: [][]byte{{1}, root}}, nil)
	if m.Type != "application/pkix-cert" || !bytes.Equal(m.Body, root) {
		t.Errorf("%s: %x", m.Type, m.Body)
	}
}
