package admin

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// A Reading is a value and when it was measured, in epoch milliseconds.
type Reading struct {
	TS    int64           `json:"ts"`
	Value json.RawMessage `json:"value" doc:"typed as it is stored: a boolean, a number, a string, an object or an array"`
}

func (a *api) serveTelemetry() {
	serve(a, http.MethodGet, "/v1/devices/{name}/latest", "latest-readings", "The newest reading of each key of a device", a.latest)
	serve(a, http.MethodGet, "/v1/devices/{name}/history", "reading-history", "Readings of one key, the oldest first", a.history)
}

func (a *api) latest(ctx context.Context, in *named) (*answer[map[string]Reading], error) {
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	all, err := a.Readings.Latest(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	latest := make(map[string]Reading, len(all))
	for _, r := range all {
		latest[r.Key] = Reading{TS: r.TS, Value: r.Value.AppendJSON(nil)}
	}
	return &answer[map[string]Reading]{latest}, nil
}

func (a *api) history(ctx context.Context, in *struct {
	Name  string `path:"name" maxLength:"255"`
	Key   string `query:"key" required:"true" minLength:"1" maxLength:"255"`
	From  string `query:"from" maxLength:"40" doc:"inclusive; epoch milliseconds or RFC 3339"`
	To    string `query:"to" maxLength:"40" doc:"exclusive; likewise"`
	Limit int    `query:"limit" minimum:"1" maximum:"100000" default:"1000" doc:"the first so many of the range"`
},
) (*answer[history], error) {
	from, err := parseTime("from", in.From, math.MinInt64)
	if err != nil {
		return nil, err
	}
	to, err := parseTime("to", in.To, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	all, err := a.Readings.History(ctx, d.ID, in.Key, muster.Range{From: from, To: to, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &answer[history]{all}, nil
}

// A history is a List of readings that writes itself: it may have thousands of them.
type history []muster.Reading

// Schema returns the schema of what is written.
func (history) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[List[Reading]](), true, "")
}

func (h history) appendJSON(b []byte) []byte {
	b = append(b, `{"items":[`...)
	for i := range h {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"ts":`...)
		b = strconv.AppendInt(b, h[i].TS, 10)
		b = append(b, `,"value":`...)
		b = h[i].Value.AppendJSON(b)
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// parseTime reads epoch milliseconds or RFC 3339; absent is what an empty text means.
func parseTime(name, text string, absent int64) (int64, error) {
	if text == "" {
		return absent, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, muster.Refuse(muster.ReasonRequestInvalid, "%s: %q is neither epoch milliseconds nor RFC 3339", name, text)
	}
	return t.UnixMilli(), nil
}
