package node

import (
	"log/slog"
	"net"
	"net/url"
	"strings"

	"muster"
)

// A Config is everything that can be set about a node. The yaml tags are the keys of the configuration file; the flags of
// the command line have the same names with dashes. A change of those that are tagged with reload counts while the node
// serves; all others need a restart.
type Config struct {
	Data   string `yaml:"data"`  // the data directory
	HTTP   string `yaml:"http"`  // host:port; "off" listens nowhere
	HTTPS  string `yaml:"https"` // likewise, as all below
	MQTT   string `yaml:"mqtt"`
	MQTTS  string `yaml:"mqtts"`  // MQTT over TLS
	CoAP   string `yaml:"coap"`   // UDP
	CoAPS  string `yaml:"coaps"`  // DTLS
	Public bool   `yaml:"public"` // plain ports that no address was given for listen on all addresses, not on loopback

	PublicURL string `yaml:"publicUrl"` // where the HTTP port is reached from elsewhere; certificates of the authority say so

	TLSNames []string `yaml:"tlsNames" reload:"yes"` // further names and addresses in the server certificate
	TLSCert  string   `yaml:"tlsCert" reload:"yes"`  // own certificate chain, PEM; watched
	TLSKey   string   `yaml:"tlsKey" reload:"yes"`   // its private key, PEM

	// ProxyFrom are the networks of the proxies that speak the PROXY protocol, version 2, on the ports of TCP. Who connects
	// from there must.
	ProxyFrom []string `yaml:"proxyFrom"`

	// ResponderNetworks are networks that are not public, in which OCSP responders of other authorities may be asked.
	ResponderNetworks []string `yaml:"responderNetworks"`

	OIDC OIDC `yaml:"oidc"` // whom people may sign in with

	LogLevel string `yaml:"logLevel" reload:"yes"` // debug, info, warn or error
	Limits   Limits `yaml:"limits"`
}

// Limits are the limits that hold for everybody. Each is named in the refusal that it causes.
type Limits struct {
	ProvisionPerKey   int `yaml:"provisionPerKey" reload:"yes"`   // new devices a second that one provision key lets in; 0: no limit
	ProvisionBurst    int `yaml:"provisionBurst" reload:"yes"`    // how many of them may come at once
	ProvisionFailures int `yaml:"provisionFailures" reload:"yes"` // a minute from one address, before it is refused for a minute; 0: no limit
	AuthFailures      int `yaml:"authFailures" reload:"yes"`      // likewise for connecting and for requests
	MaxPacket         int `yaml:"maxPacket"`                      // bytes of an MQTT packet behind its fixed header
	MaxBody           int `yaml:"maxBody"`                        // bytes of an HTTP body
	QueueBytes        int `yaml:"queueBytes" reload:"yes"`        // readings waiting for the disk, in bytes
	JournalEntries    int `yaml:"journalEntries" reload:"yes"`    // attempts of devices that the journal keeps, and as many of strangers
	JournalDays       int `yaml:"journalDays" reload:"yes"`       // how long it keeps them
}

// DefaultConfig returns the settings that hold where nothing else is said.
func DefaultConfig() Config {
	return Config{
		Data:     "./data",
		LogLevel: "info",
		Limits: Limits{
			ProvisionPerKey: 200, ProvisionBurst: 2000, ProvisionFailures: 30, AuthFailures: 60,
			MaxPacket: 65536, MaxBody: 1 << 20, QueueBytes: 32 << 20, JournalEntries: 100_000, JournalDays: 90,
		},
	}
}

// off is the address of a listener that is not wanted.
const off = "off"

// listen returns the address that a listener binds: what was set, or the default port on the default side.
func (c *Config) listen(set, port string, plain bool) string {
	switch {
	case set != "":
		return set
	case plain && !c.Public:
		return net.JoinHostPort("127.0.0.1", port)
	}
	return net.JoinHostPort("", port)
}

// Check refuses settings that cannot work, naming each by its key.
func (c *Config) Check() error {
	if strings.TrimSpace(c.Data) == "" {
		return muster.Refuse(muster.ReasonSettingInvalid, "data: the data directory is empty")
	}
	for _, a := range []struct{ key, address string }{
		{"http", c.HTTP}, {"https", c.HTTPS}, {"mqtt", c.MQTT}, {"mqtts", c.MQTTS}, {"coap", c.CoAP}, {"coaps", c.CoAPS},
	} {
		if a.address == "" || a.address == off {
			continue
		}
		if _, _, err := net.SplitHostPort(a.address); err != nil {
			return muster.Refuse(muster.ReasonSettingInvalid, "%s: %q is not host:port", a.key, a.address)
		}
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return err
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return muster.Refuse(muster.ReasonSettingInvalid, "tlsCert and tlsKey go together")
	}
	if _, err := networks("proxyFrom", c.ProxyFrom); err != nil {
		return err
	}
	if _, err := networks("responderNetworks", c.ResponderNetworks); err != nil {
		return err
	}
	if _, err := c.level(); err != nil {
		return err
	}
	if err := c.OIDC.check(); err != nil {
		return err
	}
	l := c.Limits
	for _, n := range []struct {
		key           string
		value, lo, hi int
	}{
		{"provisionPerKey", l.ProvisionPerKey, 0, 1_000_000},
		{"provisionBurst", l.ProvisionBurst, 1, 1_000_000},
		{"provisionFailures", l.ProvisionFailures, 0, 1_000_000_000},
		{"authFailures", l.AuthFailures, 0, 1_000_000_000},
		{"maxPacket", l.MaxPacket, 256, 16 << 20},
		{"maxBody", l.MaxBody, 256, 64 << 20},
		{"queueBytes", l.QueueBytes, 1 << 20, 1 << 30},
		{"journalEntries", l.JournalEntries, 100, 10_000_000},
		{"journalDays", l.JournalDays, 1, 3650},
	} {
		if n.value < n.lo || n.value > n.hi {
			return muster.Refuse(muster.ReasonSettingInvalid, "limits.%s: %d is not between %d and %d", n.key, n.value, n.lo, n.hi)
		}
	}
	return nil
}

// checkPublicURL refuses what is no URL that certificates can say, and others can ask.
func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || len(text) > 500 || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.String() != text { // which is ASCII, as names in certificates are
		return muster.Refuse(muster.ReasonSettingInvalid, "publicUrl: %.100q is no URL such as http://muster.example:8080", text)
	}
	return nil
}

// unlimited turns the 0 of a setting, no limit, into the word that the rooms use for it.
func unlimited(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func (c *Config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, muster.Refuse(muster.ReasonSettingInvalid, "logLevel: %q is none of debug, info, warn, error", c.LogLevel)
	}
	return l, nil
}
