package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/admin"
	"muster/internal/issuer"
)

func finding(t *testing.T, all []admin.Finding, about string) admin.Finding {
	t.Helper()
	for _, f := range all {
		if f.About == about {
			if f.Says == "" || f.OK == (f.Fix != "") {
				t.Errorf("%+v", f)
			}
			return f
		}
	}
	t.Fatalf("nothing is found about %s", about)
	return admin.Finding{}
}

func TestTheDoctorFindsWhatIsWrong(t *testing.T) {
	c := testConfig(t)
	if f := finding(t, Examine(t.Context(), Config{Data: filepath.Join(c.Data, "nothing"), HTTP: off, HTTPS: off, MQTT: off, MQTTS: off, CoAP: off, CoAPS: off}), "data directory"); f.OK {
		t.Error("a directory that is not there is well")
	}
	n := open(t, c)
	a := n.Addresses()
	defer n.Close()
	c.HTTP, c.HTTPS, c.MQTT, c.MQTTS, c.CoAP, c.CoAPS = a.HTTP, a.HTTPS, a.MQTT, a.MQTTS, a.CoAP, a.CoAPS
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	if _, err := n.authority.CRL(ctx, "root"); err != nil { // which Run makes, too
		t.Fatal(err)
	}
	list := "CRL of key " + n.authority.Signers()[0].ID.String()
	for _, about := range []string{"clock", "data directory", "master key", "http", "https", "mqtt", "mqtts", "coap", "coaps", "certificate", list} {
		if f := finding(t, Examine(t.Context(), c), about); !f.OK {
			t.Errorf("%+v", f)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if f := finding(t, Examine(t.Context(), c), "http"); !f.OK {
		t.Errorf("a free address: %+v", f)
	}
	c.HTTP = busy(t)
	if f := finding(t, Examine(t.Context(), c), "http"); f.OK {
		t.Error("an address in use is well")
	}
	if err := os.Chmod(filepath.Join(c.Data, keyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if f := finding(t, Examine(t.Context(), c), "master key"); f.OK {
		t.Error("a key that others may read is well")
	}
	remove(t, &c, keyFile)
	if f := finding(t, Examine(t.Context(), c), "master key"); f.OK {
		t.Error("a missing key is well")
	}
}

func TestWhatIsNotEnough(t *testing.T) {
	if f := clockFinding(time.Unix(0, 0)); f.OK || f.Fix == "" {
		t.Errorf("%+v", f)
	}
	now := time.Now()
	for _, l := range []issuer.ListAge{
		{ID: "1", Role: "root", ThisUpdate: now.Add(-49 * time.Hour), NextUpdate: now.Add(time.Hour)},
		{ID: "1", Role: "root", ThisUpdate: now, NextUpdate: now.Add(time.Hour), Failure: "its signer is away"},
		{ID: "1", Failure: "its signer is away"},
	} {
		if f := ownListFinding(&l, now); f.OK || f.Fix == "" || !strings.Contains(f.Says, l.Failure) {
			t.Errorf("%+v", f)
		}
	}
	if f := filesFinding(1024); f.OK || f.Fix == "" {
		t.Errorf("%+v", f)
	}
}
