package main

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"muster"
	"muster/internal/node"
)

// collectAt is how many percent the heap grows by before it is collected. It is less than Go's 100: most of the memory is
// idle sessions, among whose remains nothing lasting should settle, and little garbage is made while they report.
const collectAt = 50

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Runs the server; makes the data directory first where needed",
		Long: "Runs the server; makes the data directory first where needed.\n\n" +
			"A setting is taken from its flag, else from its environment variable, else from the configuration file, else it has its default.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configure(cmd)
			if err != nil {
				return err
			}
			log, err := newLogger(c.LogLevel)
			if err != nil {
				return err
			}
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(collectAt)
			}
			n, err := node.Open(cmd.Context(), c, version, log)
			if err != nil {
				return err
			}
			w, err := newWelcome(c, n)
			if err != nil {
				_ = n.Close() // the first error is the one to tell
				return err
			}
			if err := w.write(cmd.OutOrStdout()); err != nil {
				_ = n.Close()
				return err
			}
			return n.Run(cmd.Context())
		},
	}
	addSettings(cmd)
	return cmd
}

// newLogger writes text where a person looks on and JSON where a program does.
func newLogger(level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, muster.Refuse(muster.ReasonSettingInvalid, "logLevel: %.20q is not one of debug, info, warn, error", level)
	}
	o := logOptions(least)
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.New(slog.NewTextHandler(os.Stderr, o)), nil
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, o)), nil
}

// logOptions write a duration as 1m30s in JSON too, where it would be a bare number of nanoseconds.
func logOptions(least slog.Level) *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: least, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration {
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}}
}
