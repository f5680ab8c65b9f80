package main

import (
	_ "embed"
	"strings"

	"github.com/spf13/cobra"
)

// examples are command lines, each of which stands in the help of its command.
//
//go:embed example.txt
var examples string

// addExamples shows with each command what it is like.
func addExamples(root *cobra.Command) {
	for line := range strings.Lines(examples) {
		line = strings.TrimSuffix(line, "\n")
		cmd, _, err := root.Find(strings.Fields(line)[1:])
		if err != nil {
			continue // a test looks for those
		}
		if cmd.Example != "" {
			cmd.Example += "\n"
		}
		cmd.Example += "  " + line
	}
}
