package storetest

import (
	"fmt"
	"testing"

	"muster"
)

// furnish files five devices that differ in everything that they are found by.
func (r *registry) furnish() (other muster.Profile) {
	r.t.Helper()
	other = newProfile("other")
	r.must(r.CreateProfile(r.t.Context(), other))
	for i, name := range []string{"a-1", "a-2", "B-1", "b-2", "c"} {
		d := r.newDevice(name)
		d.CreatedAt, d.Tags = after(i), map[string]string{"site": fmt.Sprint(i % 2)}
		c := newCredential(d.ID, name)
		switch name {
		case "a-2":
			d.Profile, d.Label, c.Kind = other.ID, "Roof 50%_", muster.MQTTBasic
		case "b-2":
			d.State, d.Tags, c.ExpiresAt = muster.DeviceSuspended, nil, after(100)
		case "c":
			d.Tags[`a"b.c`], c.State, c.ExpiresAt = "", muster.CredentialRevoked, after(50)
		}
		if i >= 2 {
			d.ProvisionedAt, d.ProvisionedWith = after(10-i/3), r.key.ID // b-2 and c at the same time, before B-1
		}
		r.must(r.CreateDevice(r.t.Context(), d, []muster.Credential{c}, nil))
	}
	return other
}

func devicesFoundBy(_ *testing.T, r *registry) {
	other := r.furnish()
	basic, token, suspended, zero := muster.MQTTBasic, muster.AccessToken, muster.DeviceSuspended, "0"
	for _, q := range []struct {
		query muster.DeviceQuery
		want  []string
	}{
		{muster.DeviceQuery{Prefix: "a"}, []string{"a-1", "a-2"}},
		{muster.DeviceQuery{Prefix: "b", Search: "B"}, []string{"b-2"}},
		{muster.DeviceQuery{Prefix: "a", Sort: muster.ByCreation, Descending: true}, []string{"a-2", "a-1"}},
		{muster.DeviceQuery{Label: "rOOF"}, []string{"a-2"}},
		{muster.DeviceQuery{Label: "%_"}, []string{"a-2"}},
		{muster.DeviceQuery{Tag: "site"}, []string{"B-1", "a-1", "a-2", "c"}},
		{muster.DeviceQuery{Tag: "site", TagValue: &zero}, []string{"B-1", "a-1", "c"}},
		{muster.DeviceQuery{Tag: `a"b.c`}, []string{"c"}},
		{muster.DeviceQuery{Tag: "Site"}, []string{}},
		{muster.DeviceQuery{Key: r.key.ID}, []string{"B-1", "b-2", "c"}},
		{muster.DeviceQuery{Key: muster.NewID[muster.ProvisionKey]()}, []string{}},
		{muster.DeviceQuery{Key: r.key.ID, Sort: muster.ByProvisioning, Descending: true}, []string{"B-1", "c", "b-2"}},
		{muster.DeviceQuery{Kind: &basic}, []string{"a-2"}},
		{muster.DeviceQuery{Kind: &token}, []string{"B-1", "a-1", "b-2"}},
		{muster.DeviceQuery{ExpiresBefore: after(101)}, []string{"b-2"}},
		{muster.DeviceQuery{ExpiresBefore: after(100)}, []string{}},
		{muster.DeviceQuery{ExpiresBefore: after(101), Kind: &basic}, []string{}},
		{muster.DeviceQuery{Profile: other.ID, Sort: muster.ByCreation}, []string{"a-2"}},
		{muster.DeviceQuery{State: &suspended, Sort: muster.ByProvisioning, Tag: "site"}, []string{}},
		{muster.DeviceQuery{Among: func(id muster.DeviceID) bool { return false }}, []string{}},
	} {
		q.query.Limit = 10
		r.same(r.names(q.query), q.want)
	}
}

func devicesInOrder(_ *testing.T, r *registry) {
	r.furnish()
	for _, q := range []struct {
		sort       muster.DeviceSort
		descending bool
		want       []string
	}{
		{muster.ByName, false, []string{"B-1", "a-1", "a-2", "b-2", "c"}},
		{muster.ByName, true, []string{"c", "b-2", "a-2", "a-1", "B-1"}},
		{muster.ByCreation, false, []string{"a-1", "a-2", "B-1", "b-2", "c"}},
		{muster.ByCreation, true, []string{"c", "b-2", "B-1", "a-2", "a-1"}},
		{muster.ByProvisioning, false, []string{"b-2", "c", "B-1"}},
		{muster.ByProvisioning, true, []string{"B-1", "c", "b-2"}},
	} {
		got, mark := []string{}, (*muster.DeviceMark)(nil)
		for more := true; more; more = mark != nil {
			page, err := r.Devices(r.t.Context(), muster.DeviceQuery{
				Sort: q.sort, Descending: q.descending, After: mark, Limit: 2, State: nil,
				Among: func(id muster.DeviceID) bool { return true },
			})
			r.must(err)
			for _, d := range page.Devices {
				if d.Name[0] != '!' {
					got = append(got, d.Name)
				}
			}
			mark = page.Next
			r.list("!" + muster.RandomText(8)) // it is before all the rest by name, and behind it by birth
			if len(got) > 20 {
				break
			}
		}
		r.same(got, q.want)
		all, err := r.Devices(r.t.Context(), muster.DeviceQuery{Prefix: "!", Limit: 100})
		r.must(err)
		for _, d := range all.Devices {
			r.must(r.DeleteDevice(r.t.Context(), d.ID))
		}
	}
}

func devicesCounted(_ *testing.T, r *registry) {
	r.furnish()
	page, err := r.Devices(r.t.Context(), muster.DeviceQuery{Tag: "site", Limit: 1, Count: true})
	r.must(err)
	r.same(len(page.Devices), 1)
	r.same(page.Count, 4)
	r.same(page.Least, false)
	r.same(page.Next.Name, "B-1")
	page, err = r.Devices(r.t.Context(), muster.DeviceQuery{Tag: "none", Limit: 1, Count: true})
	r.must(err)
	r.same(page, muster.DevicePage{})
}
