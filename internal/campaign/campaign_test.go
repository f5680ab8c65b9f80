package campaign

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"muster"
	"muster/internal/sqlite"
)

// A fleet is a registry with devices, and a service that is looked at step by step.
type fleet struct {
	*Service
	t        *testing.T
	path     string
	registry *sqlite.Registry
	now      time.Time
	tokens   map[string]muster.Credential // what each device shows
	shared   int                          // devices that were told
	lost     []muster.Withdrawal
	states   []string // as the watcher has heard
}

func newFleet(t *testing.T, devices int) *fleet {
	t.Helper()
	f := &fleet{
		t: t, path: filepath.Join(t.TempDir(), "registry.db"), now: time.Now().Add(time.Minute).Truncate(time.Millisecond),
		tokens: map[string]muster.Credential{},
	}
	f.start()
	t.Cleanup(func() { f.registry.Close() })
	p := muster.Profile{ID: muster.NewID[muster.Profile](), Name: "p", Strategy: muster.StrategyAllowCreate}
	f.must(f.registry.CreateProfile(t.Context(), p))
	for i := range devices {
		d := muster.Device{ID: muster.NewID[muster.Device](), Profile: p.ID, Name: fmt.Sprintf("d%02d", i), State: muster.DeviceActive}
		f.tokens[d.Name] = f.credential(d.ID)
		f.must(f.registry.CreateDevice(t.Context(), d, []muster.Credential{f.tokens[d.Name]}, nil))
	}
	return f
}

// start opens the registry and begins a service over it; again, after a crash.
func (f *fleet) start() {
	f.t.Helper()
	if f.registry != nil {
		f.must(f.registry.Close())
	}
	var err error
	f.registry, err = sqlite.Open(f.t.Context(), f.path, sqlite.Options{})
	f.must(err)
	f.Service = New(f.registry, Options{
		Shared:    func(muster.DeviceID, []string) { f.shared++ },
		Withdrawn: func(w muster.Withdrawal) { f.lost = append(f.lost, w) },
		Watcher:   f, Registerer: prometheus.NewRegistry(), Now: func() time.Time { return f.now },
	})
}

func (f *fleet) Campaigned(c muster.Campaign) { f.states = append(f.states, c.State.String()) }

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) credential(device muster.DeviceID) muster.Credential {
	c := muster.Credential{ID: muster.NewID[muster.Credential](), Device: device, State: muster.CredentialActive, Value: muster.Sealed("x"), CreatedAt: f.now}
	copy(c.Lookup[:], c.ID[:])
	return c
}

func (f *fleet) begin(pace muster.CampaignPace) muster.CampaignID {
	f.t.Helper()
	c, err := f.Create(f.t.Context(), muster.CampaignSelection{Search: "d"}, pace)
	f.must(err)
	return c.ID
}

// fetch gives devices fresh credentials, and use has them use these.
func (f *fleet) fetch(names ...string) {
	f.t.Helper()
	for _, name := range names {
		old := f.tokens[name]
		fresh := f.credential(old.Device)
		_, err := f.registry.Readmit(f.t.Context(), muster.Readmission{Device: old.Device, Proof: old.ID, Credential: fresh, At: f.now})
		f.must(err)
		f.tokens[name] = fresh
	}
}

func (f *fleet) use(names ...string) {
	f.t.Helper()
	for _, name := range names {
		_, err := f.registry.Used(f.t.Context(), map[muster.CredentialID]time.Time{f.tokens[name].ID: f.now})
		f.must(err)
	}
}

// expect looks, and compares what has become of a campaign.
func (f *fleet) expect(id muster.CampaignID, want string) {
	f.t.Helper()
	f.must(f.look(f.t.Context()))
	c, err := f.Campaign(f.t.Context(), id)
	f.must(err)
	p := c.Progress
	got := fmt.Sprintf("%s: %d waiting", c.State, c.Waiting())
	for _, n := range []struct {
		count int
		what  string
	}{
		{p.Asked, "asked"},
		{p.Fetched, "fetched"},
		{p.Done, "done"},
		{p.Failed, "failed"},
		{p.Overdue, "overdue"},
		{p.Skipped, "skipped"},
		{p.Withdrawn, "withdrawn"},
	} {
		if n.count > 0 {
			got += fmt.Sprintf(", %d %s", n.count, n.what)
		}
	}
	if got != want {
		f.t.Errorf("%s; not %s", got, want)
	}
}

var steady = muster.CampaignPace{Wave: 2, Pause: time.Minute, ErrorPercent: 100, Patience: time.Hour}

