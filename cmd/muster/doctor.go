package main

import (
	"github.com/spf13/cobra"

	"muster/internal/node"
)

func newDoctor() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Looks at everything on this machine that the server needs, and says how to mend what is wrong",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			all := node.Examine(cmd.Context(), c)
			return examined(cmd, &o, all, all)
		},
	}
	addSettings(cmd)
	o.addFlags(cmd)
	return cmd
}
