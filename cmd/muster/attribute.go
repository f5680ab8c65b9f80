package main

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newAttribute() *cobra.Command {
	return group("attributes", "Attributes of a device: values without a history", attributeList(), attributeSet(), attributeRemove())
}

func attributeList() *cobra.Command {
	return asking(&cobra.Command{
		Use: "list NAME", Short: "Lists the attributes of a device", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0], "attributes"}}, nil
	}, func(l admin.List[admin.Attribute]) (any, table) {
		t := table{columns: []string{"scope", "key", "value", "updated"}}
		for _, a := range l.Items {
			t.add(a.Scope, a.Key, literal(a.Value), a.UpdatedAt)
		}
		return l.Items, t
	})
}

func attributeSet() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set NAME KEY=VALUE...",
		Short: "Sets attributes; a value that is not JSON is text",
		Args:  cobra.MinimumNArgs(2),
	}
	return attributeChange(cmd, "shared", func(words []string) (map[string]json.RawMessage, error) {
		change := make(map[string]json.RawMessage, len(words))
		for _, word := range words {
			key, value, ok := strings.Cut(word, "=")
			if !ok {
				return nil, usagef("%q is not KEY=VALUE", word)
			}
			if change[key] = json.RawMessage(value); !json.Valid(change[key]) {
				change[key], _ = json.Marshal(value) // text always encodes
			}
		}
		return change, nil
	})
}

func attributeRemove() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "remove NAME KEY...",
		Short: "Removes attributes",
		Args:  cobra.MinimumNArgs(2),
	}
	return attributeChange(cmd, "shared", func(words []string) (map[string]json.RawMessage, error) {
		change := make(map[string]json.RawMessage, len(words))
		for _, key := range words {
			change[key] = json.RawMessage("null")
		}
		return change, nil
	})
}

func attributeChange(cmd *cobra.Command, scope string, read func(words []string) (map[string]json.RawMessage, error)) *cobra.Command {
	var r remote
	cmd.Flags().StringVar(&scope, "scope", scope, "server, shared or client")
	r.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		change, err := read(args[1:])
		if err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		path := []string{"v1", "devices", args[0], "attributes", scope}
		if err := c.do(cmd.Context(), call{method: http.MethodPatch, path: path, body: change}, nil); err != nil {
			return err
		}
		cmd.Printf("attributes of %s are changed\n", printable(args[0]))
		return nil
	}
	return cmd
}
