package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestAStreamThatBreaksOffGoesOn(t *testing.T) {
	var asked []string
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery+" "+r.Header.Get(lastEventID))
		switch n := len(asked); n {
		case 1, 2:
			fmt.Fprintf(w, "retry: 2000\n\n:\nid: a.%d\n\nid: b.%d\nevent: attempt\ndata: {\"id\":\"b.%d\",\"event\":\"attempt\",\"attempt\":{\"name\":\"pump\"}}\n\n", n, n, n)
		case 3: // it is restarted
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"reason":"server-busy"}`))
		default:
			_, _ = w.Write([]byte("event: end\ndata: {\"event\":\"end\",\"problem\":{\"reason\":\"api-token-revoked\",\"detail\":\"no more\"}}\n\n"))
		}
	})
	var seen []string
	broken := 0
	err := c.followEvents(t.Context(), url.Values{"kind": {"attempts"}, "after": {"0"}}, func(e admin.Event) error {
		seen = append(seen, e.ID)
		return nil
	}, func(error) { broken++ })
	if !errors.Is(err, muster.ReasonAPITokenRevoked) || broken != 2 || !slices.Equal(seen, []string{"b.1", "b.2"}) {
		t.Errorf("%v; broken %d times, seen %q", err, broken, seen)
	}
	if want := []string{"kind=attempts 0", "kind=attempts b.1", "kind=attempts b.2", "kind=attempts b.2"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestAStreamThatIsRefusedIsNotAskedForAgain(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"reason":"too-many-streams","detail":"8 are open"}`))
	})
	err := c.followEvents(t.Context(), url.Values{}, nil, nil)
	if !errors.Is(err, muster.ReasonTooManyStreams) {
		t.Error(err)
	}
}
