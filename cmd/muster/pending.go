package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func newPending() *cobra.Command {
	return group("pending", "The waiting room: requests to be let in that somebody has to approve",
		pendingList(), pendingDecide("approve", "Lets devices in when they ask again, once, within a week"),
		pendingDecide("reject", "Refuses devices when they ask again, for a day"))
}

var pendingFilters = [...]filter{
	{"profile", "profile", "of this profile alone"},
	{"name", "name", "for the device of this name alone"},
	{"state", "state", "waiting, approved or rejected alone"},
}

func pendingList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists requests that wait for a decision or have one, the oldest first", Args: cobra.NoArgs},
		pendingFilters[:], []string{"v1", "pending"}, func(all []admin.Pending) table {
			t := table{columns: []string{"name", "profile", "state", "asks", "proof", "remote", "rivals", "created", "decided by", "id"}}
			for _, p := range all {
				t.add(p.Name, p.Profile, p.State, p.Asks, p.Proof, p.Remote, p.Rivals, p.CreatedAt, p.DecidedBy, p.ID)
			}
			return t
		})
}

// pendingDecide is the command for one of the two decisions, whose verb is also that of the API.
func pendingDecide(verb, short string) *cobra.Command {
	var r remote
	var o output
	var profile string
	cmd := &cobra.Command{
		Use: verb + " NAME|ID...", Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if (len(args) > 0) == (profile != "") {
				return usagef("which requests are meant? Either names or ids, or --profile")
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			many := admin.Many{Profile: profile}
			for _, arg := range args {
				id, err := c.pendingID(cmd.Context(), arg)
				if err != nil {
					return err
				}
				many.IDs = append(many.IDs, id)
			}
			var done admin.Decided
			if err := c.do(cmd.Context(), call{method: http.MethodPost, path: []string{"v1", "pending", verb}, body: many}, &done); err != nil {
				return err
			}
			t := table{columns: []string{"decision", "requests", "left"}}
			t.add(verb, done.Decided, done.Left)
			return o.write(cmd.OutOrStdout(), done, t)
		},
	}
	r.addFlags(cmd)
	o.addFlags(cmd)
	cmd.Flags().StringVar(&profile, "profile", "", "all that wait in this profile, but those under whose name others ask, too")
	return cmd
}

// pendingID returns the id of the only request for a name; an id is returned as it is.
func (c *client) pendingID(ctx context.Context, name string) (string, error) {
	if _, err := muster.ParseID[muster.Pending](name); err == nil {
		return name, nil
	}
	var found admin.List[admin.Pending]
	q := call{method: http.MethodGet, path: []string{"v1", "pending"}, query: url.Values{"name": {name}, "limit": {"2"}}}
	if err := c.do(ctx, q, &found); err != nil {
		return "", err
	}
	switch len(found.Items) {
	case 0:
		return "", muster.Refuse(muster.ReasonNotFound, "no request for %s is pending", printable(name))
	case 1:
		return found.Items[0].ID, nil
	}
	return "", muster.Refuse(muster.ReasonRequestInvalid, "%s",
		fmt.Sprintf("several requests for %s are pending: look at them with `muster pending list`, and decide by id", printable(name)))
}
