package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"muster"
	"muster/internal/admin"
)

// newCSR is a request with a key of its own, as JSON has it.
func newCSR(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parsePEM(t testing.TB, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatalf("no PEM: %s", text)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACertificateIsIssuedFoundAndRevoked(t *testing.T) {
	h := newHouse(t)
	h.must("POST", "/v1/devices", `{"name":"pump"}`, nil)
	var made admin.WholeCertificate
	h.must("POST", "/v1/certificates", `{"device":"pump","csr":`+newCSR(t)+`}`, &made)
	leaf, above := parsePEM(t, made.PEM), parsePEM(t, made.Chain)
	if err := leaf.CheckSignatureFrom(above); err != nil || leaf.Subject.CommonName != "pump" || made.State != "issued" {
		t.Errorf("%+v %v", made, err)
	}
	var probe admin.WholeCertificate
	h.must("POST", "/v1/certificates", `{"subject":"probe","days":7,"csr":`+newCSR(t)+`}`, &probe)
	if probe.Device != "" || probe.Credential != "" {
		t.Errorf("a certificate of nobody: %+v", probe.IssuedCertificate)
	}

	var ended error
	d, err := h.fleet.Device(t.Context(), "pump")
	if err != nil {
		t.Fatal(err)
	}
	leave, err := h.sessions.Open(d.ID, 1, hangup(func(why error) { ended = why }))
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	var revoked admin.IssuedCertificate
	h.must("POST", "/v1/certificates/"+made.Serial+"/revoke", `{"reason":"key-compromise"}`, &revoked)
	if revoked.State != "revoked" || revoked.Reason != "key-compromise" || muster.ReasonOf(ended) != muster.ReasonCredentialRevoked {
		t.Errorf("%+v, and the session ended with %v", revoked, ended)
	}
	var credentials admin.List[admin.Credential]
	h.must("GET", device("pump", "credentials"), "", &credentials)
	if got := credentials.Items[1]; got.ID != made.Credential || got.State != "revoked" {
		t.Errorf("its credential is %+v", got)
	}

	for query, want := range map[string]string{
		"":                                    "probe pump",
		"?device=pump":                        "pump",
		"?state=issued":                       "probe",
		"?state=revoked":                      "pump",
		"?state=expired":                      "",
		"?expiresBefore=2000-01-01T00:00:00Z": "",
		"?profile=default":                    "pump",
		"?limit=1":                            "probe",
	} {
		var l admin.List[admin.IssuedCertificate]
		h.must("GET", "/v1/certificates"+query, "", &l)
		var subjects []string
		for _, c := range l.Items {
			subjects = append(subjects, c.Subject)
		}
		if got := strings.Join(subjects, " "); got != want {
			t.Errorf("%s finds %s, want %s", query, got, want)
		}
	}
	var first, rest admin.List[admin.IssuedCertificate]
	h.must("GET", "/v1/certificates?limit=1", "", &first)
	h.must("GET", "/v1/certificates?limit=1&after="+first.Next, "", &rest)
	if len(rest.Items) != 1 || rest.Items[0].Subject != "pump" {
		t.Errorf("the second page is %+v", rest)
	}
	h.refused("GET", "/v1/certificates?after=x", "", 400, muster.ReasonRequestInvalid)
	h.refused("GET", "/v1/certificates?device=nobody", "", 404, muster.ReasonNotFound)
	h.refused("GET", "/v1/certificates/1234", "", 404, muster.ReasonNotFound)
	h.refused("POST", "/v1/certificates", `{"device":"pump","csr":"x"}`, 400, muster.ReasonCSRInvalid)
	h.refused("POST", "/v1/certificates/"+probe.Serial+"/revoke", `{"reason":"ca-compromise"}`, 400, muster.ReasonRequestInvalid)
}

func TestRevocationsAreToldToEverybody(t *testing.T) {
	h := newHouse(t)
	var made admin.WholeCertificate
	h.must("POST", "/v1/certificates", `{"subject":"probe","csr":`+newCSR(t)+`}`, &made)
	h.must("POST", "/v1/certificates/"+made.Serial+"/revoke", `{}`, nil)
	leaf, above := parsePEM(t, made.PEM), parsePEM(t, made.Chain)
	public := admin.Revocations(h.options.Authority)
	ask := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if len(header) == 2 {
			r.Header.Set(header[0], header[1])
		}
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		return w
	}

	crl := ask("GET", "/crl/"+made.Authority+".crl", "")
	list, err := x509.ParseRevocationList(crl.Body.Bytes())
	if err != nil || list.CheckSignatureFrom(above) != nil || len(list.RevokedCertificateEntries) != 1 {
		t.Fatalf("%d %v %+v", crl.Code, err, list)
	}
	if again := ask("GET", "/crl/intermediate.crl", "", "If-None-Match", crl.Header().Get("ETag")); again.Code != 304 {
		t.Errorf("the same list is answered %d", again.Code)
	}
	if crl.Header().Get("Content-Type") != "application/pkix-crl" {
		t.Errorf("its type is %s", crl.Header().Get("Content-Type"))
	}

	question, err := ocsp.CreateRequest(leaf, above, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"POST":         ask("POST", "/ocsp", string(question)),
		"GET":          ask("GET", "/ocsp/"+url.PathEscape(base64.StdEncoding.EncodeToString(question)), ""),
		"GET, slashes": ask("GET", "/ocsp/"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(question), "+", "%2B"), ""),
	} {
		answer, err := ocsp.ParseResponseForCert(w.Body.Bytes(), leaf, above)
		if err != nil || answer.Status != ocsp.Revoked {
			t.Errorf("%s: %d %v %+v", name, w.Code, err, answer)
		}
	}
	for request, status := range map[string]int{
		"GET /crl/nobody.crl": 404, "GET /crl/intermediate": 404, "GET /crl/": 404, "GET /ca/nobody.crt": 404, "GET /ca/root": 404, "POST /ca/root.crt": 405, "GET /ca/root.crt": 200, "POST /crl/intermediate.crl": 405, "PUT /ocsp": 405,
		"GET /ocsp/nonsense": 200, "GET /ocsp": 200, // which says so in its own words
	} {
		method, path, _ := strings.Cut(request, " ")
		if w := ask(method, path, ""); w.Code != status {
			t.Errorf("%s is answered %d", request, w.Code)
		}
	}
}
