package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster"
	"muster/internal/fleet"
)

// Bounds of a rehearsal.
const (
	maxRehearsed = 20_000 // entries of the journal of each action, the newest
	rehearseTime = 30 * time.Second
)

// A RehearsalRequest is what of a profile, and of one of its provision keys, shall be tried.
type RehearsalRequest struct {
	Profile      *ProfileSettings `json:"profile,omitempty" doc:"as in a change of the profile"`
	ProvisionKey *RehearsedKey    `json:"provisionKey,omitempty"`
	Days         int              `json:"days,omitempty" minimum:"1" maximum:"366" default:"7" doc:"how far back"`
	Samples      int              `json:"samples,omitempty" minimum:"1" maximum:"100" default:"5" doc:"how many attempts of each group are shown"`
}

// A RehearsedKey is what of a provision key shall be tried.
type RehearsedKey struct {
	Key string `json:"key" minLength:"1" maxLength:"255" doc:"its text or id"`
	ProvisionKeyChange
}

// A Rehearsal says what would have become of the attempts of a profile. Nothing was changed.
type Rehearsal struct {
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Attempts  int              `json:"attempts" doc:"that were judged again; the sum of the following three"`
	Same      int              `json:"same" doc:"would have ended as they did"`
	Different int              `json:"different" doc:"would have ended otherwise"`
	Unjudged  int              `json:"unjudged" doc:"of which it cannot be said"`
	Groups    []RehearsalGroup `json:"groups" nullable:"false" doc:"what would have ended otherwise first, then what cannot be said, the most frequent first"`
	Notes     []string         `json:"notes" nullable:"false" doc:"what the rehearsal could not see, in sentences"`
}

// A RehearsalGroup is attempts that ended alike, and would have ended alike.
type RehearsalGroup struct {
	Action   string             `json:"action" enum:"provision,connect"`
	Before   string             `json:"before" doc:"the reason with which they were refused; empty: let in"`
	After    string             `json:"after" doc:"the reason with which they would have been refused; empty: let in"`
	Result   string             `json:"result" enum:"same,different,unjudged"`
	Attempts int                `json:"attempts"`
	Names    int                `json:"names" doc:"how many different names they have"`
	Already  int                `json:"already" doc:"how many of the attempts would have ended so under today's settings, too"`
	Samples  []RehearsedAttempt `json:"samples" nullable:"false" doc:"the newest first"`
}

// A RehearsedAttempt is an entry of the journal and what would have become of it.
type RehearsedAttempt struct {
	Number int64     `json:"number" doc:"of the attempt in the journal"`
	At     time.Time `json:"at"`
	Count  int       `json:"count" doc:"attempts alike"`
	Name   string    `json:"name,omitempty"`
	Remote string    `json:"remote,omitempty"`
	Key    string    `json:"key,omitempty" doc:"the provision key"`
	Before string    `json:"before" doc:"empty: it was let in"`
	After  string    `json:"after" doc:"empty: it would have been let in"`
	Why    string    `json:"why,omitempty" doc:"in a sentence"`
}

func (a *api) serveRehearsals() {
	serve(a, http.MethodPost, "/v1/profiles/{name}/rehearse", "rehearse-profile",
		"Says which attempts of the last days would have ended otherwise under other settings; changes nothing", a.rehearse)
}

func (a *api) rehearse(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Body RehearsalRequest
},
) (*answer[Rehearsal], error) {
	select {
	case a.rehearsing <- struct{}{}:
		defer func() { <-a.rehearsing }()
	default:
		return nil, muster.Refuse(muster.ReasonServerBusy, "another rehearsal is under way; try again when it is over")
	}
	ctx, cancel := context.WithTimeout(ctx, rehearseTime)
	defer cancel()
	s, err := a.stage(ctx, in.Name, &in.Body)
	for _, action := range []muster.Action{muster.ActionProvision, muster.ActionConnect} {
		if err == nil {
			err = s.perform(ctx, a, action)
		}
	}
	if err == nil {
		err = s.reach(ctx, a.Journal)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, muster.Refuse(muster.ReasonServerBusy, "the rehearsal has taken more than %v; ask for fewer days", rehearseTime)
	case err != nil:
		return nil, err
	}
	return &answer[Rehearsal]{s.outcome()}, nil
}

// stage sets everything up as it is and as it shall be.
func (a *api) stage(ctx context.Context, name string, r *RehearsalRequest) (*stage, error) {
	s := &stage{samples: r.Samples, to: a.Now()}
	s.from = s.to.AddDate(0, 0, -r.Days)
	var err error
	if s.had, err = a.Fleet.Profile(ctx, name); err != nil {
		return nil, err
	}
	s.profile = s.had
	if r.Profile != nil {
		if err := r.Profile.apply(&s.profile); err != nil {
			return nil, err
		}
		if err := fleet.CheckProfile(&s.profile); err != nil {
			return nil, err
		}
	}
	if s.keysHad, err = a.Fleet.ProvisionKeys(ctx, name); err != nil {
		return nil, err
	}
	s.keys = slices.Clone(s.keysHad)
	if r.ProvisionKey == nil {
		return s, nil
	}
	at := slices.IndexFunc(s.keys, func(k muster.ProvisionKey) bool {
		return k.Key == r.ProvisionKey.Key || k.ID.String() == r.ProvisionKey.Key
	})
	if at < 0 {
		return nil, muster.Refuse(muster.ReasonNotFound, "the profile has no provision key %q", r.ProvisionKey.Key)
	}
	change, err := r.ProvisionKey.change()
	if err != nil {
		return nil, err
	}
	return s, change.Apply(&s.keys[at])
}

