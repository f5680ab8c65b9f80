package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

// followEvery is how often a command that follows the journal asks for what is new.
const followEvery = time.Second

func newAttempts() *cobra.Command {
	var r remote
	var o output
	var f attemptFlags
	cmd := group("attempts", "The journal: who tried to get in, and what became of it", attemptShow(), attemptReasons())
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		q, err := f.query()
		if err != nil {
			return err
		}
		c, err := r.client()
		if err != nil {
			return err
		}
		if f.follow {
			return followAttempts(cmd, c, q, o.format, f.limit)
		}
		all, err := attempts(cmd.Context(), c, q, f.limit)
		if err != nil {
			return err
		}
		return o.write(cmd.OutOrStdout(), all, attemptTable(all))
	}
	f.add(cmd)
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// attemptFlags are what attempts are looked for by.
type attemptFlags struct {
	texts  map[string]*string // by the name of the parameter, which is the flag's too
	follow bool
	limit  int
}

func (f *attemptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.texts = map[string]*string{
		"device":    flags.String("device", "", "of the device of this name, and of clients that called themselves so"),
		"profile":   flags.String("profile", "", "of devices of this profile, or with one of its provision keys"),
		"reason":    flags.String("reason", "", "that ended with this reason alone"),
		"action":    flags.String("action", "", "provision, connect, message or disconnect"),
		"transport": flags.String("transport", "", "mqtt, http or coap"),
		"outcome":   flags.String("outcome", "", "admitted or refused"),
		"stranger":  flags.String("stranger", "", "true: that no device and no provision key was recognised in; false: all others"),
		"remote":    flags.String("remote", "", "from this address or network alone, such as 10.0.0.0/8"),
		"from":      flags.String("from", "", "from this time on, RFC 3339"),
		"to":        flags.String("to", "", "before this time, RFC 3339"),
		"after":     flags.String("after", "", "older than the attempt of this number alone"),
	}
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on and show what is new, the newest last, until interrupted")
	flags.IntVar(&f.limit, "limit", 100, "at most so many; with --follow, so many from before")
}

func (f *attemptFlags) query() (url.Values, error) {
	if f.limit < 1 {
		return nil, usagef("--limit: %d is less than 1", f.limit)
	}
	q := url.Values{}
	for name, text := range f.texts {
		if *text != "" {
			q.Set(name, *text)
		}
	}
	for _, name := range []string{"from", "to"} {
		if _, err := parseFlagTime(name, q.Get(name)); err != nil {
			return nil, err
		}
	}
	if f.follow && (q.Has("to") || q.Has("after")) {
		return nil, usagef("--follow shows what is new: it goes with neither --to nor --after")
	}
	return q, nil
}

// attempts returns the newest attempts first, page by page, at most limit.
func attempts(ctx context.Context, c *client, q url.Values, limit int) ([]admin.Attempt, error) {
	q = url.Values(http.Header(q).Clone())
	all := []admin.Attempt{}
	for more := true; more && len(all) < limit; {
		q.Set("limit", strconv.Itoa(min(limit-len(all), pageSize)))
		var page admin.List[admin.Attempt]
		if err := c.do(ctx, call{method: http.MethodGet, path: []string{"v1", "attempts"}, query: q}, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		q.Set("after", page.Next)
		more = page.Next != ""
	}
	return all, nil
}

// maxNew bounds what is shown of one second: what is older is left out, and is there to be asked for.
const maxNew = 10_000

// followAttempts writes attempts as they come, until the context ends.
func followAttempts(cmd *cobra.Command, c *client, q url.Values, format string, limit int) error {
	for tick := time.NewTicker(followEvery); ; {
		found, err := attempts(cmd.Context(), c, q, limit)
		if err == nil {
			slices.Reverse(found)
			err = writeAttempts(cmd, format, found)
		}
		if cmd.Context().Err() != nil {
			return nil // interrupted, which is how this ends
		}
		if err != nil {
			return err
		}
		if len(found) > 0 {
			q.Set("since", strconv.FormatInt(found[len(found)-1].Number, 10))
		}
		limit = maxNew
		select {
		case <-tick.C:
		case <-cmd.Context().Done():
			return nil
		}
	}
}

// writeAttempts writes each attempt by itself: a line for people, and a document for programs.
func writeAttempts(cmd *cobra.Command, format string, all []admin.Attempt) error {
	for _, a := range all {
		var err error
		if format == "table" {
			_, err = fmt.Fprintln(cmd.OutOrStdout(), attemptLine(a))
		} else {
			o := output{format: format}
			t := attemptTable([]admin.Attempt{a})
			err = o.writeOne(cmd.OutOrStdout(), a, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// attemptLine is an attempt in one line.
func attemptLine(a admin.Attempt) string {
	line := fmt.Sprintf("%s  %-10s %-4s %s", a.At.Local().Format(time.DateTime), a.Action, a.Transport, first(a.Remote, "-"))
	if a.Name != "" {
		line += "  " + printable(a.Name)
	}
	line += "  " + outcome(a) + times(a.Count)
	if a.Shown != "" && a.Reason != "" {
		line += "  showed " + printable(a.Shown)
	}
	return line
}

func attemptShow() *cobra.Command {
	return asking(&cobra.Command{
		Use: "show NUMBER", Short: "Tells one attempt check by check", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "attempts", args[0]}}, nil
	}, func(s admin.AttemptStory) (any, table) {
		return s, checkTable(s.Reason, s.Checks)
	})
}

func attemptReasons() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use: "reasons", Short: "Counts how attempts ended, the most frequent first; those of a day where no time is given", Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&from, "from", "", "from this time on, RFC 3339")
	cmd.Flags().StringVar(&to, "to", "", "before this time, RFC 3339")
	return asking(cmd, func([]string) (call, error) {
		q := url.Values{}
		for name, text := range map[string]string{"from": from, "to": to} {
			if _, err := parseFlagTime(name, text); err != nil {
				return call{}, err
			}
			if text != "" {
				q.Set(name, text)
			}
		}
		return call{method: http.MethodGet, path: []string{"v1", "attempts", "reasons"}, query: q}, nil
	}, func(l admin.List[admin.ReasonCount]) (any, table) {
		t := table{columns: []string{"count", "action", "reason", "title", "entries", "last"}}
		for _, c := range l.Items {
			t.add(c.Count, c.Action, first(c.Reason, "let in"), c.Title, c.Entries, c.LastAt)
		}
		return l.Items, t
	})
}
