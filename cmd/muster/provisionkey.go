package main

import (
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/admin"
)

func newProvisionKey() *cobra.Command {
	return group("provision-key", "Keys that let devices into a profile",
		provisionKeyCreate(), provisionKeyList(), provisionKeyShow(), provisionKeyUpdate(), provisionKeyRotate(),
		provisionKeySuspend(), provisionKeyResume(), provisionKeyDevices(), provisionKeySweep(), provisionKeyRevoke(), provisionKeyDelete())
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
	f.IntVar(&n.Rate, "rate", 0, "new devices a second; asked for three times as many, the key is suspended; 0: the server's limit")
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
	return listing(&cobra.Command{Use: "list", Short: "Lists provision keys, the oldest first", Args: cobra.NoArgs}, []filter{
		{"search", "search", "part of the key, case ignored"},
		{"profile", "profile", "of this profile alone"},
		{"state", "state", "live, waiting, expired, exhausted, suspended or revoked alone"},
		{"expires-before", "expiresBefore", "ends before then: RFC 3339"},
		{"sort", "sort", "created, key, devices or expires; with a minus sign before it the last come first"},
	}, provisionKeyPath(), func(all []admin.ProvisionKey) table { return provisionKeyTable(all...) })
}

func provisionKeyPath(more ...string) []string {
	return append([]string{"v1", "provision-keys"}, more...)
}

func provisionKeyTable(keys ...admin.ProvisionKey) table {
	t := table{columns: []string{
		"profile", "key", "state", "devices", "max devices", "expires", "networks", "name pattern", "rate", "old secret until", "created",
	}}
	for _, k := range keys {
		t.add(k.Profile, k.Key, k.State, k.Devices, k.MaxDevices, k.ExpiresAt, k.Networks, k.NamePattern, k.Rate, k.FormerUntil, k.CreatedAt)
	}
	return t
}

func provisionKeyShow() *cobra.Command {
	return asking(&cobra.Command{
		Use: "show KEY", Short: "Shows a key, named by its text or id, without its secret", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: provisionKeyPath(args[0])}, nil
	}, func(k admin.ProvisionKey) (any, table) { return k, provisionKeyTable(k) })
}

// keyFlags are the flags of everything that can be changed of a provision key.
type keyFlags struct {
	notBefore, expires, pattern string
	maximum, rate               int
	networks                    []string
}

func (k *keyFlags) add(f *pflag.FlagSet) {
	f.StringVar(&k.notBefore, "not-before", "", "the key is valid from this time on, RFC 3339; empty: always was")
	f.StringVar(&k.expires, "expires", "", "the key is valid until this time, RFC 3339; empty: for ever")
	f.IntVar(&k.maximum, "max-devices", 0, "how many devices the key may let in; 0: any number")
	f.StringArrayVar(&k.networks, "network", nil, "from where the key may be used; may be repeated; empty: from anywhere")
	f.StringVar(&k.pattern, "name-pattern", "", "regular expression that the whole device name must match; empty: any name")
	f.IntVar(&k.rate, "rate", 0, "new devices a second of the key; 0: the server's limit")
}

// change returns what was given.
func (k *keyFlags) change(f *pflag.FlagSet) admin.ProvisionKeyChange {
	var change admin.ProvisionKeyChange
	given(f, "not-before", &change.NotBefore, &k.notBefore)
	given(f, "expires", &change.ExpiresAt, &k.expires)
	given(f, "max-devices", &change.MaxDevices, &k.maximum)
	given(f, "name-pattern", &change.NamePattern, &k.pattern)
	given(f, "rate", &change.Rate, &k.rate)
	if f.Changed("network") {
		k.networks = slices.DeleteFunc(k.networks, func(n string) bool { return n == "" })
		change.Networks = &k.networks
	}
	return change
}

func provisionKeyUpdate() *cobra.Command {
	var k keyFlags
	cmd := &cobra.Command{
		Use: "update KEY", Short: "Changes for whom a key opens; what it let in stays in", Args: cobra.ExactArgs(1),
	}
	k.add(cmd.Flags())
	return asking(cmd, func(args []string) (call, error) {
		change := k.change(cmd.Flags())
		if change == (admin.ProvisionKeyChange{}) {
			return call{}, usagef("what shall change of the key?")
		}
		return call{method: http.MethodPatch, path: provisionKeyPath(args[0]), body: change}, nil
	}, func(k admin.ProvisionKey) (any, table) { return k, provisionKeyTable(k) })
}

func provisionKeyRotate() *cobra.Command {
	var overlap time.Duration
	cmd := &cobra.Command{
		Use: "rotate KEY", Short: "Gives a key a new secret and shows it once", Args: cobra.ExactArgs(1),
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 0, "how long the old secret works on, such as 72h; 0: it works no more")
	return asking(cmd, func(args []string) (call, error) {
		return call{
			method: http.MethodPost, path: provisionKeyPath(args[0], "rotate"), body: admin.Rotation{Overlap: overlap.String()},
		}, nil
	}, issuedKey)
}

func provisionKeySuspend() *cobra.Command {
	return acting(&cobra.Command{
		Use: "suspend KEY", Short: "Closes a key until it is resumed; what it let in stays in", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: provisionKeyPath(args[0], "suspend")}
	}, "provision key %s is suspended")
}

func provisionKeyResume() *cobra.Command {
	return acting(&cobra.Command{
		Use: "resume KEY", Short: "Opens a suspended key", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: provisionKeyPath(args[0], "resume")}
	}, "provision key %s is open again")
}

func provisionKeyDelete() *cobra.Command {
	return acting(&cobra.Command{
		Use: "delete KEY", Short: "Removes a key that no device came in by", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodDelete, path: provisionKeyPath(args[0])}
	}, "provision key %s is deleted")
}
