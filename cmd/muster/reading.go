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
	var r readingRange
	var limit int
	cmd := &cobra.Command{
		Use:   "history NAME KEY",
		Short: "Shows the readings of one key, the oldest first",
		Args:  cobra.ExactArgs(2),
	}
	r.addFlags(cmd)
	cmd.Flags().IntVar(&limit, "limit", muster.DefaultRangeLimit, "the first so many of the range, at most "+strconv.Itoa(muster.MaxRangeLimit))
	return asking(cmd, func(args []string) (call, error) {
		if limit < 1 || limit > muster.MaxRangeLimit {
			return call{}, usagef("--limit: %d is not between 1 and %d", limit, muster.MaxRangeLimit)
		}
		q := r.query(args[1])
		q.Set("limit", strconv.Itoa(limit))
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0], "history"}, query: q}, nil
	}, func(l admin.List[admin.Reading]) (any, table) {
		t := table{columns: []string{"time", "value"}}
		for _, r := range l.Items {
			t.add(time.UnixMilli(r.TS), valueText(r.Value))
		}
		return l.Items, t
	})
}

func deviceBuckets() *cobra.Command {
	var r readingRange
	var width string
	var limit int
	cmd := &cobra.Command{
		Use:   "buckets NAME KEY",
		Short: "Shows what the readings of one key come to, by the minute, the hour or the day",
		Args:  cobra.ExactArgs(2),
	}
	f := cmd.Flags()
	f.StringVar(&width, "width", "1h", "of a bucket: 1m, 15m, 1h, 1d or the like; they begin at multiples of it, in UTC")
	r.addFlags(cmd)
	f.IntVar(&limit, "limit", muster.DefaultRangeLimit, "the first so many that have readings, at most "+strconv.Itoa(muster.MaxBuckets))
	return asking(cmd, func(args []string) (call, error) {
		if limit < 1 || limit > muster.MaxBuckets {
			return call{}, usagef("--limit: %d is not between 1 and %d", limit, muster.MaxBuckets)
		}
		q := r.query(args[1])
		q.Set("width", width)
		q.Set("limit", strconv.Itoa(limit))
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0], "buckets"}, query: q}, nil
	}, func(l admin.List[admin.Bucket]) (any, table) {
		t := table{columns: []string{"time", "count", "min", "avg", "max", "sum"}}
		for _, b := range l.Items {
			t.add(time.UnixMilli(b.TS), strconv.Itoa(b.Count), numberText(b.Min), numberText(b.Avg), numberText(b.Max), numberText(b.Sum))
		}
		return l.Items, t
	})
}

func numberText(n *float64) literal {
	if n == nil {
		return ""
	}
	return literal(strconv.FormatFloat(*n, 'g', -1, 64))
}

func deviceRemoveReadings() *cobra.Command {
	var r readingRange
	cmd := &cobra.Command{
		Use:   "remove-readings NAME KEY",
		Short: "Removes the readings of one key, all of them or those of a time",
		Args:  cobra.ExactArgs(2),
	}
	r.addFlags(cmd)
	return acting(cmd, func(args []string) call {
		return call{method: http.MethodDelete, path: []string{"v1", "devices", args[0], "readings"}, query: r.query(args[1])}
	}, "the readings of %s are removed")
}

// A readingRange is which readings of a key are meant: all of them, or those from one time to another.
type readingRange struct{ from, to string }

func (r *readingRange) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.from, "from", "", "from this time on, epoch milliseconds or RFC 3339")
	f.StringVar(&r.to, "to", "", "before this time, likewise")
}

// query asks for the readings of key in the range.
func (r *readingRange) query(key string) url.Values {
	q := url.Values{"key": {key}}
	if r.from != "" {
		q.Set("from", r.from)
	}
	if r.to != "" {
		q.Set("to", r.to)
	}
	return q
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
