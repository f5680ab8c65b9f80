package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A Sweep is done to all devices that a provision key let in; it goes on by itself.
type Sweep struct {
	ID         string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Key        string    `json:"key" doc:"id of the provision key" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Action     string    `json:"action" enum:"suspend,release" example:"suspend"`
	From       time.Time `json:"from,omitzero" doc:"devices that were let in from then on"`
	To         time.Time `json:"to,omitzero" doc:"and before then"`
	Expected   int       `json:"expected" doc:"how many there were when it began" example:"250"`
	Devices    int       `json:"devices" doc:"how many it has been done to" example:"120"`
	CreatedAt  time.Time `json:"createdAt"`
	FinishedAt time.Time `json:"finishedAt,omitzero" doc:"left out while it goes on"`
}

// A NewSweep is a sweep to be begun.
type NewSweep struct {
	Action string    `json:"action" enum:"suspend,release" example:"suspend"`
	From   time.Time `json:"from,omitzero" doc:"devices that were let in from then on; left out: from the beginning" example:"2026-03-01T00:00:00Z"`
	To     time.Time `json:"to,omitzero" doc:"and before then; left out: until now" example:"2026-03-02T00:00:00Z"`
}

// A RevokedKey is a revoked provision key, with the sweep over what it let in.
type RevokedKey struct {
	ProvisionKey
	Sweep *Sweep `json:"sweep,omitempty" doc:"left out where the devices are kept"`
}

// A LetIn is one page of the devices that a key let in.
type LetIn struct {
	List[LetInDevice]
	Count int `json:"count,omitempty" doc:"how many there are on all pages; on the first page alone" example:"250"`
}

// A LetInDevice is a device that a key let in.
type LetInDevice struct {
	ID            string    `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name          string    `json:"name" example:"pump-1"`
	State         string    `json:"state" enum:"listed,active,suspended" example:"active"`
	Connected     bool      `json:"connected" doc:"it has a session now"`
	ProvisionedAt time.Time `json:"provisionedAt"`
}

func (a *api) serveSweeps() {
	serve(a, http.MethodGet, "/v1/provision-keys/{key}/devices", "list-let-in",
		"What a key let in between two times, and how much that is", a.listLetIn)
	serve(a, http.MethodPost, "/v1/provision-keys/{key}/sweeps", "create-sweep",
		"Suspends or releases what a key let in between two times", a.createSweep)
	serve(a, http.MethodGet, "/v1/sweeps", "list-sweeps", "Sweeps that go on, and the last that were finished", a.listSweeps)
	serve(a, http.MethodGet, "/v1/sweeps/{id}", "show-sweep", "How far a sweep is", a.showSweep)
}

func (a *api) listLetIn(ctx context.Context, in *struct {
	Key   string    `path:"key" maxLength:"255"`
	From  time.Time `query:"from" doc:"let in from then on"`
	To    time.Time `query:"to" doc:"let in before then"`
	After string    `query:"after" maxLength:"2000" doc:"next of the page before"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*answer[LetIn], error) {
	order := muster.ByProvisioning.String()
	after, err := parseMark(in.After, order)
	if err != nil {
		return nil, err
	}
	l := fleet.LetInList{From: in.From, To: in.To, After: after, Limit: in.Limit}
	devices, count, err := a.Fleet.LetIn(ctx, in.Key, l)
	if err != nil {
		return nil, err
	}
	out := &answer[LetIn]{LetIn{List: listOf(devices, a.letInDevice).Body, Count: count}}
	if len(devices) == in.Limit {
		last := &devices[len(devices)-1]
		out.Body.Next = markText(&muster.DeviceMark{At: last.ProvisionedAt, ID: last.ID}, order)
	}
	return out, nil
}

func (a *api) letInDevice(d muster.Device) LetInDevice {
	return LetInDevice{
		ID: d.ID.String(), Name: d.Name, State: d.State.String(), Connected: a.Sessions.Connected(d.ID), ProvisionedAt: d.ProvisionedAt,
	}
}

func (a *api) revokeProvisionKey(ctx context.Context, in *struct {
	Key string `path:"key" maxLength:"255"`
	Expected
	Body *Revocation
},
) (*tagged[RevokedKey], error) {
	var action muster.SweepAction
	if in.Body != nil && in.Body.Devices != "" {
		var err error
		if action, err = muster.ParseSweepAction(in.Body.Devices); err != nil {
			return nil, err
		}
	}
	k, sweep, err := a.Fleet.RevokeProvisionKey(ctx, in.Key, action, in.seen()...)
	shown, err := a.shownKey(ctx)(k, err)
	if err != nil {
		return nil, err
	}
	out := tag(k.Version(), RevokedKey{ProvisionKey: shown.Body})
	if sweep != nil {
		w := sweepOf(*sweep)
		out.Body.Sweep = &w
	}
	return out, nil
}

func (a *api) createSweep(ctx context.Context, in *struct {
	Key  string `path:"key" maxLength:"255"`
	Body NewSweep
},
) (*answer[Sweep], error) {
	action, err := muster.ParseSweepAction(in.Body.Action)
	if err != nil {
		return nil, err
	}
	w, err := a.Fleet.Sweep(ctx, in.Key, action, in.Body.From, in.Body.To)
	if err != nil {
		return nil, err
	}
	return &answer[Sweep]{sweepOf(w)}, nil
}

func (a *api) listSweeps(ctx context.Context, _ *struct{}) (*answer[List[Sweep]], error) {
	all, err := a.Fleet.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(all, sweepOf), nil
}

func (a *api) showSweep(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"36"`
},
) (*answer[Sweep], error) {
	id, err := muster.ParseID[muster.Sweep](in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.Fleet.ShowSweep(ctx, id)
	if err != nil {
		return nil, err
	}
	return &answer[Sweep]{sweepOf(w)}, nil
}

func sweepOf(w muster.Sweep) Sweep {
	return Sweep{
		ID: w.ID.String(), Key: w.Key.String(), Action: w.Action.String(), From: w.From, To: w.To,
		Expected: w.Expected, Devices: w.Devices, CreatedAt: w.CreatedAt, FinishedAt: w.FinishedAt,
	}
}
