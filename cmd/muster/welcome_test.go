package main

import (
	"strings"
	"testing"

	"muster/internal/node"
)

// started is the welcome of a first start.
func started() welcome {
	setup, secret := "http://127.0.0.1:8080/setup?token=mst_once", "it's secret"
	return welcome{
		data: "/srv/data", usual: true, fingerprint: "AB:CD", coapClient: "coap-client",
		addresses: node.Addresses{HTTP: "127.0.0.1:8080", MQTT: "[::]:1883", MQTTS: "[::]:8883", CoAP: "127.0.0.1:5683"},
		rootFile:  "/srv/data/ca/root.pem",
		made:      &node.Made{ProvisionDeviceKey: "key", SetupURL: &setup, ProvisionDeviceSecret: &secret},
	}
}

func written(t *testing.T, w welcome) string {
	t.Helper()
	var b strings.Builder
	if err := w.write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheFirstStartSaysAllThatIsNeeded(t *testing.T) {
	text := written(t, started())
	for _, want := range []string{
		"HTTP              http://127.0.0.1:8080\n",
		"MQTT              port 1883 on all addresses\n",
		"CoAP, DTLS        off\n",
		"data directory    /srv/data\n",
		"root certificate  /srv/data/ca/root.pem\n",
		"  SHA-256         AB:CD\n",
		"  http://127.0.0.1:8080/setup?token=mst_once\n",
		"mosquitto_rr -h 127.0.0.1 -p 1883 -u provision -t /provision/request -e /provision/response",
		"curl -sS http://127.0.0.1:8080/api/v1/provision",
		"coap-client -m post coap://127.0.0.1:5683/api/v1/provision",
		`"provisionDeviceSecret":"it'\''s secret"`,
		" device latest first-http\n",
		" device why first-http\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestALaterStartShowsNoSecret(t *testing.T) {
	w := started()
	w.made = nil
	text := written(t, w)
	if strings.Contains(text, "setup") || strings.Contains(text, "provisionDeviceSecret") || !strings.Contains(text, " provision-key create") {
		t.Error(text)
	}
}

func TestCommandsFindAServerThatIsElsewhere(t *testing.T) {
	w := started()
	w.usual, w.addresses.HTTP = false, "[::]:9090"
	for _, made := range []*node.Made{w.made, nil} {
		w.made = made
		if text := written(t, w); !strings.Contains(text, " --url http://127.0.0.1:9090 --data '/srv/data'\n") {
			t.Error(text)
		}
	}
}

func TestAProtocolThatIsOffHasNoCommands(t *testing.T) {
	w := started()
	w.addresses = node.Addresses{MQTT: "127.0.0.1:1883"}
	text := written(t, w)
	if strings.Contains(text, "curl") || strings.Contains(text, "coap-client") || strings.Contains(text, "setup") || strings.Contains(text, " device ") || !strings.Contains(text, "mosquitto_rr") {
		t.Error(text)
	}
}
