package main

import "github.com/spf13/cobra"

// remote are the flags that say which server a command speaks with.
type remote struct{ url, token, data string }

func (r *remote) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.url, "url", "", "the server (MUSTER_URL; default "+defaultURL+")")
	name := "token"
	if f.Lookup(name) != nil {
		name = "api-token" // there the device's token is meant
	}
	f.StringVar(&r.token, name, "", "API token (MUSTER_TOKEN; default the one in the data directory)")
	f.StringVar(&r.data, "data", "", "data directory that the token is read from (MUSTER_DATA; default ./data)")
}

func (r *remote) client() (*client, error) { return newClient(r.url, r.token, r.data) }

// asking makes cmd a command that makes one call and shows the answer: show returns what JSON and YAML show, and the
// table.
func asking[T any](cmd *cobra.Command, request func(args []string) (call, error), show func(answer T) (any, table)) *cobra.Command {
	var r remote
	var o output
	r.addFlags(cmd)
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		q, err := request(args)
		if err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		var answer T
		if err := c.do(cmd.Context(), q, &answer); err != nil {
			return err
		}
		value, t := show(answer)
		return o.write(cmd.OutOrStdout(), value, t)
	}
	return cmd
}

// acting makes cmd a command that makes one call and says in a sentence what it did.
func acting(cmd *cobra.Command, request func(args []string) call, did string) *cobra.Command {
	var r remote
	r.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := r.client()
		if err != nil {
			return err
		}
		if err := c.do(cmd.Context(), request(args), nil); err != nil {
			return err
		}
		cmd.Printf(did+"\n", printable(args[0]))
		return nil
	}
	return cmd
}
