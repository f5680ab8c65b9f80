package node

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"

	"muster"
	"muster/internal/fleet"
	"muster/internal/issuer"
	"muster/internal/people"
	"muster/internal/sqlite"
)

// Made tells what a data directory holds for the people who start with it. The secrets are shown once: they are nil for
// a directory that existed.
type Made struct {
	URL                   string  `json:"url"`
	SetupURL              *string `json:"setupURL"`
	APIToken              *string `json:"apiToken"`
	CAFile                string  `json:"caFile"`
	Profile               string  `json:"profile"`
	ProvisionDeviceKey    string  `json:"provisionDeviceKey"`
	ProvisionDeviceSecret *string `json:"provisionDeviceSecret"`
}

// Init makes the data directory where needed and tells what it holds. On a directory that is complete it changes
// nothing, and a server may be running on it.
func Init(ctx context.Context, c Config) (Made, error) {
	if err := c.Check(); err != nil {
		return Made{}, err
	}
	path, err := filepath.Abs(c.Data)
	if err != nil {
		return Made{}, err
	}
	finished, err := isFinished(path)
	if err != nil {
		return Made{}, err
	}
	if finished {
		return c.describe(ctx, path)
	}
	dir, err := openDirectory(c.Data)
	if err != nil {
		return Made{}, err
	}
	defer dir.close()
	if !dir.fresh { // somebody else has completed it meanwhile
		return c.describe(ctx, path)
	}
	f, err := openFoundation(ctx, &c, nil, dir.path, true)
	if err != nil {
		return Made{}, err
	}
	defer f.close()
	return f.furnish(ctx, &c, dir)
}

// describe returns what a complete directory holds.
func (c *Config) describe(ctx context.Context, path string) (Made, error) {
	keys, err := masterKey(path, false)
	if err != nil {
		return Made{}, err
	}
	registry, err := openRegistry(ctx, path, keys, nil)
	if err != nil {
		return Made{}, err
	}
	defer registry.Close()
	m := Made{URL: c.url(), CAFile: filepath.Join(path, authorityDir, issuer.RootName), Profile: fleet.DefaultProfile}
	if p, err := registry.Profile(ctx, fleet.DefaultProfile); err == nil {
		if list, err := registry.ProvisionKeys(ctx, p.ID); err == nil && len(list) > 0 {
			m.ProvisionDeviceKey = list[0].Key
		}
	}
	return m, nil
}

// A foundation is what a data directory holds: keys, registry and authority.
type foundation struct {
	keys     *muster.Keyring
	registry *sqlite.Registry
	issuer   *issuer.Issuer
}

// openFoundation opens it. A nil log: nobody is told what no caller hears of.
func openFoundation(ctx context.Context, c *Config, log *slog.Logger, path string, fresh bool) (*foundation, error) {
	keys, err := masterKey(path, fresh)
	if err != nil {
		return nil, err
	}
	authority, err := issuer.Open(filepath.Join(path, authorityDir), issuer.Options{
		Names: c.TLSNames, PublicURL: c.PublicURL, Keys: keys, CertFile: c.TLSCert, KeyFile: c.TLSKey, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	registry, err := openRegistry(ctx, path, keys, log)
	if err != nil {
		return nil, err
	}
	return &foundation{keys: keys, registry: registry, issuer: authority}, nil
}

// openRegistry opens the registry of the data directory at path.
func openRegistry(ctx context.Context, path string, keys *muster.Keyring, log *slog.Logger) (*sqlite.Registry, error) {
	return sqlite.Open(ctx, filepath.Join(path, registryFile), sqlite.Options{
		Logger: log, Fingerprint: keys.Fingerprint(), Free: func() (uint64, error) { return freeSpace(path) },
	})
}

func (f *foundation) close() error { return f.registry.Close() }

// furnish makes what a first start needs: an API token, a setup link, the default profile with its provision key. Each
// part that an interrupted first start left behind is used again or replaced.
func (f *foundation) furnish(ctx context.Context, c *Config, dir *directory) (Made, error) {
	humans := people.New(f.registry, f.keys, people.Options{})
	token, err := humans.FirstToken(ctx)
	if err != nil {
		return Made{}, err
	}
	if err := writeFile(dir.file(TokenFile), []byte(token.Reveal()+"\n"), 0o600); err != nil {
		return Made{}, err
	}
	setup, err := humans.CreateSetupLink(ctx)
	if err != nil {
		return Made{}, err
	}
	grant, err := fleet.New(f.registry, f.keys, fleet.Options{}).EnsureDefaultProfile(ctx)
	if err != nil {
		return Made{}, err
	}
	if err := dir.finish(); err != nil {
		return Made{}, err
	}
	setupURL, apiToken, secret := c.url()+"/setup?token="+setup.Reveal(), token.Reveal(), grant.Secret.Reveal()
	return Made{
		URL: c.url(), SetupURL: &setupURL, APIToken: &apiToken, CAFile: f.issuer.RootFile(),
		Profile: fleet.DefaultProfile, ProvisionDeviceKey: grant.Key, ProvisionDeviceSecret: &secret,
	}, nil
}

// url returns where people on this machine reach the server.
func (c *Config) url() string {
	host, port, err := net.SplitHostPort(c.listen(c.HTTP, "8080", true))
	if err != nil {
		return ""
	}
	return "http://" + net.JoinHostPort(reachable(host), port)
}

// reachable returns an address of this machine at which a listener on host is reached.
func reachable(host string) string {
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}
