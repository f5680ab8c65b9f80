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

// What counts is the last event that was seen whole: behind the id of another the server would not send it again.
func TestAnEventThatIsCutOffIsAskedForAgain(t *testing.T) {
	for _, cut := range []string{"id: b.2", "id: b.22\nevent: attempt\n", "id: b.22\nevent: attempt\ndata: {\"id\":\"b.2", ":\nid: b.2"} {
		t.Run(cut, func(t *testing.T) {
			t.Parallel()
			var last []string
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				last = append(last, r.Header.Get(lastEventID))
				if len(last) == 1 {
					fmt.Fprint(w, "id: b.1\nevent: attempt\ndata: {\"id\":\"b.1\",\"event\":\"attempt\"}\n\n"+cut)
					return
				}
				fmt.Fprint(w, "event: end\ndata: {\"event\":\"end\",\"problem\":{\"reason\":\"api-token-revoked\"}}\n\n")
			})
			err := c.followEvents(t.Context(), url.Values{}, func(admin.Event) error { return nil }, func(error) {})
			if !errors.Is(err, muster.ReasonAPITokenRevoked) || !slices.Equal(last, []string{"", "b.1"}) {
				t.Errorf("%v; asked behind %q", err, last)
			}
		})
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
