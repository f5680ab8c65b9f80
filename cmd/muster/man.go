package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Writes a man page for each command into a directory", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return usagef("%v", err)
			}
			pages := 0
			var failed error
			eachCommand(cmd.Root(), func(c *cobra.Command) {
				if !c.IsAvailableCommand() && c != cmd.Root() || failed != nil {
					return
				}
				pages++
				failed = os.WriteFile(filepath.Join(args[0], manName(c)+".1"), []byte(manPage(c)), 0o644)
			})
			if failed != nil {
				return muster.Because(muster.ReasonStorageUnavailable, failed)
			}
			cmd.Printf("%d man pages are in %s\n", pages, printable(args[0]))
			return nil
		},
	}
}

// manName is what the page of a command is called by.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage returns the page of a command, for man.
func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 \"\" %q \"Muster\"\n", strings.ToUpper(manName(cmd)), "Muster "+version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(cmd)), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(cmd.UseLine()))
	b.WriteString(".SH DESCRIPTION\n")
	for paragraph := range strings.SplitSeq(first(cmd.Long, cmd.Short+"."), "\n\n") {
		fmt.Fprintf(&b, "%s\n.PP\n", roff(paragraph))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n\\fB%s\\fR\n%s\n", roff(c.Name()), roff(c.Short))
			}
		}
	}
	if cmd.HasAvailableFlags() {
		b.WriteString(".SH OPTIONS\n")
		cmd.Flags().VisitAll(func(f *pflag.Flag) { manFlag(&b, f) })
	}
	b.WriteString(".SH \"EXIT STATUS\"\n0: done; 1: refused or failed; 2: wrong usage, and nothing was tried\n")
	if related := manRelated(cmd); len(related) > 0 {
		fmt.Fprintf(&b, ".SH \"SEE ALSO\"\n%s\n", strings.Join(related, ", "))
	}
	return b.String()
}

func manFlag(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	kind, usage := pflag.UnquoteUsage(f)
	b.WriteString(".TP\n")
	if f.Shorthand != "" {
		fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
	}
	fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(f.Name))
	if kind != "" {
		fmt.Fprintf(b, " \\fI%s\\fR", roff(kind))
	}
	fmt.Fprintf(b, "\n%s\n", roff(usage))
}

// manRelated names the pages above and below a command.
func manRelated(cmd *cobra.Command) []string {
	var all []string
	if cmd.HasParent() {
		all = append(all, roff(manName(cmd.Parent()))+"(1)")
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			all = append(all, roff(manName(c))+"(1)")
		}
	}
	return all
}

// roff returns text as man shows it, whatever is in it.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
