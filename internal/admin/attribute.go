package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"muster"
)

// An Attribute is a named value of a device that has no history.
type Attribute struct {
	Scope     string          `json:"scope" enum:"server,shared,client" doc:"who owns it: the server alone, the server for the device to read, the device" example:"shared"`
	Key       string          `json:"key" example:"interval"`
	Value     json.RawMessage `json:"value" example:"30"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

func (a *api) serveAttributes() {
	serve(a, http.MethodGet, "/v1/devices/{name}/attributes", "list-attributes", "Attributes of a device, by scope and key", a.listAttributes)
	serve(a, http.MethodGet, "/v1/devices/{name}/attributes/{scope}", "list-scope-attributes", "Attributes of one scope, by key", a.listScopeAttributes)
	serve(a, http.MethodPatch, "/v1/devices/{name}/attributes/{scope}", "change-attributes",
		"Sets attributes of one scope, and removes those that are null", a.changeAttributes,
		explained("All or nothing; the answer has all of the scope. Attributes of the client are set by the device, so that they can only be removed."),
		refusing(muster.ReasonPayloadInvalid))
}

func (a *api) listAttributes(ctx context.Context, in *named) (*answer[List[Attribute]], error) {
	all, err := a.Fleet.Attributes(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return listOf(all, attributeOf), nil
}

func attributeOf(at muster.Attribute) Attribute {
	return Attribute{Scope: at.Scope.String(), Key: at.Key, Value: at.Value.AppendJSON(nil), UpdatedAt: at.UpdatedAt}
}

func (a *api) listScopeAttributes(ctx context.Context, in *struct {
	Name  string `path:"name" maxLength:"255"`
	Scope string `path:"scope" enum:"server,shared,client"`
},
) (*tagged[List[Attribute]], error) {
	return shownAttributes(a.Fleet.ScopeAttributes(ctx, in.Name, scopeNamed(in.Scope)))
}

// shownAttributes shows those of one scope that a job has returned.
func shownAttributes(all []muster.Attribute, err error) (*tagged[List[Attribute]], error) {
	if err != nil {
		return nil, err
	}
	return tag(muster.AttributesVersion(all), listOf(all, attributeOf).Body), nil
}

// scopeNamed returns the scope of that name; the server's is the zero one.
func scopeNamed(name string) muster.Scope {
	return map[string]muster.Scope{"shared": muster.SharedScope, "client": muster.ClientScope}[name]
}

func (a *api) changeAttributes(ctx context.Context, in *struct {
	Name  string `path:"name" maxLength:"255"`
	Scope string `path:"scope" enum:"server,shared,client"`
	Expected
	Body map[string]json.RawMessage `doc:"values by key; null removes the attribute"`
},
) (*tagged[List[Attribute]], error) {
	set := make(map[string]muster.Value, len(in.Body))
	var remove []string
	for key, text := range in.Body {
		value, err := parseValue(text)
		if err != nil {
			return nil, err
		}
		if value.Kind == muster.NoValue {
			remove = append(remove, key)
			continue
		}
		set[key] = value
	}
	return shownAttributes(a.Fleet.ChangeAttributes(ctx, in.Name, scopeNamed(in.Scope), set, remove, in.seen()...))
}

// parseValue reads a value as it is written in JSON; null is none. Numbers without fraction and exponent are integers where they fit.
func parseValue(text json.RawMessage) (muster.Value, error) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0 || string(text) == "null":
		return muster.Value{}, nil
	case string(text) == "true", string(text) == "false":
		return muster.BoolValue(text[0] == 't'), nil
	case text[0] == '"':
		var s string
		err := json.Unmarshal(text, &s)
		return muster.StringValue(s), err
	case text[0] == '{' || text[0] == '[':
		var compact bytes.Buffer
		err := json.Compact(&compact, text)
		return muster.JSONValue(compact.String()), err
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return muster.LongValue(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsInf(f, 0) {
		return muster.Value{}, muster.Refuse(muster.ReasonRequestInvalid, "%.40q is no number that can be kept", text)
	}
	return muster.DoubleValue(f), nil
}
