package fleet

import (
	"cmp"
	"context"
	"unicode/utf8"

	"muster"
)

// NewDevice says how a device shall be made.
type NewDevice struct {
	Name        string
	Profile     string // the profile's name; empty: the default profile
	Label       string
	Description string
	Tags        map[string]string
	Gateway     bool
	Credentials
}

// A DeviceRow is a device in a list.
type DeviceRow struct {
	muster.Device
	ProfileName string
}

// A DeviceView is all that is known of a device but its readings. Credentials come without what could open a door.
type DeviceView struct {
	DeviceRow
	Credentials []muster.Credential
	Attributes  []muster.Attribute
}

// CreateDevice makes a device with its credentials and returns it with what it shall show: where no credential was given,
// the token that the server made. A device of a profile that checks for listed devices is listed, any other is in.
func (s *Service) CreateDevice(ctx context.Context, n NewDevice) (DeviceRow, []muster.Evidence, error) {
	if err := checkDevice(&n); err != nil {
		return DeviceRow{}, nil, err
	}
	p, err := s.Profile(ctx, cmp.Or(n.Profile, DefaultProfile))
	if err != nil {
		return DeviceRow{}, nil, err
	}
	d := muster.Device{
		ID: muster.NewID[muster.Device](), Profile: p.ID, Name: n.Name, State: p.FirstState(),
		Gateway: n.Gateway, Label: n.Label, Description: n.Description, Tags: n.Tags, CreatedAt: s.now(),
	}
	shown, sealed, err := s.sealAll(&n.Credentials, d.ID)
	if err != nil {
		return DeviceRow{}, nil, err
	}
	if err := s.store.CreateDevice(ctx, d, sealed, nil); err != nil {
		return DeviceRow{}, nil, err
	}
	return DeviceRow{d, p.Name}, shown, nil
}

func checkDevice(n *NewDevice) error {
	return muster.CheckDevice(&muster.Device{Name: n.Name, Label: n.Label, Description: n.Description, Tags: n.Tags})
}

func shortText(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= muster.MaxTagLength
}

// Device returns the device called name.
func (s *Service) Device(ctx context.Context, name string) (muster.Device, error) {
	if err := muster.CheckDeviceName(name); err != nil {
		return muster.Device{}, missing(muster.NotFound, "device", name) // nothing can have this name
	}
	d, err := s.store.Device(ctx, name)
	return d, missing(err, "device", name)
}

// ReadingsRemoved notes in the audit log, before they are, that readings of the device called name are removed. The readings
// themselves are kept elsewhere.
func (s *Service) ReadingsRemoved(ctx context.Context, name, key string, within muster.Range) error {
	return s.store.ReadingsRemoved(ctx, name, key, within)
}

// ShowDevice returns all that is known of the device called name.
func (s *Service) ShowDevice(ctx context.Context, name string) (DeviceView, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return DeviceView{}, err
	}
	p, err := s.profileOf(ctx, &d)
	if err != nil {
		return DeviceView{}, err
	}
	v := DeviceView{DeviceRow: DeviceRow{d, p.Name}}
	if v.Credentials, err = s.store.Credentials(ctx, d.ID); err != nil {
		return DeviceView{}, err
	}
	for i := range v.Credentials {
		conceal(&v.Credentials[i])
	}
	if v.Attributes, err = s.store.Attributes(ctx, d.ID); err != nil {
		return DeviceView{}, err
	}
	return v, nil
}

func (s *Service) profileOf(ctx context.Context, d *muster.Device) (muster.Profile, error) {
	p, err := s.store.ProfileOf(ctx, d.Profile)
	return p, missing(err, "device", d.Name) // deleted since, and its profile after it
}

// DeleteDevice removes the device called name, if it is one of the versions that were seen (none: whatever it is), with its
// credentials and attributes, and ends its sessions with ReasonDeviceDeleted. Its readings are removed soon, whatever
// happens.
func (s *Service) DeleteDevice(ctx context.Context, name string, seen ...muster.Version) error {
	d, err := s.Device(ctx, name)
	if err != nil {
		return err
	}
	if err := s.store.DeleteDevice(context.WithoutCancel(ctx), d.ID, seen...); err != nil {
		return missing(err, "device", name)
	}
	s.changed(d.ID, muster.Refuse(muster.ReasonDeviceDeleted, ""))
	return nil
}

// SuspendDevice keeps the device called name out until it is resumed, if it is one of the versions that were seen; none:
// whatever it is. It ends the device's sessions with ReasonDeviceSuspended.
func (s *Service) SuspendDevice(ctx context.Context, name string, seen ...muster.Version) (DeviceRow, error) {
	d, err := s.updateDevice(context.WithoutCancel(ctx), name, func(d *muster.Device) error {
		if err := d.Version().Expect(seen); err != nil {
			return err
		}
		d.State = muster.DeviceSuspended
		return nil
	})
	if err != nil {
		return DeviceRow{}, err
	}
	s.changed(d.ID, muster.Refuse(muster.ReasonDeviceSuspended, ""))
	p, err := s.profileOf(ctx, &d)
	return DeviceRow{d, p.Name}, err
}

// ResumeDevice lets the suspended device called name back to where it was, in, or expected if it must provision first, if it
// is one of the versions that were seen; none: whatever it is.
func (s *Service) ResumeDevice(ctx context.Context, name string, seen ...muster.Version) (DeviceRow, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return DeviceRow{}, err
	}
	p, err := s.profileOf(ctx, &d)
	if err != nil {
		return DeviceRow{}, err
	}
	d, err = s.updateDevice(ctx, name, func(d *muster.Device) error {
		if err := d.Version().Expect(seen); err != nil {
			return err
		}
		switch {
		case d.State != muster.DeviceSuspended:
		case d.ProvisionedAt.IsZero():
			d.State = p.FirstState()
		default:
			d.State = muster.DeviceActive
		}
		return nil
	})
	return DeviceRow{d, p.Name}, err
}

func (s *Service) updateDevice(ctx context.Context, name string, change func(*muster.Device) error) (muster.Device, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return muster.Device{}, err
	}
	d, err = s.store.UpdateDevice(ctx, d.ID, change)
	return d, missing(err, "device", name)
}
