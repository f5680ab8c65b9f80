package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/trace"
)

// A Trace is what is known of a device since it is traced.
type Trace struct {
	Device string      `json:"device" doc:"the name of the device"`
	Since  time.Time   `json:"since"`
	Until  time.Time   `json:"until" doc:"when it ends by itself, or has ended"`
	On     bool        `json:"on"`
	Lines  []TraceLine `json:"lines" nullable:"false" doc:"the oldest first"`
	Lost   int64       `json:"lost,omitempty" doc:"older lines that there was no room for"`
}

// A TraceLine is one thing that a traced device did, or was told.
type TraceLine struct {
	Number int64     `json:"number" doc:"of the trace, from 1 on"`
	At     time.Time `json:"at"`
	Event  string    `json:"event" example:"message"`
	Text   string    `json:"text,omitempty" example:"transport=mqtt address=v1/devices/me/telemetry bytes=24 keys=temperature"`
}

// A TraceRequest says how long a device shall be traced.
type TraceRequest struct {
	For string `json:"for,omitempty" example:"10m" doc:"at most an hour; left out: ten minutes"`
}

func (a *api) serveTraces() {
	serve(a, http.MethodGet, "/v1/traces", "list-traces", "Which devices are traced, or were lately, without the lines", a.listTraces)
	serve(a, http.MethodGet, "/v1/devices/{name}/trace", "show-trace", "What a traced device did", a.showTrace)
	serve(a, http.MethodPost, "/v1/devices/{name}/trace", "trace-device",
		"Writes down what a device does, for a while; again: for longer", a.traceDevice,
		explained("A trace that is to go on for longer is not cut short: the answer says until when it goes on. DELETE ends it."),
		refusing(muster.ReasonTracesFull))
	serve(a, http.MethodDelete, "/v1/devices/{name}/trace", "end-trace", "Ends the trace of a device and forgets its lines", a.endTrace)
}

func (a *api) listTraces(context.Context, *struct{}) (*answer[List[Trace]], error) {
	return listOf(a.Tracer.Traces(), traceOf), nil
}

func (a *api) showTrace(ctx context.Context, in *struct {
	Name  string `path:"name" maxLength:"255"`
	Since int64  `query:"since" minimum:"0" doc:"numbers higher than this alone, for what is new"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
},
) (*answer[Trace], error) {
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	t, known := a.Tracer.Trace(d.ID, in.Since, in.Limit)
	if !known {
		return nil, muster.Refuse(muster.ReasonNotFound, "the device %q is not traced", d.Name)
	}
	return &answer[Trace]{traceOf(t)}, nil
}

func (a *api) traceDevice(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Body *TraceRequest
},
) (*answer[Trace], error) {
	length := trace.Standard
	if in.Body != nil && in.Body.For != "" {
		var err error
		if length, err = time.ParseDuration(in.Body.For); err != nil {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "for: %.40q is no duration such as 10m", in.Body.For)
		}
	}
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	t, err := a.Tracer.Start(ctx, &d, length)
	if err != nil {
		return nil, err
	}
	return &answer[Trace]{traceOf(t)}, nil
}

func (a *api) endTrace(ctx context.Context, in *named) (*struct{}, error) {
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return nil, a.Tracer.Stop(ctx, &d)
}

func traceOf(t trace.Trace) Trace {
	return Trace{
		Device: t.Name, Since: t.Since, Until: t.Until, On: t.On, Lost: t.Lost,
		Lines: listOf(t.Lines, func(l trace.Line) TraceLine { return TraceLine(l) }).Body.Items,
	}
}
