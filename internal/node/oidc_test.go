package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster"
)

func TestWhichProvidersCanWork(t *testing.T) {
	const works = "oidc:\n  issuer: https://id.example.org\n  clientID: muster\n  url: https://muster.example.org\n  roleClaim: groups\n"
	for says, c := range map[string]struct{ text, complaint string }{
		"none":                        {"oidc: {}\n", ""},
		"one":                         {works, ""},
		"one on this machine":         {strings.ReplaceAll(works, "https://id.example.org", "http://127.0.0.1:5556"), ""},
		"one over an open way":        {strings.ReplaceAll(works, "https://id", "http://id"), "oidc.issuer"},
		"no URL of this server":       {strings.ReplaceAll(works, "  url: https://muster.example.org\n", ""), "oidc.url"},
		"a URL with a query":          {strings.ReplaceAll(works, "muster.example.org", "muster.example.org?a=b"), "oidc.url"},
		"no client":                   {strings.ReplaceAll(works, "  clientID: muster\n", ""), "oidc.clientID"},
		"neither claim nor default":   {strings.ReplaceAll(works, "  roleClaim: groups\n", ""), "oidc.defaultRole"},
		"a default":                   {strings.ReplaceAll(works, "roleClaim: groups", "defaultRole: viewer"), ""},
		"a default that is no role":   {works + "  defaultRole: owner\n", "oidc.defaultRole"},
		"roles":                       {works + "  roles: {ops: operator, boss: admin}\n", ""},
		"a role that is none":         {works + "  roles: {ops: none}\n", "oidc.roles.ops"},
		"a key that nobody knows":     {works + "  clientSecret: in-the-file\n", "clientSecret"},
		"a text where a list belongs": {works + "  domains: example.org\n", "oidc.domains: a list is wanted"},
	} {
		t.Run(says, func(t *testing.T) {
			config, err := LoadConfig(DefaultConfig(), file(t, c.text))
			if err == nil {
				err = config.Check()
			}
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (!errors.Is(err, muster.ReasonSettingInvalid) || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("%v, want it to name %s", err, c.complaint)
			}
		})
	}
}

func TestWhereTheClientsSecretComesFrom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ variable, file, want string }{
		{"", "", ""}, {"", path, "of the file"}, {"of the variable", path, "of the variable"}, {"of the variable", "", "of the variable"},
	} {
		t.Setenv(clientSecretVariable, c.variable)
		o := OIDC{Issuer: "https://id.example.org", ClientSecretFile: c.file}
		p, err := o.provider()
		if err != nil || p.ClientSecret.Reveal() != c.want {
			t.Errorf("%q and %q: %v", c.variable, c.file, err)
		}
		if p != nil && p.Roles["admin"] != muster.RoleAdmin {
			t.Errorf("without a table a claim says %v", p.Roles)
		}
	}
	t.Setenv(clientSecretVariable, "")
	if err := os.WriteFile(path, make([]byte, maxClientSecret+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".none"} {
		o := OIDC{Issuer: "https://id.example.org", ClientSecretFile: name}
		if _, err := o.provider(); !errors.Is(err, muster.ReasonSettingInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := (&OIDC{}).provider(); p != nil || err != nil {
		t.Errorf("no issuer: %v, %v", p, err)
	}
}
