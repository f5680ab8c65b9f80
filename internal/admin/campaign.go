package admin

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"muster"
	"muster/internal/campaign"
)

// A CampaignFilter says which devices a campaign is for. Conditions that are given hold together.
type CampaignFilter struct {
	Profile       string    `json:"profile,omitempty" maxLength:"255" doc:"of this profile alone" example:"sensors"`
	Search        string    `json:"search,omitempty" maxLength:"255" doc:"part of the name, case ignored"`
	Label         string    `json:"label,omitempty" maxLength:"255" doc:"part of the label, case of ASCII letters ignored"`
	Tag           string    `json:"tag,omitempty" maxLength:"511" doc:"has this tag: NAME, or NAME=VALUE" example:"site=north"`
	Credential    string    `json:"credential,omitempty" enum:"ACCESS_TOKEN,X509_CERTIFICATE,MQTT_BASIC,PUBLIC_KEY" doc:"holds one of this kind that is not revoked"`
	ExpiresBefore time.Time `json:"expiresBefore,omitzero" doc:"holds a credential, of that kind, that ends before then" example:"2027-01-01T00:00:00Z"`
}

// A CampaignOrder is a campaign to be begun.
type CampaignOrder struct {
	Devices      CampaignFilter `json:"devices" doc:"nothing in it: all"`
	Wave         int            `json:"wave,omitempty" minimum:"1" maximum:"10000" default:"100" doc:"devices that are asked at once"`
	Pause        string         `json:"pause,omitempty" maxLength:"40" doc:"from one wave to the next, at most 2160h; left out: 10m" example:"10m"`
	ErrorPercent *int           `json:"errorPercent,omitempty" minimum:"0" maximum:"100" doc:"if more than so many of the devices that were asked have failed or are overdue, the campaign pauses; left out: 5"`
	OverdueAfter string         `json:"overdueAfter,omitempty" maxLength:"40" doc:"a device that has not followed is overdue after it, 1m to 2160h; left out: 24h" example:"24h"`
	DryRun       bool           `json:"dryRun,omitempty" doc:"begin nothing; say how many devices there are, and the first names"`
}

