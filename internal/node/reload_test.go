package node

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster"
	"muster/internal/admin"
)

// reloading opens a node whose settings a test changes.
func reloading(t *testing.T, change *func(*Config)) (*Node, *slog.LevelVar) {
	t.Helper()
	c := testConfig(t)
	var level slog.LevelVar
	n, err := Open(t.Context(), Settings{Config: c}, Options{
		Version: "test", Logger: slog.New(slog.DiscardHandler), Level: &level,
		Load: func() (Settings, error) {
			fresh := c
			(*change)(&fresh)
			return Settings{Config: fresh, Source: func(string) string { return "muster.yaml:1" }}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n, &level
}

func settingOf(t *testing.T, n *Node, key string) admin.Setting {
	t.Helper()
	all := n.Settings()
	i := slices.IndexFunc(all, func(s admin.Setting) bool { return s.Key == key })
	if i < 0 {
		t.Fatalf("there is no %s", key)
	}
	return all[i]
}

func TestAReloadChangesWhatCanChangeAndNamesTheRest(t *testing.T) {
	var change func(*Config)
	n, level := reloading(t, &change)
	change = func(*Config) {}
	if done, err := n.Reload(t.Context()); err != nil || len(done.Changed)+len(done.NeedsRestart) != 0 || done.Certificate {
		t.Errorf("nothing was changed: %+v, %v", done, err)
	}
	change = func(c *Config) {
		c.LogLevel, c.TLSNames, c.MQTT = "debug", []string{"devices.example"}, off
		c.Limits.QueueBytes, c.Limits.MaxPacket = 2<<20, 1000
	}
	done, err := n.Reload(t.Context())
	want := admin.Reloaded{
		Changed:      []string{"tlsNames", "logLevel", "limits.queueBytes"},
		NeedsRestart: []string{"mqtt", "limits.maxPacket"}, Certificate: true,
	}
	if err != nil || !reflect.DeepEqual(done, want) {
		t.Errorf("%+v, %v", done, err)
	}
	if _, most := n.intake.Queued(); most != 2<<20 || level.Level() != slog.LevelDebug {
		t.Errorf("%d bytes may wait, the level is %v", most, level)
	}
	if names := n.Certificates()[0].Names; !slices.Contains(names, "devices.example") {
		t.Errorf("the certificate is for %v", names)
	}
	if s := settingOf(t, n, "limits.maxPacket"); s.Value != 65536 || s.Pending != 1000 || s.Reloads {
		t.Errorf("%+v", s)
	}
	if s := settingOf(t, n, "limits.queueBytes"); s.Value != 2<<20 || s.Pending != nil || s.Source != "muster.yaml:1" || !s.Reloads {
		t.Errorf("%+v", s)
	}
	for _, l := range n.Limits() {
		if want := map[string]int{"limits.queueBytes": 2 << 20, "limits.maxPacket": 65536}[l.Key]; want != 0 && l.Value != want || l.Value < 0 {
			t.Errorf("%+v", l)
		}
	}
}

func TestSettingsThatCannotBeUsedChangeNothing(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.pem")
	for name, wrong := range map[string]struct {
		change func(*Config)
		want   muster.Reason
	}{
		"a limit out of bounds":            {func(c *Config) { c.Limits.QueueBytes = 1 }, muster.ReasonSettingInvalid},
		"a certificate that is not there":  {func(c *Config) { c.TLSCert, c.TLSKey = none, none }, muster.ReasonCertificateInvalid},
		"a name that no certificate has":   {func(c *Config) { c.TLSNames = []string{"-"} }, muster.ReasonSettingInvalid},
		"what needs a restart and is none": {func(c *Config) { c.MQTT = "1883" }, muster.ReasonSettingInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(c *Config) { c.LogLevel = "error"; wrong.change(c) }
			n, level := reloading(t, &change)
			before, served := n.Settings(), n.Certificates()
			if _, err := n.Reload(t.Context()); muster.ReasonOf(err) != wrong.want {
				t.Errorf("%v", err)
			}
			if !reflect.DeepEqual(n.Settings(), before) || !reflect.DeepEqual(n.Certificates()[0].Fingerprint, served[0].Fingerprint) || level.Level() != slog.LevelInfo {
				t.Error("something has changed")
			}
		})
	}
}

func TestSettingsSayWhereSecretsComeFromAndNotWhatTheyAre(t *testing.T) {
	n := open(t, testConfig(t))
	defer n.Close()
	t.Setenv(clientSecretVariable, "hunter2")
	if s := settingOf(t, n, "oidc.clientSecret"); s.Value != nil || !s.Secret || s.Source != clientSecretVariable {
		t.Errorf("%+v", s)
	}
	if s := settingOf(t, n, "masterKey"); s.Value != nil || !s.Secret || filepath.Base(s.Source) != keyFile {
		t.Errorf("%+v", s)
	}
}

func TestANodeThatIsWellSaysSo(t *testing.T) {
	n := open(t, testConfig(t))
	defer n.Close()
	h := n.Health()
	for _, about := range []string{
		"clock", "open files", "data directory", "master key", "free space", "disk sync", "registry", "readings", "queue", "journal",
		"server certificate", "intermediate certificate", "root certificate",
	} {
		if f := finding(t, h.Findings, about); !f.OK && !strings.Contains("open files, free space, disk sync", about) { // which are this machine's
			t.Errorf("%+v", f)
		}
	}
	for _, f := range h.Findings {
		if f.Code == "" {
			t.Errorf("it has no code: %+v", f)
		}
	}
	if err := os.Chmod(n.dir.path, 0o755); err != nil {
		t.Fatal(err)
	}
	if h := n.Health(); h.OK || finding(t, h.Findings, "data directory").OK {
		t.Errorf("others may read the data directory: %+v", h)
	}
}
