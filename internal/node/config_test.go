package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster"
)

func TestAConfigurationIsReadStrictly(t *testing.T) {
	for name, c := range map[string]struct{ text, complaint string }{
		"an unknown key is named with its line": {"data: /x\nprot: 1\n", "[2:1]"},
		"an unknown limit too":                  {"limits:\n  authFailures: 1\n  nofile: 1\n", "[3:3]"},
		"a key that comes twice":                {"data: a\ndata: b\n", "data"},
		"a number that is none":                 {"limits:\n  maxPacket: many\n", "[2:14] limits.maxPacket: a whole number is wanted"},
		"a number with a fraction":              {"limits:\n  maxPacket: 300.5\n", "[2:14] limits.maxPacket: a whole number is wanted"},
		"a number that fits nowhere":            {"limits:\n  maxPacket: 99999999999999999999\n", "limits.maxPacket: the number is too large"},
		"neither true nor false":                {"public: perhaps\n", "[1:9] public: true or false is wanted"},
		"a text where a list is wanted":         {"tlsNames: a\n", "tlsNames: a list is wanted"},
		"a list in a list":                      {"tlsNames: [a, [b]]\n", "tlsNames[1]: a text is wanted"},
		"a number where limits are wanted":      {"limits: 3\n", "limits: a mapping of keys to values is wanted"},
		"a second document":                     {"data: a\n---\ndata: b\n", "[2:1] a second document"},
		"no YAML at all":                        {"{", "muster.yaml"},
		"a list":                                {"- a\n", "muster.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadConfig(DefaultConfig(), file(t, c.text))
			if !errors.Is(err, muster.ReasonSettingInvalid) || !strings.Contains(err.Error(), c.complaint) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAConfigurationLiesOverTheDefaults(t *testing.T) {
	c, err := LoadConfig(DefaultConfig(), file(t, "mqtt: 127.0.0.1:2883\ntlsNames: [a.example]\nlimits:\n  authFailures: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.MQTT != "127.0.0.1:2883" || c.Limits.AuthFailures != 0 || c.Limits.ProvisionFailures != 30 || c.Data != "./data" || len(c.TLSNames) != 1 {
		t.Errorf("%+v", c)
	}
	if c, err := LoadConfig(DefaultConfig(), file(t, "---\ndata: /x\n")); err != nil || c.Data != "/x" {
		t.Errorf("a document that says where it begins: %+v, %v", c, err)
	}
	if c, err := LoadConfig(DefaultConfig(), file(t, " \n# nothing\n")); err != nil || c.Data != "./data" {
		t.Errorf("an empty file: %+v, %v", c, err)
	}
	if _, err := LoadConfig(DefaultConfig(), "/no/such/file"); !errors.Is(err, muster.ReasonSettingInvalid) {
		t.Errorf("no file: %v", err)
	}
	if _, err := LoadConfig(DefaultConfig(), file(t, strings.Repeat("#", maxConfigSize+1))); !errors.Is(err, muster.ReasonSettingInvalid) {
		t.Errorf("a huge file: %v", err)
	}
}

func TestWherePortsAreBound(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		plain  bool
		set    string
		want   string
	}{
		"a plain port stays on loopback":      {Config{}, true, "", "127.0.0.1:1883"},
		"unless the node is public":           {Config{Public: true}, true, "", ":1883"},
		"or an address is set":                {Config{}, true, "192.0.2.1:1", "192.0.2.1:1"},
		"a TLS port listens on all addresses": {Config{}, false, "", ":1883"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.config.listen(c.set, "1883", c.plain); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
