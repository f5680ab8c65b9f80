package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/spf13/cobra"
)

// A server has more profiles and keys than are on its first page.
func TestCompletionHasTheServerLookForWhatWasBegun(t *testing.T) {
	for _, n := range []namer{{"devices", "name"}, {"profiles", "name"}, {"provision-keys", "key"}} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("search") != "se" || q.Get("limit") != "1000" {
				t.Errorf("%s is asked with %q", r.URL.Path, r.URL.RawQuery)
			}
			_, _ = w.Write([]byte(`{"items":[{"` + n.field + `":"sensors"},{"` + n.field + `":"horses"}]}`))
		}))
		defer s.Close()
		cmd := &cobra.Command{}
		cmd.SetContext(t.Context())
		for name, value := range map[string]string{"url": s.URL, "token": "x", "data": ""} {
			cmd.Flags().String(name, value, "")
		}
		if got, _ := n.complete(cmd, "se"); !slices.Equal(got, []string{"sensors"}) {
			t.Errorf("%s: %q", n.path, got)
		}
	}
}
