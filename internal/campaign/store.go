package campaign

import (
	"context"
	"time"

	"muster"
)

// A Store keeps campaigns and the devices that they have asked. Each method is one transaction. It notes by itself, in the
// transaction in which it happens, when a device is given a fresh credential, uses it, or is asked no more.
type Store interface {
	// CreateCampaign files a campaign that has asked nobody yet.
	CreateCampaign(ctx context.Context, c muster.Campaign) error
	// Campaign returns a campaign, or muster.NotFound.
	Campaign(ctx context.Context, id muster.CampaignID) (muster.Campaign, error)
	// Campaigns returns all campaigns that are remembered, the newest first.
	Campaigns(ctx context.Context) ([]muster.Campaign, error)
	// UpdateCampaign changes what a campaign says of itself, but for its selection, its pace and what is counted of the
	// devices that it has asked. NotFound if it is forgotten; refused with ReasonVersionStale if it is none of the versions
	// that were seen, if there are any.
	UpdateCampaign(ctx context.Context, id muster.CampaignID, change func(*muster.Campaign) error, seen ...muster.Version) (muster.Campaign, error)
	// Devices returns a page of devices, in a time that does not grow with the fleet.
	Devices(ctx context.Context, q muster.DeviceQuery) (muster.DevicePage, error)
	// CountDevices counts those devices behind a mark that a query finds, in the order of their birth, in a time that does
	// not grow with the fleet; next is where to go on, nil: there is no more.
	CountDevices(ctx context.Context, q muster.DeviceQuery, after muster.DeviceID) (count int, next *muster.DeviceID, err error)
	// AskDevices has a campaign ask the devices: each that can follow is given the shared attribute muster.RotationWanted
	// with the value. It returns those. A device cannot follow that is suspended, has no credential that opens the door, may
	// not ask for another by its profile, or is asked by a campaign that goes on: it is filed as skipped. change is told how
	// many can follow, together with those that have no room for the attribute and fail at once, and changes the campaign in
	// the same transaction as in UpdateCampaign; if it refuses, nobody is asked.
	AskDevices(ctx context.Context, id muster.CampaignID, devices []muster.DeviceID, value muster.Value, at time.Time,
		change func(c *muster.Campaign, taken int) error) (asked []muster.DeviceID, err error)
	// CampaignDevices returns the devices of a campaign whose turn has come, in the order of their birth.
	CampaignDevices(ctx context.Context, q muster.CampaignDeviceQuery) ([]muster.CampaignDevice, error)
	// OverdueDevices notes of up to limit devices that they were asked before that time and have not followed, and returns
	// how many these are.
	OverdueDevices(ctx context.Context, id muster.CampaignID, before time.Time, limit int) (int, error)
	// WithdrawDevices has a campaign take back what it asks of up to limit devices, and returns these: the attribute is
	// removed, and a credential that the device was given and has not used is revoked, so that the one before stays. A device
	// that another campaign asks by now keeps both.
	WithdrawDevices(ctx context.Context, id muster.CampaignID, limit int) ([]muster.Withdrawal, error)
	// ForgetCampaign forgets up to limit devices of a campaign that has ended, and when none is left, the campaign.
	ForgetCampaign(ctx context.Context, id muster.CampaignID, limit int) error
}
