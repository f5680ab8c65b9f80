package fleet

import (
	"cmp"
	"context"

	"muster"
)

// Bounds of a page of devices.
const (
	defaultPage = 100
	maxPage     = 1000
)

// A DeviceList says which devices are wanted. Profile and key of the query stand here by their names.
type DeviceList struct {
	muster.DeviceQuery        // Limit 0: 100; at most 1000
	ProfileName        string // empty: of any profile
	KeyName            string // the key's text or id; empty: any
}

// A DevicePage is some of the devices that a list finds; see muster.DevicePage.
type DevicePage struct {
	Rows  []DeviceRow
	Next  *muster.DeviceMark
	Count int
	Least bool
}

// Devices returns a page of devices.
func (s *Service) Devices(ctx context.Context, l DeviceList) (DevicePage, error) {
	q := l.DeviceQuery
	q.Limit = cmp.Or(q.Limit, defaultPage)
	if err := checkQuery(&q); err != nil {
		return DevicePage{}, err
	}
	profiles, err := s.store.Profiles(ctx)
	if err != nil {
		return DevicePage{}, err
	}
	names := make(map[muster.ProfileID]string, len(profiles))
	for _, p := range profiles {
		names[p.ID] = p.Name
		if p.Name == l.ProfileName {
			q.Profile = p.ID
		}
	}
	if l.ProfileName != "" && q.Profile.IsZero() {
		return DevicePage{}, missing(muster.NotFound, "profile", l.ProfileName)
	}
	if l.KeyName != "" {
		if q.Key, err = s.keyID(ctx, l.KeyName); err != nil {
			return DevicePage{}, err
		}
	}
	found, err := s.store.Devices(ctx, q)
	if err != nil {
		return DevicePage{}, err
	}
	page := DevicePage{Rows: make([]DeviceRow, len(found.Devices)), Next: found.Next, Count: found.Count, Least: found.Least}
	for i, d := range found.Devices {
		page.Rows[i] = DeviceRow{d, names[d.Profile]}
	}
	return page, nil
}

func checkQuery(q *muster.DeviceQuery) error {
	if q.Limit < 0 || q.Limit > maxPage {
		return invalid("a page has 1 to %d devices, not %d", maxPage, q.Limit)
	}
	value := ""
	if q.TagValue != nil {
		value = *q.TagValue
	}
	for _, text := range []string{q.Search, q.Prefix, q.Label, q.Tag, value} {
		if !shortText(text) {
			return invalid("what is searched for is longer than %d characters, or not UTF-8", muster.MaxTagLength)
		}
	}
	if q.TagValue != nil && q.Tag == "" {
		return invalid("a tag is searched for by its name, or by name and value")
	}
	return nil
}

// keyID returns the id of the provision key of that text or id. A key that is gone may have let devices in, so that an id
// need not lead to one.
func (s *Service) keyID(ctx context.Context, name string) (muster.ProvisionKeyID, error) {
	list, err := s.store.ProvisionKeys(ctx, muster.ProfileID{})
	if err != nil {
		return muster.ProvisionKeyID{}, err
	}
	for _, k := range list {
		if k.Key == name {
			return k.ID, nil
		}
	}
	if id, err := muster.ParseID[muster.ProvisionKey](name); err == nil {
		return id, nil
	}
	return muster.ProvisionKeyID{}, missing(muster.NotFound, "provision key", name)
}
