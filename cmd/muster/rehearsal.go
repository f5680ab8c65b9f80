package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func profileRehearse() *cobra.Command {
	var p profileFlags
	var k keyFlags
	var r remote
	var o output
	var key string
	var days, samples int
	cmd := &cobra.Command{
		Use:   "rehearse NAME",
		Short: "Says which attempts of the last days would have ended otherwise under other settings; changes nothing",
		Long: "Says which attempts of the last days would have ended otherwise if the profile, or one of its provision keys, had been\n" +
			"as the flags say. The flags are those of profile update and, with --key, of provision-key update. Nothing is changed.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			tried := admin.RehearsalRequest{Days: days, Samples: samples}
			change := k.change(cmd.Flags())
			switch {
			case key != "":
				tried.ProvisionKey = &admin.RehearsedKey{Key: key, ProvisionKeyChange: change}
			case change != (admin.ProvisionKeyChange{}):
				return usagef("of which provision key? --key says it")
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			seen, err := askRehearsal(cmd, c, args[0], &p, tried)
			if err != nil {
				return err
			}
			if o.format == "table" {
				return tellRehearsal(cmd, seen)
			}
			return o.write(cmd.OutOrStdout(), seen, rehearsalTable(seen))
		},
	}
	f := cmd.Flags()
	p.add(f)
	k.add(f)
	f.StringVar(&key, "key", "", "the provision key that the flags of a key are for")
	f.IntVar(&days, "days", 7, "how many days back")
	f.IntVar(&samples, "samples", 3, "how many attempts of each group are shown")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// askRehearsal asks what would have become of attempts if the profile called name were as it is and as the flags say.
func askRehearsal(cmd *cobra.Command, c *client, name string, p *profileFlags, tried admin.RehearsalRequest) (seen admin.Rehearsal, err error) {
	path := []string{"v1", "profiles", name}
	var had admin.Profile
	if err := c.do(cmd.Context(), call{method: http.MethodGet, path: path}, &had); err != nil {
		return seen, err
	}
	settings, err := p.settings(cmd.Flags(), had)
	if err != nil {
		return seen, err
	}
	tried.Profile = &settings
	err = c.do(cmd.Context(), call{method: http.MethodPost, path: append(path, "rehearse"), body: tried}, &seen)
	return seen, err
}

// rehearsalTable has a row for each group.
func rehearsalTable(r admin.Rehearsal) table {
	t := table{columns: []string{"result", "action", "before", "after", "attempts", "names", "already"}}
	for _, g := range r.Groups {
		after := first(g.After, "let in")
		if g.Result == "unjudged" {
			after = "?"
		}
		t.add(g.Result, g.Action, first(g.Before, "let in"), after, g.Attempts, g.Names, g.Already)
	}
	return t
}

// tellRehearsal tells people: the sum, the groups, some attempts of those that would have ended otherwise, and what could not
// be seen.
func tellRehearsal(cmd *cobra.Command, r admin.Rehearsal) error {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%d of %d attempts since %s would have ended otherwise, %d as they did; of %d it cannot be said.\n",
		r.Different, r.Attempts, r.From.Local().Format(time.DateTime), r.Same, r.Unjudged)
	if len(r.Groups) > 0 {
		fmt.Fprintln(w)
		o := output{format: "table"}
		if err := o.write(w, nil, rehearsalTable(r)); err != nil {
			return err
		}
	}
	for _, g := range r.Groups {
		if g.Result == "same" {
			continue
		}
		for _, a := range g.Samples {
			fmt.Fprintf(w, "\n%s  %s  %s  attempt %s%s\n", a.At.Local().Format(time.DateTime), first(a.Remote, "-"), printable(first(a.Name, "-")),
				strconv.FormatInt(a.Number, 10), times(a.Count))
			fmt.Fprintf(w, "  was %s, %s\n", ended(a.Before), becomes(g, a))
		}
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, printable(note))
	}
	return nil
}

func ended(reason string) string {
	if reason == "" {
		return "let in"
	}
	return "refused: " + reason
}

func becomes(g admin.RehearsalGroup, a admin.RehearsedAttempt) string {
	why := printable(a.Why)
	switch {
	case g.Result == "unjudged":
		return "cannot be said: " + why
	case a.After == "" && why == "":
		return "would be let in"
	case a.After == "":
		return "would be let in: " + why
	}
	return fmt.Sprintf("would be refused: %s (%s)", why, a.After)
}