func TestDevicesAreAskedWaveAfterWave(t *testing.T) {
	f := newFleet(t, 5)
	plan, err := f.Plan(t.Context(), &muster.CampaignSelection{Search: "d"})
	f.must(err)
	if plan.Count != 5 || strings.Join(plan.Names, " ") != "d00 d01 d02 d03 d04" {
		t.Errorf("the plan is %+v", plan)
	}
	id := f.begin(steady)
	f.expect(id, "running: 3 waiting, 2 asked")
	f.fetch("d00", "d01")
	f.use("d00")
	f.expect(id, "running: 3 waiting, 1 fetched, 1 done")
	f.now = f.now.Add(time.Minute)
	f.expect(id, "running: 1 waiting, 2 asked, 1 fetched, 1 done")
	f.must(f.registry.DeleteDevice(t.Context(), f.tokens["d02"].Device))
	f.now = f.now.Add(time.Minute)
	f.expect(id, "running: 0 waiting, 2 asked, 1 fetched, 1 done, 1 failed")
	f.use("d01")
	f.fetch("d03", "d04")
	f.use("d03", "d04")
	f.expect(id, "done: 0 waiting, 4 done, 1 failed")
	if f.shared != 5 {
		t.Errorf("%d devices were told", f.shared)
	}
	if last := f.states[len(f.states)-1]; last != "done" {
		t.Errorf("the last that was told is %s", last)
	}
}

func TestTheDevicesOfACampaignAreListedInTheOrderOfTheirBirth(t *testing.T) {
	f := newFleet(t, 5)
	id := f.begin(steady)
	f.expect(id, "running: 3 waiting, 2 asked")
	f.fetch("d01")
	late := muster.Device{ID: muster.NewID[muster.Device](), Name: "d-later", State: muster.DeviceActive}
	p, err := f.registry.Profile(t.Context(), "p")
	f.must(err)
	late.Profile = p.ID
	f.must(f.registry.CreateDevice(t.Context(), late, nil, nil))
	list := func(step string) (all string) {
		t.Helper()
		q := muster.CampaignDeviceQuery{Campaign: id, Limit: 2}
		if step != "" {
			s, err := muster.ParseCampaignStep(step)
			f.must(err)
			q.Step = &s
		}
		for range 5 {
			page, err := f.Devices(t.Context(), q)
			f.must(err)
			for _, d := range page.Devices {
				all += d.Name + " " + d.Step.String() + ", "
			}
			if page.Next == nil {
				return all
			}
			q.After = *page.Next
		}
		t.Fatalf("no end: %s", all)
		return all
	}
	for step, want := range map[string]string{
		"":        "d00 asked, d01 fetched, d02 waiting, d03 waiting, d04 waiting, ",
		"waiting": "d02 waiting, d03 waiting, d04 waiting, ",
		"fetched": "d01 fetched, ",
		"done":    "",
	} {
		if got := list(step); got != want {
			t.Errorf("in the step %q: %s", step, got)
		}
	}
	_, err = f.RollBack(t.Context(), id)
	f.must(err)
	f.expect(id, "rolled-back: 0 waiting, 2 withdrawn")
	if got := list(""); got != "d00 withdrawn, d01 withdrawn, " {
		t.Error(got)
	}
	if _, err := f.Devices(t.Context(), muster.CampaignDeviceQuery{Campaign: muster.NewID[muster.Campaign]()}); muster.ReasonOf(err) != muster.ReasonNotFound {
		t.Errorf("of no campaign: %v", err)
	}
}

func TestADeviceThatCameLaterIsNotAsked(t *testing.T) {
	f := newFleet(t, 1)
	id := f.begin(steady)
	old := f.tokens["d00"]
	p, err := f.registry.Profile(t.Context(), "p")
	f.must(err)
	d := muster.Device{ID: muster.NewID[muster.Device](), Profile: p.ID, Name: "d-later", State: muster.DeviceActive}
	f.must(f.registry.CreateDevice(t.Context(), d, []muster.Credential{f.credential(d.ID)}, nil))
	f.expect(id, "running: 0 waiting, 1 asked")
	f.tokens["d00"] = old
	f.fetch("d00")
	f.use("d00")
	f.expect(id, "done: 0 waiting, 1 done")
}

func TestACampaignPausesWhereTooMuchGoesWrongAndIsLetGoOn(t *testing.T) {
	f := newFleet(t, 6)
	id := f.begin(muster.CampaignPace{Wave: 2, Pause: 2 * time.Hour, ErrorPercent: 40, Patience: time.Hour})
	f.expect(id, "running: 4 waiting, 2 asked")
	f.fetch("d00")
	f.use("d00")
	f.now = f.now.Add(time.Hour + time.Second)
	f.expect(id, "paused: 4 waiting, 1 done, 1 overdue")
	c, err := f.Campaign(t.Context(), id)
	f.must(err)
	if c.Detail != "1 of 2 devices that were asked have failed or are overdue, more than 40 %" {
		t.Error(c.Detail)
	}
	if _, err := f.Pause(t.Context(), id); muster.ReasonOf(err) != muster.ReasonCampaignState {
		t.Errorf("paused once more: %v", err)
	}
	f.now = f.now.Add(2 * time.Hour)
	f.expect(id, "paused: 4 waiting, 1 done, 1 overdue")
	_, err = f.Resume(t.Context(), id, c.Version())
	f.must(err)
	f.expect(id, "running: 2 waiting, 2 asked, 1 done, 1 overdue")
	f.fetch("d01") // late, but it follows
	f.use("d01")
	f.expect(id, "running: 2 waiting, 2 asked, 2 done")
	if _, err := f.Pause(t.Context(), id, c.Version()); muster.ReasonOf(err) != muster.ReasonVersionStale {
		t.Errorf("with the version of another state: %v", err)
	}
	_, err = f.Pause(t.Context(), id)
	f.must(err)
	f.now = f.now.Add(24 * time.Hour)
	f.expect(id, "paused: 2 waiting, 2 done, 2 overdue")
}

