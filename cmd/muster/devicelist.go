package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

// pageSize is how many devices are asked for at once.
const pageSize = 1000

// A filter is a flag that goes into the query of a list as it is.
type filter struct{ flag, parameter, about string }

var deviceFilters = [...]filter{
	{"search", "search", "part of the name, case ignored"},
	{"prefix", "prefix", "how the name begins"},
	{"label", "label", "part of the label"},
	{"tag", "tag", "has this tag: NAME, or NAME=VALUE"},
	{"profile", "profile", "of this profile alone"},
	{"state", "state", "listed, active or suspended alone"},
	{"connected", "connected", "true: with a session now; false: without one"},
	{"provision-key", "provisionKey", "let in by this provision key"},
	{"credential", "credential", "holds a credential of this kind: ACCESS_TOKEN, X509_CERTIFICATE, MQTT_BASIC or PUBLIC_KEY"},
	{"expires-before", "expiresBefore", "holds a credential that ends before then: RFC 3339"},
	{"sort", "sort", "name, created or provisioned; with a minus sign before it the last come first"},
}

// addFilters adds the flags, and returns what writes those that are set into a query.
func addFilters(cmd *cobra.Command, filters []filter) func(url.Values) {
	given := make([]string, len(filters))
	for i, f := range filters {
		cmd.Flags().StringVar(&given[i], f.flag, "", f.about)
	}
	return func(q url.Values) {
		for i, f := range filters {
			if given[i] != "" {
				q.Set(f.parameter, given[i])
			}
		}
	}
}

func deviceList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists devices", Args: cobra.NoArgs},
		deviceFilters[:], []string{"v1", "devices"}, deviceTable)
}

// listing makes cmd a command that shows what there is under path, page by page.
func listing[T any](cmd *cobra.Command, filters []filter, path []string, show func([]T) table) *cobra.Command {
	return listingOf(cmd, filters, func([]string) []string { return path }, show)
}

// listingOf is listing under a path that depends on the arguments.
func listingOf[T any](cmd *cobra.Command, filters []filter, path func(args []string) []string, show func([]T) table) *cobra.Command {
	var r remote
	var o output
	var after string
	var limit int
	apply := addFilters(cmd, filters)
	cmd.Flags().StringVar(&after, "after", "", "those behind the last one that an earlier list has shown")
	cmd.Flags().IntVar(&limit, "limit", pageSize, "at most so many")
	r.addFlags(cmd)
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		if limit < 1 {
			return usagef("--limit: %d is less than 1", limit)
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		all := []T{}
		for more := true; more && len(all) < limit; {
			q := url.Values{"limit": {strconv.Itoa(min(limit-len(all), pageSize))}}
			apply(q)
			if after != "" {
				q.Set("after", after)
			}
			var page admin.List[T]
			if err := c.do(cmd.Context(), call{method: http.MethodGet, path: path(args), query: q}, &page); err != nil {
				return err
			}
			all = append(all, page.Items...)
			after, more = page.Next, page.Next != ""
		}
		if err := o.write(cmd.OutOrStdout(), all, show(all)); err != nil {
			return err
		}
		if after != "" {
			cmd.PrintErrf("There may be more: --after %s, or a greater --limit.\n", shellQuote(after))
		}
		return nil
	}
	return cmd
}
