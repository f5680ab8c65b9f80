package admin

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"muster"
	"muster/internal/live"
)

// An EventFilter says which events are wanted, in the query of a request.
type EventFilter struct {
	Kind   []string `query:"kind,explode" required:"true" minItems:"1" maxItems:"7" enum:"telemetry,attempts,sessions,imports,warnings,campaigns,traffic" doc:"sorts of events; may be repeated"`
	Device string   `query:"device" maxLength:"255" doc:"of the device of this name; telemetry needs it"`
	Reason string   `query:"reason" maxLength:"64" doc:"attempts that ended with this reason alone" example:"token-unknown"`
	Remote string   `query:"remote" maxLength:"64" doc:"attempts and sessions from this address or network alone" example:"10.0.0.0/8"`
}

const eventStream = "text/event-stream"

func (a *api) serveEvents() {
	serve(a, http.MethodGet, "/v1/events", "follow-events",
		"What happens, as it happens, as server-sent events, whose data are events in JSON", a.followEvents,
		explained("The stream goes on behind the id that Last-Event-ID or after name. One that is given none says with an event `begin` from where on it tells. Where events are lost an event `lost` says so."),
		refusing(muster.ReasonNotFound, muster.ReasonTooManyStreams, muster.ReasonStopping))
	op := a.huma.OpenAPI().Paths["/v1/events"].Get
	event := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Event](), true, "")
	op.Responses["200"] = &huma.Response{
		Description: "A stream that does not end by itself",
		Content:     map[string]*huma.MediaType{eventStream: {Schema: event}},
	}
}

func (a *api) followEvents(ctx context.Context, in *struct {
	EventFilter
	After string `query:"after" maxLength:"40" doc:"behind the event of this id; 0: all that is kept"`
	Last  string `header:"Last-Event-ID" maxLength:"40" doc:"the same, as browsers send it; it counts before after"`
},
) (*huma.StreamResponse, error) {
	wanted, err := a.wishOf(ctx, &in.EventFilter)
	if err != nil {
		return nil, err
	}
	after, err := parseEventID(in.Last, in.After)
	if err != nil {
		return nil, err
	}
	actor, _ := muster.ActorOf(ctx)
	listener, err := a.Live.Listen(actor.Name, wanted, after)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer listener.Close()
		ctx.SetHeader("Content-Type", eventStream)
		ctx.SetHeader("Cache-Control", "no-store")
		ctx.SetHeader("X-Accel-Buffering", "no") // a proxy must not collect them
		ctx.SetHeader("Connection", "close")     // its deadlines are those of a stream
		ctx.SetStatus(http.StatusOK)
		w, _ := ctx.BodyWriter().(http.ResponseWriter) // the adapter's writer is the server's
		s := &stream{api: a, w: w, control: http.NewResponseController(w), listener: listener, fresh: after == nil}
		s.run(ctx.Context())
	}}, nil
}

// parseEventID returns the first id that is given; nil: none is.
func parseEventID(texts ...string) (*live.ID, error) {
	for _, text := range texts {
		if text != "" {
			id, err := live.ParseID(text)
			return &id, err
		}
	}
	return nil, nil
}

// wishOf understands what is wanted. A device need not be there, unless its telemetry is wanted: strangers call themselves
// by its name.
func (a *api) wishOf(ctx context.Context, f *EventFilter) (w live.Filter, err error) {
	w.Name, w.Reason = f.Device, muster.Reason(f.Reason)
	for _, name := range f.Kind {
		w.Kinds = append(w.Kinds, map[string]live.Kind{
			"telemetry": live.Telemetry, "attempts": live.Attempts, "sessions": live.Sessions, "imports": live.Imports, "warnings": live.Warnings, "campaigns": live.Campaigns, "traffic": live.Traffic,
		}[name])
	}
	if f.Reason != "" && w.Reason.Title() == "" {
		return w, muster.Refuse(muster.ReasonRequestInvalid, "there is no reason %q", f.Reason)
	}
	if f.Device != "" {
		d, err := a.Fleet.Device(ctx, f.Device)
		if err != nil && (w.Wants(live.Telemetry) || !errors.Is(err, muster.NotFound)) {
			return w, err
		}
		w.Device = d.ID
	}
	w.Remote, err = parseNetwork(f.Remote)
	return w, err
}
