package admin

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster"
	"muster/internal/journal"
)

// An Attempt is one try to get in or to connect, or several alike, and what became of it.
type Attempt struct {
	Number    int64     `json:"number" doc:"later ones are greater" example:"4711"`
	At        time.Time `json:"at" doc:"of the last of count"`
	Count     int       `json:"count" doc:"how many alike came within a few seconds" example:"1"`
	Action    string    `json:"action" enum:"provision,connect,message,disconnect,rotate" example:"provision"`
	Transport string    `json:"transport" enum:"mqtt,http,coap" example:"mqtt"`
	Remote    string    `json:"remote,omitempty" doc:"the address it came from" example:"192.0.2.17"`
	Device    string    `json:"device,omitempty" doc:"id of the device, if one was recognised"`
	Name      string    `json:"name,omitempty" doc:"name of the device, or what the client called itself" example:"pump-1"`
	Profile   string    `json:"profile,omitempty" doc:"of the device, or of the provision key"`
	Key       string    `json:"key,omitempty" doc:"the provision key that it named, if there is one of that name" example:"sensors-key"`
	Shown     string    `json:"shown,omitempty" doc:"what it showed, secrets reduced to a short digest"`
	Way       string    `json:"way,omitempty" enum:"created,claimed,repeated,released,proved,approved,renewed,added,rotated" doc:"how the device has let itself in"`
	Reason    string    `json:"reason,omitempty" doc:"left out: it was let in" example:"provision-secret-wrong"`
	Title     string    `json:"title,omitempty" doc:"what the reason means"`
	Detail    string    `json:"detail,omitempty" doc:"which check failed"`
	Advice    string    `json:"advice,omitempty" doc:"what to do about it"`
}

// An AttemptStory is an attempt and the checks that it had to pass.
type AttemptStory struct {
	Attempt
	Checks      []Check `json:"checks" nullable:"false" doc:"in the order in which they are made; none where the reason names none"`
	Certificate string  `json:"certificate,omitempty" doc:"PEM of the certificate that it showed and that nobody had, to be registered; of the newest 256 such attempts since the server was started"`
}

// A Check is one that an attempt had to pass, and how it went.
type Check struct {
	Code   CheckCode `json:"code" doc:"stable, and no other check's" example:"provision.secret"`
	Name   string    `json:"name" doc:"the end of the code" example:"secret"`
	Asks   string    `json:"asks" doc:"what has to be so" example:"the secret is the key's"`
	Result string    `json:"result" enum:"passed,failed,not reached"`
}

// A CheckCode is one that a check may have.
type CheckCode string

// Schema returns which there are.
func (CheckCode) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, code := range journal.CheckCodes() {
		s.Enum = append(s.Enum, code)
	}
	return s
}

// A ReasonCount is how often attempts ended with one reason.
type ReasonCount struct {
	Reason  string    `json:"reason" doc:"empty: let in" example:"token-unknown"`
	Title   string    `json:"title,omitempty"`
	Action  string    `json:"action" enum:"provision,connect,message,disconnect,rotate" example:"connect"`
	Count   int       `json:"count" doc:"attempts" example:"12"`
	Entries int       `json:"entries" doc:"of the journal, which counts attempts alike together" example:"3"`
	LastAt  time.Time `json:"lastAt"`
}

func (a *api) serveAttempts() {
	serve(a, http.MethodGet, "/v1/attempts", "list-attempts", "Who tried to get in and what became of it, the newest first", a.listAttempts,
		explained("With since instead of after it is asked what is new."))
	serve(a, http.MethodGet, "/v1/attempts/{number}", "show-attempt", "One attempt, told check by check", a.showAttempt)
	serve(a, http.MethodGet, "/v1/attempts/reasons", "count-attempts", "How often attempts ended with each reason, the most frequent first", a.countAttempts)
}

// An AttemptFilter says which attempts are wanted, in the query of a request.
type AttemptFilter struct {
	Device    string    `query:"device" maxLength:"255" doc:"of the device of this name, and of clients that called themselves so"`
	Profile   string    `query:"profile" maxLength:"255" doc:"of devices of this profile, or with one of its provision keys"`
	Reason    string    `query:"reason" maxLength:"64" doc:"that ended with this reason alone" example:"token-unknown"`
	Action    string    `query:"action" enum:"provision,connect,message,disconnect,rotate"`
	Transport string    `query:"transport" enum:"mqtt,http,coap"`
	Outcome   string    `query:"outcome" enum:"admitted,refused"`
	Stranger  string    `query:"stranger" enum:"true,false" doc:"true: that no device, and no provision key of a profile, was recognised in; false: all others"`
	Remote    string    `query:"remote" maxLength:"64" doc:"from this address or network alone" example:"10.0.0.0/8"`
	From      time.Time `query:"from" doc:"from then on"`
	To        time.Time `query:"to" doc:"before then"`
}

