package fleet

import (
	"context"

	"muster"
)

// A DeviceChange says what of a device shall change; what is nil stays.
type DeviceChange struct {
	Name        *string
	Profile     *string // its name
	Label       *string
	Description *string
	Tags        *map[string]string // all of them
	Gateway     *bool
}

// UpdateDevice changes the device called name if it is one of the versions that were seen; none: whatever it is. A change
// of what its sessions rest on, which are name, profile and gateway, ends them with ReasonDeviceChanged.
func (s *Service) UpdateDevice(ctx context.Context, name string, c DeviceChange, seen ...muster.Version) (DeviceRow, error) {
	var profile *muster.Profile
	if c.Profile != nil {
		p, err := s.Profile(ctx, *c.Profile)
		if err != nil {
			return DeviceRow{}, err
		}
		profile = &p
	}
	var before muster.Device
	d, err := s.updateDevice(context.WithoutCancel(ctx), name, func(d *muster.Device) error {
		if err := d.Version().Expect(seen); err != nil {
			return err
		}
		before = *d
		if profile != nil {
			d.Profile = profile.ID
		}
		set(&d.Name, c.Name)
		set(&d.Label, c.Label)
		set(&d.Description, c.Description)
		set(&d.Tags, c.Tags)
		set(&d.Gateway, c.Gateway)
		return muster.CheckDevice(d)
	})
	if err != nil {
		return DeviceRow{}, err
	}
	if d.Name != before.Name || d.Profile != before.Profile || d.Gateway != before.Gateway {
		s.changed(d.ID, muster.Refuse(muster.ReasonDeviceChanged, ""))
	}
	p, err := s.profileOf(ctx, &d)
	return DeviceRow{d, p.Name}, err
}

// set stores what is given.
func set[T any](field, to *T) {
	if to != nil {
		*field = *to
	}
}
