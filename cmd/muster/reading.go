package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/admin"
)

func deviceLatest() *cobra.Command {
	return asking(&cobra.Command{
		Use: "latest NAME", Short: "Shows the newest reading of each key", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0], "latest"}}, nil
	}, func(latest map[string]admin.Reading) (any, table) {
		t := table{columns: []string{"key", "time", "value"}}
		for _, key := range slices.Sorted(maps.Keys(latest)) {
			t.add(key, time.UnixMilli(latest[key].TS), valueText(latest[key].Value))
		}
		return latest, t
	})
}

func deviceHistory() *cobra.Command {
	var from, to string
	var limit int
	cmd := &cobra.Command{
		Use:   "history NAME KEY",
		Short: "Shows the readings of one key, the oldest first",
		Args:  cobra.ExactArgs(2),
	}
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "from this time on, epoch milliseconds or RFC 3339")
	f.StringVar(&to, "to", "", "before this time, likewise")
	f.IntVar(&limit, "limit", muster.DefaultRangeLimit, "the first so many of the range, at most "+strconv.Itoa(muster.MaxRangeLimit))
	return asking(cmd, func(args []string) (call, error) {
		if limit < 1 || limit > muster.MaxRangeLimit {
			return call{}, usagef("--limit: %d is not between 1 and %d", limit, muster.MaxRangeLimit)
		}
		q := url.Values{"key": {args[1]}, "limit": {strconv.Itoa(limit)}}
		if from != "" {
			q.Set("from", from)
		}
		if to != "" {
			q.Set("to", to)
		}
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0], "history"}, query: q}, nil
	}, func(l admin.List[admin.Reading]) (any, table) {
		t := table{columns: []string{"time", "value"}}
		for _, r := range l.Items {
			t.add(time.UnixMilli(r.TS), valueText(r.Value))
		}
		return l.Items, t
	})
}

// A literal is the JSON of a value that is no string, which no spreadsheet takes for a formula.
type literal string

// valueText is a value as a cell: a string without its quotes, anything else as it is.
func valueText(value json.RawMessage) any {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return literal(value)
}
