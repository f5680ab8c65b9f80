package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownCertificate writes files of the operator's and returns the certificate in them, for the configuration too.
func ownCertificate(t *testing.T, dir, name string) (settings string, der []byte) {
	t.Helper()
	pair, text := selfSigned(t, name, time.Now().Add(24*time.Hour))
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	for file, text := range map[string][]byte{certFile: []byte(text), keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "tlsCert: " + certFile + "\ntlsKey: " + keyFile + "\n", pair.Certificate[0]
}

// handshake returns the certificate that a new one with MQTT over TLS is shown.
func handshake(t *testing.T, s *server) string {
	t.Helper()
	c, err := tls.Dial("tcp", s.ports.mqtts, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return string(c.ConnectionState().PeerCertificates[0].Raw)
}

func TestSettingsAndCertificatesAreReloadedWhileDevicesStay(t *testing.T) {
	t.Parallel()
	s := newServer(t, "")
	dir := t.TempDir()
	configure := func(text string) {
		if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, firstDER := ownCertificate(t, dir, "first")
	other, otherDER := ownCertificate(t, dir, "second")
	configure(first)
	s.start()
	t.Cleanup(s.kill)
	if handshake(t, s) != string(firstDER) {
		t.Fatal("the own certificate is not shown")
	}
	s.must("device", "create", "stays", "--token", "token-of-who-stays")
	stays := come(t, patience(t), s, overMQTT3, proof{token: "token-of-who-stays"})
	hup := func() {
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}

	configure(other + "logLevel: debug\nlimits:\n  journalDays: 7\n  maxPacket: 1000\n")
	hup()
	within(t, 3*time.Second, "a new handshake is shown the new certificate", func() bool { return handshake(t, s) == string(otherDER) })
	within(t, second, "the log names what needs a restart", func() bool {
		return strings.Contains(s.log.String(), `"changed":["tlsCert","tlsKey","logLevel","limits.journalDays"],"needsRestart":["limits.maxPacket"],"certificate":true`)
	})
	if out := s.must("server", "limits", "-o", "csv"); !strings.Contains(out, "limits.journalDays,7") {
		t.Errorf("the limit is not as it was read:\n%s", out)
	}

	configure("tlsCert: " + s.config + "\ntlsKey: " + s.config + "\nlogLevel: error\n")
	hup()
	within(t, second, "what cannot be used is told", func() bool {
		return strings.Contains(s.log.String(), `"msg":"settings are not reloaded; all stays as it was","reason":"certificate-invalid"`)
	})
	if _, err := s.cli("server", "reload"); err == nil || !strings.Contains(err.Error(), "certificate-invalid") {
		t.Errorf("over the API: %v", err)
	}
	configure("limits:\n  journalDays: 0\n")
	if _, err := s.cli("server", "reload"); err == nil || !strings.Contains(err.Error(), "limits.journalDays: 0") {
		t.Errorf("over the API: %v", err)
	}
	if handshake(t, s) != string(otherDER) {
		t.Error("a broken file took the certificate away")
	}
	if out := s.must("server", "settings", "-o", "csv"); !strings.Contains(out, "limits.journalDays,7,") {
		t.Errorf("a broken file has changed a setting:\n%s", out)
	}
	if err := stays.report(patience(t), `{"a":1}`); err != nil {
		t.Errorf("the session did not stay: %v", err)
	}
	configure(first)
	if out := s.must("server", "reload"); !strings.Contains(out, "another") || handshake(t, s) != string(firstDER) {
		t.Errorf("over the API:\n%s", out)
	}
}
