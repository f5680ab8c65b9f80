package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newImports() *cobra.Command {
	return group("imports", "Imports that are under way or were: how far they are, what is wrong with rows",
		importsList(), importsShow(), importsFailures(), importsFailed(),
		importsAct("cancel", "Stops an import; what it has filed stays"),
		importsAct("resume", "Lets a cancelled or failed import go on where it has stopped"), importsDelete())
}

func importsDelete() *cobra.Command {
	return acting(&cobra.Command{
		Use: "delete ID", Short: "Forgets an import that has ended, and its failed rows; what it has filed stays", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodDelete, path: []string{"v1", "imports", args[0]}}
	}, "import %s is forgotten")
}

func importsList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists imports, the newest first", Args: cobra.NoArgs}, []filter{
		{"search", "search", "part of the file's name, case ignored"},
		{"state", "state", "waiting, running, done, cancelled or failed alone"},
		{"by", "by", "handed in by them"},
		{"sort", "sort", "created or file; with a minus sign before it the last come first"},
	}, []string{"v1", "imports"}, func(all []admin.Import) table { return importTable(all...) })
}

func importsShow() *cobra.Command {
	return asking(&cobra.Command{Use: "show ID", Short: "Shows an import", Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "imports", args[0]}}, nil
	}, func(i admin.Import) (any, table) { return i, importTable(i) })
}

func importsAct(verb, short string) *cobra.Command {
	return asking(&cobra.Command{Use: verb + " ID", Short: short, Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodPost, path: []string{"v1", "imports", args[0], verb}}, nil
	}, func(i admin.Import) (any, table) { return i, importTable(i) })
}

func importsFailures() *cobra.Command {
	var after, limit int
	cmd := &cobra.Command{Use: "failures ID", Short: "Lists what is wrong with rows that were not filed", Args: cobra.ExactArgs(1)}
	cmd.Flags().IntVar(&after, "after", 0, "lines behind this one alone")
	cmd.Flags().IntVar(&limit, "limit", 100, "the first so many, at most 1000")
	return asking(cmd, func(args []string) (call, error) {
		q := url.Values{"after": {strconv.Itoa(after)}, "limit": {strconv.Itoa(limit)}}
		return call{method: http.MethodGet, path: []string{"v1", "imports", args[0], "failures"}, query: q}, nil
	}, func(l admin.List[admin.Failure]) (any, table) {
		t := table{columns: []string{"line", "reason", "column", "message"}}
		for _, f := range l.Items {
			t.add(f.Line, f.Reason, f.Column, f.Message)
		}
		return l.Items, t
	})
}

func importsFailed() *cobra.Command {
	var r remote
	cmd := &cobra.Command{
		Use:   "failed ID",
		Short: "Writes the rows that were not filed, with their secrets, so that they can be mended and imported again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			return c.download(cmd.Context(), call{method: http.MethodGet, path: []string{"v1", "imports", args[0], "failed"}}, cmd.OutOrStdout())
		},
	}
	r.addFlags(cmd)
	return cmd
}
