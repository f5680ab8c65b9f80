package admin

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster"
)

// A Session is one connection of a device that is open now.
type Session struct {
	ID        string    `json:"id" doc:"names the session as long as it lasts" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00.mfz8k2s1"`
	Device    string    `json:"device" doc:"the name of the device" example:"pump-1"`
	DeviceID  string    `json:"deviceId" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Profile   string    `json:"profile" example:"sensors"`
	Transport string    `json:"transport" enum:"mqtt,http,coap"`
	Remote    string    `json:"remote,omitempty" doc:"the address it came from" example:"192.0.2.17"`
	ClientID  string    `json:"clientId,omitempty" example:"pump-1"`
	Since     time.Time `json:"since"`
	Rests     string    `json:"credential,omitempty" doc:"id of the credential that it rests on" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
}

func (a *api) serveSessions() {
	serve(a, http.MethodGet, "/v1/sessions", "list-sessions", "Who is connected, since when and from where", a.listSessions,
		explained("HTTP and CoAP have no sessions."))
	serve(a, http.MethodDelete, "/v1/sessions/{id}", "end-session", "Ends one session; the device may come back at once", a.endSession,
		explained("A device that shall stay away is suspended."))
	serve(a, http.MethodPost, "/v1/devices/{name}/disconnect", "disconnect-device", "Ends all sessions of a device; it may come back at once", a.disconnectDevice)
}

func (a *api) listSessions(ctx context.Context, in *struct {
	Search    string `query:"search" maxLength:"255" doc:"part of the device's name, case ignored"`
	Profile   string `query:"profile" maxLength:"255" doc:"of devices of this profile"`
	Transport string `query:"transport" enum:"mqtt,http,coap"`
	Remote    string `query:"remote" maxLength:"50" doc:"from this address, or a network such as 10.0.0.0/8"`
	After     string `query:"after" maxLength:"36" doc:"next of the page before"`
	Limit     int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"of so many devices; a page may be short, or empty, and have a next"`
},
) (*answer[List[Session]], error) {
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	network, err := parseNetwork(in.Remote)
	if err != nil {
		return nil, err
	}
	var after muster.DeviceID
	if in.After != "" {
		if after, err = muster.ParseID[muster.Device](in.After); err != nil {
			return nil, err
		}
	}
	search := strings.ToLower(in.Search)
	page, next := a.Sessions.Page(after, in.Limit, func(s muster.Session) bool {
		return (in.Profile == "" || names[s.Profile] == in.Profile) &&
			(in.Transport == "" || s.Transport.String() == in.Transport) &&
			(!network.IsValid() || network.Contains(s.Remote.Unmap())) &&
			(search == "" || strings.Contains(strings.ToLower(s.Name), search))
	})
	out := listOf(page, func(s muster.Session) Session { return sessionOf(s, names[s.Profile]) })
	out.Body.Next = next.String()
	return out, nil
}

// sessionOf shows a session of a device of the profile of that name.
func sessionOf(s muster.Session, profile string) Session {
	shown := Session{
		ID: s.Device.String() + "." + strconv.FormatInt(s.Since.UnixMilli(), 36), Device: s.Name, DeviceID: s.Device.String(),
		Profile: profile, Transport: s.Transport.String(), ClientID: s.ClientID, Since: s.Since, Rests: s.Credential.String(),
	}
	if s.Remote.IsValid() {
		shown.Remote = s.Remote.String()
	}
	return shown
}

func (a *api) endSession(_ context.Context, in *struct {
	ID string `path:"id" maxLength:"60"`
},
) (*struct{}, error) {
	text, since, _ := strings.Cut(in.ID, ".")
	device, bad := muster.ParseID[muster.Device](text)
	ms, err := strconv.ParseInt(since, 36, 64)
	if cmp.Or(bad, err) != nil || !a.Sessions.End(device, time.UnixMilli(ms), muster.Refuse(muster.ReasonDisconnected, "")) {
		return nil, muster.Refuse(muster.ReasonNotFound, "there is no session %q, or no more", in.ID)
	}
	return nil, nil
}

func (a *api) disconnectDevice(ctx context.Context, in *named) (*struct{}, error) {
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	a.Sessions.Hangup(d.ID, muster.Refuse(muster.ReasonDisconnected, ""))
	return nil, nil
}
