package main

import (
	"github.com/spf13/cobra"

	"muster"
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
			t := table{columns: []string{"about", "state", "says", "fix"}}
			wrong := 0
			for _, f := range all {
				state := "ok"
				if !f.OK {
					state = "WRONG"
					wrong++
				}
				t.add(f.About, state, f.Says, f.Fix)
			}
			if err := o.write(cmd.OutOrStdout(), all, t); err != nil {
				return err
			}
			if wrong > 0 {
				return muster.Refuse(muster.ReasonSettingInvalid, "%d of %d things are wrong", wrong, len(all))
			}
			return nil
		},
	}
	addSettings(cmd)
	o.addFlags(cmd)
	return cmd
}
