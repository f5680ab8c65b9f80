package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func deviceWhy() *cobra.Command {
	var r remote
	var o output
	var limit int
	cmd := &cobra.Command{
		Use:   "why NAME",
		Short: "Shows the last attempts of a device, or of a client that calls itself so, and what to do",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			var l admin.List[admin.Attempt]
			if err := c.do(cmd.Context(), call{
				method: http.MethodGet, path: []string{"v1", "attempts"},
				query: url.Values{"device": {args[0]}, "limit": {strconv.Itoa(limit)}},
			}, &l); err != nil {
				return err
			}
			if o.format == "table" {
				return tellWhy(cmd.OutOrStdout(), args[0], l.Items, time.Now())
			}
			return o.write(cmd.OutOrStdout(), l.Items, attemptTable(l.Items))
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "the last so many, at most 1000")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

// attemptTable is for programs.
func attemptTable(all []admin.Attempt) table {
	t := table{columns: []string{"number", "at", "count", "action", "transport", "remote", "name", "key", "shown", "reason", "title", "detail", "advice", "profile", "way"}}
	for _, a := range all {
		t.add(a.Number, a.At, a.Count, a.Action, a.Transport, a.Remote, a.Name, a.Key, a.Shown, a.Reason, a.Title, a.Detail, a.Advice, a.Profile, a.Way)
	}
	return t
}

// tellWhy tells the story of the attempts, the newest first, and at the end what to do about each reason, once.
func tellWhy(w io.Writer, name string, all []admin.Attempt, now time.Time) error {
	var b strings.Builder
	if len(all) == 0 {
		fmt.Fprintf(&b, "Nobody tried to get in as %s, as far as the journal reaches back.\n", printable(name))
		fmt.Fprintln(&b, "Look at the device's network: the server's address and port, a firewall, its clock.")
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintln(&b, summary(name, all, now))
	for _, a := range all {
		fmt.Fprintf(&b, "\n%-14s %s   %s over %s%s%s\n", ago(now.Sub(a.At)), a.At.Local().Format(time.DateTime),
			a.Action, a.Transport, from(a.Remote), times(a.Count))
		fmt.Fprintf(&b, "%15s%s\n", "", outcome(a))
		if a.Detail != "" && a.Detail != a.Title {
			fmt.Fprintf(&b, "%15s%s\n", "", printable(a.Detail))
		}
		if a.Name != "" && a.Name != name {
			fmt.Fprintf(&b, "%15scalled itself %s\n", "", printable(a.Name))
		}
		if a.Shown != "" {
			fmt.Fprintf(&b, "%15sshowed %s\n", "", printable(a.Shown))
		}
	}
	advise(&b, all)
	_, err := io.WriteString(w, b.String())
	return err
}

// summary says in one line where the device stands.
func summary(name string, all []admin.Attempt, now time.Time) string {
	last := all[0]
	who := printable(name)
	switch {
	case last.Reason == "":
		return fmt.Sprintf("%s was let in %s.", who, ago(now.Sub(last.At)))
	case last.Action == muster.ActionDisconnect.String():
		return fmt.Sprintf("%s was disconnected %s: %s.", who, ago(now.Sub(last.At)), last.Title)
	}
	line := fmt.Sprintf("%s was refused %s: %s.", who, ago(now.Sub(last.At)), last.Title)
	for _, a := range all {
		if a.Reason == "" {
			return line + fmt.Sprintf(" It was last let in %s.", ago(now.Sub(a.At)))
		}
	}
	return line
}

func outcome(a admin.Attempt) string {
	switch {
	case a.Reason == "":
		return "let in"
	case a.Action == muster.ActionDisconnect.String():
		return fmt.Sprintf("ended: %s (%s)", a.Title, a.Reason)
	}
	return fmt.Sprintf("refused: %s (%s)", a.Title, a.Reason)
}

// advise says once for each reason what to do.
func advise(b *strings.Builder, all []admin.Attempt) {
	told := map[string]bool{}
	for _, a := range all {
		if a.Advice == "" || told[a.Reason] {
			continue
		}
		if len(told) == 0 {
			fmt.Fprintln(b, "\nWhat to do")
		}
		told[a.Reason] = true
		fmt.Fprintf(b, "  %s\n      %s\n", a.Reason, a.Advice)
	}
}

func from(remote string) string {
	if remote == "" {
		return ""
	}
	return " from " + remote
}

func times(count int) string {
	if count < 2 {
		return ""
	}
	return fmt.Sprintf(", %d times", count)
}

// ago is how long something is past, in words.
func ago(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / u.unit); n == 1 {
			return "1 " + u.name + " ago"
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, u.name)
		}
	}
	return "just now"
}
