package admin

import (
	"context"
	"strings"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A HeldCredential is a credential in a list of those of all devices.
type HeldCredential struct {
	Credential
	Device   string `json:"device" doc:"the name of the device" example:"pump-1"`
	DeviceID string `json:"deviceId"`
	Profile  string `json:"profile" example:"sensors"`
}

// A CredentialFilter says which credentials are wanted, and in which order. Conditions that are given hold together.
type CredentialFilter struct {
	Search        string `query:"search" maxLength:"255" doc:"part of the device's name, case ignored"`
	Profile       string `query:"profile" maxLength:"255" doc:"of devices of this profile"`
	Kind          string `query:"kind" enum:"ACCESS_TOKEN,X509_CERTIFICATE,MQTT_BASIC,PUBLIC_KEY"`
	State         string `query:"state" enum:"pending,active,retiring,revoked,waiting,expired" doc:"in this state now"`
	ExpiresBefore string `query:"expiresBefore" maxLength:"40" doc:"ends before then; epoch milliseconds or RFC 3339"`
	Sort          string `query:"sort" enum:"created,-created,expires,-expires" default:"created" doc:"with a minus sign the last come first; expires leaves out those that never end"`
}

func (f *CredentialFilter) list() (l fleet.CredentialList, err error) {
	l.ProfileName, l.Search = f.Profile, f.Search
	if f.Kind != "" {
		kind, err := muster.ParseCredentialKind(f.Kind)
		if err != nil {
			return l, err
		}
		l.Kind = &kind
	}
	if f.State != "" {
		standing, err := muster.ParseCredentialStanding(f.State)
		if err != nil {
			return l, err
		}
		l.Standing = &standing
	}
	if f.ExpiresBefore != "" {
		ms, err := parseTime("expiresBefore", f.ExpiresBefore, 0)
		if err != nil {
			return l, err
		}
		l.ExpiresBefore = time.UnixMilli(ms)
	}
	sort, descending := strings.CutPrefix(f.Sort, "-")
	l.Descending = descending
	l.Sort, err = muster.ParseCredentialSort(sort)
	return l, err
}

func (a *api) listFleetCredentials(ctx context.Context, in *struct {
	CredentialFilter
	Paging
},
) (*answer[List[HeldCredential]], error) {
	l, err := in.list()
	if err != nil {
		return nil, err
	}
	l.Limit = in.Limit
	after, err := parseCursor(in.After, in.Sort)
	if err != nil {
		return nil, err
	}
	if after != nil {
		id, err := muster.ParseID[muster.Credential](after.ID)
		if err != nil {
			return nil, err
		}
		l.After = &muster.CredentialMark{At: time.UnixMilli(after.At), ID: id}
	}
	page, err := a.Fleet.FleetCredentials(ctx, l)
	if err != nil {
		return nil, err
	}
	out := listOf(page.Credentials, func(h muster.Holder) HeldCredential {
		return HeldCredential{a.credentialOf(h.Credential), h.Device.Name, h.Device.ID.String(), h.Profile.Name}
	})
	if page.Next != nil {
		out.Body.Next = (&cursor{Sort: in.Sort, At: page.Next.At.UnixMilli(), ID: page.Next.ID.String()}).text()
	}
	return out, nil
}
