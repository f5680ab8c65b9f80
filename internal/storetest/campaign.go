package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"muster"
)

func campaignSentences() []sentence {
	return []sentence{
		{"keeps a campaign, and changes it for the version that was seen", campaignKept},
		{"asks devices that can follow, once, and counts what becomes of them", campaignAsks},
		{"says of each device of a campaign how far it is, and why", campaignDevices},
		{"has a device fail that is refused another credential, unless it has one already", campaignRefusal},
		{"is done with a device that was given a credential beside its own and has used it", campaignBeside},
		{"withdraws what was not followed, and the credential before stays", campaignWithdraws},
		{"forgets a campaign piece by piece, once it has ended", campaignForgotten},
	}
}

func (r *registry) campaign() muster.Campaign {
	r.t.Helper()
	kind := muster.AccessToken
	c := muster.Campaign{
		ID: muster.NewID[muster.Campaign](), Selection: muster.CampaignSelection{Profile: r.profile.ID, Tag: "site", Kind: &kind, ExpiresBefore: after(60)},
		CampaignPace: muster.CampaignPace{Wave: 3, Pause: time.Minute, ErrorPercent: 5, Patience: time.Hour},
		By:           "anna", CreatedAt: birth, NextAt: after(1), Progress: muster.CampaignProgress{Selected: 7},
	}
	r.must(r.CreateCampaign(r.t.Context(), c))
	return c
}

// ask has a campaign ask devices, and returns how many could follow.
func (r *registry) ask(c muster.CampaignID, devices ...muster.DeviceID) int {
	r.t.Helper()
	asked, err := r.AskDevices(r.t.Context(), c, devices, muster.BoolValue(true), after(10), func(c *muster.Campaign, taken int) error {
		c.Progress.Skipped += len(devices) - taken
		return nil
	})
	r.must(err)
	return len(asked)
}

func (r *registry) progressed(id muster.CampaignID, want muster.CampaignProgress) {
	r.t.Helper()
	c, err := r.Campaign(r.t.Context(), id)
	r.must(err)
	want.Selected = 7
	r.same(c.Progress, want)
}

// fetch gives a device a fresh credential in the place of the one that it has.
func (r *registry) fetch(old muster.Credential, text string) muster.Credential {
	r.t.Helper()
	fresh := newCredential(old.Device, text)
	_, err := r.Readmit(r.t.Context(), muster.Readmission{Device: old.Device, Proof: old.ID, Credential: fresh, At: after(20)})
	r.must(err)
	return fresh
}

func campaignKept(t *testing.T, r *registry) {
	c := r.campaign()
	r.reopen()
	got, err := r.Campaign(t.Context(), c.ID)
	r.must(err)
	r.same(got, c)
	changed, err := r.UpdateCampaign(t.Context(), c.ID, func(c *muster.Campaign) error {
		c.State, c.Detail, c.Waves, c.Left, c.NextAt, c.Forgiven = muster.CampaignPaused, "why", 2, 1, after(5), 4
		return nil
	}, c.Version())
	r.must(err)
	all, err := r.Campaigns(t.Context())
	r.must(err)
	r.same(all, []muster.Campaign{changed})
	_, err = r.UpdateCampaign(t.Context(), c.ID, func(*muster.Campaign) error { return nil }, c.Version())
	r.refused(err, muster.ReasonVersionStale)
	_, err = r.Campaign(t.Context(), muster.NewID[muster.Campaign]())
	r.missing(err)
}

func campaignAsks(t *testing.T, r *registry) {
	a, first := r.list("a")
	b, _ := r.list("b")
	gone, _ := r.list("gone")
	suspended, _ := r.list("suspended")
	_, err := r.UpdateDevice(t.Context(), suspended.ID, func(d *muster.Device) error { d.State = muster.DeviceSuspended; return nil })
	r.must(err)
	count, next, err := r.CountDevices(t.Context(), muster.DeviceQuery{}, a.ID)
	r.must(err)
	if count != 3 || next != nil {
		t.Errorf("%d devices behind the first, and next %v", count, next)
	}
	one, other := r.campaign(), r.campaign()
	if n := r.ask(one.ID, a.ID, b.ID, gone.ID, suspended.ID); n != 3 {
		t.Errorf("%d devices are asked", n)
	}
	if n := r.ask(other.ID, a.ID); n != 0 {
		t.Errorf("another campaign asks %d of them, too", n)
	}
	r.progressed(one.ID, muster.CampaignProgress{Looked: 4, Skipped: 1, Asked: 3})
	held, err := r.Attributes(t.Context(), a.ID)
	r.must(err)
	if len(held) != 1 || held[0].Key != muster.RotationWanted {
		t.Errorf("the attributes are %v", held)
	}

	fresh := r.fetch(first, "fresh")
	r.must(r.DeleteDevice(t.Context(), gone.ID))
	r.progressed(one.ID, muster.CampaignProgress{Looked: 4, Skipped: 1, Asked: 1, Fetched: 1, Failed: 1})
	n, err := r.OverdueDevices(t.Context(), one.ID, after(11), 10)
	r.must(err)
	if n != 2 {
		t.Errorf("%d devices are overdue", n)
	}
	_, err = r.Used(t.Context(), map[muster.CredentialID]time.Time{fresh.ID: after(30)})
	r.must(err)
	r.progressed(one.ID, muster.CampaignProgress{Looked: 4, Skipped: 1, Done: 1, Failed: 1, Overdue: 1})
	_, err = r.ChangeAttributes(t.Context(), b.ID, muster.SharedScope, nil, []string{muster.RotationWanted})
	r.must(err)
	r.progressed(one.ID, muster.CampaignProgress{Looked: 4, Skipped: 1, Done: 1, Failed: 2})
}

