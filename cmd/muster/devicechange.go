package main

import (
	"maps"
	"net/http"

	"github.com/spf13/cobra"

	"muster/internal/admin"
)

func deviceUpdate() *cobra.Command {
	var r remote
	var name, profile, label, description string
	var gateway bool
	var tags map[string]string
	var removed []string
	cmd := &cobra.Command{
		Use:   "update NAME",
		Short: "Changes a device; another name, profile or gateway ends its sessions",
		Args:  cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "new name")
	f.StringVar(&profile, "profile", "", "another profile")
	f.StringVar(&label, "label", "", "what people call it")
	f.StringVar(&description, "description", "", "what there is to say of it")
	f.StringToStringVar(&tags, "tag", nil, "sets a tag, NAME=VALUE; may be repeated")
	f.StringSliceVar(&removed, "remove-tag", nil, "removes the tag of that name; may be repeated")
	f.BoolVar(&gateway, "gateway", false, "it speaks for other devices; --gateway=false: it does not")
	r.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := r.client()
		if err != nil {
			return err
		}
		var change admin.DeviceChange
		given(f, "name", &change.Name, &name)
		given(f, "profile", &change.Profile, &profile)
		given(f, "label", &change.Label, &label)
		given(f, "description", &change.Description, &description)
		given(f, "gateway", &change.Gateway, &gateway)
		path, tag := []string{"v1", "devices", args[0]}, ""
		if f.Changed("tag") || f.Changed("remove-tag") {
			var had admin.DeviceView
			if tag, err = c.read(cmd.Context(), call{method: http.MethodGet, path: path}, &had); err != nil {
				return err
			}
			all := had.Tags
			if all == nil {
				all = map[string]string{}
			}
			for _, name := range removed {
				delete(all, name)
			}
			maps.Copy(all, tags)
			change.Tags = &all
		}
		if change == (admin.DeviceChange{}) {
			return usagef("what shall change of the device?")
		}
		if err := c.do(cmd.Context(), call{method: http.MethodPatch, path: path, body: change, match: tag}, nil); err != nil {
			return err
		}
		cmd.Printf("device %s is changed\n", printable(args[0]))
		return nil
	}
	return cmd
}
