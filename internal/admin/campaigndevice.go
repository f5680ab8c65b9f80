package admin

import (
	"context"
	"time"

	"muster"
)

// A CampaignDevice is a device of a campaign.
type CampaignDevice struct {
	Device   string    `json:"device" doc:"its name; when it is gone, what it was called when its turn came" example:"pump-1"`
	DeviceID string    `json:"deviceId"`
	Step     string    `json:"step" enum:"waiting,asked,fetched,overdue,done,failed,withdrawn,skipped" example:"failed"`
	At       time.Time `json:"at,omitzero" doc:"when its turn came; left out as long as it waits"`
	Reason   string    `json:"reason,omitempty" doc:"why it has failed or was skipped" example:"rotation-unasked"`
	Title    string    `json:"title,omitempty" doc:"the reason in words" example:"somebody has removed the attribute by which the device was asked"`
	Detail   string    `json:"detail,omitempty" doc:"what the reason alone does not say"`
}

func (a *api) listCampaignDevices(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"36"`
	Step string `query:"step" enum:"waiting,asked,fetched,overdue,done,failed,withdrawn,skipped" doc:"in this step now"`
	Paging
},
) (*answer[List[CampaignDevice]], error) {
	id, err := muster.ParseID[muster.Campaign](in.ID)
	if err != nil {
		return nil, err
	}
	q := muster.CampaignDeviceQuery{Campaign: id, Limit: in.Limit}
	if in.Step != "" {
		step, err := muster.ParseCampaignStep(in.Step)
		if err != nil {
			return nil, err
		}
		q.Step = &step
	}
	after, err := parseCursor(in.After, in.Step)
	if err != nil {
		return nil, err
	}
	if after != nil {
		if q.After, err = muster.ParseID[muster.Device](after.ID); err != nil {
			return nil, err
		}
	}
	page, err := a.Campaigns.Devices(ctx, q)
	if err != nil {
		return nil, err
	}
	out := listOf(page.Devices, campaignDeviceOf)
	if page.Next != nil {
		out.Body.Next = (&cursor{Sort: in.Step, ID: page.Next.String()}).text()
	}
	return out, nil
}

func campaignDeviceOf(d muster.CampaignDevice) CampaignDevice {
	shown := CampaignDevice{
		Device: d.Name, DeviceID: d.Device.String(), Step: d.Step.String(), At: d.At.UTC(), Reason: string(d.Reason), Detail: d.Detail,
	}
	if d.Reason != "" {
		shown.Title = d.Reason.Title()
	}
	return shown
}