func TestRollingBackLeavesWhatIsDoneAndWhatDevicesHad(t *testing.T) {
	f := newFleet(t, 4)
	id := f.begin(muster.CampaignPace{Wave: 3, Pause: time.Hour, Patience: time.Hour})
	f.expect(id, "running: 1 waiting, 3 asked")
	old := f.tokens["d01"]
	f.fetch("d00", "d01")
	f.use("d00")
	_, err := f.RollBack(t.Context(), id)
	f.must(err)
	f.expect(id, "rolled-back: 0 waiting, 1 done, 2 withdrawn")
	if len(f.lost) != 1 || f.lost[0].Credential != f.tokens["d01"].ID {
		t.Errorf("revoked: %v", f.lost)
	}
	held, err := f.registry.Credentials(t.Context(), old.Device)
	f.must(err)
	for _, c := range held {
		if open := c.Live(f.now) == nil; open != (c.ID == old.ID) {
			t.Errorf("a credential is %s", c.State)
		}
	}
	if _, err := f.RollBack(t.Context(), id); muster.ReasonOf(err) != muster.ReasonCampaignState {
		t.Errorf("once more: %v", err)
	}
	next := f.begin(steady)
	f.expect(next, "running: 2 waiting, 2 asked")
}

func TestACampaignGoesOnAfterARestart(t *testing.T) {
	f := newFleet(t, 5)
	id := f.begin(steady)
	f.expect(id, "running: 3 waiting, 2 asked")
	f.start()
	f.expect(id, "running: 3 waiting, 2 asked")
	f.now = f.now.Add(time.Minute)
	f.start()
	f.expect(id, "running: 1 waiting, 4 asked")
	_, err := f.RollBack(t.Context(), id)
	f.must(err)
	f.start()
	f.expect(id, "rolled-back: 0 waiting, 4 withdrawn")
}

func TestDevicesOfACampaignThatGoesOnAreSkipped(t *testing.T) {
	f := newFleet(t, 3)
	first := f.begin(steady)
	f.expect(first, "running: 1 waiting, 2 asked")
	second := f.begin(muster.CampaignPace{Wave: 9, ErrorPercent: 100, Patience: time.Hour})
	f.expect(second, "running: 0 waiting, 1 asked, 2 skipped")
	f.now = f.now.Add(time.Minute)
	f.expect(first, "running: 0 waiting, 2 asked, 1 skipped")
}

func TestWhatIsNoCampaignIsRefused(t *testing.T) {
	f := newFleet(t, 1)
	for about, pace := range map[string]muster.CampaignPace{
		"no wave":          {Patience: time.Hour},
		"a wave too large": {Wave: MaxWave + 1, Patience: time.Hour},
		"a pause too long": {Wave: 1, Pause: longest + 1, Patience: time.Hour},
		"no patience":      {Wave: 1},
		"over 100 percent": {Wave: 1, ErrorPercent: 101, Patience: time.Hour},
	} {
		if _, err := f.Create(t.Context(), muster.CampaignSelection{}, pace); muster.ReasonOf(err) != muster.ReasonRequestInvalid {
			t.Errorf("%s: %v", about, err)
		}
	}
	for about, s := range map[string]muster.CampaignSelection{"nobody": {Search: "nobody"}, "a long text": {Label: strings.Repeat("x", 256)}} {
		if _, err := f.Create(t.Context(), s, steady); muster.ReasonOf(err) != muster.ReasonRequestInvalid {
			t.Errorf("%s: %v", about, err)
		}
	}
	for range most {
		f.begin(steady)
	}
	if _, err := f.Create(t.Context(), muster.CampaignSelection{}, steady); muster.ReasonOf(err) != muster.ReasonServerBusy {
		t.Errorf("one more than there may be: %v", err)
	}
	if _, err := f.Resume(t.Context(), muster.NewID[muster.Campaign]()); muster.ReasonOf(err) != muster.ReasonNotFound {
		t.Errorf("no such campaign: %v", err)
	}
}

func TestCampaignsThatEndedLongAgoAreForgotten(t *testing.T) {
	f := newFleet(t, 1)
	for range kept + 2 {
		id := f.begin(steady)
		_, err := f.RollBack(t.Context(), id)
		f.must(err)
		f.must(f.look(t.Context()))
	}
	for range 4 {
		f.must(f.look(t.Context()))
	}
	all, err := f.Campaigns(t.Context())
	f.must(err)
	if len(all) != kept {
		t.Errorf("%d campaigns are remembered", len(all))
	}
}
