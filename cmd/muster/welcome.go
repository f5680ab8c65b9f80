package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"muster"
	"muster/internal/node"
)

// A welcome is what a server says at its start, readable at a glance.
type welcome struct {
	data        string
	usual       bool // data is where commands look by themselves
	addresses   node.Addresses
	made        *node.Made // nil: the data directory was there
	rootFile    string
	fingerprint string
	coapClient  string
}

func newWelcome(c node.Config, n *node.Node) (welcome, error) {
	data, err := filepath.Abs(c.Data)
	return welcome{
		data: data, usual: c.Data == node.DefaultConfig().Data, addresses: n.Addresses(), made: n.Made(),
		rootFile: n.RootFile(), fingerprint: n.RootFingerprint(), coapClient: coapClient(),
	}, err
}

// coapClient is what libcoap's client is called here; distributions differ.
func coapClient() string {
	for _, name := range []string{"coap-client", "coap-client-notls", "coap-client-openssl", "coap-client-gnutls"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return "coap-client"
}

func (w *welcome) write(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Muster %s\n\n", version)
	for _, l := range []struct{ name, scheme, address string }{
		{"HTTP", "http://", w.addresses.HTTP},
		{"HTTP, TLS", "https://", w.addresses.HTTPS},
		{"MQTT", "mqtt://", w.addresses.MQTT},
		{"MQTT, TLS", "mqtts://", w.addresses.MQTTS},
		{"CoAP", "coap://", w.addresses.CoAP},
		{"CoAP, DTLS", "coaps://", w.addresses.CoAPS},
	} {
		fmt.Fprintf(&b, "  %-18s%s\n", l.name, listening(l.scheme, l.address))
	}
	fmt.Fprintf(&b, "  %-18s%s\n", "data directory", w.data)
	fmt.Fprintf(&b, "  %-18s%s\n", "root certificate", w.rootFile)
	fmt.Fprintf(&b, "  %-18s%s\n", "  SHA-256", w.fingerprint)
	if w.made != nil && w.addresses.HTTP != "" {
		fmt.Fprintf(&b, "\nSet up, with this link once:\n\n  %s\n", w.setupURL())
	}
	if w.made != nil {
		w.writeFirstDevices(&b)
	} else if w.addresses.HTTP != "" {
		fmt.Fprintf(&b, "\nDevices get in with a provision key; its secret is shown once, when it is made:\n\n  %s\n", w.command("provision-key create"))
	}
	fmt.Fprintln(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// setupURL is the setup link at the port that was bound in the end.
func (w *welcome) setupURL() string {
	_, query, _ := strings.Cut(*w.made.SetupURL, "/setup")
	return "http://" + near(w.addresses.HTTP) + "/setup" + query
}

// listening says where a listener is reached.
func listening(scheme, address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "off"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return "port " + port + " on all addresses"
	}
	return scheme + net.JoinHostPort(host, port)
}

// near is the address at which a listener is reached from this machine.
func near(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// writeFirstDevices writes commands that provision a device and send its first reading, one for each protocol that
// listens. Each device brings its own token, so that nothing has to be copied from the first answer.
func (w *welcome) writeFirstDevices(b *strings.Builder) {
	fmt.Fprint(b, "\nA first device, ready to paste. The provision secret in it is not shown again.\n")
	const reading = `'{"temperature":25}'`
	if host, port, err := net.SplitHostPort(near(w.addresses.MQTT)); err == nil {
		token, request := w.request("first-mqtt")
		fmt.Fprintf(b, "\n  mosquitto_rr -h %[1]s -p %[2]s -u provision -t /provision/request -e /provision/response \\\n    -m %[3]s &&\n"+
			"  mosquitto_pub -h %[1]s -p %[2]s -u %[4]s -q 1 -t v1/devices/me/telemetry -m %[5]s\n", host, port, request, token, reading)
	}
	if w.addresses.HTTP != "" {
		token, request := w.request("first-http")
		fmt.Fprintf(b, "\n  curl -sS http://%[1]s/api/v1/provision \\\n    -d %[2]s &&\n"+
			"  curl -sS http://%[1]s/api/v1/%[3]s/telemetry -d %[4]s\n", near(w.addresses.HTTP), request, token, reading)
	}
	if w.addresses.CoAP != "" {
		token, request := w.request("first-coap")
		fmt.Fprintf(b, "\n  %[1]s -m post coap://%[2]s/api/v1/provision \\\n    -e %[3]s &&\n"+
			"  %[1]s -m post coap://%[2]s/api/v1/%[4]s/telemetry -e %[5]s\n", w.coapClient, near(w.addresses.CoAP), request, token, reading)
	}
	if w.addresses.HTTP != "" {
		fmt.Fprintf(b, "\nWhat it sent, and why it could not where that is so:\n\n  %s\n  %s\n",
			w.command("device latest first-http"), w.command("device why first-http"))
	}
}

// command is a command line that speaks with this server, with what it would not find by itself.
func (w *welcome) command(words string) string {
	line := os.Args[0] + " " + words
	if url := "http://" + near(w.addresses.HTTP); url != defaultURL {
		line += " --url " + url
	}
	if !w.usual {
		line += " --data " + shellQuote(w.data)
	}
	return line
}

// request is the provision request of a device, quoted for a shell, and the token that it brings.
func (w *welcome) request(device string) (token, quoted string) {
	token = muster.RandomText(muster.TokenLength)
	body, _ := json.Marshal(struct {
		Name   string `json:"deviceName"`
		Key    string `json:"provisionDeviceKey"`
		Secret string `json:"provisionDeviceSecret"`
		Kind   string `json:"credentialsType"`
		Token  string `json:"token"`
	}{device, w.made.ProvisionDeviceKey, *w.made.ProvisionDeviceSecret, muster.AccessToken.String(), token}) // strings always encode
	return token, shellQuote(string(body))
}

// shellQuote makes one word of text for a POSIX shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
