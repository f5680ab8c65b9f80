package dispatch_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster"
	"muster/internal/fleet"
)

func TestOthersBehindItsAddressDoNotKeepADeviceFromRenewing(t *testing.T) {
	h, p := newHouse(t), &plant{t: t}
	own := func(until time.Duration) (c *x509.Certificate, text string) {
		c, _ = p.issue(&x509.Certificate{
			Subject: pkix.Name{CommonName: "d"}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(until),
		}, nil, nil)
		return c, base64.StdEncoding.EncodeToString(c.Raw)
	}
	expired, text := own(-time.Hour)
	if _, _, err := h.fleet.CreateDevice(t.Context(), fleet.NewDevice{Name: "d", Profile: "open", Credentials: fleet.Credentials{Certificate: text}}); err != nil {
		t.Fatal(err)
	}
	joiner := h.connect("provision")
	for range 10 {
		if _, err := h.Connect(t.Context(), hello("guess")); err == nil {
			t.Fatal("a guess came in")
		}
		if _, err := h.say(joiner, "/provision/request", `{"provisionDeviceKey":"key","provisionDeviceSecret":"guess"}`); err == nil {
			t.Fatal("a guess came in")
		}
	}
	device, err := h.Connect(t.Context(), certified(expired))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.say(device, telemetryTopic, `{"a":1}`); muster.ReasonOf(err) != muster.ReasonCredentialExpired {
		t.Errorf("telemetry is answered with %v", err)
	}
	_, fresh := own(time.Hour)
	m, err := h.say(device, "/provision/request", fmt.Sprintf(`{"credentialsType":"X509_CERTIFICATE","hash":%q}`, fresh))
	if err != nil || !strings.Contains(string(m.Body), "SUCCESS") {
		t.Errorf("the renewal is answered with %s, %v", m.Body, err)
	}
}
