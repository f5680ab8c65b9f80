package main

import (
	"github.com/spf13/cobra"
)

func newHealth() *cobra.Command {
	var r remote
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Asks the server whether it is ready for devices",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := r.client()
			if err != nil {
				return err
			}
			if err := c.ready(cmd.Context()); err != nil {
				return err
			}
			cmd.Println("ready")
			return nil
		},
	}
	r.addFlags(cmd)
	return cmd
}
