package conformance

import (
	"os/exec"
	"strings"
	"testing"
)

// Each client shows the certificate NAME.pem, reports how it is called, and says last whether it was let in.
var clients = map[string]string{
	"mosquitto_pub": `mosquitto_pub -h localhost -p "$MQTTS" --cafile "$CA" --cert "$NAME.pem" --key "$NAME.key" -i mosquitto \
  -q 1 -t v1/devices/me/telemetry -m '{"by":"mosquitto_pub"}' >/dev/null 2>&1 && echo in || echo out`,

	// CONNECT of MQTT 3.1.1 with the client identifier s, PUBLISH 1, DISCONNECT. In are CONNACK 0 and PUBACK 1.
	"openssl s_client": `{ printf '\020\015\000\004MQTT\004\002\000\074\000\001s'
  printf '\062\074\000\027v1/devices/me/telemetry\000\001{"by":        "openssl s_client"}'; sleep 1; printf '\340\000'; } |
  openssl s_client -quiet -connect "localhost:$MQTTS" -CAfile "$CA" -verify_return_error -cert "$NAME.pem" -key "$NAME.key" 2>/dev/null |
  od -An -tx1 | grep -q '20 02 00 00 40 02 00 01' && echo in || echo out`,

	"curl": `curl -sf --cacert "$CA" --cert "$NAME.pem" --key "$NAME.key" "${EST%/.well-known/est}/api/v1/telemetry" -d '{"by":"curl"}' && echo in || echo out`,

	// Its status says nothing of the answer: 2.xx is silent, all else is printed.
	"coap-client-openssl": `said=$(timeout 5 coap-client-openssl -B 3 -v 6 -c "$NAME.pem" -j "$NAME.key" -R "$CA" -m post \
  "coaps://127.0.0.1:$COAPS/api/v1/telemetry" -e '{"by":"coap-client-openssl"}' 2>&1) || true
echo "$said" | grep -q 'ACK 2.0[14]\|c:2.0[14]' && echo in || { echo "$said"; echo out; }`,

	"paho": `/usr/bin/python3 - <<'END' && echo in || echo out
import os, threading, paho.mqtt.client as mqtt
name, done = os.environ["NAME"], threading.Event()
made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, "paho") if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client("paho")
made.tls_set(os.environ["CA"], name + ".pem", name + ".key")
made.on_connect = lambda c, data, flags, code: done.set() if code else c.publish("v1/devices/me/telemetry", '{"by":"paho"}', 1)
made.on_disconnect = lambda *all: done.set()
made.on_publish = lambda *all: (setattr(made, "acknowledged", True), done.set())
made.connect("localhost", int(os.environ["MQTTS"]))
made.loop_start()
done.wait(10)
raise SystemExit(not getattr(made, "acknowledged", False))
END`,
}

func (sh *shell) lastWord(script string) string {
	sh.t.Helper()
	said := strings.Fields(sh.run(script))
	return said[len(said)-1]
}

func TestACertificateIsGoodForEveryClientUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.profile("plant", "create")
	sh := newShell(t, s, "mosquitto_pub", "coap-client-openssl", "/usr/bin/python3")
	_, mqtts, _ := strings.Cut(s.ports.mqtts, ":")
	_, coaps, _ := strings.Cut(s.ports.coaps, ":")
	sh.env = append(sh.env, "NAME=pump", "MQTTS="+mqtts, "COAPS="+coaps)
	sh.run("KEY="+p.key+":"+p.secret+`
request pump /CN=pump
enrol -f -u "$KEY" "$EST/plant/simpleenroll" --data @pump.b64 -o pump.p7
read pump.p7 > pump.pem; openssl x509 -in pump.pem -noout -subject`, "pump")
	if err := exec.Command("/usr/bin/python3", "-c", "import paho.mqtt").Run(); err != nil {
		sh.lacks("python3-paho-mqtt")
	}

	for name, script := range clients {
		if said := sh.lastWord(script); said != "in" {
			t.Errorf("%s: %s", name, said)
		}
		if got := s.latest("pump", "by"); got != `"`+name+`"` {
			t.Errorf("%s has reported, and the latest is by %s", name, got)
		}
	}

	serial := strings.TrimSpace(sh.run(`openssl x509 -in pump.pem -noout -serial | cut -d= -f2 | tr A-F a-f`))
	s.must("ca", "revoke", serial)
	for name, script := range clients {
		if said := sh.lastWord(script); said != "out" {
			t.Errorf("%s with a revoked certificate: %s", name, said)
		}
	}
	if all := s.must("attempts", "--reason", "credential-revoked"); strings.Count(all, "pump") < 3 {
		t.Errorf("the journal of revoked credentials:\n%s", all)
	}
}
