package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

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
			hup := make(chan os.Signal, 1)
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			s, err := settle(cmd)
			if err != nil {
				return err
			}
			var level slog.LevelVar
			if err := level.UnmarshalText([]byte(s.Config.LogLevel)); err != nil {
				return err // cannot be: the settings were checked
			}
			log := newLogger(&level)
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(collectAt)
			}
			n, err := node.Open(cmd.Context(), s, node.Options{
				Version: version, Logger: log, Level: &level, Load: func() (node.Settings, error) { return settle(cmd) },
			})
			if err != nil {
				return err
			}
			w, err := newWelcome(s.Config, n)
			if err != nil {
				_ = n.Close() // the first error is the one to tell
				return err
			}
			if err := w.write(cmd.OutOrStdout()); err != nil {
				_ = n.Close()
				return err
			}
			go reloadOn(cmd.Context(), hup, n, log)
			return n.Run(cmd.Context())
		},
	}
	addSettings(cmd)
	return cmd
}

// reloadOn has the node read its settings again at every signal, until ctx ends.
func reloadOn(ctx context.Context, hup <-chan os.Signal, n *node.Node, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		}
		if _, err := n.Reload(ctx); err != nil {
			log.Error("settings are not reloaded; all stays as it was", "reason", muster.ReasonOf(err), "error", err)
		}
	}
}

// newLogger writes text where a person looks on and JSON where a program does.
func newLogger(least slog.Leveler) *slog.Logger {
	o := logOptions()
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.New(leveled{slog.NewTextHandler(os.Stderr, o), least})
	}
	return slog.New(leveled{slog.NewJSONHandler(os.Stderr, o), least})
}

// logOptions write a duration as 1m30s in JSON too, where it would be a bare number of nanoseconds. The level is leveled's.
func logOptions() *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration {
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}}
}
