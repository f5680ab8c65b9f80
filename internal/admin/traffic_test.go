package admin_test

import (
	"net/http"
	"slices"
	"testing"

	"muster"
	"muster/internal/admin"
)

func TestTheTrafficOfTheLastMinutesIsThatOfTheEvents(t *testing.T) {
	h := newHouse(t)
	var none admin.List[admin.Second]
	h.must("GET", "/v1/traffic", "", &none)
	if none.Items == nil || len(none.Items) != 0 {
		t.Errorf("before a second is over there are %+v", none.Items)
	}
	var b muster.Batch
	b.Add(muster.NewID[muster.Device](), 0, muster.Sample{TS: 1, Values: muster.Values{}.Add("t", muster.LongValue(1))})
	h.live.Stored(&b)
	h.live.Passed(7)
	f := follow(t, served(t, h), h.newToken("viewer", muster.RoleViewer), "kind=traffic&after=0")
	first := f.next() // the stream has begun, so that what follows is told by it
	h.live.Stored(&b)
	h.live.Stored(&b)
	h.live.Passed(6)
	h.live.Passed(6)
	told := []admin.Second{{At: first.At, Traffic: *first.Traffic}}
	for range 2 {
		e := f.next()
		told = append(told, admin.Second{At: e.At, Traffic: *e.Traffic})
	}
	for i, want := range []admin.Traffic{{Samples: 1, SamplesTotal: 1, Sessions: 7}, {Samples: 2, SamplesTotal: 3, Sessions: 6}, {SamplesTotal: 3, Sessions: 6}} {
		if told[i].Traffic != want {
			t.Errorf("second %d is told as %+v", i, told[i])
		}
	}
	for query, want := range map[string][]admin.Second{"": told, "?seconds=600": told, "?seconds=2": told[1:]} {
		var l admin.List[admin.Second]
		h.must("GET", "/v1/traffic"+query, "", &l)
		if !slices.Equal(l.Items, want) {
			t.Errorf("%q is answered %+v, and told was %+v", query, l.Items, want)
		}
	}
	for _, query := range []string{"seconds=0", "seconds=601", "seconds=-1", "seconds=many", "minutes=1"} {
		h.refused("GET", "/v1/traffic?"+query, "", http.StatusBadRequest, muster.ReasonRequestInvalid)
	}
}
