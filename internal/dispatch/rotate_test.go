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

func TestADeviceRotatesItsTokenInProtobuf(t *testing.T) {
	const (
		asks    = "\x22\x09\x0a\x07\x0a\x05fresh" // credentialsDataProto, with a token
		granted = "\x08\x01\x1a\x05fresh"         // SUCCESS, and the token
		unknown = "\x08\x02"                      // NOT_FOUND
	)
	for over, ask := range map[string]func(h *house) (muster.Message, error){
		"MQTT": func(h *house) (muster.Message, error) { return h.say(h.connect("token"), "/provision/request", asks) },
		"CoAP": func(h *house) (muster.Message, error) {
			greeting := &muster.Hello{Transport: muster.CoAP, Remote: hello("").Remote}
			return h.Do(t.Context(), greeting, &muster.Request{
				Transport: muster.CoAP, Method: "POST", Path: []string{"api", "v1", "token", "provision"}, Body: []byte(asks),
			})
		},
	} {
		t.Run(over, func(t *testing.T) {
			h := newHouse(t)
			h.device("d", "token")
			if m, err := ask(h); err != nil || string(m.Body) != granted || !m.Binary {
				t.Errorf("answered with %q, %v", m.Body, err)
			}
			h.connect("fresh")
		})
	}
	h := newHouse(t)
	if m, err := h.say(h.connect("provision"), "/provision/request", asks); muster.ReasonOf(err) != muster.ReasonProvisionKeyUnknown || string(m.Body) != unknown {
		t.Errorf("a stranger is answered with %q, %v", m.Body, err)
	}
}
