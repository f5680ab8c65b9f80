package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newAudit() *cobra.Command {
	var r remote
	var o output
	var actor, noun, name, from, to, after string
	var limit int
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Shows who has changed what, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if limit < 1 {
				return usagef("--limit: %d is less than 1", limit)
			}
			q := url.Values{}
			for key, value := range map[string]string{"actor": actor, "noun": noun, "name": name, "after": after} {
				if value != "" {
					q.Set(key, value)
				}
			}
			for key, value := range map[string]string{"from": from, "to": to} {
				if _, err := parseFlagTime(key, value); err != nil {
					return err
				}
				if value != "" {
					q.Set(key, value)
				}
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			all := []admin.AuditEntry{}
			for more := true; more && len(all) < limit; {
				q.Set("limit", strconv.Itoa(min(limit-len(all), pageSize)))
				var page admin.List[admin.AuditEntry]
				if err := c.do(cmd.Context(), call{method: http.MethodGet, path: []string{"v1", "audit"}, query: q}, &page); err != nil {
					return err
				}
				all = append(all, page.Items...)
				q.Set("after", page.Next)
				more = page.Next != ""
			}
			return o.write(cmd.OutOrStdout(), all, auditTable(all))
		},
	}
	f := cmd.Flags()
	f.StringVar(&actor, "actor", "", "by this user alone, or by token:NAME")
	f.StringVar(&noun, "noun", "", "of this sort alone, such as device, profile, user")
	f.StringVar(&name, "name", "", "of the thing of this name alone")
	f.StringVar(&from, "from", "", "from this time on, RFC 3339")
	f.StringVar(&to, "to", "", "before this time, RFC 3339")
	f.StringVar(&after, "after", "", "older than the entry of this number alone")
	f.IntVar(&limit, "limit", 100, "at most so many")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

func auditTable(all []admin.AuditEntry) table {
	t := table{columns: []string{"number", "at", "actor", "remote", "action", "noun", "name", "before", "after"}}
	for _, e := range all {
		t.add(e.Number, e.At, e.Actor, e.Remote, e.Action, e.Noun, e.Name, string(e.Before), string(e.After))
	}
	return t
}
