package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"muster"
)

// An AuditEntry is a muster.AuditEntry as people see it.
type AuditEntry struct {
	Number int64           `json:"number" example:"815"`
	At     time.Time       `json:"at"`
	Actor  string          `json:"actor" doc:"a user's name, token: and a token's, or setup:link" example:"anna"`
	Remote string          `json:"remote,omitempty" doc:"from where"`
	Action string          `json:"action" enum:"create,update,delete,remove,revoke,rotate,retire,issue,approve,reject,sweep,import,export,reload,trace,trace-end" example:"update"`
	Noun   string          `json:"noun" enum:"attributes,authority,campaign,certificate,credential,device,import,login,pending,profile,provision-key,readings,revocation-list,server,token,user" example:"device"`
	Name   string          `json:"name" doc:"which one; of a credential, the name of its device" example:"pump-1"`
	Before json.RawMessage `json:"before,omitempty" doc:"the fields that were touched, as they were" example:"{\"label\":\"old\"}"`
	After  json.RawMessage `json:"after,omitempty" doc:"and as they are" example:"{\"label\":\"new\"}"`
}

func (a *api) serveAudit() {
	serveAdmin(a, http.MethodGet, "/v1/audit", "list-audit", "Who has changed what, the newest first", a.listAudit)
}

func (a *api) listAudit(ctx context.Context, in *struct {
	Actor string    `query:"actor" maxLength:"255"`
	Noun  string    `query:"noun" maxLength:"64" doc:"such as device, profile, user"`
	Name  string    `query:"name" maxLength:"255" doc:"of what was changed"`
	From  time.Time `query:"from" doc:"from then on"`
	To    time.Time `query:"to" doc:"before then"`
	After int64     `query:"after" minimum:"0" doc:"numbers lower than this alone, for the next page"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[List[AuditEntry]], error) {
	entries, err := a.People.AuditEntries(ctx, muster.AuditQuery{
		Actor: in.Actor, Noun: in.Noun, Name: in.Name, From: in.From, To: in.To, Before: in.After, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := listOf(entries, func(e muster.AuditEntry) AuditEntry {
		shown := AuditEntry{
			Number: e.Number, At: e.At, Actor: e.Actor, Action: e.Action, Noun: e.Noun, Name: e.Name, Before: e.Before, After: e.After,
		}
		if e.Remote.IsValid() {
			shown.Remote = e.Remote.String()
		}
		return shown
	})
	if len(entries) == in.Limit {
		out.Body.Next = strconv.FormatInt(entries[len(entries)-1].Number, 10)
	}
	return out, nil
}
