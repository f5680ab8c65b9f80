// Command muster runs a server for devices and everything that is done with one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"muster"
)

// The exit statuses.
const (
	done    = 0
	refused = 1 // refused or failed
	misused = 2 // wrong usage; nothing was tried
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks; with its handler gone the second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	began := false
	eachCommand(root, func(cmd *cobra.Command) {
		if work := cmd.RunE; work != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				began = true
				return work(cmd, args)
			}
		}
	})
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return done
	}
	if _, wrong := errors.AsType[usageError](err); wrong || !began {
		fmt.Fprintf(stderr, "muster: %s\nSee `%s --help`.\n", oneLine(err), cmd.CommandPath())
		return misused
	}
	fmt.Fprintf(stderr, "muster: %s (%s)\n", oneLine(err), muster.ReasonOf(err))
	return refused
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "muster",
		Short:         "Lets devices in, and keeps what they report",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newInit(), newServe(), newServer(), newProfile(), newProvisionKey(), newPending(), newDevice(), newCredentials(), newCampaign(), newSession(), newImport(), newImports(), newExport(), newSimulate(), newAttempts(), newEvents(), newJWT(), newCert(), newCA(), newRevocationList(), newUser(), newToken(), newAudit(), newHealth(), newVersion(), newOpenAPI(), newBackup(), newDoctor(), newConfig(), newMan())
	root.InitDefaultCompletionCmd()
	addCompletions(root)
	addExamples(root)
	return root
}
