package main

import (
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newProvisionKey() *cobra.Command {
	return group("provision-key", "Keys that let devices into a profile",
		provisionKeyCreate(), provisionKeyList(), provisionKeyRevoke(), provisionKeyRotate())
}

func provisionKeyCreate() *cobra.Command {
	var n admin.NewProvisionKey
	var notBefore, expires string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Makes a provision key and shows its secret once",
		Args:  cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&n.Profile, "profile", "", "the profile that it lets into (default default)")
	f.StringVar(&n.Key, "key", "", "the key; left out, the server makes one")
	f.StringVar(&n.Secret, "secret", "", "its secret; left out, the server makes one")
	f.StringVar(&notBefore, "not-before", "", "valid from this time on, RFC 3339")
	f.StringVar(&expires, "expires", "", "valid until this time, RFC 3339")
	f.IntVar(&n.MaxDevices, "max-devices", 0, "how many devices it may let in; 0: any number")
	f.StringArrayVar(&n.Networks, "network", nil, "from where it may be used, such as 10.0.0.0/8; may be repeated")
	f.StringVar(&n.NamePattern, "name-pattern", "", "regular expression that the whole device name must match")
	return asking(cmd, func([]string) (_ call, err error) {
		if n.NotBefore, err = parseFlagTime("not-before", notBefore); err != nil {
			return call{}, err
		}
		if n.ExpiresAt, err = parseFlagTime("expires", expires); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: []string{"v1", "provision-keys"}, body: n}, nil
	}, issuedKey)
}

func parseFlagTime(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usagef("--%s: %q is not RFC 3339, such as 2030-12-31T23:59:59Z", flag, text)
	}
	return t, nil
}

// issuedKey shows a key with its secret, which nobody shows again.
func issuedKey(k admin.IssuedKey) (any, table) {
	t := table{columns: []string{"profile", "provision key", "provision secret"}}
	t.add(k.Profile, k.Key, k.Secret)
	return k, t
}

func provisionKeyList() *cobra.Command {
	var profile string
	cmd := &cobra.Command{Use: "list", Short: "Lists provision keys, the oldest first", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&profile, "profile", "", "of this profile alone")
	return asking(cmd, func([]string) (call, error) {
		q := url.Values{}
		if profile != "" {
			q.Set("profile", profile)
		}
		return call{method: http.MethodGet, path: []string{"v1", "provision-keys"}, query: q}, nil
	}, func(l admin.List[admin.ProvisionKey]) (any, table) {
		t := table{columns: []string{"profile", "key", "state", "devices", "max devices", "expires", "networks", "name pattern", "created"}}
		for _, k := range l.Items {
			t.add(k.Profile, k.Key, k.State, k.Devices, k.MaxDevices, k.ExpiresAt, k.Networks, k.NamePattern, k.CreatedAt)
		}
		return l.Items, t
	})
}

func provisionKeyRevoke() *cobra.Command {
	return acting(&cobra.Command{
		Use: "revoke KEY", Short: "Ends the use of a key, named by its text or id; what it let in stays in", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: []string{"v1", "provision-keys", args[0], "revoke"}}
	}, "provision key %s is revoked")
}

func provisionKeyRotate() *cobra.Command {
	return asking(&cobra.Command{
		Use: "rotate KEY", Short: "Gives a key a new secret and shows it once; the old one works no more", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodPost, path: []string{"v1", "provision-keys", args[0], "rotate"}}, nil
	}, issuedKey)
}
