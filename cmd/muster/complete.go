package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// How long a shell waits for names, and how many it is given.
const (
	completeTime = 2 * time.Second
	mostNames    = 100
)

// A namer says where names are found that a shell completes.
type namer struct {
	path  string
	field string // of an item, which has the name
}

// namerOf returns where the first argument of a command is found; false: it is no such name.
func namerOf(cmd *cobra.Command) (namer, bool) {
	_, wants, _ := strings.Cut(cmd.Use, " ")
	if !strings.HasPrefix(wants, "NAME") && !strings.HasPrefix(wants, "KEY") || cmd.Name() == "create" {
		return namer{}, false
	}
	words := strings.Fields(cmd.CommandPath())
	switch words[min(1, len(words)-1)] {
	case "device", "session":
		return namer{"devices", "name"}, true
	case "profile":
		return profileNamer(), true
	case "provision-key":
		return namer{"provision-keys", "key"}, true
	}
	return namer{}, false
}

func profileNamer() namer { return namer{"profiles", "name"} }

// addCompletions has shells complete the names of devices, profiles and provision keys, as the server knows them.
func addCompletions(root *cobra.Command) {
	eachCommand(root, func(cmd *cobra.Command) {
		if cmd.Flags().Lookup("profile") != nil {
			_ = cmd.RegisterFlagCompletionFunc("profile", func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
				return profileNamer().complete(cmd, begun)
			})
		}
		n, ok := namerOf(cmd)
		if !ok || cmd.ValidArgsFunction != nil {
			return
		}
		cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return n.complete(cmd, begun)
		}
	})
}

// complete returns the names that begin so, and none where the server does not say.
func (n namer) complete(cmd *cobra.Command, begun string) ([]string, cobra.ShellCompDirective) {
	const nothingElse = cobra.ShellCompDirectiveNoFileComp
	flag := func(name string) string {
		text, _ := cmd.Flags().GetString(name) // a flag that is not there is empty
		return text
	}
	token := flag("api-token")
	if cmd.Flags().Lookup("api-token") == nil {
		token = flag("token")
	}
	c, err := newClient(flag("url"), token, flag("data"))
	if err != nil {
		return nil, nothingElse
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
	defer cancel()
	q := url.Values{"limit": {"1000"}}
	if begun != "" {
		q.Set("search", begun)
	}
	var page struct{ Items []map[string]any }
	if err := c.do(ctx, call{method: http.MethodGet, path: []string{"v1", n.path}, query: q}, &page); err != nil {
		return nil, nothingElse
	}
	var names []string
	for _, item := range page.Items {
		if name, ok := item[n.field].(string); ok && strings.HasPrefix(name, begun) {
			names = append(names, name)
		}
	}
	return names[:min(len(names), mostNames)], nothingElse
}
