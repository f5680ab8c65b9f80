package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"muster"
)

// An Attempt is one try to get in or to connect, or several alike, and what became of it.
type Attempt struct {
	At        time.Time `json:"at" doc:"of the last of count"`
	Count     int       `json:"count" doc:"how many alike came within a few seconds"`
	Action    string    `json:"action" enum:"provision,connect,message,disconnect"`
	Transport string    `json:"transport" enum:"mqtt,http,coap"`
	Remote    string    `json:"remote,omitempty" doc:"the address it came from"`
	Device    string    `json:"device,omitempty" doc:"id of the device, if one was recognised"`
	Name      string    `json:"name,omitempty" doc:"name of the device, or what the client called itself"`
	Shown     string    `json:"shown,omitempty" doc:"what it showed, secrets reduced to a short digest"`
	Reason    string    `json:"reason,omitempty" doc:"left out: it was let in"`
	Title     string    `json:"title,omitempty" doc:"what the reason means"`
	Detail    string    `json:"detail,omitempty" doc:"which check failed"`
	Advice    string    `json:"advice,omitempty" doc:"what to do about it"`
}

func (a *api) serveAttempts() {
	serve(a, http.MethodGet, "/v1/attempts", "list-attempts", "Who tried to get in and what became of it, the newest first", a.listAttempts)
}

func (a *api) listAttempts(ctx context.Context, in *struct {
	Device string `query:"device" maxLength:"255" doc:"of the device of this name, and of clients that called themselves so"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[List[Attempt]], error) {
	q := muster.AttemptQuery{Name: in.Device, Limit: in.Limit}
	if in.Device != "" {
		d, err := a.Fleet.Device(ctx, in.Device)
		if err != nil && !errors.Is(err, muster.NotFound) {
			return nil, err
		}
		q.Device = d.ID
	}
	all, err := a.Journal.Attempts(ctx, q)
	if err != nil {
		return nil, err
	}
	return listOf(all, attemptOf), nil
}

func attemptOf(t muster.Attempt) Attempt {
	shown := Attempt{
		At: t.At, Count: t.Count, Action: t.Action.String(), Transport: t.Transport.String(),
		Device: t.Device.String(), Name: t.Name, Shown: t.Shown, Reason: string(t.Reason), Detail: t.Detail,
	}
	if t.Remote.IsValid() {
		shown.Remote = t.Remote.String()
	}
	if t.Reason != "" {
		shown.Title, shown.Advice = t.Reason.Title(), t.Reason.Advice()
	}
	return shown
}
