package admin

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// A Reading is a value and when it was measured, in epoch milliseconds.
type Reading struct {
	TS    int64           `json:"ts" example:"1772354400000"`
	Value json.RawMessage `json:"value" doc:"typed as it is stored: a boolean, a number, a string, an object or an array" example:"21.5"`
}

func (a *api) serveTelemetry() {
	serve(a, http.MethodGet, "/v1/devices/{name}/latest", "latest-readings", "The newest reading of each key of a device", a.latest)
	serve(a, http.MethodGet, "/v1/devices/{name}/history", "reading-history", "Readings of one key, the oldest first", a.history)
	serve(a, http.MethodGet, "/v1/devices/{name}/buckets", "reading-buckets", "What the readings of one key come to, by the minute, the hour or the day", a.buckets,
		explained("Buckets without readings are left out. Min, max, avg and sum are of the numbers among them, true being 1 and false 0."))
	serve(a, http.MethodDelete, "/v1/devices/{name}/readings", "remove-readings", "Removes the readings of one key", a.removeReadings,
		explained("Those of the range, or all of the key without one. The audit log has it."))
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

// A Span is the range of a request about the readings of one key.
type Span struct {
	Name string `path:"name" maxLength:"255"`
	Key  string `query:"key" required:"true" minLength:"1" maxLength:"255" example:"temperature"`
	From string `query:"from" maxLength:"40" doc:"inclusive; epoch milliseconds or RFC 3339"`
	To   string `query:"to" maxLength:"40" doc:"exclusive; likewise"`
}

// read returns the device and the range, without a limit.
func (a *api) read(ctx context.Context, in *Span) (muster.DeviceID, muster.Range, error) {
	from, err := parseTime("from", in.From, math.MinInt64)
	if err != nil {
		return muster.DeviceID{}, muster.Range{}, err
	}
	to, err := parseTime("to", in.To, math.MaxInt64)
	if err != nil {
		return muster.DeviceID{}, muster.Range{}, err
	}
	d, err := a.Fleet.Device(ctx, in.Name)
	return d.ID, muster.Range{From: from, To: to}, err
}

func (a *api) history(ctx context.Context, in *struct {
	Span
	Limit int `query:"limit" minimum:"1" maximum:"100000" default:"1000" doc:"the first so many of the range"`
},
) (*answer[history], error) {
	device, within, err := a.read(ctx, &in.Span)
	if err != nil {
		return nil, err
	}
	within.Limit = in.Limit
	all, err := a.Readings.History(ctx, device, in.Key, within)
	if err != nil {
		return nil, err
	}
	return &answer[history]{all}, nil
}

// A Bucket is what the readings of one key come to within one stretch of time. Min, max, avg and sum are of the numbers
// among them, true being 1 and false 0.
type Bucket struct {
	TS    int64    `json:"ts" doc:"when it begins" example:"1772354400000"`
	Count int      `json:"count" doc:"readings of any type" example:"60"`
	Min   *float64 `json:"min,omitempty" doc:"left out, like those below: none of them is a number" example:"20.5"`
	Max   *float64 `json:"max,omitempty" example:"22.5"`
	Avg   *float64 `json:"avg,omitempty" example:"21.5"`
	Sum   *float64 `json:"sum,omitempty" example:"1290"`
}

func bucketOf(b muster.Bucket) Bucket {
	shown := Bucket{TS: b.TS, Count: b.Count}
	if b.Numbers > 0 {
		// A sum beyond all numbers is shown as the greatest one: JSON has no infinity.
		sum := min(max(b.Sum, -math.MaxFloat64), math.MaxFloat64)
		avg := sum / float64(b.Numbers)
		shown.Min, shown.Max, shown.Avg, shown.Sum = &b.Min, &b.Max, &avg, &sum
	}
	return shown
}

func (a *api) buckets(ctx context.Context, in *struct {
	Span
	Width string `query:"width" required:"true" maxLength:"20" doc:"1m, 15m, 1h, 1d or the like; buckets begin at multiples of it, in UTC" example:"1h"`
	Limit int    `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"the first so many that have readings"`
},
) (*answer[List[Bucket]], error) {
	width, err := parseWidth(in.Width)
	if err != nil {
		return nil, err
	}
	device, within, err := a.read(ctx, &in.Span)
	if err != nil {
		return nil, err
	}
	within.Limit = in.Limit
	all, err := a.Readings.Buckets(ctx, device, in.Key, within, width)
	if err != nil {
		return nil, err
	}
	return listOf(all, bucketOf), nil
}

// parseWidth reads a duration in the words of time.ParseDuration, or a number of days.
func parseWidth(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 366 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	return 0, muster.Refuse(muster.ReasonRequestInvalid, "width: %q is no duration such as 15m, 1h or 1d", text)
}

func (a *api) removeReadings(ctx context.Context, in *Span) (*struct{}, error) {
	device, within, err := a.read(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // once begun, it is carried through
	if err := a.Fleet.ReadingsRemoved(ctx, in.Name, in.Key, within); err != nil {
		return nil, err
	}
	return nil, a.Readings.Remove(ctx, device, in.Key, within)
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
