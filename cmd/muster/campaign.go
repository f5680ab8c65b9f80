package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newCampaign() *cobra.Command {
	return group("campaign", "Campaigns: devices are asked for other credentials, wave after wave",
		campaignCreate(), campaignList(), campaignShow(), campaignDevices(),
		campaignAct("pause", "Has a campaign ask nobody until it is resumed"),
		campaignAct("resume", "Lets a campaign go on that has paused; what has gone wrong so far does not count any more"),
		campaignAct("rollback", "Takes back what devices were asked for and have not followed; what is done stays done"))
}

func campaignCreate() *cobra.Command {
	var order admin.CampaignOrder
	var expires string
	percent := 5
	cmd := &cobra.Command{
		Use: "create", Short: "Begins to ask devices for other credentials", Args: cobra.NoArgs,
		Long: "Begins to ask devices for other credentials, those that meet all conditions that are given; without one, all. With --dry-run they are counted and nothing is begun.",
	}
	f := cmd.Flags()
	f.StringVar(&order.Devices.Profile, "profile", "", "of this profile alone")
	f.StringVar(&order.Devices.Search, "search", "", "part of the name, case ignored")
	f.StringVar(&order.Devices.Label, "label", "", "part of the label")
	f.StringVar(&order.Devices.Tag, "tag", "", "has this tag: NAME, or NAME=VALUE")
	f.StringVar(&order.Devices.Credential, "credential", "", "holds a credential of this kind: ACCESS_TOKEN, X509_CERTIFICATE, MQTT_BASIC or PUBLIC_KEY")
	f.StringVar(&expires, "expires-before", "", "holds a credential that ends before then: RFC 3339")
	f.IntVar(&order.Wave, "wave", 100, "devices that are asked at once, at most 10000")
	f.StringVar(&order.Pause, "pause", "10m", "from one wave to the next")
	f.IntVar(&percent, "error-percent", percent, "if more than so many of the devices that were asked have failed or are overdue, the campaign pauses")
	f.StringVar(&order.OverdueAfter, "overdue-after", "24h", "a device that has not followed is overdue after it")
	f.BoolVar(&order.DryRun, "dry-run", false, "begin nothing; count the devices, and show the first names")
	return asking(cmd, func([]string) (call, error) {
		var err error
		if order.Devices.ExpiresBefore, err = parseFlagTime("expires-before", expires); err != nil {
			return call{}, err
		}
		order.ErrorPercent = &percent
		return call{method: http.MethodPost, path: []string{"v1", "campaigns"}, body: order}, nil
	}, func(c admin.BegunCampaign) (any, table) {
		t := campaignTable(c.Campaign)
		if order.DryRun {
			t = table{columns: []string{"state", "selected", "names"}}
			t.add(c.State, c.Progress.Selected, c.Names)
		}
		return c, t
	})
}

func campaignList() *cobra.Command {
	return listing(&cobra.Command{Use: "list", Short: "Lists campaigns, the newest first", Args: cobra.NoArgs}, []filter{
		{"state", "state", "running, paused, done, rolling-back or rolled-back alone"},
		{"by", "by", "begun by them"},
		{"sort", "sort", "created; with a minus sign before it the last come first"},
	}, []string{"v1", "campaigns"}, func(all []admin.Campaign) table { return campaignTable(all...) })
}

func campaignShow() *cobra.Command {
	return asking(&cobra.Command{Use: "show ID", Short: "Shows a campaign and how far it is", Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "campaigns", args[0]}}, nil
	}, func(c admin.Campaign) (any, table) { return c, campaignTable(c) })
}

func campaignDevices() *cobra.Command {
	return listingOf(&cobra.Command{
		Use: "devices ID", Short: "Lists the devices of a campaign: how far each is, and why it has failed or was skipped", Args: cobra.ExactArgs(1),
	}, []filter{
		{"step", "step", "waiting, asked, fetched, overdue, done, failed, withdrawn or skipped alone"},
	}, func(args []string) []string { return []string{"v1", "campaigns", args[0], "devices"} }, func(all []admin.CampaignDevice) table {
		t := table{columns: []string{"device", "step", "at", "reason", "detail"}}
		for _, d := range all {
			t.add(d.Device, d.Step, d.At, d.Reason, d.Detail)
		}
		return t
	})
}

func campaignAct(verb, short string) *cobra.Command {
	return asking(&cobra.Command{Use: verb + " ID", Short: short, Args: cobra.ExactArgs(1)}, func(args []string) (call, error) {
		return call{method: http.MethodPost, path: []string{"v1", "campaigns", args[0], verb}}, nil
	}, func(c admin.Campaign) (any, table) { return c, campaignTable(c) })
}

func campaignTable(all ...admin.Campaign) table {
	t := table{columns: []string{"id", "state", "waiting", "asked", "fetched", "done", "failed", "overdue", "skipped", "withdrawn", "detail"}}
	for _, c := range all {
		p := c.Progress
		t.add(c.ID, c.State, p.Waiting, p.Asked, p.Fetched, p.Done, p.Failed, p.Overdue, p.Skipped, p.Withdrawn, c.Detail)
	}
	return t
}
