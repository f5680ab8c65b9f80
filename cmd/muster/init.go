package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/internal/node"
)

func newInit() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Makes the data directory and tells what it made; an existing one is left as it is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			made, err := node.Init(cmd.Context(), c)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), made)
			}
			tellMade(cmd, c.Data, made)
			return nil
		},
	}
	addSettings(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// tellMade tells what a data directory holds; secrets are told once, when they were made.
func tellMade(cmd *cobra.Command, data string, made node.Made) {
	if made.APIToken == nil {
		cmd.Printf("%s is a data directory already; nothing was changed.\n\n", printable(data))
	} else {
		cmd.Printf("%s is ready. What is marked * is not shown again.\n\n", printable(data))
	}
	line := func(name, value string) { cmd.Println(fmt.Sprintf("  %-19s%s", name, value)) }
	once := func(name string, value *string) {
		if value != nil {
			line(name+" *", *value)
		}
	}
	line("server", made.URL)
	once("setup link", made.SetupURL)
	once("API token", made.APIToken)
	line("root certificate", made.CAFile)
	line("profile", made.Profile)
	line("provision key", made.ProvisionDeviceKey)
	once("provision secret", made.ProvisionDeviceSecret)
	next := "muster serve"
	if data != node.DefaultConfig().Data {
		next += " --data " + shellQuote(data)
	}
	cmd.Println("\nNext: " + next)
}
