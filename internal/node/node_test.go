package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"muster"
)

func testConfig(t testing.TB) Config {
	c := DefaultConfig()
	c.Data = filepath.Join(t.TempDir(), "data")
	c.HTTP, c.HTTPS, c.MQTT, c.MQTTS, c.CoAP, c.CoAPS = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	return c
}

func TestInitMakesEverythingOnce(t *testing.T) {
	c := testConfig(t)
	first, err := Init(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if first.SetupURL == nil || first.APIToken == nil || first.ProvisionDeviceSecret == nil || first.ProvisionDeviceKey == "" || !filepath.IsAbs(first.CAFile) {
		t.Errorf("made %+v", first)
	}
	before := snapshot(t, c.Data)
	again, err := Init(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Made{URL: first.URL, CAFile: first.CAFile, Profile: "default", ProvisionDeviceKey: first.ProvisionDeviceKey}); !reflect.DeepEqual(again, want) {
		t.Errorf("again %+v, want %+v", again, want)
	}
	for name, content := range snapshot(t, c.Data) {
		if content != before[name] && !strings.HasPrefix(name, registryFile) {
			t.Errorf("%s was changed", name)
		}
	}
	text, _ := json.Marshal(again)
	if !strings.Contains(string(text), `"setupURL":null`) || !strings.Contains(string(text), `"provisionDeviceSecret":null`) {
		t.Errorf("as JSON: %s", text)
	}
}

func TestAnInterruptedFirstStartMayHaveACopyOfTheRegistry(t *testing.T) {
	c := testConfig(t)
	if _, err := Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	remove(t, &c, formatFile)
	write(t, &c, registryFile+".schema-0003", "as it was")
	if made, err := Init(t.Context(), c); err != nil || made.APIToken == nil {
		t.Errorf("%+v, %v", made, err)
	}
}

func TestTheDataDirectoryIsPrivate(t *testing.T) {
	c := testConfig(t)
	if _, err := Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.Data, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		public := filepath.Base(path) == "root.pem"
		if err == nil && info.Mode().Perm()&0o077 != 0 && !public && !strings.Contains(path, authorityDir) && !strings.Contains(path, readingsDir) {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestWhatAStartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, c *Config)
		want  muster.Reason
	}{
		"a missing master key": {func(t *testing.T, c *Config) { remove(t, c, keyFile) }, muster.ReasonMasterKeyMissing},
		"a wrong master key": {func(t *testing.T, c *Config) {
			write(t, c, keyFile, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
		}, muster.ReasonMasterKeyWrong},
		"a master key that is none":               {func(t *testing.T, c *Config) { write(t, c, keyFile, "hunter2\n") }, muster.ReasonMasterKeyWrong},
		"a format of a newer version":             {func(t *testing.T, c *Config) { write(t, c, formatFile, "2\n") }, muster.ReasonDatabaseNewer},
		"a master key that everybody may read":    {func(t *testing.T, c *Config) { chmod(t, filepath.Join(c.Data, keyFile), 0o604) }, muster.ReasonDataExposed},
		"a directory that everybody may write to": {func(t *testing.T, c *Config) { chmod(t, c.Data, 0o777) }, muster.ReasonDataExposed},
		"a database that is none":                 {func(t *testing.T, c *Config) { write(t, c, registryFile, strings.Repeat("no database ", 1000)) }, muster.ReasonDatabaseDamaged},
		"an empty database":                       {func(t *testing.T, c *Config) { write(t, c, registryFile, "") }, muster.ReasonDatabaseDamaged},
		"a certificate without its key":           {func(_ *testing.T, c *Config) { c.TLSCert = "cert.pem" }, muster.ReasonSettingInvalid},
		"a certificate that is not there":         {func(_ *testing.T, c *Config) { c.TLSCert, c.TLSKey = "no.pem", "no.key" }, muster.ReasonCertificateInvalid},
		"an address that is none":                 {func(_ *testing.T, c *Config) { c.MQTT = "1883" }, muster.ReasonSettingInvalid},
		"a limit out of bounds":                   {func(_ *testing.T, c *Config) { c.Limits.MaxPacket = 1 }, muster.ReasonSettingInvalid},
		"a log level that is none":                {func(_ *testing.T, c *Config) { c.LogLevel = "loud" }, muster.ReasonSettingInvalid},
		"a file for a data directory":             {func(t *testing.T, c *Config) { c.Data = filepath.Join(c.Data, keyFile) }, muster.ReasonSettingInvalid},
		"somebody else's directory":               {func(t *testing.T, c *Config) { remove(t, c, formatFile); write(t, c, "thesis.tex", "x") }, muster.ReasonSettingInvalid},
		"an address that another one holds":       {func(t *testing.T, c *Config) { c.HTTP = busy(t) }, muster.ReasonSettingInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			config := testConfig(t)
			if _, err := Init(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, &config)
			n, err := Open(t.Context(), Settings{Config: config}, Options{Version: "test", Logger: slog.New(slog.DiscardHandler)})
			if err == nil {
				n.Close()
			}
			if muster.ReasonOf(err) != c.want && !errors.Is(err, c.want) {
				t.Errorf("%v (%s), want %s", err, muster.ReasonOf(err), c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestADirectoryThatWasMadeBeforehandIsClosedToOthers(t *testing.T) {
	c := testConfig(t)
	if err := os.Mkdir(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, c.Data, 0o777)
	if _, err := Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.Data); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	others := t.TempDir()
	chmod(t, others, 0o755)
	if err := os.WriteFile(filepath.Join(others, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Data = others
	if _, err := Init(t.Context(), c); muster.ReasonOf(err) != muster.ReasonSettingInvalid {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(others); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("somebody else's directory was closed: %v, %v", info.Mode(), err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, c *Config, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(c.Data, name)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, c *Config, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.Data, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func busy(t *testing.T) string {
	t.Helper()
	n := open(t, testConfig(t))
	t.Cleanup(func() { n.Close() })
	return n.Addresses().HTTP
}

func open(t testing.TB, c Config) *Node {
	t.Helper()
	n, err := Open(t.Context(), Settings{Config: c}, Options{Version: "test", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatBecomesOfCertificatesIsLogged(t *testing.T) {
	var b bytes.Buffer
	n, err := Open(t.Context(), Settings{Config: testConfig(t)}, Options{Version: "test", Logger: slog.New(slog.NewTextHandler(&b, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for _, want := range []string{`msg="made a root certificate"`, `msg="made a server certificate"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, &b)
		}
	}
}

func TestTwoServersOnOneDirectory(t *testing.T) {
	c := testConfig(t)
	n := open(t, c)
	defer n.Close()
	if _, err := Open(t.Context(), Settings{Config: c}, Options{Version: "test", Logger: slog.New(slog.DiscardHandler)}); !errors.Is(err, muster.ReasonDataDirectoryInUse) {
		t.Errorf("the second: %v", err)
	}
	if again, err := Init(t.Context(), c); err != nil || again.APIToken != nil {
		t.Errorf("init beside a running server: %+v, %v", again, err)
	}
}

func TestAnInterruptedFirstStartIsFinishedByTheNext(t *testing.T) {
	c := testConfig(t)
	if _, err := Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	remove(t, &c, formatFile)
	remove(t, &c, TokenFile)
	made, err := Init(t.Context(), c)
	if err != nil || made.APIToken == nil || made.ProvisionDeviceSecret == nil {
		t.Errorf("%+v, %v", made, err)
	}
}

func TestANodeIsReadyWhileItServes(t *testing.T) {
	n := open(t, testConfig(t))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	url := "http://" + n.Addresses().HTTP
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if code, _ := get(t, url+"/readyz"); code == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatal("never ready")
		}
	}
	if code, text := get(t, url+"/metrics"); code != http.StatusOK || !strings.Contains(text, "muster_telemetry_messages_total 0") {
		t.Errorf("metrics: %d", code)
	}
	if code, _ := get(t, url+"/livez"); code != http.StatusOK {
		t.Errorf("livez: %d", code)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop")
	}
	if _, err := http.Get(url + "/livez"); err == nil {
		t.Error("it still listens")
	}
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		return 0, ""
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestARequestThatNeverArrivesDoesNotKeepTheNodeFromStopping(t *testing.T) {
	t.Parallel()
	n := open(t, testConfig(t))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	for _, text := range []string{
		"POST /api/v1/token/telemetry HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
		"POST /v1/devices HTTP/1.1\r\nHost: localhost\r\n",
		"",
	} {
		c, err := net.Dial("tcp", n.Addresses().HTTP)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond) // the server is reading
	began := time.Now()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > requestTime+2*time.Second {
		t.Errorf("it took %v to stop", took)
	}
}
