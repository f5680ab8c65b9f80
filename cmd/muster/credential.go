package main

import (
	"net/http"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/admin"
)

func newCredential() *cobra.Command {
	return group("credential", "Credentials of a device: what it shows to be let in",
		credentialAdd(), credentialList(), credentialUpdate(), credentialRotate(), credentialRetire(), credentialRevoke())
}

func credentialAdd() *cobra.Command {
	return credentialNew(&cobra.Command{
		Use:   "add NAME",
		Short: "Gives a device one more credential; with none named the server makes a token and shows it once",
		Args:  cobra.ExactArgs(1),
	}, func(args []string) []string { return credentialsOf(args[0]) })
}

func credentialRotate() *cobra.Command {
	return credentialNew(&cobra.Command{
		Use:   "rotate NAME ID",
		Short: "Gives a device a credential in the place of an older one, which the first use of the new one revokes",
		Args:  cobra.ExactArgs(2),
	}, func(args []string) []string { return append(credentialsOf(args[0]), args[1], "rotate") })
}

// credentialNew makes cmd a command that posts a new credential to path.
func credentialNew(cmd *cobra.Command, path func(args []string) []string) *cobra.Command {
	var n admin.NewCredential
	var e evidenceFlags
	var notBefore, expires string
	e.add(cmd.Flags())
	cmd.Flags().StringVar(&notBefore, "not-before", "", "valid from this time on, RFC 3339")
	cmd.Flags().StringVar(&expires, "expires", "", "valid until this time, RFC 3339")
	return asking(cmd, func(args []string) (_ call, err error) {
		if n.Evidence, err = e.read(); err != nil {
			return call{}, err
		}
		if n.NotBefore, err = parseFlagTime("not-before", notBefore); err != nil {
			return call{}, err
		}
		if n.ExpiresAt, err = parseFlagTime("expires", expires); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: path(args), body: n}, nil
	}, func(c admin.MadeCredential) (any, table) {
		t := table{columns: []string{"id", "kind", "state", "expires", "about", "token"}}
		t.add(c.ID, c.Kind, c.State, c.ExpiresAt, c.Hint, c.Token)
		return c, t
	})
}

func credentialList() *cobra.Command {
	return asking(&cobra.Command{
		Use: "list NAME", Short: "Lists the credentials of a device, the oldest first", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: credentialsOf(args[0])}, nil
	}, func(l admin.List[admin.Credential]) (any, table) {
		return l.Items, credentialTable(l.Items...)
	})
}

func credentialTable(all ...admin.Credential) table {
	t := table{columns: []string{"id", "kind", "state", "not before", "expires", "created", "last used", "about"}}
	for _, c := range all {
		t.add(c.ID, c.Kind, c.State, c.NotBefore, c.ExpiresAt, c.CreatedAt, c.LastUsedAt, c.Hint)
	}
	return t
}

// newCredentials is about the credentials of the whole fleet.
func newCredentials() *cobra.Command {
	return group("credential", "Credentials of the whole fleet", credentialForecast(), listing(&cobra.Command{
		Use: "list", Short: "Lists the credentials of all devices, the oldest first", Args: cobra.NoArgs,
	}, []filter{
		{"search", "search", "part of the device's name, case ignored"},
		{"profile", "profile", "of devices of this profile"},
		{"kind", "kind", "ACCESS_TOKEN, X509_CERTIFICATE, MQTT_BASIC or PUBLIC_KEY alone"},
		{"state", "state", "pending, active, retiring, revoked, waiting or expired alone"},
		{"expires-before", "expiresBefore", "ends before then: RFC 3339"},
		{"sort", "sort", "created or expires; with a minus sign before it the last come first"},
	}, []string{"v1", "credentials"}, func(all []admin.HeldCredential) table {
		t := table{columns: []string{"device", "profile", "kind", "state", "not before", "expires", "last used", "about", "id"}}
		for _, c := range all {
			t.add(c.Device, c.Profile, c.Kind, c.State, c.NotBefore, c.ExpiresAt, c.LastUsedAt, c.Hint, c.ID)
		}
		return t
	}))
}

func credentialUpdate() *cobra.Command {
	var notBefore, expires string
	cmd := &cobra.Command{
		Use: "update NAME ID", Short: "Changes from when until when a credential is valid; sessions of the device end", Args: cobra.ExactArgs(2),
	}
	f := cmd.Flags()
	f.StringVar(&notBefore, "not-before", "", "valid from this time on, RFC 3339; empty: always was")
	f.StringVar(&expires, "expires", "", "valid until this time, RFC 3339; empty: for ever")
	return asking(cmd, func(args []string) (call, error) {
		var change admin.CredentialChange
		given(f, "not-before", &change.NotBefore, &notBefore)
		given(f, "expires", &change.ExpiresAt, &expires)
		if change == (admin.CredentialChange{}) {
			return call{}, usagef("what shall change of the credential?")
		}
		return call{method: http.MethodPatch, path: append(credentialsOf(args[0]), args[1]), body: change}, nil
	}, func(c admin.Credential) (any, table) { return c, credentialTable(c) })
}

func credentialRetire() *cobra.Command {
	var r admin.Retirement
	cmd := &cobra.Command{
		Use: "retire NAME ID", Short: "Lets a credential retire: the next use of another one revokes it", Args: cobra.ExactArgs(2),
	}
	cmd.Flags().StringVar(&r.Successor, "successor", "", "id of the other one; left out: the youngest that opens the door")
	return asking(cmd, func(args []string) (call, error) {
		return call{method: http.MethodPost, path: append(credentialsOf(args[0]), args[1], "retire"), body: r}, nil
	}, func(c admin.Credential) (any, table) { return c, credentialTable(c) })
}

func credentialRevoke() *cobra.Command {
	return acting(&cobra.Command{
		Use: "revoke NAME ID", Short: "Ends the use of a credential and the sessions of its device", Args: cobra.ExactArgs(2),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: append(credentialsOf(args[0]), args[1], "revoke")}
	}, "device %s has one credential less")
}

func credentialsOf(device string) []string { return []string{"v1", "devices", device, "credentials"} }

// evidenceFlags say what a device shall show.
type evidenceFlags struct {
	admin.Evidence
	certificate, publicKey string // files
}

func (e *evidenceFlags) add(f *pflag.FlagSet) {
	f.StringVar(&e.Token, "token", "", "its access token")
	f.StringVar(&e.MQTTClientID, "mqtt-client-id", "", "its MQTT client id")
	f.StringVar(&e.MQTTUsername, "mqtt-username", "", "its MQTT user name")
	f.StringVar(&e.MQTTPassword, "mqtt-password", "", "its MQTT password")
	f.StringVar(&e.certificate, "certificate", "", "file with its X.509 certificate, PEM")
	f.StringVar(&e.publicKey, "public-key", "", "file with its public key, PEM")
}

// read returns what the flags say, with the contents of the files that they name.
func (e *evidenceFlags) read() (_ admin.Evidence, err error) {
	said := e.Evidence
	if e.certificate != "" {
		if said.Certificate, err = readText("certificate", e.certificate); err != nil {
			return said, err
		}
	}
	if e.publicKey != "" {
		if said.PublicKey, err = readText("public-key", e.publicKey); err != nil {
			return said, err
		}
	}
	return said, nil
}
