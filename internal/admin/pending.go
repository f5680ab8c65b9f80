package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A Pending is a request to be let in that waits for a decision, or has one and was not made again since.
type Pending struct {
	ID        string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name      string    `json:"name" doc:"that the device asks for, or is given" example:"pump-1"`
	Profile   string    `json:"profile" example:"sensors"`
	Key       string    `json:"provisionKey" doc:"id of the provision key that it was made with"`
	State     string    `json:"state" enum:"waiting,approved,rejected" example:"waiting"`
	Device    string    `json:"deviceId,omitempty" doc:"id of the device that is in under the name; left out: none is"`
	Gateway   bool      `json:"gateway,omitempty"`
	Asks      string    `json:"asks" doc:"by what it asks to be known; what is secret is a short digest, as in the journal" example:"ACCESS_TOKEN 5f1c09ab"`
	Proof     string    `json:"proof,omitempty" doc:"how it has proved that it is the device; left out: it has not"`
	Remote    string    `json:"remote,omitempty" doc:"the address it came from"`
	Rivals    int       `json:"rivals" doc:"how many other requests ask for the name"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt" doc:"when it is forgotten"`
	DecidedAt time.Time `json:"decidedAt,omitzero"`
	DecidedBy string    `json:"decidedBy,omitempty"`
}

// Many says which requests are decided about: some, or all that wait in a profile.
type Many struct {
	IDs     []string `json:"ids,omitempty" nullable:"false" maxItems:"1000"`
	Profile string   `json:"profile,omitempty" example:"sensors" doc:"all that wait in it, but those under whose name others ask, too"`
}

// A Decided says what became of a decision about many requests.
type Decided struct {
	Decided int `json:"decided" doc:"requests that it was done to"`
	Left    int `json:"left" doc:"of those that were named, how many are pending no more; of a profile, how many still wait, counted up to 1000"`
}

func (a *api) servePending() {
	serve(a, http.MethodGet, "/v1/pending", "list-pending", "Requests that wait for a decision or have one, the oldest first", a.listPending,
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodGet, "/v1/pending/{id}", "show-pending", "One request that is pending", a.showPending)
	serve(a, http.MethodPost, "/v1/pending/{id}/approve", "approve-pending",
		"Lets a device in when it asks again, once, within a week", a.decide(muster.PendingApproved))
	serve(a, http.MethodPost, "/v1/pending/{id}/reject", "reject-pending",
		"Refuses a device when it asks again, for a day", a.decide(muster.PendingRejected))
	serve(a, http.MethodPost, "/v1/pending/approve", "approve-many-pending", "Approves many requests", a.decideMany(muster.PendingApproved),
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodPost, "/v1/pending/reject", "reject-many-pending", "Rejects many requests", a.decideMany(muster.PendingRejected),
		refusing(muster.ReasonNotFound))
}

func (a *api) listPending(ctx context.Context, in *struct {
	Profile string `query:"profile" maxLength:"255" doc:"of this profile alone"`
	Name    string `query:"name" maxLength:"255" doc:"for this device alone"`
	State   string `query:"state" enum:"waiting,approved,rejected"`
	After   string `query:"after" maxLength:"36" doc:"next of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[List[Pending]], error) {
	l := fleet.PendingList{Profile: in.Profile, Name: in.Name, Limit: in.Limit}
	if in.State != "" {
		state, err := muster.ParsePendingState(in.State)
		if err != nil {
			return nil, err
		}
		l.State = &state
	}
	if err := l.After.UnmarshalText([]byte(in.After)); err != nil {
		return nil, err
	}
	all, err := a.Fleet.Pending(ctx, l)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	out := listOf(all, func(p muster.Pending) Pending { return pendingOf(p, names) })
	if len(all) == in.Limit {
		out.Body.Next = all[len(all)-1].ID.String()
	}
	return out, nil
}

// pendingID is the input of an operation on one request.
type pendingID struct {
	ID string `path:"id" maxLength:"36"`
}

func (a *api) showPending(ctx context.Context, in *pendingID) (*answer[Pending], error) {
	id, err := muster.ParseID[muster.Pending](in.ID)
	if err != nil {
		return nil, err
	}
	return a.shownPending(ctx)(a.Fleet.ShowPending(ctx, id))
}

// shownPending returns what shows a request that a job has returned.
func (a *api) shownPending(ctx context.Context) func(muster.Pending, error) (*answer[Pending], error) {
	return func(p muster.Pending, err error) (*answer[Pending], error) {
		if err != nil {
			return nil, err
		}
		names, err := a.profileNames(ctx)
		if err != nil {
			return nil, err
		}
		return &answer[Pending]{pendingOf(p, names)}, nil
	}
}

func (a *api) decide(to muster.PendingState) func(context.Context, *pendingID) (*answer[Pending], error) {
	return func(ctx context.Context, in *pendingID) (*answer[Pending], error) {
		id, err := muster.ParseID[muster.Pending](in.ID)
		if err != nil {
			return nil, err
		}
		return a.shownPending(ctx)(a.Fleet.Decide(ctx, id, to))
	}
}

func (a *api) decideMany(to muster.PendingState) func(context.Context, *struct{ Body Many }) (*answer[Decided], error) {
	return func(ctx context.Context, in *struct{ Body Many }) (*answer[Decided], error) {
		b := &in.Body
		if (len(b.IDs) > 0) == (b.Profile != "") {
			return nil, muster.Refuse(muster.ReasonRequestInvalid, "either ids or a profile says which requests are meant")
		}
		if b.Profile != "" {
			done, left, err := a.Fleet.DecideAll(ctx, b.Profile, to)
			return &answer[Decided]{Decided{done, left}}, err
		}
		ids := make([]muster.PendingID, len(b.IDs))
		for i, text := range b.IDs {
			var err error
			if ids[i], err = muster.ParseID[muster.Pending](text); err != nil {
				return nil, err
			}
		}
		done, left, err := a.Fleet.DecideMany(ctx, ids, to)
		return &answer[Decided]{Decided{done, left}}, err
	}
}

func pendingOf(p muster.Pending, names map[muster.ProfileID]string) Pending {
	shown := Pending{
		ID: p.ID.String(), Name: p.Name, Profile: names[p.Profile], Key: p.Key.String(), State: p.State.String(), Device: p.Device.String(),
		Gateway: p.Gateway, Asks: p.Asks, Proof: p.Proof, Rivals: p.Rivals, CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt,
		DecidedAt: p.DecidedAt, DecidedBy: p.DecidedBy,
	}
	if p.Remote.IsValid() {
		shown.Remote = p.Remote.String()
	}
	return shown
}
