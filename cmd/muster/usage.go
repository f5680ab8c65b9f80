package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// A usageError says how a command line is wrong.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// oneLine is an error for people, in one line.
func oneLine(err error) string { return printable(strings.Join(strings.Fields(err.Error()), " ")) }

// group is a command that is only there for the commands under it.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usagef("there is no command %q under %q", args[0], cmd.CommandPath())
		}
		return cmd.Help()
	}}
	cmd.Args = cobra.ArbitraryArgs
	cmd.AddCommand(commands...)
	return cmd
}

// eachCommand visits cmd and all commands under it.
func eachCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		eachCommand(c, visit)
	}
}
