package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"

	"muster"
	"muster/internal/admin"
)

// newKey returns a key of a device, and its public half in PEM.
func newKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// newJWT signs a JWT for an audience that lasts so long.
func newJWT(t *testing.T, key *ecdsa.PrivateKey, audience string, lasts time.Duration) string {
	t.Helper()
	now := time.Now()
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	signed := part(`{"alg":"ES256","typ":"JWT"}`) + "." +
		part(fmt.Sprintf(`{"iat":%d,"exp":%d,"aud":%q}`, now.Add(-time.Minute).Unix(), now.Add(lasts).Unix(), audience))
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func newCertificate(t *testing.T, key *ecdsa.PrivateKey, until time.Time) string {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(until.Unix()), Subject: pkix.Name{CommonName: "pump"}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// verdict asks what would become of a device that shows something.
func (h *house) verdict(what string, body map[string]string) admin.Verdict {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	var v admin.Verdict
	h.must("POST", "/v1/check/"+what, string(text), &v)
	return v
}

func failed(v admin.Verdict) string {
	for _, c := range v.Checks {
		if c.Result == "failed" {
			return c.Name
		}
	}
	return ""
}

func TestWhatADeviceWouldShowIsJudgedBeforehand(t *testing.T) {
	h := newHouse(t)
	key, public := newKey(t)
	other, _ := newKey(t)
	h.must("POST", "/v1/devices", fmt.Sprintf(`{"name":"sensor","publicKey":%q}`, public), nil)
	audience := "https://akenza.io/devices/sensor"
	good := newJWT(t, key, audience, time.Hour)
	for name, c := range map[string]struct{ device, jwt, reason, check string }{
		"a good one":             {"sensor", good, "", ""},
		"of another device":      {"pump", good, "jwt-key-unknown", "key"},
		"for another audience":   {"sensor", newJWT(t, key, "https://elsewhere", time.Hour), "jwt-audience-mismatch", "audience"},
		"signed by another key":  {"sensor", newJWT(t, other, audience, time.Hour), "jwt-signature-wrong", "signature"},
		"that is valid for ever": {"sensor", newJWT(t, key, audience, 24*365*time.Hour), "jwt-lifetime-too-long", "lifetime"},
		"that is none":           {"sensor", "a.b", "jwt-malformed", "form"},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			v := h.verdict("jwt", map[string]string{"device": c.device, "jwt": c.jwt})
			if v.Reason != c.reason || v.Admitted != (c.reason == "") || failed(v) != c.check || len(v.Checks) == 0 {
				t.Errorf("%+v", v)
			}
			if c.reason != "" && (v.Title == "" || v.Detail == "" || v.Advice == "") {
				t.Errorf("%+v", v)
			}
		})
	}
	h.t = t
	h.must("POST", "/v1/devices/sensor/suspend", "", nil)
	if v := h.verdict("jwt", map[string]string{"device": "sensor", "jwt": good}); v.Reason != "device-suspended" || failed(v) != "device" {
		t.Errorf("of a suspended device: %+v", v)
	}
	var l admin.List[admin.Attempt]
	h.must("GET", "/v1/attempts", "", &l)
	if len(l.Items) != 0 {
		t.Errorf("the journal has %+v", l.Items)
	}
	var d admin.DeviceView
	h.must("GET", "/v1/devices/sensor", "", &d)
	if !d.Credentials[0].LastUsedAt.IsZero() {
		t.Error("the credential counts as used")
	}
}

func TestACertificateIsJudgedBeforehand(t *testing.T) {
	h := newHouse(t)
	key, _ := newKey(t)
	good, over := newCertificate(t, key, time.Now().Add(time.Hour)), newCertificate(t, key, time.Now().Add(-time.Hour))
	h.must("POST", "/v1/devices", fmt.Sprintf(`{"name":"pump","certificate":%q}`, good), nil)
	if v := h.verdict("certificate", map[string]string{"certificate": good}); !v.Admitted || v.Name != "pump" || v.Device == "" {
		t.Errorf("%+v", v)
	}
	if v := h.verdict("certificate", map[string]string{"certificate": over}); v.Reason != "certificate-unknown" || failed(v) != "known" {
		t.Errorf("%+v", v)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	for _, text := range []string{"nothing", private, good + private} {
		body, _ := json.Marshal(map[string]string{"certificate": text})
		h.refused("POST", "/v1/check/certificate", string(body), http.StatusBadRequest, muster.ReasonCertificateInvalid)
	}
}

func TestACertificateOfAnAuthorityIsJudgedCheckByCheck(t *testing.T) {
	h := newHouse(t)
	key, _ := newKey(t)
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "plant"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true,
	}
	issue := func(c *x509.Certificate) string {
		t.Helper()
		der, err := x509.CreateCertificate(rand.Reader, c, root, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	leaf := func(name string, until time.Duration) string {
		return issue(&x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(until),
		})
	}
	h.must("POST", "/v1/profiles", fmt.Sprintf(`{"name":"plant","strategy":"x509-chain","chain":{"ca":%q,"cnPattern":"^(meter.*)$","allowCreate":true}}`, issue(root)), nil)
	for _, c := range []struct{ about, text, name, reason, check, way string }{
		{"a good one", leaf("meter-1", time.Hour), "meter-1", "", "", "created"},
		{"an expired one", leaf("meter-1", -time.Hour), "", "certificate-expired", "dates", ""},
		{"another's name", leaf("pump", time.Hour), "", "certificate-name-unfit", "name", ""},
		{"the authority's own", issue(root), "", "certificate-is-authority", "leaf", ""},
	} {
		v := h.verdict("certificate", map[string]string{"certificate": c.text})
		if v.Reason != c.reason || v.Name != c.name || v.Device != "" || v.Way != c.way || failed(v) != c.check || v.Admitted != (c.reason == "") || len(v.Checks) < 10 {
			t.Errorf("%s: %+v", c.about, v)
		}
	}
}
