package dispatch_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"muster"
)

// attempts returns what the journal has of a name, the newest first.
func (h *house) attempts(name string) []muster.Attempt {
	h.t.Helper()
	all, err := h.journal.Attempts(h.t.Context(), muster.AttemptQuery{Name: name, Limit: 10})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func TestTheJournalTellsHowASessionEnded(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	var told []error
	for range 2 { // the later connection wins
		if _, err := h.connect("token").Listen(func(err error) { told = append(told, err) }); err != nil {
			t.Fatal(err)
		}
	}
	if a := h.attempts("d")[0]; len(told) != 1 || a.Reason != muster.ReasonTakenOver || a.Action != muster.ActionDisconnect || a.Shown != "" {
		t.Errorf("%v; the journal: %+v", told, a)
	}
}

func TestTheJournalTellsThatTwoDevicesShareOneCredential(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	var refused error
	for i := range 20 {
		_, err := h.connect("token").Listen(func(error) {})
		if refused = err; err != nil && i < 6 {
			t.Fatalf("connection %d: %v", i+1, err)
		}
	}
	if !errors.Is(refused, muster.ReasonCredentialShared) {
		t.Errorf("the twentieth is told %v", refused)
	}
	all := h.attempts("d")
	if a := all[0]; a.Reason != muster.ReasonCredentialShared || a.Action != muster.ActionConnect || a.Count != 13 || a.Shown == "nothing" {
		t.Errorf("the journal: %+v", a)
	}
	if len(all) != 3 {
		t.Errorf("%d lines: %+v", len(all), all)
	}
}

func TestARefusedMessageShowedNoCredential(t *testing.T) {
	h := newHouse(t)
	h.device("d", "token")
	if _, err := h.say(h.connect("token"), telemetryTopic, "{"); err == nil {
		t.Fatal("taken")
	}
	if a := h.attempts("d")[0]; a.Action != muster.ActionMessage || a.Shown != "" {
		t.Errorf("the journal: %+v", a)
	}
}

func TestAnUnknownProvisionKeyIsNotJournaledWhole(t *testing.T) {
	h := newHouse(t)
	_, err := h.Do(t.Context(), &muster.Hello{Transport: muster.HTTP, Remote: netip.MustParseAddr("192.0.2.9")}, &muster.Request{
		Transport: muster.HTTP, Method: "POST", Path: []string{"api", "v1", "provision"},
		Body: []byte(`{"deviceName":"d","provisionDeviceKey":"the-secret-in-the-wrong-place","provisionDeviceSecret":"key"}`),
	})
	if muster.ReasonOf(err) != muster.ReasonProvisionKeyUnknown {
		t.Fatal(err)
	}
	if a := h.attempts("d")[0]; !strings.HasPrefix(a.Shown, "key the-… of 29 bytes, secret ") {
		t.Errorf("the journal: %s", a.Shown)
	}
}

func TestTheJournalRemembersACertificateThatNobodyHas(t *testing.T) {
	h := newHouse(t)
	unknown, _ := h.plant().issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "elsewhere"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil, nil)
	if _, err := h.Connect(t.Context(), certified(unknown)); muster.ReasonOf(err) != muster.ReasonCertificateUnknown {
		t.Fatal(err)
	}
	a := h.attempts("elsewhere")[0]
	if got := h.journal.Certificate(a.Number); !bytes.Equal(got, unknown.Raw) {
		t.Errorf("%d bytes of attempt %d", len(got), a.Number)
	}
}
