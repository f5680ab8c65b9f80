package admin

import (
	"context"
	"net/http"
	"time"

	"muster/internal/live"
)

// A Traffic is what the whole fleet did in a second.
type Traffic struct {
	Samples      uint64 `json:"samples" doc:"that became durable since the second before"`
	SamplesTotal uint64 `json:"samplesTotal" doc:"since the server was started"`
	Sessions     int    `json:"sessions" doc:"devices that were connected at its end"`
}

// A Second is the traffic of one that has passed.
type Second struct {
	At time.Time `json:"at" doc:"when it was over, as its event says it"`
	Traffic
}

func (a *api) serveTraffic() {
	serve(a, http.MethodGet, "/v1/traffic", "list-traffic", "What the whole fleet did, second by second, the oldest first", a.listTraffic,
		explained("Of the last ten minutes, as far as the server has run so long. They are the seconds of the events `traffic`, known by "+
			"their at: a stream that was begun before the question has no gap behind the answer."))
}

func (a *api) listTraffic(_ context.Context, in *struct {
	Seconds int `query:"seconds" minimum:"1" maximum:"600" default:"600" doc:"the latest, at most so many"`
},
) (*answer[List[Second]], error) {
	return listOf(a.Live.Seconds(in.Seconds), func(s live.Second) Second { return Second{s.At.UTC(), trafficOf(s.Passed)} }), nil
}

func trafficOf(p live.Passed) Traffic {
	return Traffic{Samples: p.Samples, SamplesTotal: p.Total, Sessions: p.Sessions}
}
