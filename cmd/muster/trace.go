package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func deviceTrace() *cobra.Command {
	var r remote
	var o output
	var length time.Duration
	var off, lines, follow bool
	cmd := &cobra.Command{
		Use:   "trace NAME",
		Short: "Writes down what a device does, for a while: in the server's log, and for --lines and --follow",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := r.client()
			if err != nil {
				return err
			}
			path := []string{"v1", "devices", args[0], "trace"}
			var t admin.Trace
			switch {
			case off:
				if err := c.do(cmd.Context(), call{method: http.MethodDelete, path: path}, nil); err != nil {
					return err
				}
				cmd.Printf("device %s is traced no more\n", printable(args[0]))
				return nil
			case lines:
				if err := c.do(cmd.Context(), call{method: http.MethodGet, path: path}, &t); err != nil {
					return err
				}
				return o.write(cmd.OutOrStdout(), t, traceTable(t.Lines))
			}
			body := admin.TraceRequest{For: length.String()}
			if err := c.do(cmd.Context(), call{method: http.MethodPost, path: path, body: body}, &t); err != nil {
				return err
			}
			cmd.PrintErrf("device %s is traced until %s\n", printable(args[0]), t.Until.Local().Format(time.DateTime))
			if !follow {
				return nil
			}
			return followTrace(cmd, c, path, o.format)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&length, "for", 10*time.Minute, "how long, at most 1h; a trace that goes on for longer is not cut short: --off ends it")
	f.BoolVar(&off, "off", false, "end the trace and forget its lines")
	f.BoolVar(&lines, "lines", false, "show what was written down")
	f.BoolVarP(&follow, "follow", "f", false, "show what is written down, as it comes, until the trace ends or Ctrl-C")
	cmd.MarkFlagsMutuallyExclusive("off", "lines", "follow")
	cmd.MarkFlagsMutuallyExclusive("off", "for")
	cmd.MarkFlagsMutuallyExclusive("lines", "for")
	r.addFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

func traceTable(lines []admin.TraceLine) table {
	t := table{columns: []string{"number", "at", "event", "text"}}
	for _, l := range lines {
		t.add(l.Number, l.At, l.Event, l.Text)
	}
	return t
}

// followTrace writes lines as they come, until the trace is over or the context ends.
func followTrace(cmd *cobra.Command, c *client, path []string, format string) error {
	q := url.Values{}
	for tick := time.NewTicker(followEvery); ; {
		var t admin.Trace
		err := c.do(cmd.Context(), call{method: http.MethodGet, path: path, query: q}, &t)
		if cmd.Context().Err() != nil {
			return nil // interrupted, which is how this ends
		}
		if err != nil {
			return err
		}
		for _, l := range t.Lines {
			if err := writeTraceLine(cmd, format, l); err != nil {
				return err
			}
			q.Set("since", strconv.FormatInt(l.Number, 10))
		}
		if !t.On {
			return nil
		}
		select {
		case <-tick.C:
		case <-cmd.Context().Done():
			return nil
		}
	}
}

func writeTraceLine(cmd *cobra.Command, format string, l admin.TraceLine) error {
	if format == "table" {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %-10s  %s\n", l.At.Local().Format(time.DateTime), l.Event, printable(l.Text))
		return err
	}
	o := output{format: format}
	return o.writeOne(cmd.OutOrStdout(), l, traceTable([]admin.TraceLine{l}))
}
