package admin

import (
	"context"
	"strings"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A DeviceFilter says which devices are wanted, and in which order. Conditions that are given hold together.
type DeviceFilter struct {
	Search        string `query:"search" maxLength:"255" doc:"part of the name, case ignored"`
	Prefix        string `query:"prefix" maxLength:"255" doc:"how the name begins, case-sensitive"`
	Label         string `query:"label" maxLength:"255" doc:"part of the label, case of ASCII letters ignored"`
	Tag           string `query:"tag" maxLength:"511" doc:"has this tag: NAME, or NAME=VALUE" example:"site=north"`
	Profile       string `query:"profile" maxLength:"255" doc:"of this profile alone"`
	State         string `query:"state" enum:"listed,active,suspended" doc:"in this state alone"`
	Connected     string `query:"connected" enum:"true,false" doc:"with, or without, a session now"`
	ProvisionKey  string `query:"provisionKey" maxLength:"255" doc:"let in by this provision key; its text or id"`
	Credential    string `query:"credential" enum:"ACCESS_TOKEN,X509_CERTIFICATE,MQTT_BASIC,PUBLIC_KEY" doc:"holds one of this kind that is not revoked"`
	ExpiresBefore string `query:"expiresBefore" maxLength:"40" doc:"holds a credential, of that kind, that ends before then; epoch milliseconds or RFC 3339"`
	Sort          string `query:"sort" enum:"name,-name,created,-created,provisioned,-provisioned" default:"name" doc:"with a minus sign the last come first; provisioned leaves out those that have not let themselves in"`
}

// list returns what is asked for in the words of the fleet.
func (f *DeviceFilter) list(connected func(muster.DeviceID) bool) (l fleet.DeviceList, err error) {
	l.ProfileName, l.KeyName = f.Profile, f.ProvisionKey
	l.Search, l.Prefix, l.Label, l.Tag = f.Search, f.Prefix, f.Label, f.Tag
	if name, value, ok := strings.Cut(f.Tag, "="); ok {
		l.Tag, l.TagValue = name, &value
	}
	if f.State != "" {
		state, err := muster.ParseDeviceState(f.State)
		if err != nil {
			return l, err
		}
		l.State = &state
	}
	if f.Credential != "" {
		kind, err := muster.ParseCredentialKind(f.Credential)
		if err != nil {
			return l, err
		}
		l.Kind = &kind
	}
	if f.ExpiresBefore != "" {
		ms, err := parseTime("expiresBefore", f.ExpiresBefore, 0)
		if err != nil {
			return l, err
		}
		l.ExpiresBefore = time.UnixMilli(ms)
	}
	if f.Connected != "" {
		l.Among = func(id muster.DeviceID) bool { return connected(id) == (f.Connected == "true") }
	}
	sort, descending := strings.CutPrefix(f.Sort, "-")
	l.Descending = descending
	l.Sort, err = muster.ParseDeviceSort(sort)
	return l, err
}

// A DeviceList is a page of devices.
type DeviceList struct {
	List[Device]
	Count *int `json:"count,omitempty" doc:"how many match; only if count was asked for"`
	Least bool `json:"countIsLeast,omitempty" doc:"there may be more than count"`
}

func (a *api) listDevices(ctx context.Context, in *struct {
	DeviceFilter
	After string `query:"after" maxLength:"2000" doc:"next of the page before, of a request that is otherwise the same"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most so many; a page may be short, or empty, and have a next"`
	Count bool   `query:"count" doc:"count those that match, among the first 20000 that are looked at"`
},
) (*answer[DeviceList], error) {
	l, err := in.list(a.Sessions.Connected)
	if err != nil {
		return nil, err
	}
	l.Limit, l.Count = in.Limit, in.Count
	if l.After, err = parseMark(in.After, in.Sort); err != nil {
		return nil, err
	}
	page, err := a.Fleet.Devices(ctx, l)
	if err != nil {
		return nil, err
	}
	out := DeviceList{List: listOf(page.Rows, a.deviceOf).Body, Least: page.Least}
	out.Next = markText(page.Next, in.Sort)
	if in.Count {
		out.Count = &page.Count
	}
	return &answer[DeviceList]{out}, nil
}

func markText(m *muster.DeviceMark, sort string) string {
	if m == nil {
		return ""
	}
	c := cursor{Sort: sort}
	switch strings.TrimPrefix(sort, "-") {
	case muster.ByName.String():
		c.Name = m.Name
	case muster.ByProvisioning.String():
		c.At, c.ID = m.At.UnixMilli(), m.ID.String()
	default:
		c.ID = m.ID.String()
	}
	return c.text()
}

func parseMark(text, sort string) (*muster.DeviceMark, error) {
	c, err := parseCursor(text, sort)
	if c == nil || err != nil {
		return nil, err
	}
	m := muster.DeviceMark{Name: c.Name, At: time.UnixMilli(c.At)}
	if c.ID != "" {
		if m.ID, err = muster.ParseID[muster.Device](c.ID); err != nil {
			return nil, err
		}
	}
	return &m, nil
}
