package campaign

import (
	"bytes"
	"context"

	"muster"
)

// A DevicePage is some of the devices of a campaign.
type DevicePage struct {
	Devices []muster.CampaignDevice
	Next    *muster.DeviceID // behind which the next page begins; nil: there is none
}

// Devices returns a page of the devices of a campaign, in the order of their birth: first those whose turn has come, then those
// that wait for it, which are found by the conditions anew. A page may be short, or even empty, and there may be more behind
// it. Refused with ReasonNotFound if there is no such campaign.
func (s *Service) Devices(ctx context.Context, q muster.CampaignDeviceQuery) (p DevicePage, err error) {
	c, err := s.Campaign(ctx, q.Campaign)
	if err != nil {
		return p, err
	}
	waiting := q.Step == nil || *q.Step == muster.StepWaiting
	if q.Step == nil || !waiting {
		if p.Devices, err = s.store.CampaignDevices(ctx, q); err != nil {
			return p, err
		}
	}
	if n := len(p.Devices); n > 0 {
		q.After, q.Limit = p.Devices[n-1].Device, q.Limit-n
	}
	switch {
	case q.Limit <= 0:
		p.Next = &q.After
		return p, nil
	case !waiting || !c.Asks():
		return p, nil
	}
	err = s.addWaiting(ctx, &c, q, &p)
	return p, err
}

// addWaiting adds devices whose turn has not come.
func (s *Service) addWaiting(ctx context.Context, c *muster.Campaign, q muster.CampaignDeviceQuery, p *DevicePage) error {
	wanted := c.Selection.Query()
	wanted.After, wanted.Limit = &muster.DeviceMark{ID: later(q.After, c.Mark)}, q.Limit
	found, err := s.store.Devices(ctx, wanted)
	if err != nil {
		return err
	}
	for i := range found.Devices {
		d := &found.Devices[i]
		if bytes.Compare(d.ID[:], c.ID[:]) > 0 {
			return nil // it is younger than the campaign, and so are those behind it
		}
		p.Devices = append(p.Devices, muster.CampaignDevice{Device: d.ID, Name: d.Name})
	}
	if found.Next != nil && bytes.Compare(found.Next.ID[:], c.ID[:]) < 0 {
		p.Next = &found.Next.ID
	}
	return nil
}
