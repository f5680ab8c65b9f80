package node

import (
	"net/netip"
	"net/url"
	"os"
	"strings"

	"muster"
	"muster/internal/admin"
)

// OIDC is the OpenID provider that people may sign in with. Without an issuer there is none.
type OIDC struct {
	Issuer           string            `yaml:"issuer"`           // as the provider calls itself
	ClientID         string            `yaml:"clientID"`         // what the provider calls this server
	ClientSecretFile string            `yaml:"clientSecretFile"` // holds the client's secret, if MUSTER_OIDC_CLIENT_SECRET does not
	URL              string            `yaml:"url"`              // of this server, as browsers see it
	Scopes           []string          `yaml:"scopes"`           // asked for besides openid, profile and email
	NameClaim        string            `yaml:"nameClaim"`        // what a new user is called by; default email
	RoleClaim        string            `yaml:"roleClaim"`        // says the role; empty: the provider does not
	Roles            map[string]string `yaml:"roles"`            // what the claim says, and which role that is; none: it says the role itself
	DefaultRole      string            `yaml:"defaultRole"`      // of whom the provider gives none; empty: they are refused
	Domains          []string          `yaml:"domains"`          // of verified e-mail addresses that are let in; none: all
}

const (
	clientSecretVariable = "MUSTER_OIDC_CLIENT_SECRET" //nolint:gosec // its name
	maxClientSecret      = 4 << 10
)

// check refuses a provider that cannot work.
func (o *OIDC) check() error {
	if o.Issuer == "" {
		return nil
	}
	for _, u := range []struct{ key, text string }{{"issuer", o.Issuer}, {"url", o.URL}} {
		if !safeURL(u.text) {
			return muster.Refuse(muster.ReasonSettingInvalid, "oidc.%s: %q is no https URL", u.key, u.text)
		}
	}
	if o.ClientID == "" {
		return muster.Refuse(muster.ReasonSettingInvalid, "oidc.clientID is empty")
	}
	if o.RoleClaim == "" && o.DefaultRole == "" {
		return muster.Refuse(muster.ReasonSettingInvalid, "oidc.roleClaim or oidc.defaultRole is wanted: without both nobody gets in")
	}
	_, _, err := o.roles()
	return err
}

// safeURL reports whether text is a URL that nobody on the way reads: https, or http on this machine.
func safeURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip.IsLoopback())
}

// roles returns which role each text of the claim is, and the default.
func (o *OIDC) roles() (roles map[string]muster.Role, usual muster.Role, err error) {
	said := o.Roles
	if len(said) == 0 {
		said = map[string]string{"viewer": "viewer", "operator": "operator", "admin": "admin"}
	}
	roles = make(map[string]muster.Role, len(said))
	for text, name := range said {
		if roles[text], err = muster.ParseRole(name); err != nil {
			return nil, 0, muster.Refuse(muster.ReasonSettingInvalid, "oidc.roles.%s: %s", text, muster.MessageOf(err))
		}
	}
	if o.DefaultRole != "" {
		if usual, err = muster.ParseRole(o.DefaultRole); err != nil {
			return nil, 0, muster.Refuse(muster.ReasonSettingInvalid, "oidc.defaultRole: %s", muster.MessageOf(err))
		}
	}
	return roles, usual, nil
}

// provider returns the provider for the API of people, nil if there is none.
func (o *OIDC) provider() (*admin.Provider, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	secret, err := o.secret()
	if err != nil {
		return nil, err
	}
	roles, usual, err := o.roles()
	if err != nil {
		return nil, err
	}
	return &admin.Provider{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: secret, URL: o.URL, Scopes: o.Scopes, NameClaim: o.NameClaim,
		RoleClaim: o.RoleClaim, Roles: roles, DefaultRole: usual, Domains: o.Domains,
	}, nil
}

// secret returns the client's secret: that of the environment, or else of the file. A public client has none.
func (o *OIDC) secret() (muster.Secret, error) {
	if text := os.Getenv(clientSecretVariable); text != "" || o.ClientSecretFile == "" {
		return muster.Secret(text), nil
	}
	text, err := os.ReadFile(o.ClientSecretFile)
	if err != nil {
		return "", muster.Refuse(muster.ReasonSettingInvalid, "oidc.clientSecretFile: %v", err)
	}
	if len(text) > maxClientSecret {
		return "", muster.Refuse(muster.ReasonSettingInvalid, "oidc.clientSecretFile: it has more than %d bytes", maxClientSecret)
	}
	return muster.Secret(strings.TrimSpace(string(text))), nil
}