func (a *api) listAttempts(ctx context.Context, in *struct {
	AttemptFilter
	After int64 `query:"after" minimum:"0" doc:"numbers lower than this alone, for the next page"`
	Since int64 `query:"since" minimum:"0" doc:"numbers higher than this alone, for what is new"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[List[Attempt]], error) {
	q, err := a.attemptQuery(ctx, &in.AttemptFilter)
	if err != nil {
		return nil, err
	}
	q.Before, q.Since, q.Limit = in.After, in.Since, in.Limit
	all, err := a.Journal.Attempts(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	out := listOf(all, func(t muster.Attempt) Attempt { return attemptOf(t, names) })
	if len(all) == in.Limit {
		out.Body.Next = strconv.FormatInt(all[len(all)-1].Number, 10)
	}
	return out, nil
}

func (a *api) attemptQuery(ctx context.Context, f *AttemptFilter) (q muster.AttemptQuery, err error) {
	q = muster.AttemptQuery{Name: f.Device, Reason: muster.Reason(f.Reason), From: f.From, To: f.To}
	if f.Device != "" {
		d, err := a.Fleet.Device(ctx, f.Device)
		if err != nil && !errors.Is(err, muster.NotFound) {
			return q, err
		}
		q.Device = d.ID
	}
	if f.Profile != "" {
		p, err := a.Fleet.Profile(ctx, f.Profile)
		if err != nil {
			return q, err
		}
		q.Profile = p.ID
	}
	if f.Reason != "" && q.Reason.Title() == "" {
		return q, muster.Refuse(muster.ReasonRequestInvalid, "there is no reason %q", f.Reason)
	}
	if f.Action != "" {
		if q.Action, err = muster.ParseAction(f.Action); err != nil {
			return q, err
		}
	}
	if f.Transport != "" {
		if q.Transport, err = muster.ParseTransport(f.Transport); err != nil {
			return q, err
		}
	}
	q.Outcome = map[string]muster.Outcome{"admitted": muster.LetIn, "refused": muster.Refused}[f.Outcome]
	if f.Stranger != "" {
		q.Stranger = new(f.Stranger == "true")
	}
	q.Remote, err = parseNetwork(f.Remote)
	return q, err
}

// parseNetwork reads a network or a single address; empty text is none.
func parseNetwork(text string) (netip.Prefix, error) {
	if text == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return n, muster.Refuse(muster.ReasonRequestInvalid, "%q is no address and no network such as 10.0.0.0/8", text)
	}
	return n, nil
}

func (a *api) showAttempt(ctx context.Context, in *struct {
	Number int64 `path:"number" minimum:"1"`
},
) (*answer[AttemptStory], error) {
	t, err := a.Journal.Attempt(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	story := AttemptStory{Attempt: attemptOf(t, names), Checks: checksOf(journal.Story(t))}
	if der := a.Journal.Certificate(t.Number); der != nil {
		story.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return &answer[AttemptStory]{story}, nil
}

func checksOf(story []journal.Check) []Check {
	return listOf(story, func(c journal.Check) Check { return Check{CheckCode(c.Code), c.Name, c.Asks, c.Result.String()} }).Body.Items
}

func (a *api) countAttempts(ctx context.Context, in *struct {
	From time.Time `query:"from" doc:"from then on; left out: for a day"`
	To   time.Time `query:"to" doc:"before then; left out: until now"`
},
) (*answer[List[ReasonCount]], error) {
	if in.From.IsZero() {
		in.From = a.Now().Add(-24 * time.Hour)
	}
	counts, err := a.Journal.Count(ctx, in.From, in.To)
	if err != nil {
		return nil, err
	}
	return listOf(counts, func(c muster.ReasonCount) ReasonCount {
		return ReasonCount{
			Reason: string(c.Reason), Title: c.Reason.Title(), Action: c.Action.String(), Count: c.Count, Entries: c.Entries, LastAt: c.LastAt,
		}
	}), nil
}

func attemptOf(t muster.Attempt, profiles map[muster.ProfileID]string) Attempt {
	shown := Attempt{
		Number: t.Number, At: t.At, Count: t.Count, Action: t.Action.String(), Transport: t.Transport.String(),
		Device: t.Device.String(), Name: t.Name, Profile: profiles[t.Profile], Key: t.Key, Shown: t.Shown, Way: t.Way.String(),
		Reason: string(t.Reason), Detail: t.Detail,
	}
	if t.Remote.IsValid() {
		shown.Remote = t.Remote.String()
	}
	if t.Reason != "" {
		shown.Title, shown.Advice = t.Reason.Title(), t.Reason.Advice()
	}
	return shown
}