// A Campaign asks devices for other credentials in the place of those that they have, wave after wave.
type Campaign struct {
	ID           string           `json:"id,omitempty" doc:"left out of a dry run" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	State        string           `json:"state" enum:"planned,running,paused,done,rolling-back,rolled-back" example:"running"`
	Devices      CampaignFilter   `json:"devices"`
	Wave         int              `json:"wave" doc:"devices that are asked at once" example:"100"`
	Pause        string           `json:"pause" example:"10m0s"`
	ErrorPercent int              `json:"errorPercent" example:"5"`
	OverdueAfter string           `json:"overdueAfter" example:"24h0m0s"`
	By           string           `json:"by,omitempty" doc:"who began it" example:"anna"`
	CreatedAt    time.Time        `json:"createdAt,omitzero"`
	FinishedAt   time.Time        `json:"finishedAt,omitzero" doc:"left out until it has ended"`
	Detail       string           `json:"detail,omitempty" doc:"why it has paused"`
	Waves        int              `json:"waves" doc:"how many have begun" example:"3"`
	NextWaveAt   time.Time        `json:"nextWaveAt,omitzero" doc:"left out while a wave is asked, and when there are no more"`
	Progress     CampaignProgress `json:"progress"`
}

// A CampaignProgress counts the devices of a campaign.
type CampaignProgress struct {
	Selected  int `json:"selected" doc:"met the conditions when it began" example:"1000"`
	Waiting   int `json:"waiting" doc:"about as many are still to be asked" example:"700"`
	Asked     int `json:"asked" doc:"have not answered yet" example:"20"`
	Fetched   int `json:"fetched" doc:"were given a fresh credential and have not used it" example:"10"`
	Done      int `json:"done" doc:"have used it" example:"260"`
	Failed    int `json:"failed" doc:"are asked no more and have used none: they are gone, somebody has removed the attribute, or they were refused one" example:"2"`
	Overdue   int `json:"overdue" doc:"have not used one in time; they may still" example:"3"`
	Skipped   int `json:"skipped" doc:"could not follow, or another campaign had asked them" example:"5"`
	Withdrawn int `json:"withdrawn" doc:"of them it was taken back what they were asked for" example:"0"`
}

// A BegunCampaign is a campaign that was begun, or would be.
type BegunCampaign struct {
	Campaign
	Names []string `json:"names,omitempty" doc:"of the first devices; of a dry run alone"`
}

func (a *api) serveCampaigns() {
	serve(a, http.MethodGet, "/v1/campaigns", "list-campaigns", "Campaigns, the newest first", a.listCampaigns)
	serve(a, http.MethodPost, "/v1/campaigns", "create-campaign",
		"Begins to ask devices for other credentials, wave after wave; or counts them", a.createCampaign,
		explained("Each device is asked by the shared attribute credentialRotation, which is removed when it has used a fresh credential. The campaign goes on by itself, also after a restart."),
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodGet, "/v1/campaigns/{id}", "show-campaign", "One campaign and how far it is", a.showCampaign)
	serve(a, http.MethodGet, "/v1/campaigns/{id}/devices", "list-campaign-devices",
		"The devices of a campaign, the oldest first, and how far each is", a.listCampaignDevices, refusing(muster.ReasonNotFound))
	serve(a, http.MethodPost, "/v1/campaigns/{id}/pause", "pause-campaign", "Has a campaign ask nobody until it is resumed", a.pauseCampaign,
		refusing(muster.ReasonCampaignState))
	serve(a, http.MethodPost, "/v1/campaigns/{id}/resume", "resume-campaign",
		"Lets a campaign go on that has paused; what has gone wrong so far does not count any more", a.resumeCampaign,
		refusing(muster.ReasonCampaignState))
	serve(a, http.MethodPost, "/v1/campaigns/{id}/rollback", "roll-back-campaign",
		"Takes back what devices were asked for and have not followed; fresh credentials that were never used are revoked", a.rollBackCampaign,
		refusing(muster.ReasonCampaignState))
}

// seenCampaign is a change of one campaign.
type seenCampaign struct {
	ID string `path:"id" maxLength:"36"`
	Expected
}

func (a *api) listCampaigns(ctx context.Context, in *struct {
	State string `query:"state" enum:"running,paused,done,rolling-back,rolled-back"`
	By    string `query:"by" maxLength:"255" doc:"begun by them"`
	Sort  string `query:"sort" enum:"created,-created" default:"-created"`
	Paging
},
) (*answer[List[Campaign]], error) {
	all, err := a.Campaigns.Campaigns(ctx)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(c *muster.Campaign) bool {
		return (in.State == "" || c.State.String() == in.State) && (in.By == "" || c.By == in.By)
	}
	return pageOf(all, in.Paging, in.Sort, wanted, func(_ string, c *muster.Campaign) place {
		return byTime(c.CreatedAt, c.ID.String())
	}, func(c muster.Campaign) Campaign { return campaignOf(c, names[c.Selection.Profile]) })
}

func (a *api) createCampaign(ctx context.Context, in *struct{ Body CampaignOrder }) (*answer[BegunCampaign], error) {
	selection, err := a.selectionOf(ctx, &in.Body.Devices)
	if err != nil {
		return nil, err
	}
	pace, err := in.Body.pace()
	if err != nil {
		return nil, err
	}
	if !in.Body.DryRun {
		c, err := a.Campaigns.Create(ctx, selection, pace)
		if err != nil {
			return nil, err
		}
		return &answer[BegunCampaign]{BegunCampaign{Campaign: campaignOf(c, in.Body.Devices.Profile)}}, nil
	}
	plan, err := a.Campaigns.Plan(ctx, &selection)
	if err != nil {
		return nil, err
	}
	c := muster.Campaign{Selection: selection, CampaignPace: pace, Progress: muster.CampaignProgress{Selected: plan.Count}}
	out := BegunCampaign{campaignOf(c, in.Body.Devices.Profile), plan.Names}
	out.State = "planned"
	return &answer[BegunCampaign]{out}, nil
}

// selectionOf understands which devices are meant.
func (a *api) selectionOf(ctx context.Context, f *CampaignFilter) (s muster.CampaignSelection, err error) {
	s = muster.CampaignSelection{Search: f.Search, Label: f.Label, Tag: f.Tag, ExpiresBefore: f.ExpiresBefore}
	if name, value, ok := strings.Cut(f.Tag, "="); ok {
		s.Tag, s.TagValue = name, &value
	}
	if f.Credential != "" {
		kind, err := muster.ParseCredentialKind(f.Credential)
		if err != nil {
			return s, err
		}
		s.Kind = &kind
	}
	if f.Profile != "" {
		p, err := a.Fleet.Profile(ctx, f.Profile)
		if err != nil {
			return s, err
		}
		s.Profile = p.ID
	}
	return s, nil
}

func (o *CampaignOrder) pace() (p muster.CampaignPace, err error) {
	p = muster.CampaignPace{
		Wave: cmp.Or(o.Wave, campaign.DefaultWave), Pause: campaign.DefaultPause,
		ErrorPercent: campaign.DefaultErrorPercent, Patience: campaign.DefaultPatience,
	}
	if o.ErrorPercent != nil {
		p.ErrorPercent = *o.ErrorPercent
	}
	for _, d := range []struct {
		name, text string
		to         *time.Duration
	}{{"pause", o.Pause, &p.Pause}, {"overdueAfter", o.OverdueAfter, &p.Patience}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = time.ParseDuration(d.text); err != nil {
			return p, muster.Refuse(muster.ReasonRequestInvalid, "%s: %.40q is no duration such as 24h", d.name, d.text)
		}
	}
	return p, nil
}

func (a *api) showCampaign(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"36"`
},
) (*tagged[Campaign], error) {
	return a.campaignBy(ctx, &seenCampaign{ID: in.ID}, func(ctx context.Context, id muster.CampaignID, _ ...muster.Version) (muster.Campaign, error) {
		return a.Campaigns.Campaign(ctx, id)
	})
}

