package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

// An eventFlags says which events are wanted, and how many.
type eventFlags struct {
	kinds                         []string
	device, reason, remote, after string
	count                         int
}

func newEvents() *cobra.Command {
	var r remote
	var o output
	var flags eventFlags
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Shows what happens, as it happens, until interrupted",
		Long: `Shows what happens, as it happens, until interrupted: readings of a device, attempts, sessions, imports, credentials that end soon, and the traffic
of the whole fleet. When the connection breaks it goes on where it broke off, and says what is lost.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			query, err := flags.query()
			if err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			return showEvents(cmd, c, &o, query, flags.count)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&flags.kinds, "kind", nil, "telemetry, attempts, sessions, imports, warnings, campaigns or traffic; may be repeated (default attempts, sessions, imports, warnings and campaigns; with --device telemetry, attempts and sessions)")
	f.StringVar(&flags.device, "device", "", "of the device of this name alone; telemetry needs it")
	f.StringVar(&flags.reason, "reason", "", "attempts that ended with this reason alone")
	f.StringVar(&flags.remote, "remote", "", "attempts and sessions from this address or network alone, such as 10.0.0.0/8")
	f.StringVar(&flags.after, "after", "", "begin behind the event of this id; 0: with all that the server still has")
	f.IntVar(&flags.count, "count", 0, "end after so many events")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

var eventKinds = []string{"telemetry", "attempts", "sessions", "imports", "warnings", "campaigns", "traffic"}

// query returns what is wanted as the API takes it.
func (f *eventFlags) query() (url.Values, error) {
	kinds := f.kinds
	switch {
	case f.count < 0:
		return nil, usagef("--count: %d is less than 0", f.count)
	case len(kinds) == 0 && f.device != "":
		kinds = eventKinds[:3]
	case len(kinds) == 0:
		kinds = eventKinds[1:6]
	}
	for _, k := range kinds {
		if !slices.Contains(eventKinds, k) {
			return nil, usagef("--kind: %q is none of %s", k, strings.Join(eventKinds, ", "))
		}
	}
	q := url.Values{"kind": kinds}
	for name, text := range map[string]string{"device": f.device, "reason": f.reason, "remote": f.remote, "after": f.after} {
		if text != "" {
			q.Set(name, text)
		}
	}
	return q, nil
}

// errEnough ends a stream of which enough was seen.
var errEnough = errors.New("enough")

// showEvents writes events as they come, until the context ends or there were so many, if that is not 0.
func showEvents(cmd *cobra.Command, c *client, o *output, query url.Values, count int) error {
	shown := 0
	err := c.followEvents(cmd.Context(), query, func(e admin.Event) error {
		if e.Event == "begin" {
			return nil // nothing has happened
		}
		if err := writeEvent(cmd, o, e); err != nil {
			return err
		}
		if shown++; shown == count {
			return errEnough
		}
		return nil
	}, func(err error) { cmd.PrintErrf("The stream broke off and goes on: %s\n", oneLine(err)) })
	if cmd.Context().Err() != nil || errors.Is(err, errEnough) {
		return nil // interrupted, which is how this ends
	}
	return err
}

const (
	shortestPause = 500 * time.Millisecond // before a stream that broke off goes on
	longestPause  = 15 * time.Second
)

// followEvents calls show with each event, also over streams that break off, until show returns an error or the server says
// no. It is told of each stream that broke off. A first stream that cannot be had is an error.
func (c *client) followEvents(ctx context.Context, query url.Values, show func(admin.Event) error, broke func(error)) error {
	s := &eventStream{client: c, query: query, last: query.Get("after"), show: show}
	query.Del("after")
	pause := shortestPause
	for {
		err := s.read(ctx)
		kind := muster.KindOf(err)
		switch {
		case ctx.Err() != nil, !s.began, kind != muster.Overloaded && kind != muster.Unreachable:
			return err
		case s.heard:
			pause = shortestPause
			broke(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// writeEvent writes an event: a line for people, and a document or a row for programs.
func writeEvent(cmd *cobra.Command, o *output, e admin.Event) error {
	device, text := eventText(e)
	if o.format == "table" {
		line := e.At.Local().Format(time.DateTime) + fmt.Sprintf("  %-12s", e.Event)
		if device != "" {
			line += "  " + printable(device)
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(line+"  "+printable(text), " "))
		return err
	}
	var t table
	t.add(e.ID, e.At, e.Event, device, text)
	return o.writeOne(cmd.OutOrStdout(), e, t)
}

// eventText says an event in words, and of which device it is.
func eventText(e admin.Event) (device, text string) {
	switch {
	case e.Telemetry != nil:
		var values []string
		for key, value := range e.Telemetry.Values {
			values = append(values, key+"="+string(value))
		}
		slices.Sort(values)
		return e.Telemetry.Device, strings.Join(values, " ")
	case e.Attempt != nil:
		a := e.Attempt
		return a.Name, a.Action + " " + a.Transport + " from " + first(a.Remote, "-") + ": " + outcome(*a) + times(a.Count)
	case e.Session != nil:
		text = e.Session.Transport + " from " + first(e.Session.Remote, "-")
		if e.Reason != "" {
			text += ": " + e.Reason
		}
		return e.Session.Device, text
	case e.Import != nil:
		i := e.Import
		return "", fmt.Sprintf("%s %s: %d rows, %d failed", first(i.File, i.ID), i.State, i.Rows, i.Failed)
	case e.Expiring != nil:
		x := e.Expiring
		return x.Device, fmt.Sprintf("%s %s ends on %s", x.Kind, x.ID, x.ExpiresAt.Format(time.DateOnly))
	case e.Outdated != nil:
		return "", "the revocation list " + e.Outdated.List + " is past its date since " + e.Outdated.Since.Format(time.RFC3339)
	case e.Traffic != nil:
		return "", fmt.Sprintf("%d samples, %d devices connected", e.Traffic.Samples, e.Traffic.Sessions)
	case e.Lost != nil && e.Lost.AtMost > 0:
		return "", fmt.Sprintf("at most %d of %s", e.Lost.AtMost, e.Lost.Kind)
	case e.Lost != nil:
		return "", "nobody knows how many of " + e.Lost.Kind
	}
	return "", ""
}
