package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newToken() *cobra.Command {
	return group("token", "API tokens: what scripts, and commands away from the server, show", tokenCreate(), tokenList(), tokenRevoke())
}

func tokenCreate() *cobra.Command {
	var n admin.NewToken
	var expires string
	cmd := &cobra.Command{Use: "create NAME", Short: "Makes an API token that is nobody's and shows it once", Args: cobra.ExactArgs(1)}
	addRole(cmd, &n.Role, "viewer")
	cmd.Flags().StringArrayVar(&n.Networks, "network", nil, "from where it may be used, such as 10.0.0.0/8; may be repeated")
	cmd.Flags().StringVar(&expires, "expires", "", "valid until this time, RFC 3339")
	return asking(cmd, func(args []string) (_ call, err error) {
		n.Name = args[0]
		if n.ExpiresAt, err = parseFlagTime("expires", expires); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: []string{"v1", "tokens"}, body: n}, nil
	}, func(t admin.IssuedToken) (any, table) {
		shown := table{columns: []string{"name", "role", "expires", "token"}}
		shown.add(t.Name, t.Role, t.ExpiresAt, t.Secret)
		return t, shown
	})
}

func tokenList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists API tokens of everybody, the oldest first", Args: cobra.NoArgs}, []filter{
		{"search", "search", "part of the name, case ignored"},
		{"owner", "owner", "of the user of this name alone"},
		{"role", "role", "viewer, operator or admin alone"},
		{"state", "state", "live, expired or revoked alone"},
		{"sort", "sort", "created, name or lastUsed; with a minus sign before it the last come first"},
	}, []string{"v1", "tokens"}, func(all []admin.Token) table {
		t := table{columns: []string{"name", "owner", "role", "state", "networks", "created", "expires", "last used", "id"}}
		for _, k := range all {
			t.add(k.Name, k.Owner, k.Role, k.State, k.Networks, k.CreatedAt, k.ExpiresAt, k.LastUsedAt, k.ID)
		}
		return t
	})
}

func tokenRevoke() *cobra.Command {
	return acting(&cobra.Command{
		Use: "revoke NAME", Short: "Ends the use of an API token, named by its id or, if it is nobody's, its name", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodPost, path: []string{"v1", "tokens", args[0], "revoke"}}
	}, "token %s is revoked")
}
