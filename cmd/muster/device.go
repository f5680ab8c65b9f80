package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func newDevice() *cobra.Command {
	return group("device", "Devices: who they are, what they sent, why they were refused",
		deviceCreate(), deviceList(), deviceShow(), deviceUpdate(), deviceLatest(), deviceHistory(), deviceBuckets(), deviceRemoveReadings(), deviceWhy(), deviceTrace(),
		deviceAct("suspend", "Keeps a device out and ends its sessions", "device %s is suspended"),
		deviceAct("resume", "Lets a suspended device back in", "device %s may come back"),
		deviceDelete(), newCredential(), newAttribute())
}

func deviceCreate() *cobra.Command {
	var n admin.NewDevice
	var e evidenceFlags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Makes a device; without a credential the server makes a token and shows it once",
		Args:  cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&n.Profile, "profile", "", "its profile (default default)")
	e.add(f)
	f.StringVar(&n.Label, "label", "", "what people call it")
	f.StringVar(&n.Description, "description", "", "what there is to say of it")
	f.StringToStringVar(&n.Tags, "tag", nil, "a tag, NAME=VALUE; may be repeated")
	f.BoolVar(&n.Gateway, "gateway", false, "it speaks for other devices")
	return asking(cmd, func(args []string) (_ call, err error) {
		n.Name = args[0]
		if n.Evidence, err = e.read(); err != nil {
			return call{}, err
		}
		return call{method: http.MethodPost, path: []string{"v1", "devices"}, body: n}, nil
	}, func(d admin.MadeDevice) (any, table) {
		t := table{columns: []string{"name", "profile", "state", "token"}}
		t.add(d.Name, d.Profile, d.State, d.Token)
		return d, t
	})
}

func deviceAct(verb, short, did string) *cobra.Command {
	return acting(&cobra.Command{Use: verb + " NAME", Short: short, Args: cobra.ExactArgs(1)}, func(args []string) call {
		return call{method: http.MethodPost, path: []string{"v1", "devices", args[0], verb}}
	}, did)
}

func deviceDelete() *cobra.Command {
	return acting(&cobra.Command{
		Use: "delete NAME", Short: "Removes a device and all it sent", Args: cobra.ExactArgs(1),
	}, func(args []string) call {
		return call{method: http.MethodDelete, path: []string{"v1", "devices", args[0]}}
	}, "device %s is deleted")
}

func deviceTable(all []admin.Device) table {
	t := table{columns: []string{"name", "profile", "state", "connected", "created", "provisioned", "label"}}
	for _, d := range all {
		t.add(d.Name, d.Profile, d.State, d.Connected, d.CreatedAt, d.ProvisionedAt, d.Label)
	}
	return t
}

func deviceShow() *cobra.Command {
	return asking(&cobra.Command{
		Use: "show NAME", Short: "Shows a device with its credentials and attributes", Args: cobra.ExactArgs(1),
	}, func(args []string) (call, error) {
		return call{method: http.MethodGet, path: []string{"v1", "devices", args[0]}}, nil
	}, func(d admin.DeviceView) (any, table) { return d, deviceSheet(d) })
}

// deviceSheet is a device line by line.
func deviceSheet(d admin.DeviceView) table {
	t := table{columns: []string{"what", "value"}}
	t.add("name", d.Name)
	t.add("id", d.ID)
	t.add("profile", d.Profile)
	t.add("state", d.State)
	t.add("connected", strconv.FormatBool(d.Connected))
	t.add("created", d.CreatedAt)
	t.add("provisioned", d.ProvisionedAt)
	if d.Label != "" {
		t.add("label", d.Label)
	}
	if d.Description != "" {
		t.add("description", d.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Tags)) {
		t.add("tag "+name, d.Tags[name])
	}
	for _, c := range d.Credentials {
		about := c.State
		if c.Hint != "" {
			about += ", " + c.Hint
		}
		if !c.ExpiresAt.IsZero() {
			about += ", expires " + shownCell(c.ExpiresAt)
		}
		t.add("credential "+strings.ToLower(c.Kind), about)
	}
	for _, scope := range []struct {
		name   string
		values map[string]json.RawMessage
	}{{"server", d.Attributes.Server}, {"shared", d.Attributes.Shared}, {"client", d.Attributes.Client}} {
		for _, key := range slices.Sorted(maps.Keys(scope.values)) {
			t.add(scope.name+" "+key, string(scope.values[key]))
		}
	}
	return t
}