func (a *api) pauseCampaign(ctx context.Context, in *seenCampaign) (*tagged[Campaign], error) {
	return a.campaignBy(ctx, in, a.Campaigns.Pause)
}

func (a *api) resumeCampaign(ctx context.Context, in *seenCampaign) (*tagged[Campaign], error) {
	return a.campaignBy(ctx, in, a.Campaigns.Resume)
}

func (a *api) rollBackCampaign(ctx context.Context, in *seenCampaign) (*tagged[Campaign], error) {
	return a.campaignBy(ctx, in, a.Campaigns.RollBack)
}

func (a *api) campaignBy(
	ctx context.Context, in *seenCampaign, do func(context.Context, muster.CampaignID, ...muster.Version) (muster.Campaign, error),
) (*tagged[Campaign], error) {
	id, err := muster.ParseID[muster.Campaign](in.ID)
	if err != nil {
		return nil, err
	}
	c, err := do(ctx, id, in.seen()...)
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	return tag(c.Version(), campaignOf(c, names[c.Selection.Profile])), nil
}

// campaignOf shows a campaign for devices of the profile of that name.
func campaignOf(c muster.Campaign, profile string) Campaign {
	s, p := &c.Selection, &c.Progress
	shown := Campaign{
		ID: c.ID.String(), State: c.State.String(), Wave: c.Wave, Pause: c.Pause.String(), ErrorPercent: c.ErrorPercent,
		OverdueAfter: c.Patience.String(), By: c.By, CreatedAt: c.CreatedAt.UTC(), FinishedAt: c.FinishedAt.UTC(), Detail: c.Detail, Waves: c.Waves,
		Devices: CampaignFilter{Profile: profile, Search: s.Search, Label: s.Label, Tag: s.Tag, ExpiresBefore: s.ExpiresBefore},
		Progress: CampaignProgress{
			Selected: p.Selected, Waiting: c.Waiting(), Asked: p.Asked, Fetched: p.Fetched, Done: p.Done, Failed: p.Failed,
			Overdue: p.Overdue, Skipped: p.Skipped, Withdrawn: p.Withdrawn,
		},
	}
	if s.TagValue != nil {
		shown.Devices.Tag += "=" + *s.TagValue
	}
	if s.Kind != nil {
		shown.Devices.Credential = s.Kind.String()
	}
	if c.Left == 0 && !c.Exhausted && !c.State.Ended() && c.State != muster.CampaignWithdrawing {
		shown.NextWaveAt = c.NextAt.UTC()
	}
	return shown
}