func campaignDevices(t *testing.T, r *registry) {
	var names []string
	ids := map[string]muster.DeviceID{}
	for _, name := range []string{"asked", "gone", "unasked", "full", "suspended", "expired", "elsewhere", "never"} {
		d, _ := r.list(name)
		ids[name] = d.ID
		names = append(names, name)
	}
	_, err := r.UpdateDevice(t.Context(), ids["suspended"], func(d *muster.Device) error { d.State = muster.DeviceSuspended; return nil })
	r.must(err)
	held, err := r.Credentials(t.Context(), ids["expired"])
	r.must(err)
	_, err = r.UpdateCredential(t.Context(), held[0].ID, func(c *muster.Credential) error { c.ExpiresAt = after(9); return nil })
	r.must(err)
	for i := range muster.MaxAttributes {
		r.must(r.SaveAttributes(t.Context(), ids["full"], []muster.Attribute{{Scope: muster.ServerScope, Key: fmt.Sprint(i), Value: muster.BoolValue(true)}}))
	}
	other, c := r.campaign(), r.campaign()
	r.ask(other.ID, ids["elsewhere"])
	r.must(r.DeleteDevice(t.Context(), ids["never"]))
	for _, name := range names {
		r.ask(c.ID, ids[name])
	}
	_, err = r.UpdateDevice(t.Context(), ids["asked"], func(d *muster.Device) error { d.Name = "renamed"; return nil })
	r.must(err)
	r.must(r.DeleteDevice(t.Context(), ids["gone"]))
	_, err = r.ChangeAttributes(t.Context(), ids["unasked"], muster.SharedScope, nil, []string{muster.RotationWanted})
	r.must(err)

	want := []muster.CampaignDevice{
		{Device: ids["asked"], Name: "renamed", Step: muster.StepAsked, At: after(10)},
		{Device: ids["gone"], Name: "gone", Step: muster.StepFailed, At: after(10), Reason: muster.ReasonDeviceDeleted},
		{Device: ids["unasked"], Name: "unasked", Step: muster.StepFailed, At: after(10), Reason: muster.ReasonRotationUnasked},
		{
			Device: ids["full"], Name: "full", Step: muster.StepFailed, At: after(10), Reason: muster.ReasonPayloadInvalid,
			Detail: fmt.Sprintf("a device has at most %d attributes", muster.MaxAttributes),
		},
		{Device: ids["suspended"], Name: "suspended", Step: muster.StepSkipped, At: after(10), Reason: muster.ReasonDeviceSuspended},
		{Device: ids["expired"], Name: "expired", Step: muster.StepSkipped, At: after(10), Reason: muster.ReasonDeviceUnequipped},
		{Device: ids["elsewhere"], Name: "elsewhere", Step: muster.StepSkipped, At: after(10), Reason: muster.ReasonCampaignOther},
		{Device: ids["never"], Step: muster.StepSkipped, At: after(10), Reason: muster.ReasonDeviceDeleted},
	}
	q := muster.CampaignDeviceQuery{Campaign: c.ID, Limit: 5}
	first, err := r.CampaignDevices(t.Context(), q)
	r.must(err)
	q.After = first[4].Device
	second, err := r.CampaignDevices(t.Context(), q)
	r.must(err)
	r.same(append(first, second...), want)
	failed := muster.StepFailed
	some, err := r.CampaignDevices(t.Context(), muster.CampaignDeviceQuery{Campaign: c.ID, Step: &failed, After: ids["gone"], Limit: 9})
	r.must(err)
	r.same(some, want[2:4])
	r.progressed(c.ID, muster.CampaignProgress{Looked: 8, Skipped: 4, Asked: 1, Failed: 3})
}

