package admin

import (
	"context"
	"encoding/json"
	"time"

	"muster"
	"muster/internal/live"
)

// An Event is something that has happened; besides id, event and at it has the one member that event says.
type Event struct {
	ID        string    `json:"id,omitempty" doc:"ask for what comes behind it with after; left out: it has no place among the others"`
	Event     string    `json:"event" enum:"telemetry,attempt,connected,disconnected,import,expiring,outdated,campaign,traffic,begin,lost,end"`
	At        time.Time `json:"at"`
	Telemetry *Sample   `json:"telemetry,omitempty" doc:"readings that are durable"`
	Attempt   *Attempt  `json:"attempt,omitempty"`
	Session   *Session  `json:"session,omitempty" doc:"of connected and disconnected"`
	Reason    string    `json:"reason,omitempty" doc:"of disconnected: why an operator or another session ended it; left out: it ended by itself"`
	Import    *Import   `json:"import,omitempty"`
	Expiring  *Expiring `json:"expiring,omitempty" doc:"a credential that ends soon"`
	Outdated  *Outdated `json:"outdated,omitempty" doc:"a revocation list that is past its date"`
	Campaign  *Campaign `json:"campaign,omitempty"`
	Traffic   *Traffic  `json:"traffic,omitempty"`
	Lost      *Gap      `json:"lost,omitempty" doc:"events that this stream does not have"`
	Problem   *Problem  `json:"problem,omitempty" doc:"of end: why the server ends the stream"`
}

// A Sample is what a device measured at one time.
type Sample struct {
	Device   string                     `json:"device" doc:"the name of the device"`
	DeviceID string                     `json:"deviceId"`
	TS       int64                      `json:"ts" doc:"epoch milliseconds"`
	Values   map[string]json.RawMessage `json:"values"`
}

// An Expiring is a credential that ends in less than so many days; it is told of once for each of 30, 14 and 3.
type Expiring struct {
	HeldCredential
	Days int `json:"days" enum:"30,14,3"`
}

// An Outdated is a revocation list whose next CRL should have come.
type Outdated struct {
	List  string    `json:"list" example:"plant"`
	Since time.Time `json:"since"`
}

// A Gap stands for events of one kind that were missed.
type Gap struct {
	Kind   string `json:"kind" enum:"telemetry,attempts,sessions,imports,warnings,campaigns,traffic"`
	AtMost uint64 `json:"atMost,omitempty" doc:"how many, some of which may not have been wanted; left out: nobody knows"`
}

// eventOf shows an event.
func (s *stream) eventOf(ctx context.Context, e live.Event) Event {
	shown := Event{At: e.At.UTC()}
	if !e.ID.IsZero() {
		shown.ID = e.ID.String()
	}
	switch what := e.What.(type) {
	case live.Reported:
		shown.Event, shown.Telemetry = "telemetry", sampleOf(&what)
	case live.Attempted:
		s.profile(ctx, what.Profile) // knows it from now on
		attempt := attemptOf(what.Attempt, s.profiles)
		shown.Event, shown.Attempt = "attempt", &attempt
	case live.Opened:
		session := sessionOf(what.Session, s.profile(ctx, what.Profile))
		shown.Event, shown.Session = "connected", &session
	case live.Ended:
		session := sessionOf(what.Session, s.profile(ctx, what.Profile))
		shown.Event, shown.Session, shown.Reason = "disconnected", &session, string(muster.ReasonOf(what.Why))
	case live.Progressed:
		i := importOf(what.Import)
		shown.Event, shown.Import = "import", &i
	case live.Expiring:
		held := HeldCredential{s.api.credentialOf(what.Credential), what.Device.Name, what.Device.ID.String(), what.Profile.Name}
		shown.Event, shown.Expiring = "expiring", &Expiring{held, what.Days}
	case live.Outdated:
		shown.Event, shown.Outdated = "outdated", &Outdated{what.List, what.Since.UTC()}
	case live.Campaigned:
		c := campaignOf(what.Campaign, s.profile(ctx, what.Selection.Profile))
		shown.Event, shown.Campaign = "campaign", &c
	case live.Passed:
		t := trafficOf(what)
		shown.Event, shown.Traffic = "traffic", &t
	case live.Lost:
		shown.Event, shown.Lost = "lost", &Gap{Kind: what.Kind.String(), AtMost: what.AtMost}
	}
	return shown
}

func sampleOf(r *live.Reported) *Sample {
	shown := &Sample{Device: r.Name, DeviceID: r.Device.String(), TS: r.TS, Values: map[string]json.RawMessage{}}
	for key, value := range r.Values.All() {
		shown.Values[key] = value.AppendJSON(nil)
	}
	return shown
}

// profile returns the name of a profile, "" if it is gone. It is looked for once.
func (s *stream) profile(ctx context.Context, id muster.ProfileID) string {
	if _, known := s.profiles[id]; !known {
		names, err := s.api.profileNames(ctx)
		if err != nil {
			return "" // there is more in the event
		}
		names[id] += ""
		s.profiles = names
	}
	return s.profiles[id]
}
