package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/node"
)

// A setting is one that a flag and an environment variable give, besides the configuration file.
type setting struct {
	name, usage string
	set         func(c *node.Config, text string) error
}

// settings are in the order of the help.
func settings() []setting {
	text := func(name, usage string, field func(c *node.Config) *string) setting {
		return setting{name, usage, func(c *node.Config, text string) error { *field(c) = text; return nil }}
	}
	return []setting{
		text("data", "data directory, default ./data", func(c *node.Config) *string { return &c.Data }),
		text("http", "address of HTTP, default 127.0.0.1:8080; off for none", func(c *node.Config) *string { return &c.HTTP }),
		text("https", "address of HTTP over TLS, default :8443; off for none", func(c *node.Config) *string { return &c.HTTPS }),
		text("mqtt", "address of MQTT, default 127.0.0.1:1883; off for none", func(c *node.Config) *string { return &c.MQTT }),
		text("mqtts", "address of MQTT over TLS, default :8883; off for none", func(c *node.Config) *string { return &c.MQTTS }),
		text("coap", "address of CoAP, default 127.0.0.1:5683; off for none", func(c *node.Config) *string { return &c.CoAP }),
		text("coaps", "address of CoAP over DTLS, default :5684; off for none", func(c *node.Config) *string { return &c.CoAPS }),
		{"public", "let HTTP, MQTT and CoAP listen on all addresses where none is given", func(c *node.Config, text string) (err error) {
			c.Public, err = strconv.ParseBool(text)
			return err
		}},
		text("public-url", "URL under which HTTP is reached from elsewhere, http or https; certificates of the authority say so", func(c *node.Config) *string { return &c.PublicURL }),
		{"tls-name", "further name or address in the server certificate; may be repeated", func(c *node.Config, text string) error {
			c.TLSNames = strings.Split(text, ",")
			return nil
		}},
		text("tls-cert", "own certificate chain, PEM, instead of one by the built-in authority", func(c *node.Config) *string { return &c.TLSCert }),
		text("tls-key", "the private key of --tls-cert, PEM", func(c *node.Config) *string { return &c.TLSKey }),
		{"proxy-from", "network whose connections begin with a PROXY protocol header, version 2; may be repeated", func(c *node.Config, text string) error {
			c.ProxyFrom = strings.Split(text, ",")
			return nil
		}},
		{"responder-network", "network that is not public, in which OCSP responders of other authorities may be asked; may be repeated", func(c *node.Config, text string) error {
			c.ResponderNetworks = strings.Split(text, ",")
			return nil
		}},
		text("log-level", "debug, info, warn or error", func(c *node.Config) *string { return &c.LogLevel }),
	}
}

// variable is the environment variable of a setting.
func (s setting) variable() string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

const configVariable = "MUSTER_CONFIG"

func addSettings(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("config", "", "configuration file, YAML ("+configVariable+")")
	for _, s := range settings() {
		usage := s.usage + " (" + s.variable() + ")"
		switch s.name {
		case "public":
			f.Bool(s.name, false, usage)
		case "tls-name", "proxy-from", "responder-network":
			f.StringSlice(s.name, nil, usage)
		default:
			f.String(s.name, "", usage)
		}
	}
}

// configure puts the settings together: flag before environment before configuration file before default.
func configure(cmd *cobra.Command) (node.Config, error) {
	c := node.DefaultConfig()
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return c, err
	}
	if file = first(file, os.Getenv(configVariable)); file != "" {
		if c, err = node.LoadConfig(c, file); err != nil {
			return c, err
		}
	}
	for _, s := range settings() {
		if text := os.Getenv(s.variable()); text != "" {
			if err := s.set(&c, text); err != nil {
				return c, muster.Refuse(muster.ReasonSettingInvalid, "%s: %q cannot be used", s.variable(), text)
			}
		}
		if flag := cmd.Flags().Lookup(s.name); flag != nil && flag.Changed {
			if err := s.set(&c, flagText(cmd, s.name)); err != nil {
				return c, usagef("--%s: %v", s.name, err)
			}
		}
	}
	return c, c.Check()
}

func flagText(cmd *cobra.Command, name string) string {
	if list, err := cmd.Flags().GetStringSlice(name); err == nil {
		return strings.Join(list, ",")
	}
	return cmd.Flags().Lookup(name).Value.String()
}