func campaignRefusal(t *testing.T, r *registry) {
	a, _ := r.list("a")
	b, old := r.list("b")
	c := r.campaign()
	why := muster.Refuse(muster.ReasonCSRKeyWeak, "RSA of 1024 bits")
	refused := func(d muster.DeviceID, want bool) {
		t.Helper()
		failed, err := r.RotationFailed(t.Context(), d, why)
		r.must(err)
		if failed != want {
			t.Errorf("failed: %v", failed)
		}
	}
	refused(a.ID, false)
	r.ask(c.ID, a.ID, b.ID)
	r.fetch(old, "fresh")
	refused(a.ID, true)
	refused(a.ID, false)
	refused(b.ID, false)
	_, err := r.OverdueDevices(t.Context(), c.ID, after(11), 10)
	r.must(err)
	refused(b.ID, false)
	r.progressed(c.ID, muster.CampaignProgress{Looked: 2, Failed: 1, Overdue: 1})
	all, err := r.CampaignDevices(t.Context(), muster.CampaignDeviceQuery{Campaign: c.ID, Limit: 1})
	r.must(err)
	r.same(all, []muster.CampaignDevice{{Device: a.ID, Name: "a", Step: muster.StepFailed, At: after(10), Reason: why.Reason, Detail: why.Message}})
	held, err := r.Attributes(t.Context(), a.ID)
	r.must(err)
	r.same(held, []muster.Attribute{})
}

func campaignBeside(t *testing.T, r *registry) {
	a, old := r.list("a")
	c := r.campaign()
	r.ask(c.ID, a.ID)
	fresh := newCredential(a.ID, "fresh")
	_, err := r.Readmit(t.Context(), muster.Readmission{Device: a.ID, Proof: old.ID, Beside: true, Credential: fresh, At: after(20)})
	r.must(err)
	r.progressed(c.ID, muster.CampaignProgress{Looked: 1, Fetched: 1})
	for range 2 {
		replaced, err := r.Used(t.Context(), map[muster.CredentialID]time.Time{fresh.ID: after(30)})
		r.must(err)
		if len(replaced) > 0 {
			r.same(replaced, []muster.Succession{{Device: a.ID, Wanted: true}})
		}
	}
	r.progressed(c.ID, muster.CampaignProgress{Looked: 1, Done: 1})
	held, err := r.Attributes(t.Context(), a.ID)
	r.must(err)
	r.same(held, []muster.Attribute{})
}

func campaignWithdraws(t *testing.T, r *registry) {
	a, old := r.list("a")
	b, _ := r.list("b")
	c := r.campaign()
	r.ask(c.ID, a.ID, b.ID)
	fresh := r.fetch(old, "fresh")
	all, err := r.WithdrawDevices(t.Context(), c.ID, 10)
	r.must(err)
	slices.SortFunc(all, func(a, b muster.Withdrawal) int { return bytes.Compare(a.Device[:], b.Device[:]) })
	r.same(all, []muster.Withdrawal{{Device: a.ID, Credential: fresh.ID}, {Device: b.ID}})
	r.progressed(c.ID, muster.CampaignProgress{Looked: 2, Withdrawn: 2})
	credentials, err := r.Credentials(t.Context(), a.ID)
	r.must(err)
	for _, got := range credentials {
		want := muster.CredentialActive
		if got.ID == fresh.ID {
			want = muster.CredentialRevoked
		}
		if got.State != want || !got.Successor.IsZero() {
			t.Errorf("the credential %s is %s, and not %s", got.Hint, got.State, want)
		}
	}
	held, err := r.Attributes(t.Context(), a.ID)
	r.must(err)
	r.same(held, []muster.Attribute{})
}

func campaignForgotten(t *testing.T, r *registry) {
	a, _ := r.list("a")
	c := r.campaign()
	r.ask(c.ID, a.ID)
	r.must(r.ForgetCampaign(t.Context(), c.ID, 10))
	r.progressed(c.ID, muster.CampaignProgress{Looked: 1, Asked: 1})
	_, err := r.UpdateCampaign(t.Context(), c.ID, func(c *muster.Campaign) error { c.FinishedAt = after(5); return nil })
	r.must(err)
	r.must(r.ForgetCampaign(t.Context(), c.ID, 10))
	r.must(r.ForgetCampaign(t.Context(), c.ID, 10))
	_, err = r.Campaign(t.Context(), c.ID)
	r.missing(err)
}
