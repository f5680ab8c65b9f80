package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func credentialForecast() *cobra.Command {
	var days int
	cmd := &cobra.Command{Use: "forecast", Short: "Says how many credentials end, by day, profile, kind and authority", Args: cobra.NoArgs}
	cmd.Flags().IntVar(&days, "days", 90, "today and those that follow, at most 3660")
	return asking(cmd, func([]string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "credentials", "forecast"}, query: url.Values{"days": {strconv.Itoa(days)}}}, nil
	}, func(l admin.List[admin.ExpiringCredentials]) (any, table) {
		t := table{columns: []string{"day", "profile", "kind", "authority", "count"}}
		for _, e := range l.Items {
			t.add(e.Day, e.Profile, e.Kind, e.Authority, e.Count)
		}
		return l.Items, t
	})
}