// A stage is where a rehearsal is held.
type stage struct {
	from, to      time.Time
	had, profile  muster.Profile
	keysHad, keys []muster.ProvisionKey
	samples       int

	groups  []*rehearsalGroup
	index   map[groupKey]*rehearsalGroup
	oldest  time.Time // entry that was judged
	alike   int       // entries that stand for several attempts
	looked  int       // times that today's registry was asked
	let     bool      // somebody was let in here who was refused then
	limited []string  // actions of which not all were judged
	short   bool      // the journal does not go back to from
}

// groupKey is what the attempts of a group have in common.
type groupKey struct {
	action        muster.Action
	before, after muster.Reason
	unjudged      bool
}

type rehearsalGroup struct {
	groupKey
	attempts, already int
	names             map[string]bool
	samples           []RehearsedAttempt
}

// perform judges the attempts of an action.
func (s *stage) perform(ctx context.Context, a *api, action muster.Action) error {
	attempts, err := s.attempts(ctx, a, action)
	if err != nil {
		return err
	}
	now := a.Provision.Rehearse(&s.had, &s.had, slices.Clone(s.keysHad), attempts)
	then := a.Provision.Rehearse(&s.had, &s.profile, s.keys, attempts)
	for i := range attempts {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := &attempts[i]
		var today, seen muster.Hindsight
		if action == muster.ActionConnect {
			today, seen = a.Identity.Rehearse(t, &s.had.Settings.JWT), a.Identity.Rehearse(t, &s.profile.Settings.JWT)
		} else {
			if today, err = now.Judge(ctx, t); err != nil {
				return err
			}
			if seen, err = then.Judge(ctx, t); err != nil {
				return err
			}
		}
		s.count(t, today, seen)
	}
	s.looked += then.Looked()
	return nil
}

// attempts returns the newest attempts of an action, the oldest first.
func (s *stage) attempts(ctx context.Context, a *api, action muster.Action) ([]muster.Attempt, error) {
	var all []muster.Attempt
	q := muster.AttemptQuery{Profile: s.had.ID, Action: action, From: s.from, Limit: 1000}
	for {
		page, err := a.Journal.Attempts(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < q.Limit {
			break
		}
		if len(all) >= maxRehearsed {
			s.limited = append(s.limited, action.String())
			break
		}
		q.Before = page[len(page)-1].Number
	}
	slices.SortFunc(all, func(x, y muster.Attempt) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Number, y.Number)) })
	if len(all) > 0 && (s.oldest.IsZero() || all[0].At.Before(s.oldest)) {
		s.oldest = all[0].At
	}
	return all, nil
}

// count puts an attempt into its group.
func (s *stage) count(t *muster.Attempt, today, seen muster.Hindsight) {
	key := groupKey{t.Action, t.Reason, seen.Reason, seen.Unjudged != ""}
	g := s.index[key]
	if g == nil {
		if s.index == nil {
			s.index = make(map[groupKey]*rehearsalGroup)
		}
		g = &rehearsalGroup{groupKey: key, names: make(map[string]bool)}
		s.index[key], s.groups = g, append(s.groups, g)
	}
	g.attempts += t.Count
	if today.Reason == seen.Reason && (today.Unjudged != "") == key.unjudged {
		g.already += t.Count
	}
	if t.Name != "" {
		g.names[t.Name] = true
	}
	if t.Count > 1 {
		s.alike++
	}
	s.let = s.let || t.Action == muster.ActionProvision && t.Reason != "" && seen.Reason == "" && !key.unjudged
	shown := RehearsedAttempt{
		Number: t.Number, At: t.At, Count: t.Count, Name: t.Name, Key: t.Key, Before: string(t.Reason), After: string(seen.Reason),
		Why: cmp.Or(seen.Unjudged, seen.Detail),
	}
	if t.Remote.IsValid() {
		shown.Remote = t.Remote.String()
	}
	if len(g.samples) >= s.samples {
		g.samples = g.samples[1:]
	}
	g.samples = append(g.samples, shown)
}

// outcome sums up.
func (s *stage) outcome() Rehearsal {
	r := Rehearsal{From: s.from, To: s.to, Groups: []RehearsalGroup{}, Notes: s.notes()}
	for _, g := range s.groups {
		shown := RehearsalGroup{
			Action: g.action.String(), Before: string(g.before), After: string(g.after), Result: "same",
			Attempts: g.attempts, Names: len(g.names), Already: g.already, Samples: g.samples,
		}
		slices.Reverse(g.samples)
		switch {
		case g.unjudged:
			shown.Result, shown.After, r.Unjudged = "unjudged", "", r.Unjudged+g.attempts
		case g.before != g.after:
			shown.Result, r.Different = "different", r.Different+g.attempts
		default:
			r.Same += g.attempts
		}
		r.Attempts += g.attempts
		r.Groups = append(r.Groups, shown)
	}
	order := []string{"different", "unjudged", "same"}
	slices.SortFunc(r.Groups, func(x, y RehearsalGroup) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Result), slices.Index(order, y.Result)), cmp.Compare(y.Attempts, x.Attempts),
			strings.Compare(x.Action+x.Before+x.After, y.Action+y.Before+y.After))
	})
	return r
}
