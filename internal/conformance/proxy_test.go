package conformance

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	paho3 "github.com/eclipse/paho.mqtt.golang"
)

// The proxy of the tests is at another address of loopback than all other clients, and speaks for far.
const proxyAt, far = "127.0.0.2", "203.0.113.7"

// dialProxied connects as the proxy does, with what it says first.
func dialProxied(ctx context.Context, address string, first []byte) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(proxyAt)}}
	c, err := d.DialContext(ctx, "tcp", address)
	if err == nil {
		_, err = c.Write(first)
	}
	return c, err
}

// proxyHeader is that of a connection over IPv4.
func proxyHeader(from string) []byte {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), 0x21, 0x11, 0, 12)
	b = append(b, netip.MustParseAddr(from).AsSlice()...)
	return append(b, 192, 0, 2, 1, 0x9c, 0x40, 0x07, 0x5b)
}

// overProxy joins with MQTT 3.1.1 to a broker's URL by way of the proxy.
func overProxy(t *testing.T, s *server, broker string, p proof, body string) (string, error) {
	t.Helper()
	o, lost := options3(s, p)
	o.Servers = nil
	o.AddBroker(broker).SetTLSConfig(s.tls(p)).SetCustomOpenConnectionFn(func(u *url.URL, o paho3.ClientOptions) (net.Conn, error) {
		c, err := dialProxied(t.Context(), u.Host, proxyHeader(far))
		if err == nil && u.Scheme == "ssl" {
			return tls.Client(c, o.TLSConfig), nil
		}
		return c, err
	})
	l := &link3{paho3.NewClient(o), lost}
	if err := done3(patience(t), l.client.Connect()); err != nil {
		return "", err
	}
	defer l.close()
	return ask3(patience(t), l, "/provision/", body)
}

func TestAProxySaysWhereADeviceIs(t *testing.T) {
	s := newServer(t, "")
	if err := os.WriteFile(s.config, []byte("proxyFrom: ["+proxyAt+"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.kill)
	s.profile("near", "create")
	p := profile{key: "far-key", secret: "far-secret"}
	s.must("provision-key", "create", "--profile", "near", "--key", p.key, "--secret", p.secret, "--network", far+"/32")

	t.Run("to who is not the proxy the header is no help", func(t *testing.T) {
		if a := join(t, s, overMQTT3, p, "impostor", ""); a.Reason != "provision-key-network" {
			t.Errorf("%+v", a)
		}
	})
	for scheme, address := range map[string]string{"tcp": s.ports.mqtt, "ssl": s.ports.mqtts} {
		t.Run("MQTT over "+scheme, func(t *testing.T) {
			text, err := overProxy(t, s, scheme+"://"+address, proof{username: "provision"}, request(p, "far-"+scheme, ""))
			if err != nil || !strings.Contains(text, "SUCCESS") {
				t.Errorf("%s, %v", text, err)
			}
			if _, err := overProxy(t, s, scheme+"://"+address, proof{token: "guess", clientID: "guess-" + scheme}, ""); err == nil {
				t.Error("a guess came in")
			}
			within(t, second, "the journal has the address", func() bool {
				return strings.Contains(s.must("device", "why", "guess-"+scheme, "--json"), far)
			})
		})
	}
	for scheme, address := range map[string]string{"http": s.ports.http, "https": s.ports.https} {
		t.Run(scheme, func(t *testing.T) {
			client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
				DisableKeepAlives: true, TLSClientConfig: s.tls(proof{}),
				DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
					return dialProxied(ctx, address, proxyHeader(far))
				},
			}}
			r, err := client.Post(scheme+"://"+address+"/api/v1/provision", "application/json", strings.NewReader(request(p, "far-"+scheme, "")))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if text, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(text), "SUCCESS") {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
	t.Run("without a header the proxy is closed, in the journal and counted", func(t *testing.T) {
		for _, first := range []string{"\x10\x0c", "\r\n\r\n\x00\r\nQUIT\n\x21\x12\x00\x00"} {
			c, err := dialProxied(t.Context(), s.ports.mqtt, []byte(first))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetReadDeadline(time.Now().Add(4 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil || os.IsTimeout(err) {
				t.Errorf("%d bytes, %v", n, err)
			}
		}
		within(t, second, "the journal has it", func() bool {
			return slices.ContainsFunc(attempts(t, s), func(a attempt) bool { return a.Reason == "proxy-header-invalid" && a.Remote == proxyAt })
		})
		if text := fetch(t, s.url()+"/metrics"); !strings.Contains(text, "muster_proxy_headers_refused_total 2") {
			t.Error("not counted")
		}
	})
}

// An attempt is one of the journal.
type attempt struct{ Reason, Remote string }

func attempts(t *testing.T, s *server) []attempt {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url()+"/v1/attempts", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var list struct{ Items []attempt }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
